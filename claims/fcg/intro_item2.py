r"""Section 1.1, item 2: how many steps lead to a surrogate error of epsilon.

Statement.  If $m^* = \tilde O(\mathrm{poly}(\gamma^{-1}))\cdot\max(d, \varepsilon^{-2})$, then provided every layer of the
            network has at least $m \ge m^*$ units, gradient descent with small enough step size finds a point with
            empirical surrogate error at most $\varepsilon$ in at most
            $\tilde O(\mathrm{poly}(\gamma^{-1})\cdot\varepsilon^{-1})$ steps with high probability.
Source.     Frei, Cao, Gu (2019), Section 1.1. Corollary 3.7 has $\varepsilon^{-2}$ steps, and so has Theorem 3.5:
            its right side is $\varepsilon$ when $K\eta m = \gamma^{-4}\varepsilon^{-2}\sqrt{\log(n/\delta)}$.
Regime.     Steps of $\eta = 2/m$ for all widths, while the theorem asks for $\eta \le \nu'\gamma^4/m$; a smaller step
            multiplies the number of steps by a power of $\gamma$, which $\mathrm{poly}(\gamma^{-1})$ covers. The
            width $m \ge \varepsilon^{-2}$ is not asked for: $m = 48$, $L = 2$. $n = 8$, half of the points mirrored pairs on the level
            set of the margin.
Worst case. None: the number of steps is counted along the trajectory. A run that has not arrived after
            $10 + 1/(\gamma\varepsilon)$ steps counts as never arriving; most need a third of that.
Known.      Once all outputs have the right sign, loss and surrogate error are nearly equal, and (6) with $\gamma^2$ is
            the differential equation $\dot{\mathcal E} = -c\gamma^2\mathcal E^2$ in the time $k\eta m$. Hence
            $\mathcal E = 1/(c\gamma^2 k\eta m)$: the exponent is one, as printed here, and not two, which is what the
            proof by telescoping gives. With $n$ fixed, $\gamma$ stands for $\gamma^2$ once more.
Control.    $\varepsilon^{-1/2}$ steps. True twin: $\varepsilon^{-2}$.
Readings.   gamma_squared: $\mathrm{poly}(\gamma^{-1})$ is $\gamma^{-2}$, and logarithms are one.
"""

from math import ceil

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.trajectory import SMALL_STEP, WIDE, descend, steps_to

HARDEST = 1 / 64  # the smallest epsilon

item2 = Claim(
    "fcg.intro_item2",
    paper=FCG,
    place="Section 1.1, item 2",
    axes=[
        Axis("inverse_epsilon", 4.0, 64.0, exponent=1, toward="inf"),
        Axis("inverse_gamma", 2.6, 8.0, exponent=2, toward="inf"),  # no margin is above 0.399 = 1/2.51
    ],
    derived={
        "epsilon": lambda p: 1 / p.inverse_epsilon,
        "gamma": lambda p: 1 / p.inverse_gamma,
        "step": lambda p: 2.0,
        "K": lambda p: 10 + ceil(p.inverse_gamma * p.inverse_epsilon),
        "delta": lambda p: 0.1,
        "m": lambda p: 48,
        "L": lambda p: 2,
        "theta": lambda p: 1 / p.L,
        "d": lambda p: 4,
        "n": lambda p: 8,
        "family": lambda p: "linear",
    },
    regime=[SMALL_STEP, WIDE, Condition(r"m \ge C\varepsilon^{-2}", lambda p: p.m * p.epsilon**2, constant="C")],
    readings={"gamma_squared": "poly(1/gamma) is gamma^-2, and logarithms are one"},
    uses=["fcg.thm_3_5_ii", "fcg.eq_6_descent"],
)


@item2.at_most(
    "steps",
    quantity="steps until E_S <= epsilon",
    up_to_constant=True,
    reading="gamma_squared",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def steps(ps, rngs):
    traces = descend(ps, rngs, stop=lambda row: row.surrogate <= HARDEST, distance_every=16)
    return [steps_to(p.epsilon, t) for p, t in zip(ps, traces, strict=True)], [1 / (p.gamma**2 * p.epsilon) for p in ps]


@item2.control("steps")
def root_of_epsilon(p, lhs, rhs):
    return lhs, rhs * p.epsilon**0.5


@item2.true_twin("steps")
def epsilon_squared(p, lhs, rhs):
    return lhs, rhs / p.epsilon
