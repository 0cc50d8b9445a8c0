r"""Lemma B.2, second half: products of the network's own residual layers are bounded.

Statement.  For any $\delta > 0$, there exist constants $C_0, C_0', C$ such that if $m \ge C_0 \log(L/\delta)$, then with
            probability at least $1-\delta$, for all $2 \le a \le b \le L$ and for all $x \in S^{d-1}$,
            $$\big\|(I + \theta\Sigma_b(x) W_b^\top) \cdots (I + \theta\Sigma_a(x) W_a^\top)\big\|_2
              \le \exp(C_0'\theta L) \le 1.01.$$
Source.     Frei, Cao, Gu (2019), Lemma B.2, "in particular"; proof in appendix C.1. For 1.01 see the first half.
Regime.     $\kappa = m/\log(L/\delta)$, with any $d$. $\theta L = 1/{\tt inverse\_t}$; measured as
            $\log\|\cdot\|_2 \le C_0'\theta L$.
Worst case. $a = 2$ and $b = L$ are the largest or within some percent of it. The norm is constant on the cells of the
            sphere: a climb without gradients looks for $x$, and gains little over random inputs, because norms of
            different $x$ hardly differ.
Known.      At most the value of the first half, where the diagonals are free.
Control.    $\theta$ without the $L$; $(\theta L)^2$.
"""

import torch

from lemmata import Axis, Claim, Sides, Verdict
from lemmata.adversaries import climb_on_sphere
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.lemma_B2 import DERIVED, REGIME
from lemmata.generators import fcg_gaussian
from lemmata.networks.fcg import forward, interlayer

network = Claim(
    "fcg.lemma_B2_network",
    paper=FCG,
    place="Lemma B.2",
    axes=[
        Axis("kappa", 1.0, 16.0, exponent=0),
        Axis("L", 2, 32, exponent=0),
        Axis("d", 1, 32, exponent=0),
        Axis("inverse_t", 1.0, 100.0, exponent=0, toward="inf"),
    ],
    derived={"delta": lambda p: 0.1, **DERIVED},
    regime=REGIME,
    uses=["fcg.lemma_B2"],
    batch=8,  # 32 layers of width 93: 32 networks take 0.5 GB, and no less time each
)


def largest_network_product(p, rngs):
    W = fcg_gaussian(rngs, p.d, p.m + p.m % 2, p.L)

    def norms(x):
        H = interlayer(W, forward(W, x, p.theta), 2, p.L)
        return torch.linalg.eigvalsh(H @ H.mT)[..., -1].sqrt()

    return climb_on_sphere(norms, rngs, 8, p.d, rounds=1)


@network.at_most(
    "exponential",
    quantity="log of the largest ||H_2^L||",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def network_logarithm(p, rngs):
    found = largest_network_product(p, rngs)
    return Sides(found.value.log(), p.theta * p.L, random=found.random.log())


@network.control("exponential")
def without_L(p, lhs, rhs):
    return lhs, p.theta


@network.control("exponential")
def t_squared(p, lhs, rhs):
    return lhs, rhs**2
