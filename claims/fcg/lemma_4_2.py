r"""Lemma 4.2, network output: semismoothness in a neighbourhood of the initialisation.

Statement.  Let $W$ be generated via Gaussian initialization, $\tau \le 1$, and
            $h(\hat W, \tilde W) = \|\hat W_1 - \tilde W_1\|_2 + \theta\sum_{l=2}^L \|\hat W_l - \tilde W_l\|_2
            + \|\hat W_{L+1} - \tilde W_{L+1}\|_2$. There exist absolute constants $C, \bar C > 0$ such that if
            $m \ge C(\tau^{-2/3}(\log m)^{-1}\log(L/\delta) \vee \tau^{-4/3} d\log(m/(\tau\delta)) \vee d\log(mL/\delta))$,
            then with probability at least $1-\delta$, for all $x \in S^{d-1}$ and
            $\hat W, \tilde W \in \mathcal W(W, \tau)$,
            $$f_{\hat W}(x) - f_{\tilde W}(x) - \sum_{l=1}^{L+1} \mathrm{tr}[(\hat W_l - \tilde W_l)^\top
            \nabla_{W_l} f_{\tilde W}(x)] \le \bar C \tau^{1/3}\sqrt{m\log m}\; h + \bar C\sqrt m\; h^2.$$
Source.     Frei, Cao, Gu (2019), Lemma 4.2, first display; proof in appendix B.2, equations (16) to (26).
Readings.   As printed, and with an absolute value on the left: A.2 uses $|f_W - F_{W^{(0)},W}|$, and the proof bounds
            every term by its norm.
Regime.     $t = \theta(L-1) = 1/{\tt inverse\_t} \le 1$. ${\tt units} = m\tau^{2/3}$, which is the first condition up to
            logarithms, sets the width. At these widths the second condition, there for the supremum over $x$, is met at
            $C = 1$ only for $\tau$ near one; here $x$ is the best of a few random inputs.
Worst case. Near pairs, a step $\tau/100$ in one layer; those across the ball are in `lemma_4_2_far`. $\tilde W_l$ has units
            on the kink, as many as the radius pays for (about $m\tau^{2/3}$), and the step to $\hat W_l$ crosses them all.
            The gradient at $\tilde W$ sees none of them, so the left side is $\|x_{l-1}\|\,\|q_E\|$ a unit of step, with
            $q_l = (H_{l+1}^{L+1})^\top v$ and $E$ the units on the kink. The layer, the input (of some random ones) and the
            side are those that make it largest; then the printed left side is evaluated there.
            All changes are of rank one, where spectral and Frobenius norm agree.
Known.      $h \le 2\tau(2 + t)$ in the ball, so the second term is at most $2\tau^{2/3}(2 + t)/\sqrt{\log m}$ times the
            first: with $\bar C$ unspecified, the lemma says the same without it. It is the larger one only where
            $\tau$ is near one and $h$ near its maximum: in some of the far pairs, in no near pair.
Control.    $\tau^{2/3}$ in place of $\tau^{1/3}$, and $\theta = 1$.
Without.    ${\tt units} < 1$ and $\theta = L^{-1/2}$ break it.
"""

import math

import torch

from lemmata import Axis, Claim, Condition, Sides, Verdict
from lemmata.adversaries import edge_perturbation
from lemmata.adversaries.found import normals, unit
from lemmata.claims.fcg import FCG
from lemmata.generators import fcg_gaussian, sphere
from lemmata.networks.fcg import backward, forward, output

INPUTS = 16  # candidates for x; their layers cost one product each, the pair is evaluated at the best

SHAPE = [
    Axis("L", 2, 24, exponent=0),
    Axis("d", 2, 16, exponent=0),
    Axis("inverse_t", 1.0, 20.0, exponent=0, toward="inf"),
]
RADIUS_AND_WIDTH = {
    "tau": lambda p: 1 / p.inverse_tau,
    "m": lambda p: 2 * round(p.units * p.tau ** (-2 / 3) / 2),
}
SCALE = {"theta": lambda p: 1 / (p.inverse_t * (p.L - 1)), "delta": lambda p: 0.1}
REGIME = [
    Condition(
        r"m \ge C \tau^{-2/3} (\log m)^{-1} \log(L/\delta)",
        lambda p: p.m * p.tau ** (2 / 3) * math.log(p.m) / math.log(p.L / p.delta),
        constant="C",
    ),
    Condition(
        r"m \ge C \tau^{-4/3} d \log(m/(\tau\delta))",
        lambda p: p.m * p.tau ** (4 / 3) / (p.d * math.log(p.m / (p.tau * p.delta))),
        constant="C",
    ),
    Condition(r"m \ge C d \log(mL/\delta)", lambda p: p.m / (p.d * math.log(p.m * p.L / p.delta)), constant="C"),
]
READINGS = {"two_sided": "the absolute value of the left side, as A.2 uses it and B.2 proves it"}
USES = [f"fcg.lemma_{name}" for name in ("4_1_interlayer", "B4_lipschitz", "B4_sparsity", "B5")]
USES += [f"fcg.eq_{n}" for n in ("16_decomposition", "17_split", "18_pattern_residual", "19_dual_step", "25_trace")]


def remainder(W_hat, W_tilde, x, theta):
    """f_hat - f_tilde - sum_l tr[(W_hat_l - W_tilde_l)^T grad_l f_tilde], for inputs [B, n, d]: [B, n].

    No gradient is formed: by (2), the trace is theta^{1(2 <= l <= L)} q_l^T Sigma_l (W_hat_l - W_tilde_l)^T x_{l-1}.
    """
    net = forward(W_tilde, x, theta)
    q = backward(W_tilde, net)
    linear = 0.0
    for l, (hat, tilde) in enumerate(zip(W_hat, W_tilde, strict=True), start=1):
        if hat is not tilde:
            change = net.x[l - 1] @ (hat - tilde)
            linear += (theta if net.is_residual(l) else 1) * (q[l] * net.sigma[l] * change).sum(-1)
    return output(forward(W_hat, x, theta)) - output(net) - linear


def terms(p, h):
    """The two terms of the bound."""
    return p.tau ** (1 / 3) * math.sqrt(p.m * math.log(p.m)) * h, math.sqrt(p.m) * h**2


def initialisation(p, rngs, n):
    return fcg_gaussian(rngs, p.d, p.m, p.L, p.m + p.m % 2), sphere(rngs, n, p.d)


def outer(x, y):
    return x[:, :, None] * y[:, None]


def with_layers(W, layers):
    """W with some of its layers exchanged, {l: W_l}."""
    return [layers.get(l, W_l) for l, W_l in enumerate(W, start=1)]


def random_rank_one(rngs, W_l):
    """A random change of a layer, of norm one."""
    return outer(*(unit(normals(rngs, [size], W_l)) for size in W_l.shape[1:]))


def across_kinks(W_l, x, q, tau):
    """|x| |q_E|: by how much a unit step over the kinks in reach exceeds its linearisation, [B, n]."""
    z, norm = x @ W_l, x.norm(dim=-1, keepdim=True)
    order = torch.where(q > 0, z.abs() / q, torch.inf).argsort(dim=-1)
    costs, gains = (part.gather(-1, order) for part in ((z / norm).square(), q.clamp(min=0).square()))
    in_reach = costs.cumsum(-1) <= tau**2
    return norm[..., 0] * (gains * in_reach).sum(-1).sqrt()


near = Claim(
    "fcg.lemma_4_2_f",
    paper=FCG,
    place="Lemma 4.2",
    axes=[
        Axis("inverse_tau", 1.0, 30.0, toward="inf"),
        Axis("units", 20.0, 64.0, toward="inf"),
        *SHAPE,
    ],  # widths from 20 to 618
    derived=RADIUS_AND_WIDTH | SCALE,
    regime=REGIME,
    readings=READINGS,
    uses=USES,
)


def nearest(p, rng, sides):
    """The left side at the best layer, input and side; what a random pair has there; and their bound."""
    W, x = initialisation(p, [rng], INPUTS)
    net = forward(W, x, p.theta)
    q = backward(W, net)
    promises = {
        (l, side): across_kinks(W[l - 1], net.x[l - 1], side * q[l], p.tau) for l in range(1, p.L + 2) for side in sides
    }
    l, side = max(promises, key=lambda key: promises[key].max())
    i = promises[l, side].argmax()
    step = p.tau / 100

    def at(tilde, hat):
        return remainder(with_layers(W, {l: hat}), with_layers(W, {l: tilde}), x[:, i : i + 1], p.theta)[0, 0]

    tilde = W[l - 1] + (p.tau - step) * random_rank_one([rng], W[l - 1])
    random = at(tilde, tilde + step * random_rank_one([rng], W[l - 1]))
    tilde, hat, _ = edge_perturbation(W[l - 1], net.x[l - 1][:, i], side * q[l][:, i], p.tau, step)
    return at(tilde, hat), random, sum(terms(p, step * (p.theta if net.is_residual(l) else 1)))


@near.at_most(
    "f",
    quantity="f_hat minus its linearisation",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def one_sided(p, rng):
    found, random, bound = nearest(p, rng, sides=(1,))
    return Sides(found, bound, random=random)


@near.at_most(
    "f",
    quantity="|f_hat minus its linearisation|",
    up_to_constant=True,
    delta="delta",
    reading="two_sided",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def two_sided(p, rng):
    found, random, bound = nearest(p, rng, sides=(1, -1))
    return Sides(found.abs(), bound, random=random.abs())


@near.control("f")
def tau_to_two_thirds(p, lhs, rhs):
    return lhs, rhs * p.tau ** (1 / 3)


@near.control("f")
def theta_is_one(p):
    return p.replace(inverse_tau=1.0, theta=1.0)  # false at every radius; at this one the networks are narrow


SMALL = {"inverse_tau": lambda p: 16.0, "d": lambda p: 4, "inverse_t": lambda p: 1.0}
few_units = near.without(
    "units",
    REGIME[0].statement,
    bounds=["f-two_sided"],
    axes=[Axis("scarcity", 1.0, 64.0, toward="inf")],  # from 20 units down to a third of one
    derived=SMALL | {"L": lambda p: 4, "units": lambda p: 20 / p.scarcity},
    effort=0.75,  # smoke shows the growth with 105 draws, of 0.01 s
    expect={"f-two_sided": Verdict.TREND},
)
strong_skips = near.without(
    "theta",
    assumption=r"$\theta = 1/\Omega(L)$",
    bounds=["f-two_sided"],
    derived=SMALL | {"inverse_t": lambda p: (p.L - 1) ** -0.5},
    effort=0.4,  # smoke shows the growth with 56 draws, of 0.3 s at L = 24
    expect={"f-two_sided": Verdict.TREND},
)
