r"""Lemma 7.2: one step of gradient descent moves the units little.

Statement.  Assume that $L \gtrsim c^2$, and $\Theta_t, \Theta_{t+1} \in I_c(\Theta_0)$. Then for any $x \in S^{d-1}$,
            $\|g_{t+1}^{(l)}(x) - g_t^{(l)}(x)\| \lesssim c\,\eta\sqrt{\hat R_n(\Theta_t)}$.
Source.     E, Ma, Wang, Wu (2019), Lemma 7.2, (7.3), for (7.1), $\Theta_{t+1} = \Theta_t - \eta\nabla\hat R_n(\Theta_t)$. The proof
            prints $\gtrsim$ for $\lesssim$ in three of the four bounds for the blocks.
Regime.     $L \ge 8c^2$, $c \ge 1$; $\eta = u/L$, no condition on it is printed. Nothing is random: all $\Theta_t$.
Worst case. $n = m = d = 1$ and the identity. $\Theta_t$ is a corner of $I_c$: the blocks $a$, $r$, $B$ and $C$ of every layer are
            moved along the sign of $B_0$, or against it, by $c/L$ or by $0.7c/L$, in all 16 patterns, with $y_1 = \pm1$. One of
            them is the extremal network of Proposition 4.1, with a label that makes the step point into $I_c$. Steps
            that leave $I_c$ do not count. All layers count, and the sample's $x$.
Known.      In deep networks $r^{(l)}$ times the change of $y^{(l)}$ leads: $\frac cL \cdot \eta L\sqrt{2\hat R_n}$ in the last layer, so
            that the constant is at least $\sqrt2$, and that as $L/c^2 \to \infty$. It does not depend on $\Theta_0$ here.
Control.    $\eta\sqrt{\hat R_n}$ without the factor $c$, and $\eta\sqrt{\hat R_n}/\sqrt{L/c^2}$.
Readings.   Whether blocks are counted to $L$ or to $L - 1$ changes nothing: an unused unit has $B_t^{(L)} = B_0^{(L)}$ and
            $r_t^{(L)} = r_0^{(L)}$, and moves less than the last one. All 1-Lipschitz $\sigma$ are meant.
"""

from math import ceil

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.corners import OneStep
from lemmata.generators.initialisation import emww_initialisation

lemma_7_2 = Claim(
    "emww.lemma_7_2",
    paper=EMWW,
    place="Lemma 7.2",
    axes=[
        Axis("c", values=(1, 2, 4, 8), exponent=1),
        Axis("ratio", 8.0, 40.0, toward="inf"),
        Axis("u", 0.01, 0.5),
    ],
    derived={
        "sigma": lambda p: "identity",
        "data": lambda p: "one",
        "d": lambda p: 1,
        "m": lambda p: 1,
        "L": lambda p: ceil(p.ratio * p.c**2),
        "eta": lambda p: p.u / p.L,
    },
    regime=[Condition(r"L \ge C_1 c^2", lambda p: p.L / p.c**2, "C_1"), Condition(r"c \ge 1", lambda p: p.c)],
    uses=["emww.lemma_4_3_a", "emww.lemma_4_3_r", "emww.lemma_4_3_B", "emww.lemma_4_3_C"],
    batch=8,  # every corner of I_c at L = 2,560: 32 trials take 1.3 GB
)


@lemma_7_2.at_most(
    "units",
    quantity="max_l ||g_{t+1} - g_t|| over c eta sqrt(R)",
    up_to_constant=True,
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def largest_change(p, rngs):
    step = OneStep(p, emww_initialisation(rngs, p.d, p.m, p.L, dtype=p.dtype))
    moved = (step.net.units(step.after) - step.net.units(step.V)).norm(dim=2).amax((1, 2))
    return step.worst(moved / (p.c * p.eta * step.risk.sqrt())), 1.0


@lemma_7_2.control("units")
def without_c(p, lhs, rhs):
    return lhs, rhs / p.c


@lemma_7_2.control("units")
def falling_with_depth(p, lhs, rhs):
    return lhs, rhs * p.ratio**-0.5
