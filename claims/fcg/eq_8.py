r"""Equation (8): output and loss at initialisation.

Statement.  For any $\delta > 0$, with probability at least $1-\delta$ over Gaussian initialisation,
            $|f_{W^{(0)}}(x_i)| \le C_1\sqrt{\log(n/\delta)}$ for all $i \in [n]$, and so
            $$L_S(W^{(0)}) \le C\sqrt{\log\frac n\delta}.$$
Source.     Frei, Cao, Gu (2019), equation (8) and its proof (appendix A.1); the logarithm in Theorem 3.5.
Regime.     $\theta = 1/L$, $m \ge C'd\log(mL/\delta)$. $\delta$ and $n$ are axes, because the statement is for any.
Worst case. $\delta$: a trial draws 400 initialisations for one sample of uniform points, and the number that it gives
            is their empirical $(1-\delta)$-quantile, $1/60 \le \delta \le 1/2$. Weights are drawn in their law on the sample,
            without writing them out. All labels are one, so that fluctuations add up in the loss.
            The edge: $n = 1$ and $\delta = 1 - \eta$ with $\eta \to 0$, where $\log(n/\delta) \approx \eta$. There the
            quantile is that of the limit of wide networks, $L = 1$, in closed form. For each constant $C$ there
            has to be an $\eta$ at which (8) fails: $\eta = 10^{-6}C^{-4}$ is tried.
Known.      As $m \to \infty$, $f(x)$ is normal with variance $(1 - 1/\pi)\|x_L\|^2$. At the edge (8) says that
            $L_S$ is below $C\sqrt\eta$ with probability $\eta$. This needs $f \ge \frac12\log(1/\eta) - \log C$, roughly,
            but with probability $\eta$ the normal law reaches only $\sqrt{2\log(1/\eta)}$.
Control.    Without the logarithm; all signs of $v$ equal, which makes $f$ as large as $\sqrt m$. At the edge a
            hundredth of the bound, and as true twin $C(1 + \sqrt{\log(n/\delta)})$, which is what the proof has
            before its last step.
Readings.   away_from_one: for $\delta \le 1/2$, where $\log(n/\delta)$ is bounded from below.
Erratum.    The last step of the proof, $1 + C_1\sqrt{\log(n/\delta)} \le C\sqrt{\log(n/\delta)}$, needs
            $\log(n/\delta)$ bounded from below, and (8) is false for $n = 1$ as $\delta \to 1$. With $\delta \le 1/2$,
            or $n \ge 2$, it is right.
"""

from math import log, log1p, sqrt

import torch
from scipy.special import ndtri
from torch.nn.functional import logsigmoid

from claims.fcg import FCG
from claims.fcg.in_law import hidden_activations, preactivations
from claims.fcg.trajectory import WIDE
from generators import sphere
from harness.claim import Axis, Claim
from harness.networks.fcg import signs

DRAWS = 400  # initialisations of a trial
FACTS = {
    "paper": FCG,
    "axes": [
        Axis("n", values=(1, 4, 16), exponent=0),
        Axis("inverse_delta", 2.0, 60.0, exponent=0),
        Axis("m", values=(8, 32, 128), exponent=0),
    ],
    "derived": {
        "delta": lambda p: 1 / p.inverse_delta,
        "L": lambda p: 2,
        "theta": lambda p: 1 / p.L,
        "d": lambda p: 4,
    },
    "regime": [WIDE],
    "readings": {"away_from_one": "for delta <= 1/2"},
    "uses": ["fcg.lemma_4_1_activations"],
}

output = Claim("fcg.eq_8_output", place="Equation (8), proof", **FACTS)
loss = Claim("fcg.eq_8_loss", place="Equation (8)", **FACTS)
edge = Claim(
    "fcg.eq_8_loss_edge",
    paper=FCG,
    place="Equation (8)",
    axes=[Axis("C", 1, 10**6)],
    uses=["fcg.eq_8_output"],
)


def outputs(p, rng, v):
    """f at the points of one sample, for many initialisations, [DRAWS, n]."""
    rngs = [rng] * DRAWS
    x = sphere([rng], p.n, p.d).expand(DRAWS, -1, -1)
    x_L = hidden_activations(rngs, x, p.m, p.L, p.theta)[1][-1]
    return torch.relu(preactivations(rngs, x_L, p.m)) @ v


def quantile(p, values):
    """The empirical (1 - delta)-quantile: the smallest value with at most a share delta above it."""
    return float(torch.quantile(values, 1 - p.delta, interpolation="higher"))


def largest_output(p, rng, v):
    return quantile(p, outputs(p, rng, v).abs().amax(1)), sqrt(log(p.n / p.delta))


def initial_loss(p, rng, v):
    return quantile(p, -logsigmoid(-outputs(p, rng, v)).mean(1)), sqrt(log(p.n / p.delta))


def loss_at_the_edge(p):
    import mpmath

    with mpmath.workdps(50):
        eta = mpmath.mpf(10) ** -6 / p.C**4
        f = mpmath.sqrt(2 - 2 / mpmath.pi) * mpmath.erfinv(1 - 2 * eta)
        return mpmath.log1p(mpmath.exp(-f)), p.C * mpmath.sqrt(-mpmath.log1p(-eta))


@output.at_most("output", quantity="(1 - delta)-quantile of max |f(x_i)|", up_to_constant=True, reading="away_from_one")
def output_at_start(p, rng):
    return largest_output(p, rng, signs(p.m))


@loss.at_most("loss", quantity="(1 - delta)-quantile of L_S", up_to_constant=True, reading="away_from_one")
def loss_at_start(p, rng):
    return initial_loss(p, rng, signs(p.m))


@edge.at_most(
    "loss",
    quantity="(1 - delta)-quantile of L_S",
    exact=loss_at_the_edge,
    erratum="Needs log(n/delta) bounded from below: delta <= 1/2, or n >= 2.",
)
def loss_of_wide_networks(p):
    eta = 1e-6 / p.C**4
    f = -sqrt(1 - 1 / torch.pi) * ndtri(eta)  # exceeded with probability eta
    return float(-logsigmoid(torch.tensor(f, dtype=torch.float64))), p.C * sqrt(-log1p(-eta))


@output.control("output")
@loss.control("loss")
def without_the_logarithm(p, lhs, rhs):
    return lhs, 1.0


@output.control("output")
def output_with_signs_of_one_kind(p, rng):
    return largest_output(p, rng, signs(p.m).abs())


@loss.control("loss")
def loss_with_signs_of_one_kind(p, rng):
    return initial_loss(p, rng, signs(p.m).abs())


@edge.control("loss")
def a_hundredth(p, lhs, rhs):
    return lhs, rhs / 100


@edge.true_twin("loss")
def before_the_last_step(p, lhs, rhs):
    return lhs, p.C + rhs
