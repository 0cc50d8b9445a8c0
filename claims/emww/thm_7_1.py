r"""Theorem 7.1: gradient descent finds a global minimum exponentially fast.

Statement.  For any fixed $\delta \in (0, 1)$, assume that the depth $L \gtrsim \max\{\lambda_n^{-2}\ln(n^2/\delta), \lambda_n^{-3}\}$
            and the learning rate $\eta \lesssim \frac{\lambda_n}L$. Then with probability at least $1 - \delta$ over the random
            initialization, $\hat R_n(\Theta_t) \le \big(1 - \frac{\lambda_n\eta L}8\big)^t\hat R_n(\Theta_0)$.
Source.     E, Ma, Wang, Wu (2019), Theorem 7.1, (7.2), for (7.1),
            $\Theta_{t+1} = \Theta_t - \eta\nabla\hat R_n(\Theta_t)$, $t = 0, 1, 2, ...$, from (2.5).
Regime.     The constants are set to one: the smallest $L$ with $L \ge \lambda_n^{-2}\ln(n^2/\delta)$ and
            $L \ge \lambda_n^{-3}$, and $\eta = u\lambda_n/L$ with $u \le 1$. The map leaves it, with
            $\lambda_{\max} = \lambda_n = \frac14$: gradient descent of a quadratic diverges for $\eta L\lambda_{\max} > 2$, here $u > 32$.
Worst case. The labels are the bottom eigenvector of $K$, scaled to $\max|y_i| = 1$. All steps $t$ with
            $\eta L\lambda_nt \le 4$ count, at most 200: compared is the slowest decay, $\max_t(\hat R_n(\Theta_t)/\hat R_n(\Theta_0))^{1/t}$,
            with $1 - \lambda_n\eta L/8$. Gradient descent is the statement itself, and nothing is discretised.
Known.      At $\Theta_0$ the errors shrink by $1 - \eta LH$ in a step, the risk of these labels by
            $(1 - \eta L\lambda_{\min}(H))^2$: there is room for a factor of sixteen.
Control.    $(1 - 3\lambda_n\eta L)^t$, which is below $(1 - \lambda_n\eta L)^{2t}$.
Readings.   "kernel": as in Theorem 3.2, with $\lambda_n$ of the kernel that has rows of norm $1/\sqrt m$ inside $\sigma$, as the
            network has them. Whether blocks are counted to $L$ or to $L - 1$ changes nothing: an unused block has
            gradient zero.
Erratum.    False for $\sigma$ that is only 1-Lipschitz, whatever the constants: with soft-shrink,
            $\sigma(u) = \text{sign}(u)(|u| - \frac12)^+$, $n = d = 1$ and $m = 4$, all features and gradients at $\Theta_0$ are
            zero, and no step moves anything, but $\lambda_1 = \frac14$.
"""

from math import ceil

import torch

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.paths import SAMPLE, deep_enough, lambda_of_the_network, network, smallest_depth
from lemmata.engine.skip_flow import gradient_descent

thm_7_1 = Claim(
    "emww.thm_7_1",
    paper=EMWW,
    place="Theorem 7.1",
    points=[
        {"sigma": sigma, "data": data, "d": d, "m": m, "u": u, "delta": 0.2}
        for sigma, data, d, m, u in (
            ("relu", "antipodal", 1, 1, 1.0),
            ("relu", "one", 1, 2, 0.3),
            ("absolute", "one", 1, 1, 0.1),
            ("identity", "orthonormal", 2, 4, 1.0),
            ("tanh", "orthonormal", 2, 1, 1.0),
            ("softshrink", "one", 1, 4, 1.0),
        )
    ],
    derived={**SAMPLE, "L": smallest_depth, "eta": lambda p: p.u * p.lambda_n / p.L},
    regime=[*deep_enough(), Condition(r"\eta \le c_0 \lambda_n / L", lambda p: 1 / p.u, "c_0")],
    readings={"kernel": "lambda_n of the kernel with rows of norm 1/sqrt(m), as the network has them"},
    uses=["emww.lemma_7_3", "emww.lemma_7_4", "emww.lemma_4_4"],
    batch=64,  # small networks: alone, one takes more than ten times as long
    effort=0.22,  # 26 runs a point in smoke, of 0.01 to 0.04 s: 25 without a failure show it at delta = 0.2
)


def slowest_decay(p, rngs, lambda_n):
    """max_t (R_t / R_0)^(1/t), and 1 - lambda_n eta L / 8; a path that diverges has +inf."""
    net, _ = network(p, rngs)
    steps = min(ceil(4 / (p.eta * p.L * p.lambda_n)), 200)
    start = net.risk(torch.zeros_like(net.y))
    slowest = torch.zeros_like(start)
    for state in gradient_descent(net, p.eta, steps):
        if state.t:
            slowest = torch.maximum(slowest, (state.risk / start) ** (1 / state.t))
    return slowest, 1 - lambda_n * p.eta * p.L / 8


def never_moves(p):
    """Chance that no step moves anything, for n = d = 1: are the features and all slopes at Theta_0 zero?"""
    from fractions import Fraction
    from math import isqrt

    feature = max(Fraction(1, isqrt(p.m)) - Fraction(1, 2), Fraction(0))  # soft-shrink of |B_0 x|, m a square
    by_a = (0 - 1) * feature  # error f - y times alpha g
    by_r, by_B, by_C = 0 * 0, 0 * 1, 0 * feature  # gamma = a alpha + C beta = 0 and beta = 0
    return Fraction(by_a == by_r == by_B == by_C == 0), Fraction(p.delta)


DECAY = {"quantity": "slowest decay of R in one step", "delta": "delta"}


@thm_7_1.at_most(
    "decay",
    exact=never_moves,
    expect=Verdict.VIOLATED,
    erratum="Not for all 1-Lipschitz sigma: rows have norm 1/sqrt(m) in the network, and 1 in the kernel.",
    **DECAY,
)
def of_the_paper(p, rngs):
    return slowest_decay(p, rngs, p.lambda_n)


@thm_7_1.at_most("decay", reading="kernel", expect=Verdict.HOLDS, **DECAY)
def of_the_network(p, rngs):
    return slowest_decay(p, rngs, lambda_of_the_network(p))


@thm_7_1.control("decay")
def three_times_the_rate(p, lhs, rhs):
    return lhs, 1 - 3 * p.lambda_n * p.eta * p.L


thm_7_1.phase_map("decay", over=(Axis("u", 1.0, 64.0), Axis("L", 4, 256)))
