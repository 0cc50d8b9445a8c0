r"""Theorem 3.5 where networks move: its conclusions with a radius that is not tied to the margin.

Statement.  As Theorem 3.5, whose regime no machine reaches, without the two conditions that keep it away,
            $\tau \le \nu\gamma^{12}(\log m)^{-3/2}$ and the width. With probability at least $1-\delta$:
            (i) $\|W_l^{(k)} - W_l^{(0)}\|_F \le \tau$ for all $k \le K$ and $l$, if $\tau \le 1$, $\eta \le \tau m^{-1/2}
            \wedge \gamma^4 m^{-1}$ and $K\eta \le \tau^2\gamma^4(\log(n/\delta))^{-1/2}$;
            (ii) for every $K$ there is a $k < K$ with
            $\mathcal E_S(W^{(k)}) \le C\,m^{-1/2}(K\eta)^{-1/2}(\log(n/\delta))^{1/4}\,\gamma^{-2}$.
Source.     Frei, Cao, Gu (2019), Theorem 3.5; the literal regime is in `fcg.thm_3_5_i` and `fcg.thm_3_5_ii`.
Regime.     (i) as stated here, at unit constants: $\tau = 1$, and the largest $\eta$ and $K$. (ii) up to $K\eta m = 80$
            in steps of $2/m$, far beyond the $K\eta$ of (i); $\theta = 1/3$, $L = 3$.
Worst case. (i) is about one trajectory. In (ii) the maximum over $K' \le 40$ of both sides' ratio, on the hardest data of
            their margin: all points on its level set, as mirrored pairs of opposite labels.
Known.      $\mathcal E_S$ stays near $1/2$ until $K\eta m \approx \gamma^{-2}$, and falls faster than
            $(K\eta m)^{-1/2}$ after; so the largest ratio grows as $\gamma^{-1}$ and no faster, as (6) with
            $\gamma^2$ in place of $\gamma^4$ would have it. $\mathcal E_S \le 1$ caps the quantity: where
            $K\eta m < 4\gamma^{-4}\sqrt{\log(n/\delta)}$ the right side with $C = 1$ is no news. The
            constant that is measured is near $0.1$, and makes it news from $K\eta m \approx 4$ on at $\gamma = 0.39$.
            (i) has little power. By energy alone the distance is at most $\sqrt{2K\eta L_S(W^{(0)})}$ while the loss
            decreases, with $\theta = 1$ as well, and without $\gamma^4$ in the condition on $K\eta$.
Without.    (i) The conditions on $\eta$ and $K\eta$ are needed, if for steps of $10^3/m$ at the latest.
Control.    (i) steps of $10^3/m$. (ii) without a power of $\gamma$. True twins: (i) with $\eta m = 1$ for all $\gamma$,
            (ii) with $\gamma^{-1}$.
Readings.   free_radius: $\tau \le 1$ is free, and $m$ is not asked to be $\tau^{-4/3}d$ or more.
"""

from math import floor, log, sqrt

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.theorem_3_5 import farthest, total_time
from lemmata.claims.fcg.trajectory import SMALL_STEP, WIDE, descend, slowest_surrogate

READINGS = {"free_radius": "tau <= 1 is free, and the width is not tied to it"}

near = Claim(
    "fcg.thm_3_5_i_free",
    paper=FCG,
    place="Theorem 3.5 (i)",
    points=[
        {"family": family, "gamma": gamma, "d": d, "m": m, "L": L, "n": 8}
        for family, gamma, d, m, L in (
            ("linear", 0.39, 2, 32, 8),
            ("xor", 0.16, 3, 48, 4),
            ("band", 0.11, 3, 32, 4),
        )
    ],
    derived={
        "delta": lambda p: 0.1,
        "theta": lambda p: 1 / p.L,
        "tau": lambda p: 1.0,
        "step": lambda p: min(p.tau * sqrt(p.m), p.gamma**4),
        "K": lambda p: floor(p.m * total_time(p) / p.step),
        "time": lambda p: p.K * p.step / p.m,
    },
    regime=[
        Condition(r"\tau \le 1", lambda p: 1 / p.tau),
        Condition(
            r"\eta \le \tau m^{-1/2} \wedge \gamma^4 m^{-1}", lambda p: min(p.tau * sqrt(p.m), p.gamma**4) / p.step
        ),
        Condition(r"K\eta \le \tau^2 \gamma^4 (\log(n/\delta))^{-1/2}", lambda p: total_time(p) / p.time),
    ],
    readings=READINGS,
    uses=["fcg.eq_A1_distance", "fcg.lemma_4_4"],
    effort=0.45,  # 54 runs a point in smoke: 53 without a failure show it at delta = 0.1
)

small = Claim(
    "fcg.thm_3_5_ii_free",
    paper=FCG,
    place="Theorem 3.5 (ii)",
    axes=[
        Axis("inverse_gamma", 2.6, 16.0, exponent=2, toward="inf"),  # no margin is above 0.399 = 1/2.51
        Axis("m", values=(8, 32, 128), exponent=0),  # of sqrt(m K eta) E_S
        Axis("n", values=(2, 8, 32), exponent=0),
    ],
    derived={
        "gamma": lambda p: 1 / p.inverse_gamma,
        "delta": lambda p: 0.1,
        "L": lambda p: 3,
        "theta": lambda p: 1 / p.L,
        "d": lambda p: 4,
        "family": lambda p: "level",
        "step": lambda p: 2.0,
        "K": lambda p: 40,
    },
    regime=[SMALL_STEP, WIDE],
    readings=READINGS,
    uses=["fcg.eq_6_descent", "fcg.eq_8_loss"],
    precision="float32",
)


def logarithm(p):
    return log(p.n / p.delta) ** 0.25


@near.at_most("distance", reading="free_radius", delta="delta", quantity="largest distance", expect=Verdict.HOLDS)
def distance(ps, rngs):
    return farthest(ps, rngs), [p.tau for p in ps]


@small.at_most(
    "surrogate",
    reading="free_radius",
    up_to_constant=True,
    quantity="largest sqrt(K eta m) min E_S over K",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def surrogate_error(ps, rngs):
    found = [slowest_surrogate(p, trace) for p, trace in zip(ps, descend(ps, rngs), strict=True)]
    return found, [p.gamma**-2 * logarithm(p) for p in ps]


@near.control("distance")
def step_too_large(p):
    return p.replace(step=1e3, K=20)


@near.true_twin("distance")
def step_without_gamma(p):
    return p.replace(step=1.0, K=p.K)


@small.control("surrogate")
def no_power_of_gamma(p, lhs, rhs):
    return lhs, logarithm(p)


@small.true_twin("surrogate")
def gamma_to_the_first_power(p, lhs, rhs):
    return lhs, logarithm(p) / p.gamma


large_steps = near.without(
    "step",
    *(condition.statement for condition in near.regime[1:]),
    points=near.points[:1],
    derived={"step": lambda p: 1e3, "K": lambda p: 20},
    effort=0.15,  # 18 runs of smoke convict: such steps leave the ball every time
    expect={"distance-free_radius": Verdict.VIOLATED},
)
