r"""Theorem 6.6: the network is close to the random feature model with its own output weights.

Statement.  For any $\delta \in (0, 1)$, assume that $L \gtrsim \max\{\lambda_n^{-2}\ln(n^2/\delta), \lambda_n^{-3}\}$. Then with
            probability at least $1 - \delta$ over the initialization $\Theta_0$, we have that for any $t \ge 0$,
            $|f(x; a_t, B_t, \theta_t) - \tilde f(x; a_t, B_0)| \lesssim \frac{c_n^3}{L^{3/2}}$.
Source.     E, Ma, Wang, Wu (2019), Theorem 6.6, with $c_n = 8/\lambda_n$, $\theta = (C, r)$ and
            $\tilde f(x; a, B_0) = \sum_la^{(l)\top}\sigma(B_0^{(l)}x)$, for the flow (2.4) from (2.5); "for any $x \in S^{d-1}$" is in
            Lemma 6.4, from which the proof takes $6c_n^2\|a_t\|/L$.
Regime.     Both constants are set to one and the reach is reported: $\lambda_n = \frac1{4d}$ for an antipodal pair and ReLU.
            In `thm_6_6_lipschitz` $\sigma = \tanh$, which is not homogeneous, on orthonormal points.
Worst case. The labels are the bottom eigenvector of $K$. One trial has the largest difference over
            $L\lambda_nt = \frac14, .., 4$ and over $x$ on a grid: both points of $S^0$, 64 on the circle, 64 on a spiral on $S^2$,
            with those of the sample.
Flow.       The step is halved until the quantity moves by less than 1 %, and the energy balance holds to 1 %. $B_t - B_0$ is
            kept as the state itself: it is of order $L^{-2}$.
Known.      $f - \tilde f = \sum_la^{(l)\top}(g^{(l)} - g_0^{(l)})$ is bounded by $6c^3/L$ in $I_c$: the step of the proof to
            $\|a_t\|/L \le c_n/L^{3/2}$ has lost a factor $\sqrt L$ of $\sum_l\|a^{(l)}\| \le \sqrt L\|a\|$. But along the flow
            $\|g^{(l)} - g_0^{(l)}\|$ is of order $L^{-2}$ instead of $L^{-1}$, and the difference of order $L^{-2}$.
Without.    It holds from $L = 4$ on for $\lambda_n = 1/4$, where 64 and more is asked for.
Control.    $L^{-5/2}$ in place of $L^{-3/2}$.
Readings.   Whether blocks are counted to $L$ or to $L - 1$ changes nothing: the unused block has $a_t^{(L)} = 0$.
"""

from math import pi

import torch

from lemmata import Axis, Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.paths import along_the_flow, compared, deep_enough, network, sample

AXES = [Axis("L", 32, 256, exponent=-1.5), Axis("d", values=(1, 2, 3), exponent=3)]
REGIME = deep_enough()
USES = ["emww.prop_5_1", "emww.lemma_6_4_f"]

thm_6_6 = Claim(
    "emww.thm_6_6",
    paper=EMWW,
    place="Theorem 6.6",
    axes=AXES,
    derived=compared("relu", "antipodal"),
    regime=REGIME,
    uses=USES,
)
lipschitz = Claim(
    "emww.thm_6_6_lipschitz",
    paper=EMWW,
    place="Theorem 6.6",
    axes=AXES,
    derived=compared("tanh", "orthonormal"),
    regime=REGIME,
    uses=USES,
)


def grid(d):
    """Points of S^{d-1}, d <= 3."""
    if d == 1:
        return torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    k = torch.arange(64, dtype=torch.float64)
    if d == 2:
        return torch.stack([(pi * k / 32).cos(), (pi * k / 32).sin()], dim=1)
    height, turn = k / 31.5 - 1, pi * (1 + 5**0.5) * k
    radius = (1 - height**2).sqrt()
    return torch.stack([height, radius * turn.cos(), radius * turn.sin()], dim=1)


CLOSE = {"quantity": "max_{t,x} |f - f~| over c_n^3 L^(-3/2)", "up_to_constant": True, "delta": "delta"}


@lipschitz.at_most("difference", **CLOSE)
@thm_6_6.at_most("difference", expect=Verdict.HOLDS_UP_TO_CONSTANT, **CLOSE)
def farthest_output(p, rngs):
    net, _ = network(p, rngs)
    x = torch.cat([grid(p.d), sample(p).x]).to(p.dtype).expand(len(rngs), -1, -1)
    features = net.features(x)

    def ratio(state):
        linear = torch.einsum("bxmk,bmk->bx", features, net.shape.split(state.V).a)
        return (net.outputs(state.V, x) - linear).abs().amax(1) * p.L**1.5 / p.c_n**3

    return along_the_flow(p, net, ratio), 1.0


@lipschitz.control("difference")
@thm_6_6.control("difference")
def five_halves(p, lhs, rhs):
    return lhs, rhs / p.L


shallow = thm_6_6.without(
    "depth",
    *(condition.statement for condition in REGIME),
    axes=[Axis("L", 4, 32)],
    derived={"d": lambda p: 1},
    expect={"difference": Verdict.HOLDS_UP_TO_CONSTANT},
)
