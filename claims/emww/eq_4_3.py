r"""Equation (4.3): back-propagation through the states.

Statement.  With $\alpha^{(l)} = \nabla_{y^{(l)}} f$, $\beta^{(l)} = \nabla_{z^{(l)}} f$,
            $\gamma^{(l)} = \nabla_{g^{(l)}} f$, for all $\Theta$ and $x$:
            $$\gamma^{(l)} = a^{(l)}\alpha^{(l+1)} + (C^{(l)})^\top\beta^{(l+1)},\quad
              \beta^{(l)} = (B^{(l)})^\top\gamma^{(l)},\quad
              \alpha^{(l)} = \alpha^{(l+1)} + (r^{(l)})^\top\gamma^{(l)},$$
            and $\alpha^{(L)} = 1$, $\beta^{(L)} = 0$.
Source.     E, Ma, Wang, Wu (2019), (4.3), for the network (2.3).
Regime.     All $\Theta$ and $x$ at which $f$ is differentiable. Parameters are Gaussian, so that units of both
            signs occur; linear $\sigma$ is among the cases, for which the equation is true as printed.
Worst case. None, as for every identity: all layers at once.
Known.      Automatic differentiation of the recursion (2.3) in its states. What is round-off has to shrink with the
            precision.
Control.    $\alpha^{(l)} = \alpha^{(l+1)}$, without $(r^{(l)})^\top\gamma^{(l)}$. True twin: the units of every
            block in another order.
Readings.   "slope": $\sigma'$ is understood, that is $\beta^{(l)} = (B^{(l)})^\top\delta^{(l)}$ and
            $\alpha^{(l)} = \alpha^{(l+1)} + (r^{(l)})^\top\delta^{(l)}$ with
            $\delta^{(l)} = \sigma'(B^{(l)}z^{(l)} + r^{(l)}y^{(l)}) \circ \gamma^{(l)}$. "total": the same, where
            $\beta^{(1)} = \nabla_{z^{(1)}}f$ counts every $z^{(1)}$ in (2.3), not only the input of block 1.
Erratum.    As printed it holds where $\sigma' = 1$ only. $L = 2$, $d = m = 1$, $x = 1$, $B = -1$, $a = 1$, ReLU:
            $f = 0$ near $x$, so that $\nabla_z f = 0$, but $B^\top\gamma = -1$. "slope" is right. In "total" it
            fails for $L = 3$, $a^{(1)} = C^{(1)} = 0$ and $a^{(2)} = B^{(2)} = 1$: $f = \sigma(z^{(1)})$, but
            $\beta^{(1)} = 0$. The bounds of Section 4 survive, because $|\sigma'| \le 1$.
"""

import torch

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.generators.draws import normals
from lemmata.generators.sphere import sphere
from lemmata.networks.activations import ACTIVATIONS
from lemmata.networks.emww import Theta, backward, forward

INPUTS = 8  # of each network
SLOPE = "sigma' is understood wherever gamma passes through a unit"
POINTS = [
    {"sigma": sigma, "L": L, "m": m, "d": d}
    for L, m, d in ((2, 1, 1), (3, 1, 1), (3, 2, 2), (6, 4, 3))
    for sigma in ("relu", "absolute", "tanh", "identity")
]

eq_4_3 = Claim(
    "emww.eq_4_3_backprop",
    paper=EMWW,
    place="Equation (4.3)",
    points=POINTS,
    readings={"slope": SLOPE, "total": "as slope, and the gradient in z^(1) counts every z^(1) in (2.3)"},
)


def network(p, rngs):
    """Gaussian parameters of any size and several inputs, as one network [B * INPUTS, ...] for each input."""
    K, m, d = p.L - 1, p.m, p.d
    blocks = (normals(rngs, K, *shape, dtype=p.dtype) for shape in ((m,), (m,), (m, d), (d, m)))
    theta = Theta(*(block.repeat_interleave(INPUTS, dim=0) for block in blocks))
    return theta, sphere(rngs, INPUTS, d, dtype=p.dtype).reshape(-1, 1, d), ACTIVATIONS[p.sigma]


def flat(tensors):
    """One row for each trial, all inputs together."""
    rows = torch.cat([tensor.flatten(1) for tensor in tensors], dim=1)
    return rows.detach().reshape(len(rows) // INPUTS, -1)


def reordered(theta):
    """The units of every block backwards."""
    return Theta(theta.a.flip(2), theta.r.flip(2), theta.B.flip(2), theta.C.flip(3))


def by_autograd(theta, x, sigma, total=False):
    """Derivatives of f in y^(l), z^(l), g^(l), each as the input of its own block; or in every z^(1) of (2.3)."""
    s = forward(theta, x, sigma)
    dy, dz, dg = (torch.zeros_like(state).requires_grad_() for state in (s.y, s.z, s.g))
    z, y = x + dz[:, :, 0], dy[:, :, 0]
    z_1 = z if total else x
    for l, (a, r, B, C) in enumerate(zip(*(block.unbind(1) for block in theta), strict=True)):
        g = sigma.value(z @ B.mT + y[..., None] * r[:, None]) + dg[:, :, l]
        z, y = z_1 + g @ C.mT + dz[:, :, l + 1], y + (g @ a[..., None])[..., 0] + dy[:, :, l + 1]
    return torch.autograd.grad(y.sum() + 0 * z.sum(), (dy, dz, dg))


def by_formula(theta, x, sigma, slope=True):
    b = backward(theta, forward(theta, x, sigma), sigma, derivative=slope)
    return b.alpha, b.beta, b.gamma


def beta_by_hand(p):
    """L = 2, d = m = 1, a = 1, B = -1: the derivative of a sigma(B z) at z = 1, and B gamma = B a."""
    from mpmath import diff, tanh, workdps

    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh}[p.sigma]
    with workdps(50):
        return diff(lambda z: sigma(-z), 1), -1


def total_by_hand(p):
    """L = 3, d = m = 1, a^(1) = C^(1) = 0, a^(2) = B^(2) = 1: the derivative of f = sigma(z^(1)), and beta^(1)."""
    from mpmath import diff, tanh, workdps

    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh, "identity": lambda u: u}[p.sigma]
    with workdps(50):
        return diff(sigma, 1), 0


STATES = {"quantity": "alpha, beta, gamma of all layers"}
NO_SLOPE = "sigma' is missing: delta = sigma'(B z + r y) gamma stands for gamma in beta and alpha."
INPUT = "beta^(1) is the derivative in z^(1) as the input of block 1 only; every layer has a skip from z^(1)."


@eq_4_3.equal("states", exact=beta_by_hand, expect=Verdict.VIOLATED, erratum=NO_SLOPE, **STATES)
def as_printed(p, rngs):
    net = network(p, rngs)
    return flat(by_autograd(*net)), flat(by_formula(*net, slope=False))


@eq_4_3.equal("states", reading="slope", expect=Verdict.HOLDS, **STATES)
def with_slope(p, rngs):
    net = network(p, rngs)
    return flat(by_autograd(*net)), flat(by_formula(*net))


@eq_4_3.equal("states", reading="total", exact=total_by_hand, expect=Verdict.VIOLATED, erratum=INPUT, **STATES)
def with_every_z_1(p, rngs):
    net = network(p, rngs)
    return flat(by_autograd(*net, total=True)), flat(by_formula(*net))


@eq_4_3.control("states")
def r_term_dropped(p, rngs):
    theta, x, sigma = network(p, rngs)
    return flat(by_autograd(theta, x, sigma)), flat(by_formula(theta._replace(r=0 * theta.r), x, sigma))


@eq_4_3.true_twin("states")
def units_in_another_order(p, rngs):
    theta, x, sigma = network(p, rngs)
    alpha, beta, gamma = by_formula(reordered(theta), x, sigma)
    return flat(by_autograd(theta, x, sigma)), flat((alpha, beta, gamma.flip(3)))
