r"""After Corollary 3.7: step size and number of steps do not depend on the depth.

Statement.  "Additionally, we note that the step size and number of iterations required for our guarantees are
            independent of the depth, and this is due to the advantage of the residual architecture."
Source.     Frei, Cao, Gu (2019), the paragraph after Corollary 3.7; the conditions on $\eta$ and $K\eta$ in Theorem 3.5
            contain no $L$.
Regime.     The same $\eta = 1/m$ and $K = 30$ for all depths $2 \le L \le 64$, with $\theta = 1/L$, on $n = 8$ points
            in $d = 4$ dimensions that a line separates with $\gamma = 0.3$. $m = 24$ throughout.
Worst case. Over $k$ and $l$, in the trace.
Known.      As $L \to \infty$ with $\theta L = 1$ the networks tend to one of continuous depth, so that every quantity
            has a limit: a ratio along $L$ can only settle.
Control.    $\theta = L^{-1/2}$ with the same $\eta$ and $K$: the output grows like $e^{c\sqrt L}$, steps of this size
            overshoot, distances grow and the decrease (6) is lost. $\theta = 1$ for the number of steps, which is
            never reached where descent diverges. The network without skips is no control: at these depths it needs
            no more steps.
Readings.   quantities: the print compares sufficient conditions. Here what they are sufficient for is measured:
            the distance of statement (i), the steps to a surrogate error of $1/4$ for (ii), and the decrease (6)
            behind both.
"""

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.trajectory import SMALL_STEP, WIDE, descend, largest_distance, smallest_decrease, steps_to

depth_free = Claim(
    "fcg.thm_3_5_depth_free",
    paper=FCG,
    place="After Corollary 3.7",
    axes=[Axis("L", values=(2, 4, 8, 16, 32, 64), exponent=0)],
    derived={
        "theta": lambda p: 1 / p.L,
        "m": lambda p: 24,
        "step": lambda p: 1.0,
        "K": lambda p: 30,
        "family": lambda p: "linear",
        "gamma": lambda p: 0.3,
        "n": lambda p: 8,
        "d": lambda p: 4,
        "delta": lambda p: 0.1,
    },
    regime=[SMALL_STEP, WIDE],
    readings={"quantities": "what the conditions are sufficient for, instead of the conditions"},
    uses=["fcg.thm_3_5_i", "fcg.thm_3_5_ii", "fcg.eq_6_descent"],
)


def measured(read, ps, rngs):
    return [read(p, trace) for p, trace in zip(ps, descend(ps, rngs), strict=True)]


@depth_free.at_most(
    "distance",
    quantity="largest distance over sqrt(k eta)",
    up_to_constant=True,
    reading="quantities",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def distance(ps, rngs):
    return measured(largest_distance, ps, rngs), 1.0


@depth_free.at_most(
    "steps",
    quantity="steps until E_S <= 1/4",
    up_to_constant=True,
    reading="quantities",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def steps(ps, rngs):
    return [steps_to(0.25, trace) for trace in descend(ps, rngs, stop=lambda row: row.surrogate <= 0.25)], 1.0


@depth_free.at_least(
    "decrease",
    quantity="smallest decrease of L_S over eta m E_S^2",
    up_to_constant=True,
    reading="quantities",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def decrease(ps, rngs):
    return measured(smallest_decrease, ps, rngs), 1.0


@depth_free.control("steps")
def theta_is_one(p):
    return p.replace(theta=1.0)


@depth_free.control("distance")
@depth_free.control("decrease")
def theta_too_large(p):
    return p.replace(theta=p.L**-0.5)
