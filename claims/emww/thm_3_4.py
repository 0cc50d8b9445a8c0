r"""Theorem 3.4: the population risk of the network along its gradient flow.

Statement.  Assume that the target function $f^*$ satisfies Assumption 3.3. For any $\delta \in (0, 1)$, assume that
            $L \gtrsim \max\{\lambda_n^{-2}\ln(n^2/\delta), \lambda_n^{-3}, \gamma^2(f^*)\}$. Then with probability at least $1 - \delta$ over the random
            initialization, the following holds for any $t \in [0, 1]$,
            $$\mathcal R(\Theta_t) \lesssim \frac1{L^{3/2}\lambda_n^2} + \frac t{\lambda_n^2} + \frac{\gamma^2(f^*)}{Lt}
              + \Big(1 + \frac{\sqrt{L\gamma(f^*)t}}{\sqrt n}\Big)^2\frac{c^3(\delta)\gamma^2(f^*)}{\sqrt n},\quad c(\delta) = 1 + \sqrt{2\ln(1/\delta)}.$$
Source.     E, Ma, Wang, Wu (2019), Theorem 3.4, from Theorem 6.3 and Proposition 6.7.
Regime.     $L = \infty$ at $t = u\sqrt n/L$, which meets the conditions whatever their constants and $\lambda_n > 0$: the first two terms
            vanish, and what is left is $(\frac1u + (1 + \sqrt un^{-1/4})^2c^3(\delta))/\sqrt n$ for $\gamma = 1$. In `thm_3_4_unit`: networks, with an antipodal pair.
Worst case. As in Corollary 3.5: $f^* = s_0$ in the hardest dimension; for every sample, $n$ different points of a cap on the circle. With the
            pair: $f^*(x) = v^\top x$, $v$ along it, for which $a^*(\omega) = 2d\,v^\top\omega$, $\gamma = 2d$, and $x$ and the flow of Proposition 6.7.
Known.      Proposition 6.7 has $\lambda_n^{-3}$ in the first term. The loss does no harm: $L \ge \lambda_n^{-3}$ gives
            $\lambda_n^{-3}L^{-3/2} \le L^{-1/2}$, and the next two terms are at least $2\gamma/(\lambda_n\sqrt L)$ together. With constant one the bound
            is beyond $\mathcal R(0)$ for $c^3(0.1)/\sqrt n = 31/\sqrt n$ alone, until $n = 377{,}000$, where $L \ge 10^{18}$; see Corollary 3.5.
Control.    $n^{-2}$ in place of $n^{-1/2}$; for the networks, the first term without the others.
Readings.   In "literal" and "every_sample" the network is replaced by its limit, the flow with the kernel $k_0$ at the time $Lt = u\sqrt n$,
            as in Corollary 3.5. "literal": with probability over the initialization and the sample, which Section 2.1 draws i.i.d.;
            the bracket is $(1 + \sqrt L\gamma t/\sqrt n)^2$ of Theorem 6.3 and of the proof of Corollary 3.5, which tends to one and is
            the smaller one. "every_sample": over the initialization only, as the statement has it, for every sample with $\lambda_n > 0$.
            "unit": for the network itself and its sample, with all constants one, and $\mathcal R(0)$ for the trivial value.
Erratum.    The probability has to be over the sample as well: see Corollary 3.5.
"""

from math import sqrt
from typing import Any

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.paths import compared, deep_enough
from lemmata.claims.emww.population import clustered, confidence, hardest_dimension, kernel_flow_risk
from lemmata.claims.emww.prop_6_7 import Models, network_risk, zero_risk
from lemmata.generators.sphere import sphere

USES = ["emww.thm_6_3", "emww.prop_6_7"]

thm_3_4 = Claim(
    "emww.thm_3_4",
    paper=EMWW,
    place="Theorem 3.4",
    # As u falls the bound has 1/u, beyond the risk at the start: nothing can fail at that end.
    axes=[Axis("n", 16, 256, exponent=-0.5), Axis("u", 0.25, 1.0, toward="inf")],
    derived={
        "tau": lambda p: p.u * sqrt(p.n),
        "d": lambda p: hardest_dimension(p.tau),
        "delta": lambda p: 0.1,
    },
    readings={"every_sample": "with probability over the initialization only, for every sample"},
    uses=USES,
    batch=8,  # kernel flows of 256 points: 32 take 0.3 GB, and no less time each
)
unit = Claim(
    "emww.thm_3_4_unit",
    paper=EMWW,
    place="Theorem 3.4",
    points=[{"d": d, "L": L, "s": s} for d, L, s in ((1, 256, 0.25), (1, 1024, 1.0), (2, 512, 1.0), (3, 512, 1.0))],
    derived={
        **compared("relu", "antipodal"),
        "gamma": lambda p: 2 * p.d,
        "t": lambda p: p.s / (p.L * p.lambda_n),
    },
    regime=[
        *deep_enough(),
        Condition(r"L \ge C \gamma^2", lambda p: p.L / p.gamma**2, "C"),
        Condition(r"t \le 1", lambda p: 1 / p.t),
    ],
    readings={"unit": "of the network, with all constants one"},
    uses=USES,
    effort=0.1,  # a flow takes up to 0.05 s, and no draw can fail: the bound is beyond R(0) at every point
)


def in_the_limit(p, bracket):
    """The bound for L to infinity, t = u sqrt(n) / L and gamma = 1."""
    return (1 / p.u + bracket**2 * confidence(p.delta) ** 3) / sqrt(p.n)


RISK: dict[str, Any] = {"quantity": "R(Theta_t)", "delta": "delta"}


@thm_3_4.at_most(
    "risk",
    reading="every_sample",
    up_to_constant=True,
    expect=Verdict.TREND,
    erratum="The sample has to be random too: where all its points are near one, f* is learned there only.",
    **RISK,
)
def at_one_place(p, rngs):
    bracket = 1 + sqrt(p.u) * p.n**-0.25
    return kernel_flow_risk(clustered(rngs, p.n, 2, p.dtype), 0, p.tau), in_the_limit(p, bracket)


@thm_3_4.at_most("risk", up_to_constant=True, expect=Verdict.HOLDS_UP_TO_CONSTANT, **RISK)
def random_sample(p, rngs):
    return kernel_flow_risk(sphere(rngs, p.n, p.d, p.dtype), 0, p.tau), in_the_limit(p, 1.0)


def first_term(p):
    return 1 / (p.L**1.5 * p.lambda_n**2)


def all_terms(p):
    bracket = 1 + sqrt(p.L / p.n) * p.gamma * p.t
    estimation = bracket**2 * confidence(p.delta) ** 3 * p.gamma**2 / sqrt(p.n)
    return first_term(p) + p.t / p.lambda_n**2 + p.gamma**2 / (p.L * p.t) + estimation


@unit.at_most("risk", reading="unit", cap=zero_risk, expect=Verdict.VACUOUS, **RISK)
def with_the_network(p, rngs):
    return network_risk(p, Models(p, rngs)), all_terms(p)


@thm_3_4.control("risk")
def inverse_square(p, lhs, rhs):
    return lhs, rhs / p.n**1.5


@unit.control("risk")
def the_first_term(p, lhs, rhs):
    return lhs, first_term(p)
