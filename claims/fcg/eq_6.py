r"""Equation (6): every step decreases the loss by a multiple of the squared surrogate error.

Statement.  Under the conditions of Theorem 3.5, with probability at least $1-\delta$, for all $k < K$,
            $$L_S(W^{(k+1)}) - L_S(W^{(k)}) \le -C\,\eta\,m_{L+1}\,\gamma^4\,\mathcal E_S(W^{(k)})^2.$$
Source.     Frei, Cao, Gu (2019), equation (6), in the proof sketch in Section 4 and in appendix A.1. Telescoped, it
            is Theorem 3.5.
Regime.     As stated but for the size of the steps, $\eta = 1/m$; the condition $\eta \le \nu'\gamma^4 m^{-1}$ would not
            let anything be learned in the steps that a machine can make. $L = 3$, $\theta = 1/L$; other depths are
            in `fcg.thm_3_5_depth_free`.
Worst case. Over $k < K = 20$, in the trace, while the surrogate error falls from about $1/2$. The data are the
            hardest of their margin: all points on the level set $|f| = \gamma$, as mirrored pairs of opposite
            labels, and so many that $n\gamma \ge 2$. (For a fixed number of points the decrease is proportional
            to $\gamma$ only, because a share of the units that is proportional to their angle tells two points
            apart.)
Known.      The decrease is $\eta\sum_l\|\nabla_{W_l}L_S\|_F^2$ to first order. On this data the mean of
            $y\,\sigma'x$ has length of order $\gamma$: the power that the ratio really has is $\gamma^2$, and
            $\gamma^4$ is loose by $\gamma^2$, as in Lemma 4.3.
Control.    $\gamma$ in place of $\gamma^4$, which is false; $\eta = 10^3/m$, where descent diverges. True twin:
            $\gamma^2$.
Readings.   large_steps: at $\eta = 1/m$, whatever $\nu'$ and $\gamma$; for them the print promises nothing.
"""

from math import ceil

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.trajectory import SMALL_STEP, WIDE, descend, smallest_decrease

descent = Claim(
    "fcg.eq_6_descent",
    paper=FCG,
    place="Equation (6)",
    axes=[
        Axis("inverse_gamma", values=(3.0, 9.0, 27.0), exponent=-4, toward="inf"),
        Axis("m", values=(16, 64, 192), exponent=0),  # of the decrease over eta m
    ],
    derived={
        "gamma": lambda p: 1 / p.inverse_gamma,
        "n": lambda p: 2 * ceil(p.inverse_gamma),
        "family": lambda p: "level",
        "step": lambda p: 1.0,
        "L": lambda p: 3,
        "theta": lambda p: 1 / p.L,
        "d": lambda p: 4,
        "K": lambda p: 20,
        "delta": lambda p: 0.1,
    },
    regime=[SMALL_STEP, WIDE],
    readings={"large_steps": "at eta = 1/m, whatever nu' and gamma"},
    uses=["fcg.lemma_4_2_LS", "fcg.lemma_4_3", "fcg.eq_5_h"],
    precision="float32",
)


@descent.at_least(
    "decrease",
    quantity="smallest decrease of L_S over eta m E_S^2",
    up_to_constant=True,
    reading="large_steps",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def decrease(ps, rngs):
    return [smallest_decrease(p, t) for p, t in zip(ps, descend(ps, rngs), strict=True)], [p.gamma**4 for p in ps]


@descent.control("decrease")
def gamma_to_the_first_power(p, lhs, rhs):
    return lhs, p.gamma


@descent.control("decrease")
def step_too_large(p):
    return p.replace(step=1e3)


@descent.true_twin("decrease")
def gamma_squared(p, lhs, rhs):
    return lhs, p.gamma**2
