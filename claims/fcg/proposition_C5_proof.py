r"""Proof of Proposition C.5: the first layer is separated, and no later layer turns it by more than $\theta C_7$.

Statement.  Let $f(x) = E_u[c(u)\,\sigma(u^\top x)]$ with $|c| \le 1$ and $y f(x) \ge \gamma$ on the support of $\mathcal D$,
            and $\alpha_j = m_1^{-1/2}\,c(\sqrt{m_1/2}\,w_{1,j})$. If $m \ge C\gamma^{-2}(d\log\frac1\gamma + \log\frac
            L\delta)$, then with probability at least $1-\delta$ the unit vector $\alpha' = \alpha/\|\alpha\|_2$ satisfies
            $y\langle\alpha', x_1\rangle \ge \frac\gamma2$ for all $(x, y) \in \mathrm{supp}\,\mathcal D$; and provided
            $m \ge C d\log\frac L\delta$, for all $2 \le l \le L$ and all $x \in S^{d-1}$,
            $$|\langle\alpha, \Sigma_l(x) W_l^\top x_{l-1}\rangle| \le C_7.$$
Source.     Frei, Cao, Gu (2019), appendix C.5, the display after the definition of $\alpha$, and the one after (40).
            The print interchanges $\alpha$ and $\alpha'$; the first is the unit vector here.
Regime.     As stated: the first at $C = 4$; at $C = 1$ the margin is near $\gamma/2$, with the support $\{x : |f(x)| \ge \gamma\}$; the second with $m \ge d\log(L/\delta)$
            times ${\tt kappa}$, and $\theta = \frac12/(L-1)$.
Worst case. First layer: the smallest $y\langle\alpha', x_1\rangle$ over the sets $f = \gamma$ and $f = -\gamma$, where $f$
            depends on $x_1$ alone and each set is a sphere in the other coordinates; by gradient ascent from many starts.
            $C_7$: for all $c$ at once $c = 1$ is worst, because the entries of $\Sigma_l W_l^\top x_{l-1}$ are not negative.
            Over $x$ by gradient ascent, over $l$ by comparison.
Known.      As $m \to \infty$, $\|c\|_2\langle\alpha', x_1\rangle \to \sqrt2 f(x)$, almost three times $\gamma/2$; and for
            one $x$ the second is $\|x_{l-1}\|/\sqrt\pi$. By Cauchy-Schwarz it is at most $\|W_l\|_2\|x_{l-1}\|$.
Control.    First layer: $\sqrt2\gamma/\|c\|_2$, the limit, in place of $\frac\gamma2$; a width without $d$.
            $C_7$: without the skips' small $\theta$, $\theta = 1$.
"""

from math import ceil, hypot, log, sqrt

import torch

from lemmata import Axis, Claim, Condition, Sides, Verdict
from lemmata.adversaries import ascend_on_sphere, best_of
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.proposition_C5 import FAMILIES, regime
from lemmata.generators import fcg_gaussian, with_margin
from lemmata.generators.draws import normals
from lemmata.networks.fcg import forward

NORM = {"linear": 1.0, "affine": hypot(0.8, 0.2)}  # root of E c(u)^2

first = Claim(
    "fcg.prop_C5_l1",
    paper=FCG,
    place="Proposition C.5, proof",
    points=[
        {"family": "linear", "gamma": 0.39, "d": 3},
        {"family": "linear", "gamma": 0.15, "d": 8},
        {"family": "affine", "gamma": 0.15, "d": 4},
    ],
    derived={"L": lambda p: 1, "delta": lambda p: 0.1, "m": lambda p: 4 * ceil(regime(p))},
    regime=[
        Condition(r"m \ge C\gamma^{-2}(d\log(1/\gamma) + \log(L/\delta))", lambda p: p.m / regime(p), constant="C")
    ],
    uses=["fcg.assumption_3_2"],
    batch=16,  # a trial is small: 16 at once take a fifth of the time each that one alone does
    effort=0.5,  # 60 trials a point in smoke: 53 without a failure show it at delta = 0.1
)

later = Claim(
    "fcg.prop_C5_C7",
    paper=FCG,
    place="Proposition C.5, proof",
    axes=[
        Axis("kappa", 0.5, 2.0, exponent=0),
        Axis("L", 3, 48, exponent=0),
        Axis("d", 2, 12, exponent=0),
    ],
    derived={
        "delta": lambda p: 0.1,
        "theta": lambda p: 1 / (2 * (p.L - 1)),
        "m": lambda p: ceil(p.kappa * p.d * log(p.L / p.delta)),
    },
    regime=[Condition(r"m \ge C d \log(L/\delta)", lambda p: p.kappa, constant="C")],
    uses=["fcg.lemma_4_1_activations", "fcg.lemma_B3"],
    batch=8,  # 48 layers of width 149: 32 networks take 0.3 GB, and no less time each
    effort=4.0,  # the 141 draws of smoke bound the growth along L by 0.252, and 0.25 has to be excluded
)


@first.at_least("margin", quantity="smallest y <alpha', x_1>", delta="delta", expect=Verdict.HOLDS)
def smallest_margin(p, rngs):
    family = FAMILIES[p.family]
    W = sqrt(2 / p.m) * normals(rngs, p.d, p.m)
    c = family.c(sqrt(p.m / 2) * W.mT)
    alpha = c / c.norm(dim=1, keepdim=True)
    pair = with_margin(rngs, family, 2, p.d, p.gamma)  # one point on f = gamma, one on f = -gamma

    def margin(x, y):
        return y * (torch.relu(x @ W) @ alpha[..., None])[..., 0]

    def shortfall(rho, y):
        """The largest -margin over the sphere x_1 = rho."""

        def negative(u):
            first = rho[:, None, None].expand(*u.shape[:2], 1)
            return -margin(torch.cat([first, (1 - first.square()).sqrt() * u], -1), y)

        return ascend_on_sphere(negative, rngs, 4, p.d - 1, steps=8)

    worst = best_of(shortfall(pair.x[:, 0, 0], 1), shortfall(pair.x[:, 1, 0], -1))
    return Sides(-worst.value, p.gamma / 2, random=None if worst.random is None else -worst.random)


@first.control("margin")
def the_limit(p, lhs, rhs):
    return lhs, sqrt(2) * p.gamma / NORM[p.family]


@first.control("margin")
def width_without_d(p):
    return p.replace(m=2 * ceil(p.gamma**-2 * log(1 / (p.gamma * p.delta)) / 2))


@later.at_most(
    "turn",
    quantity="largest <alpha, Sigma_l W_l^T x_{l-1}>",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def largest_turn(p, rngs):
    W = fcg_gaussian(rngs, p.d, p.m, p.L, 2)  # the last layer plays no part

    def turns(x):
        states = forward(W, x, p.theta).x
        branches = [torch.relu(states[l - 1] @ W[l - 1]).sum(-1) for l in range(2, p.L + 1)]
        return torch.stack(branches).amax(0) / p.m**0.5

    found = ascend_on_sphere(turns, rngs, 4, p.d, steps=4)
    return Sides(found.value, 1.0, random=found.random)


@later.control("turn")
def theta_is_one(p):
    return p.replace(theta=1.0)
