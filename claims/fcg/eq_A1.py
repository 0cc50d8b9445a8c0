r"""Appendix A.1: how far gradient descent moves from its initialisation.

Statement.  Under the conditions of Theorem 3.5, with probability at least $1-\delta$, for all $k \le K$ and all $l$,
            $$\big\|W_l^{(k)} - W_l^{(0)}\big\|_F \le C\sqrt{k\eta}\;\gamma^{-2}\Big(\log\frac n\delta\Big)^{1/4}.$$
Source.     Frei, Cao, Gu (2019), appendix A.1, the last display before the second part of the proof of Theorem 3.5.
            With $k\eta \le \nu''\tau^2\gamma^4(\log(n/\delta))^{-1/2}$ it is statement (i).
Regime.     $\eta = 1/m$ and $K = 20$, with $L = 3$, $\theta = 1/L$. The time that the theorem allows is far shorter: it
            ends while the distance is still proportional to $k$, and its ratio to $\sqrt{k\eta}$ has not reached its
            maximum. Other depths are in `fcg.thm_3_5_depth_free`.
Worst case. Over $k$ and $l$, in the trace; for large margins the maximum over $k$ lies in its middle. Half of the points
            are mirrored pairs of opposite labels on the level set of the margin.
Known.      Where the loss decreases by $\frac12\eta\|\nabla L_S\|^2$ or more in a step, Cauchy and Schwarz give
            $\|W^{(k)} - W^{(0)}\| \le \sqrt{2k\eta\,L_S(W^{(0)})}$, for all layers together and without any power
            of $\gamma$. So $\gamma^{-2}$ is not needed here, nor $\gamma^4$ in the condition on $K\eta$. The
            ratio falls as $\gamma^2$.
Control.    $\eta = 10^3/m$, where steps climb and the weights leave. True twin: without $\gamma^{-2}$.
Readings.   large_steps: at $\eta = 1/m$, whatever $\nu'$ and $\gamma$; for them the print promises nothing.
"""

from math import log

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.trajectory import SMALL_STEP, WIDE, descend, largest_distance

distance = Claim(
    "fcg.eq_A1_distance",
    paper=FCG,
    place="Appendix A.1, after (8)",
    axes=[
        Axis("inverse_gamma", 2.6, 40.0, exponent=2, toward="inf"),  # no margin is above 0.399 = 1/2.51
        Axis("m", values=(8, 48, 256), exponent=0),
    ],
    derived={
        "gamma": lambda p: 1 / p.inverse_gamma,
        "step": lambda p: 1.0,
        "L": lambda p: 3,
        "K": lambda p: 20,
        "theta": lambda p: 1 / p.L,
        "family": lambda p: "linear",
        "n": lambda p: 16,
        "d": lambda p: 4,
        "delta": lambda p: 0.1,
    },
    regime=[SMALL_STEP, WIDE],
    readings={"large_steps": "at eta = 1/m, whatever nu' and gamma"},
    uses=["fcg.lemma_4_4", "fcg.eq_6_descent", "fcg.eq_8_loss"],
    precision="float32",
)


def logarithm(p):
    """(log(n/delta))^{1/4}."""
    return log(p.n / p.delta) ** 0.25


@distance.at_most(
    "distance",
    quantity="largest distance over sqrt(k eta)",
    up_to_constant=True,
    reading="large_steps",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def distances(ps, rngs):
    found = [largest_distance(p, trace) for p, trace in zip(ps, descend(ps, rngs), strict=True)]
    return found, [p.gamma**-2 * logarithm(p) for p in ps]


@distance.control("distance")
def step_too_large(p):
    return p.replace(step=1e3)


@distance.true_twin("distance")
def without_gamma(p, lhs, rhs):
    return lhs, logarithm(p)
