r"""Theorem 3.5: gradient descent stays near its start and finds a small surrogate error, in a regime out of reach.

Statement.  There exist absolute constants $\nu, \nu', \nu'', C, C' > 0$ such that for any $\delta > 0$, provided
            $\tau \le \nu\gamma^{12}(\log m)^{-3/2}$, $\eta \le \nu'(\tau m^{-1/2} \wedge \gamma^4 m^{-1})$,
            $K\eta \le \nu''\tau^2\gamma^4(\log(n/\delta))^{-1/2}$ and
            $$m \ge C'\Big(\tau^{-4/3} d\log\frac{m}{\tau\delta} \vee d\log\frac{mL}{\delta} \vee
            \frac{\tau^{-2/3}}{\log m}\log\frac L\delta \vee \gamma^{-2}\big(d\log\frac1\gamma \vee \log\frac L\delta\big)
            \vee \log\frac n\delta\Big),$$
            with probability at least $1-\delta$ (i) $\|W_l^{(k)} - W_l^{(0)}\|_F \le \tau$ for all $k \le K$ and all
            $l$, and (ii) there exists $k < K$ with
            $\mathcal E_S(W^{(k)}) \le C\, m^{-1/2} (K\eta)^{-1/2} (\log(n/\delta))^{1/4}\, \gamma^{-2}$.
Source.     Frei, Cao, Gu (2019), Theorem 3.5.
Regime.     Computed with every unspecified constant at one, $\tau$ and $K\eta$ the largest that are allowed, and the
            most favourable data: $n = 8$ points in $d = 2$ dimensions that a line separates with $\gamma = 0.39$ (no
            data set has a margin above $1/\sqrt{2\pi} = 0.3989$).
Worst case. None: the theorem is about one trajectory, which is computed, in $K$ steps of equal size.
Known.      The width alone asks for $m \ge 2.1 \cdot 10^{11}$ at $\gamma = 0.39$, and for $m \ge 2.9 \cdot 10^{16}$ at
            $\gamma = 0.2$. That is still not informative: $\mathcal E_S$ is about $1/2$ before any training, and the
            right side of (ii) falls below $1/2$ only when $m \ge 1.9 \cdot 10^{19}$ (at $\gamma = 0.2$,
            $m \ge 1.2 \cdot 10^{29}$). `smallest_width` computes these. Nothing of this depends on $L$ beyond a
            logarithm. Even inside, the theorem has little power: at such step sizes nothing moves, and $\theta = 1$
            satisfies it too. The lemmas that it rests on carry the evidence, and `fcg.thm_3_5_i_free` and
            `fcg.thm_3_5_ii_free` look at the conclusions where networks move. The maps show where they break: (i) not
            at $K\eta = \tau^2\gamma^4$, but where $K\eta$ is several times $\tau^2$; (ii), at $C = 1$, only where
            $\theta$ and the steps are so large that descent diverges.
Control.    For (i), $\tau$ in place of $\tau^2\gamma^4$ in the condition on $K\eta$. For (ii), the sign of the exponent
            of $K\eta$ turned round, outside the regime: as $K\eta \to 0$ nothing is learned, and $\mathcal E_S$ cannot
            tend to zero.
Readings.   unit: all unspecified constants are one, which makes the regime a set that can be looked for.
"""

from math import log, sqrt
from typing import Any

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.trajectory import descend


def radius(p):
    """Largest tau that the theorem allows, with nu = 1."""
    return p.gamma**12 * log(p.m) ** -1.5


def total_time(p):
    """Largest K eta that it allows, with nu'' = 1."""
    return p.tau**2 * p.gamma**4 / sqrt(log(p.n / p.delta))


def needed_width(p):
    """The right side of the condition on m, with C' = 1."""
    return max(
        p.tau ** (-4 / 3) * p.d * log(p.m / (p.tau * p.delta)),
        p.d * log(p.m * p.L / p.delta),
        p.tau ** (-2 / 3) / log(p.m) * log(p.L / p.delta),
        p.gamma**-2 * max(p.d * log(1 / p.gamma), log(p.L / p.delta)),
        log(p.n / p.delta),
    )


def right_side(p):
    """The bound of (ii), with C = 1."""
    return p.m**-0.5 * p.time**-0.5 * log(p.n / p.delta) ** 0.25 * p.gamma**-2


POINTS: list[dict[str, Any]] = [
    {"gamma": gamma, "m": 64, "L": 4, "n": 8, "d": 2, "K": 20, "delta": 0.1, "family": "linear"}
    for gamma in (0.39, 0.2)
]
DERIVED = {
    "theta": lambda p: 1 / p.L,
    "tau": radius,
    "time": total_time,
    "step": lambda p: p.time * p.m / p.K,
}
REGIME = [
    Condition(r"m \ge \tau^{-4/3} d \log(m/(\tau\delta)) \vee \dots", lambda p: p.m / needed_width(p)),
    Condition(r"\tau \le \gamma^{12} (\log m)^{-3/2}", lambda p: radius(p) / p.tau),
    Condition(r"K\eta \le \tau^2 \gamma^4 (\log(n/\delta))^{-1/2}", lambda p: total_time(p) / p.time),
    Condition(r"\eta \le \tau m^{-1/2}", lambda p: p.tau * p.m**0.5 / p.step),
    Condition(r"\eta \le \gamma^4 m^{-1}", lambda p: p.gamma**4 / p.step),
]
READINGS = {"unit": "all unspecified constants are one"}
FEW = 0.2  # no point is in the regime: only controls and maps train networks, 0.01 s each

near = Claim(
    "fcg.thm_3_5_i",
    paper=FCG,
    place="Theorem 3.5 (i)",
    points=POINTS,
    derived=DERIVED,
    regime=REGIME,
    readings=READINGS,
    uses=["fcg.lemma_4_4", "fcg.eq_A1_distance", "fcg.eq_8_loss"],
    effort=FEW,
)
theorem = Claim(
    "fcg.thm_3_5_ii",
    paper=FCG,
    place="Theorem 3.5 (ii)",
    points=POINTS,
    derived=DERIVED,
    regime=REGIME,
    readings=READINGS,
    uses=["fcg.lemma_4_2_LS", "fcg.lemma_4_3", "fcg.lemma_4_4", "fcg.eq_6_descent", "fcg.eq_8_loss"],
    effort=FEW,
)


def smallest_width(p, informative):
    """Smallest m, up to 0.1 %, that meets the condition on the width and, if asked, makes the right side at most 1/2."""

    def fits(m):
        q = p.replace(m=m)
        return m >= needed_width(q) and (not informative or right_side(q) <= 0.5)

    low, high = 2.0, 4.0
    while not fits(high):
        low, high = high, 2 * high
    while high > 1.001 * low:
        middle = sqrt(low * high)
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def farthest(ps, rngs):
    """max over k <= K and l of the distance from the start."""
    return [float(trace.distance.max()) for trace in descend(ps, rngs)]


def least_surrogate_error(ps, rngs):
    """min over k < K of E_S(W^(k))."""
    return [float(trace.surrogate[:-1].min()) for trace in descend(ps, rngs)]


@near.at_most("distance", reading="unit", delta="delta", quantity="largest distance", expect=Verdict.VACUOUS)
def distance(ps, rngs):
    return farthest(ps, rngs), [p.tau for p in ps]


@theorem.at_most("surrogate", reading="unit", delta="delta", cap=lambda p: 0.5, expect=Verdict.VACUOUS)
def surrogate_error(ps, rngs):
    return least_surrogate_error(ps, rngs), [right_side(p) for p in ps]


@near.control("distance")
def time_like_the_radius(p):
    return p.replace(time=p.tau)


@theorem.control("surrogate")
def exponent_of_time_turned_round(ps, rngs):
    brief = [p.replace(time=1e-8) for p in ps]
    return least_surrogate_error(brief, rngs), [right_side(p) * p.time for p in brief]


near.phase_map("distance", over=(Axis("tau", 0.02, 1.0), Axis("time", 1e-4, 4.0)), at={"K": 40})
theorem.phase_map("surrogate", over=(Axis("theta", 0.05, 2.0), Axis("time", 0.02, 20.0)), at={"K": 40, "L": 8})
