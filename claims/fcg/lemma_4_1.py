r"""Lemma 4.1: hidden and interlayer activations are bounded, whatever the depth.

Statement.  Suppose that $W_1, \dots, W_{L+1}$ are generated via Gaussian initialization, and $\theta = 1/\Omega(L)$. Then
            there exist absolute constants $C_0, C_1, C_2 > 0$ such that if $m \ge C_0\, d\log(mL/\delta)$, then with
            probability at least $1-\delta$, for any $l, l' = 1, \dots, L+1$ with $l \le l'$ and $x \in S^{d-1}$,
            $$C_1 \le \|x_l\|_2 \le C_2, \qquad \|H_l^{l'}\|_2 \le C_2.$$
Source.     Frei, Cao, Gu (2019), Lemma 4.1; equation (1); proof in appendix B.1. The proof skips $l = 1$, "since
            $H_l^{l'} = x_{l'}$ when $l = 1$". That is a slip: $H_1^{l'}$ is a matrix, and $x_{l'} = H_1^{l'} x$. Its norm is
            measured here. Where (1) defines nothing, $H_1^1 = \Sigma_1 W_1^\top$ and
            $H_{L+1}^{L+1} = \Sigma_{L+1} W_{L+1}^\top$.
Regime.     $\kappa = m/(d \log(mL/\delta))$ is swept from $C_0 = 1$ upwards. $\theta L = 1/{\tt inverse\_t} \le 1$: that
            $\theta = 1/\Omega(L)$ means that nothing may grow with inverse_t; as inverse_t falls, the norms may.
Worst case. $\|x_l\|$ never falls from $l = 1$ to $l = L$, because no coordinate does. So the largest norm is that of $x_L$
            or $x_{L+1}$, the smallest that of $x_1$ or $x_{L+1}$. On each activation cone $x_l = H_1^l x$ is linear in
            $x$: power steps find the largest norm, descent on the sphere the smallest, from several starts.
            $\|H_l^{l'}(x)\|_2$ is constant on each cone: a climb without gradients finds the cone, Lanczos the norm.
            Beyond $l = 1$ it is largest for $l = 2$ and $l' = L+1$, or within some percent of that.
Known.      For one $x$, as $m \to \infty$ and then $L \to \infty$, with $t = \theta L$:
            $\|x_L\| \to \cosh(t/\sqrt\pi) + \sinh(t/\sqrt\pi)/\sqrt\pi$, which is 1.4989 at $t = 1$, and
            $\|x_{L+1}\|$ has the same limit. The supremum over $x$ exceeds it by a factor that falls to 1 as $\kappa$ grows.
            $\|\Sigma_{L+1}W_{L+1}^\top\|_2 \to 1 + \sqrt 2$ for one $x$, because half of the units are active.
Without.    For $m \approx \log(mL/\delta)$ whatever $d$ is, the norms grow like $\sqrt d$ and some $x$ has no active unit in the
            first layer; for $\theta = L^{-1/2}$ they grow with $L$.
Control.    Above: $\theta = L^{-1/2}$, where the norms grow like $e^{\sqrt{L/\pi}}$. Below: no skip connection and
            variance $1/m_l$, where every layer divides the norm by $\sqrt 2$.
"""

import torch

from lemmata import Axis, Claim, Condition, Sides, Verdict
from lemmata.adversaries import (
    ascend_on_sphere,
    climb_on_sphere,
    homogeneous_ascent,
    lanczos,
    pseudo_random_start,
)
from lemmata.claims.fcg import FCG, width
from lemmata.generators import fcg_gaussian, sphere
from lemmata.networks.fcg import apply_interlayer, apply_interlayer_transposed, forward, interlayer

STARTS, STEPS = 8, 10  # 64 starts and 40 steps find 1 % more of the largest norm, 2 % less of the smallest

# From kappa = 1, where the width is the least; at the other end it is 572, and an interlayer norm takes a second.
AXES = [Axis("kappa", 1.0, 5.0), Axis("L", 2, 16), Axis("d", 2, 10), Axis("inverse_t", 1.0, 100.0, toward="inf")]
DERIVED = {"delta": lambda p: 0.1, "m": width, "theta": lambda p: 1 / (p.inverse_t * p.L)}
REGIME = [Condition(r"m \ge C_0\, d \log(mL/\delta)", lambda p: p.kappa, constant="C_0")]
TOGETHER = 4  # the weights of 16 layers of width 572 are 42 MB: 32 networks take 1.8 GB

activations = Claim(
    "fcg.lemma_4_1_activations",
    paper=FCG,
    place="Lemma 4.1",
    axes=AXES,
    derived=DERIVED,
    regime=REGIME,
    uses=["fcg.lemma_B1", "fcg.lemma_B2", "fcg.lemma_B3", "fcg.coordinatewise_monotone"],
    batch=TOGETHER,
)


@activations.at_most(
    "upper",
    quantity="largest ||x_l||",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def largest_norm(p, rngs):
    W = fcg_gaussian(rngs, p.d, p.m, p.L)

    def top(x):
        """The last hidden layer for half of the inputs, the output layer for the others."""
        *_, x_L, x_out = forward(W, x, p.theta).x
        return torch.cat([x_L[:, :STARTS], x_out[:, STARTS:]], dim=1)

    random = top(sphere(rngs, 2 * STARTS * STEPS, p.d)).norm(dim=-1).amax(1)
    return Sides(homogeneous_ascent(top, rngs, 2 * STARTS, p.d, STEPS).value, 1.0, random=random)


@activations.at_least(
    "lower",
    quantity="smallest ||x_l||",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def smallest_norm(p, rngs):
    return smallest(fcg_gaussian(rngs, p.d, p.m, p.L), p, rngs, skip=True)


def smallest(W, p, rngs, skip):
    def first(x):
        return torch.relu(x @ W[0]).norm(dim=-1)

    def last(x):
        return forward(W, x, p.theta, skip).x[-1].norm(dim=-1)

    x = sphere(rngs, STARTS * STEPS, p.d)
    random = torch.minimum(first(x), last(x)).amin(1)
    ends = [-ascend_on_sphere(lambda x, end=end: -end(x), rngs, STARTS, p.d, STEPS).value for end in (first, last)]
    return Sides(torch.minimum(*ends), 1.0, random=random)


@activations.control("upper")
def theta_of_order_root_L(p):
    return p.replace(kappa=min(p.kappa, 1.0), theta=p.L**-0.5)  # false at every width, so the least will do


@activations.control("lower")
def no_skip_and_half_the_variance(p, rngs):
    p = p.replace(kappa=min(p.kappa, 1.0))
    return smallest(fcg_gaussian(rngs, p.d, p.m, p.L, variance=1.0), p, rngs, skip=False)


interlayers = Claim(
    "fcg.lemma_4_1_interlayer",
    paper=FCG,
    place="Lemma 4.1",
    axes=AXES,
    derived=DERIVED,
    regime=REGIME,
    uses=["fcg.lemma_B1", "fcg.lemma_B2"],
    batch=TOGETHER,
)


@interlayers.at_most(
    "from_input",
    quantity="largest ||H_1^l'||",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def norm_from_input(p, rngs):
    W = fcg_gaussian(rngs, p.d, p.m, p.L)

    def norms(x):
        """Largest over l' = 1, L, L+1, each from the one before: d columns are few enough to hold."""
        net = forward(W, x, p.theta)
        columns = [interlayer(W, net, 1, 1).mT]
        for l, l2 in ((2, p.L), (p.L + 1, p.L + 1)):
            columns.append(apply_interlayer(W, net, l, l2, columns[-1]))
        return torch.stack([torch.linalg.eigvalsh(H @ H.mT)[..., -1].sqrt() for H in columns]).amax(0)

    found = climb_on_sphere(norms, rngs, 32, p.d, rounds=4)
    return Sides(found.value, 1.0, random=found.random)


@interlayers.at_most(
    "between_layers",
    quantity="||H_2^{L+1}||",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def norm_between_layers(p, rngs):
    W = fcg_gaussian(rngs, p.d, p.m, p.L)
    found = climb_on_sphere(lambda x: interlayer_norm(W, x, p.theta), rngs, 8, p.d, rounds=1)
    return Sides(found.value, 1.0, random=found.random)


def interlayer_norm(W, x, theta, steps=12):
    """||H_2^{L+1}(x)||_2 for inputs [B, n, d]; twelve Lanczos steps reach 99 % of it."""
    net = forward(W, x, theta)
    L, (B, n, m) = net.L, net.x[1].shape

    def product(a):
        return apply_interlayer(W, net, 2, L + 1, a.reshape(B, n, 1, -1)).reshape(B * n, -1)

    def transposed(b):
        return apply_interlayer_transposed(W, net, 2, L + 1, b.reshape(B, n, 1, -1)).reshape(B * n, -1)

    start = pseudo_random_start(net.x[1].reshape(B * n, 1, m))
    return lanczos(product, transposed, start, steps).value.reshape(B, n)


@interlayers.control("from_input")
@interlayers.control("between_layers")
def theta_of_order_root_L_too(p):
    return p.replace(kappa=min(p.kappa, 1.0), theta=p.L**-0.5)


# At (4, d) in place of (m, d), and along one axis each: the growth is steep.
FEW = 0.5  # smoke shows it with 70 draws
one_network = {"kappa": lambda p: 1.0, "L": lambda p: 4, "inverse_t": lambda p: 1.0, "d": lambda p: 2}
narrow = activations.without(
    "width",
    REGIME[0].statement,
    axes=[Axis("d", 2, 512)],
    derived=one_network | {"kappa": lambda p: 1 / p.d},
    effort=FEW,
    expect={"upper": Verdict.TREND, "lower": Verdict.TREND},
)
strong_skips = activations.without(
    "theta",
    assumption=r"$\theta = 1/\Omega(L)$",
    bounds=["upper"],
    axes=[Axis("L", 4, 32)],
    derived=one_network | {"inverse_t": lambda p: p.L**-0.5},
    effort=FEW,
    expect={"upper": Verdict.TREND},
)
