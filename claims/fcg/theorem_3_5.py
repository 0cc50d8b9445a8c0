r"""Theorem 3.5 (ii): gradient descent finds a small surrogate error, in a regime that no machine reaches.

Statement.  There exist absolute constants $\nu, \nu', \nu'', C, C' > 0$ such that for any $\delta > 0$, provided
            $\tau \le \nu\gamma^{12}(\log m)^{-3/2}$, $\eta \le \nu'(\tau m^{-1/2} \wedge \gamma^4 m^{-1})$,
            $K\eta \le \nu''\tau^2\gamma^4(\log(n/\delta))^{-1/2}$ and
            $$m \ge C'\Big(\tau^{-4/3} d\log\frac{m}{\tau\delta} \vee d\log\frac{mL}{\delta} \vee
            \frac{\tau^{-2/3}}{\log m}\log\frac L\delta \vee \gamma^{-2}\big(d\log\frac1\gamma \vee \log\frac L\delta\big)
            \vee \log\frac n\delta\Big),$$
            with probability at least $1-\delta$ there exists $k < K$ with
            $\mathcal E_S(W^{(k)}) \le C\, m^{-1/2} (K\eta)^{-1/2} (\log(n/\delta))^{1/4}\, \gamma^{-2}$.
Source.     Frei, Cao, Gu (2019), Theorem 3.5.
Regime.     Computed with every unspecified constant at one, $\tau$ and $K\eta$ the largest that are allowed, and the
            most favourable data: $n = 8$ points in $d = 2$ dimensions that a line separates with $\gamma = 0.39$ (no
            data set has a margin above $1/\sqrt{2\pi} = 0.3989$).
Worst case. None: the theorem is about one trajectory, which is computed. The step size is $K\eta/K$, below both of
            its bounds.
Known.      The width alone asks for $m \ge 2.1 \cdot 10^{11}$ at $\gamma = 0.39$, and for $m \ge 2.9 \cdot 10^{16}$ at $\gamma = 0.2$. That
            is still not informative: $\mathcal E_S$ is about $1/2$ before any training, and the right side falls below
            $1/2$ only when $m \ge 1.9 \cdot 10^{19}$ (at $\gamma = 0.2$, $m \ge 1.2 \cdot 10^{29}$). `smallest_width` computes these.
            Nothing of this depends on $L$ beyond a logarithm. Even inside, the theorem has little power: at such step
            sizes nothing moves, and $\theta = 1$ satisfies it too. The lemmas that it rests on carry the evidence.
Control.    The sign of the exponent of $K\eta$ turned round, outside the regime: as $K\eta \to 0$ nothing is learned, and
            $\mathcal E_S$ cannot tend to zero.
Readings.   unit: all unspecified constants are one, which makes the regime a set that can be looked for.
"""

from math import log, sqrt

import torch

from claims.fcg import FCG
from generators import fcg_gaussian, linear, with_margin
from harness.claim import Claim, Condition
from harness.networks.fcg import forward, loss_gradient, surrogate
from harness.verdict import Verdict


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


theorem = Claim(
    "fcg.thm_3_5_ii",
    paper=FCG,
    place="Theorem 3.5 (ii)",
    points=[{"gamma": gamma, "m": 256, "L": 4, "n": 8, "d": 2, "K": 10, "delta": 0.1} for gamma in (0.2, 0.39)],
    derived={"theta": lambda p: 1 / p.L, "tau": radius, "time": total_time},
    regime=[Condition(r"m \ge \tau^{-4/3} d \log(m/(\tau\delta)) \vee \dots", lambda p: p.m / needed_width(p))],
    readings={"unit": "all unspecified constants are one"},
    uses=["fcg.lemma_4_2_LS", "fcg.lemma_4_3", "fcg.lemma_4_4", "fcg.eq_8_loss"],
    effort=0.2,
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


def least_surrogate_error(p, rngs, time):
    """min over k < K of E_S(W^(k)) along gradient descent with step size time / K, one trajectory a trial, [B]."""
    data = with_margin(rngs, linear(), p.n, p.d, p.gamma)
    W = fcg_gaussian(rngs, p.d, p.m, p.L)
    errors = []
    for _ in range(p.K):
        net = forward(W, data.x, p.theta)
        errors.append(surrogate(net, data.y))
        W = [w - time / p.K * g for w, g in zip(W, loss_gradient(W, net, data.y), strict=True)]
    return torch.stack(errors).amin(0)


@theorem.at_most("surrogate", reading="unit", delta="delta", cap=lambda p: 0.5, expect=Verdict.VACUOUS)
def surrogate_error(p, rngs):
    return least_surrogate_error(p, rngs, p.time), right_side(p)


@theorem.control("surrogate")
def exponent_of_time_turned_round(p, rngs):
    time = 1e-8
    return least_surrogate_error(p, rngs, time), p.m**-0.5 * time**0.5 * log(p.n / p.delta) ** 0.25 * p.gamma**-2
