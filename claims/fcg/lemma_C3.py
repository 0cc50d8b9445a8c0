r"""Lemma C.3: the last weights, between sparse vectors, are small.

Statement.  Consider $g_l(a, b) = b^\top W_{L+1}^\top \xi_l\, a$, where $\xi_l \in \mathbb R^{m_L \times m_l}$ and $l \ge 2$.
            Suppose that with probability at least $1 - \delta/2$, $\|\xi_l\|_2 \le C$ for all $l$. If
            $s \log m = \Omega(C \log(L/\delta))$, then there is a constant $C_0 > 0$ such that with probability at least
            $1 - \delta$, for all $l$,
            $$\sup_{\|a\|_2 = \|b\|_2 = 1,\ \|a\|_0, \|b\|_0 \le s} |g_l(a, b)| \le C_0 \sqrt{\tfrac1m\, s \log m}.$$
Source.     Frei, Cao, Gu (2019), Lemma C.3; proof in appendix D.2; used in the proof of Lemma B.5.
Regime.     $s \log m \ge C \log(L/\delta)$, measured at $C = 1$. $s$ is swept up to a quarter of the smallest width.
Worst case. Independent: the truncated power method, over a and b, from the largest entries, rows and columns and from
            random starts; exact for $s = 1$. $\xi = I$ and $\xi = H_2^L(x)$ are tried, the larger one counts.
            Literal: $\xi = u e_1^\top$ with $u$ along $W_{L+1} b$, of norm one, reaches $\|W_{L+1} b\|_2$; $b$ is the unit vector of
            the longest column.
Known.      For $\xi = I$ and $s = 1$ the supremum is the largest of $m^2$ Gaussian entries of variance $2/m$, near
            $2\sqrt{2 \log m/m}$. Where $s$ is of order $m$ it is $\|W_{L+1}\|_2 \approx 2\sqrt2$, so that the bound is loose by
            $\sqrt{\log m}$ there.
Control.    Independent: $\xi = W_{L+1}$, whose norm is bounded as well; the diagonal of $W_{L+1}^\top W_{L+1}$ does not
            shrink. Literal: half an exponent of $m$ more. True twin: without the $1/m$.
Readings.   literal: nothing is said of the dependence between $\xi_l$ and $W_{L+1}$, so that any $\xi_l$ of bounded norm will
            do. independent: $\xi_l$ is independent of $W_{L+1}$, as the proof assumes when it calls
            $w_{L+1,j}^\top \xi_l a$ Gaussian, and as it is where the lemma is used.
Erratum.    Without independence the lemma is false: $\xi = u e_1^\top$ has norm one and
            $\sup |g| \ge \max_j \|w_{L+1,j}\|_2 \approx \sqrt 2$, which is no $O(\sqrt{s \log m/m})$. Add "independent of $W_{L+1}$".
"""

from math import log, sqrt

import torch

from claims.fcg import FCG
from generators import fcg_gaussian, sphere
from harness.adversaries import truncated_power
from harness.claim import Axis, Claim, Condition, Sides
from harness.networks.fcg import forward, interlayer
from harness.verdict import Verdict

FORM = "sup |b^T W^T xi a|"
ERRATUM = (
    "False unless xi_l is independent of W_{L+1}: xi = u e_1^T, u along a column of W_{L+1}, gives sup |g| near sqrt 2."
)

lemma_C3 = Claim(
    "fcg.lemma_C3",
    paper=FCG,
    place="Lemma C.3",
    axes=[Axis("m", 16, 256, exponent=-0.5), Axis("s", 1, 8, exponent=0.5), Axis("L", 2, 12, exponent=0)],
    derived={"delta": lambda p: 0.1, "d": lambda p: 4, "theta": lambda p: 1 / p.L},
    regime=[Condition(r"s \log m \ge C \log(L/\delta)", lambda p: p.s * log(p.m) / log(p.L / p.delta), constant="C")],
    readings={"independent": "xi_l is independent of W_{L+1}, as the proof assumes"},
    uses=["fcg.lemma_C3_netcount"],
    batch=8,
)


def bound(p):
    return sqrt(p.s * log(p.m) / p.m)


def weights(p, rngs, L):
    """Gaussian weights whose last layer has the next even number of units."""
    return fcg_gaussian(rngs, p.d, p.m, L, p.m + p.m % 2)


def largest_form(M, p, rngs):
    """sup |b^T M a| over s-sparse unit vectors; more starts and steps find 2 % more."""
    return truncated_power(M, p.s, rngs, n_starts=4, steps=8)


@lemma_C3.at_most("bilinear", quantity=FORM, up_to_constant=True, delta="delta", expect=Verdict.TREND, erratum=ERRATUM)
def any_xi(p, rngs):
    W = weights(p, rngs, 1)[-1]
    a, b, u = (sphere(rngs, 1, k)[:, 0] for k in (p.m, W.shape[2], p.m))
    random = (torch.einsum("bij,bj,bi->b", W, b, u) * a[:, 0]).abs()
    return Sides(W.norm(dim=1).amax(1), bound(p), random=random)


@lemma_C3.at_most(
    "bilinear",
    reading="independent",
    quantity=FORM,
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def independent_xi(p, rngs):
    W = weights(p, rngs, p.L)
    net = forward(W, sphere(rngs, 1, p.d), p.theta)
    H = interlayer(W, net, 2, p.L)[:, 0]
    found = [largest_form(M, p, rngs) for M in (W[-1].mT, W[-1].mT @ H)]
    return Sides(
        torch.maximum(found[0].value, found[1].value),
        bound(p),
        random=torch.maximum(found[0].random, found[1].random),
    )


@lemma_C3.control("bilinear")
def xi_is_W(p, rngs):
    W = weights(p, rngs, 1)[-1]
    return largest_form(W.mT @ W, p, rngs).value, bound(p)


@lemma_C3.true_twin("bilinear")
def without_the_width(p, lhs, rhs):
    return lhs, rhs * sqrt(p.m)
