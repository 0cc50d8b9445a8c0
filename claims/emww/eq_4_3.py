r"""Equation (4.3) and the gradients of Section 4.3: back-propagation.

Statement.  With $\alpha^{(l)} = \nabla_{y^{(l)}} f$, $\beta^{(l)} = \nabla_{z^{(l)}} f$,
            $\gamma^{(l)} = \nabla_{g^{(l)}} f$, for all $\Theta$ and $x$:
            $$\gamma^{(l)} = a^{(l)}\alpha^{(l+1)} + (C^{(l)})^\top\beta^{(l+1)},\quad
              \beta^{(l)} = (B^{(l)})^\top\gamma^{(l)},\quad
              \alpha^{(l)} = \alpha^{(l+1)} + (r^{(l)})^\top\gamma^{(l)},$$
            $\alpha^{(L)} = 1$, $\beta^{(L)} = 0$; and, at the start of Section 4.3,
            $$\nabla_{a^{(l)}}f = \alpha^{(l)}g^{(l)},\quad \nabla_{B^{(l)}}f = \gamma^{(l)}(z^{(l)})^\top,\quad
              \nabla_{C^{(l)}}f = \beta^{(l)}(g^{(l)})^\top,\quad \nabla_{r^{(l)}}f = \gamma^{(l)}y^{(l)}.$$
Source.     E, Ma, Wang, Wu (2019), (4.3) and the display before Lemma 4.3, for the network (2.3).
Regime.     All $\Theta$ and $x$ at which $f$ is differentiable. Parameters are Gaussian, so that units of both
            signs occur.
Worst case. None, as for every identity. With linear $\sigma$, (4.3) is true as printed; the gradients are not.
Known.      Automatic differentiation of the recursion (2.3), in its states and in its parameters. What is round-off
            has to shrink with the precision.
Control.    (4.3) without $(r^{(l)})^\top\gamma^{(l)}$; the gradients with $z^{(l+1)}$, $y^{(l+1)}$ for $z^{(l)}$,
            $y^{(l)}$. True twins: the units of every block in another order.
Readings.   "slope": $\sigma'$ is understood, that is $\sigma'(B^{(l)}z^{(l)} + r^{(l)}y^{(l)}) \circ \gamma^{(l)}$
            stands for $\gamma^{(l)}$ in $\beta^{(l)}$, $\alpha^{(l)}$, $\nabla_B f$, $\nabla_r f$. "total": the
            same, where $\nabla_{z^{(1)}}f$ counts every $z^{(1)}$ in (2.3), not only the input of block 1.
            "shifted": $\nabla_a f = \alpha^{(l+1)}g^{(l)}$ and $\nabla_C f = \beta^{(l+1)}(g^{(l)})^\top$, because
            block $l$ acts on $y^{(l+1)}$ and $z^{(l+1)}$. "chain_rule": slope and shifted together.
Erratum.    (4.3) holds where $\sigma' = 1$ only. $L = 2$, $d = m = 1$, $x = 1$, $B = -1$, $a = 1$, ReLU: $f = 0$
            near $x$, so that $\nabla_z f = 0$, but $B^\top\gamma = -1$; likewise $\nabla_B f = 0$, but
            $\gamma z = 1$. With $B = r = 1$ instead and $C = 0$: $\nabla_a f = 1$, but $\alpha^{(1)}g^{(1)} = 2$.
            The bounds of Section 4 survive, because $|\sigma'| \le 1$, and what they say of $\alpha^{(l)}$ and
            $\beta^{(l)}$ they say for all $l$.
"""

import torch

from claims.emww import EMWW
from generators.draws import normals
from generators.sphere import sphere
from harness.claim import Claim
from harness.networks.activations import ACTIVATIONS
from harness.networks.emww import Theta, backward, forward, gradients

INPUTS = 8
SLOPE = r"sigma' is understood wherever gamma passes through a unit"
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
grad_formulas = Claim(
    "emww.grad_formulas",
    paper=EMWW,
    place="Section 4.3",
    points=POINTS,
    readings={
        "slope": SLOPE,
        "shifted": "alpha and beta at l+1, the layer that block l acts on",
        "chain_rule": "slope and shifted together",
    },
)


def network(p, rngs):
    """Gaussian parameters of any size, the same for some inputs on the sphere: one network for each input."""
    K, m, d = p.L - 1, p.m, p.d
    blocks = (normals(rngs, K, *shape, dtype=p.dtype) for shape in ((m,), (m,), (m, d), (d, m)))
    theta = Theta(*(block.repeat_interleave(INPUTS, dim=0) for block in blocks))
    return theta, sphere(rngs, INPUTS, d, dtype=p.dtype).reshape(-1, 1, d), ACTIVATIONS[p.sigma]


def flat(tensors):
    """One row for each trial, all inputs together."""
    rows = torch.cat([tensor.flatten(1) for tensor in tensors], dim=1)
    return rows.detach().reshape(len(rows) // INPUTS, -1)


def by_autograd(theta, x, sigma, total=False):
    """Derivatives of f in y^(l), z^(l), g^(l), each as the input of its own block; or in every z^(1) of (2.3)."""
    s = forward(theta, x, sigma)
    dy, dz, dg = (torch.zeros_like(state).requires_grad_() for state in (s.y, s.z, s.g))
    z, y = x + dz[:, :, 0], dy[:, :, 0]
    z_1 = z if total else x
    for l, (a, r, B, C) in enumerate(zip(*(block.unbind(1) for block in theta), strict=True)):
        g = sigma.value(z @ B.mT + y[..., None] * r[:, None]) + dg[:, :, l]
        z, y = z_1 + g @ C.mT + dz[:, :, l + 1], y + (g @ a[..., None])[..., 0] + dy[:, :, l + 1]
    return flat(torch.autograd.grad(y.sum() + 0 * z.sum(), (dy, dz, dg)))


def by_formula(theta, x, sigma, slope=True):
    b = backward(theta, forward(theta, x, sigma), sigma, derivative=slope)
    return flat((b.alpha, b.beta, b.gamma))


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


@eq_4_3.equal("states", quantity="alpha, beta, gamma of all layers", exact=beta_by_hand)
def as_printed(p, rngs):
    net = network(p, rngs)
    return by_autograd(*net), by_formula(*net, slope=False)


@eq_4_3.equal("states", quantity="alpha, beta, gamma of all layers", reading="slope")
def with_slope(p, rngs):
    net = network(p, rngs)
    return by_autograd(*net), by_formula(*net)


@eq_4_3.equal("states", quantity="alpha, beta, gamma of all layers", reading="total", exact=total_by_hand)
def with_every_z_1(p, rngs):
    net = network(p, rngs)
    return by_autograd(*net, total=True), by_formula(*net)


@eq_4_3.control("states")
def r_term_dropped(p, rngs):
    theta, x, sigma = network(p, rngs)
    return by_autograd(theta, x, sigma), by_formula(theta._replace(r=0 * theta.r), x, sigma)


def in_parameters(p, rngs, slope=False, shift=False, later=False, reorder=False):
    """Gradients in all parameters, by autograd and by formula."""
    theta, x, sigma = network(p, rngs)
    leaves = Theta(*(block.requires_grad_() for block in theta))
    f = forward(leaves, x, sigma).f.sum()
    autograd = torch.autograd.grad(f, leaves, allow_unused=True, materialize_grads=True)
    theta = reordered(theta) if reorder else theta
    s = forward(theta, x, sigma)
    b = backward(theta, s, sigma)
    if not slope:
        b = b._replace(delta=b.gamma)
    if later:
        s = s._replace(z=s.z.roll(-1, 2), y=s.y.roll(-1, 2))
    formula = Theta(*(block[:, 0] for block in gradients(s, b, shift=shift)))
    return flat(autograd), flat(reordered(formula) if reorder else formula)


def reordered(theta):
    """The units of every block backwards."""
    return Theta(theta.a.flip(2), theta.r.flip(2), theta.B.flip(2), theta.C.flip(3))


def a_by_hand(p):
    """L = 2, d = m = 1, a = r = B = x = 1, C = 0: the derivative of y + a sigma(1 + y) in a, and alpha g."""
    from mpmath import diff, tanh, workdps

    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh, "identity": lambda u: u}[p.sigma]
    with workdps(50):
        alpha, g = diff(lambda y: y + sigma(1 + y), 0), sigma(1)
        return diff(lambda a: a * g, 1), alpha * g


def B_by_hand(p):
    """L = 2, d = m = 1, a = x = 1: the derivative of a sigma(B x) at B = -1, and gamma z = a x."""
    from mpmath import diff, tanh, workdps

    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh}[p.sigma]
    with workdps(50):
        return diff(sigma, -1), 1


GRADIENTS = {"quantity": "gradients in a, r, B, C of all blocks"}


@grad_formulas.equal("parameters", exact=a_by_hand, **GRADIENTS)
def gradients_as_printed(p, rngs):
    return in_parameters(p, rngs)


@grad_formulas.equal("parameters", reading="slope", exact=a_by_hand, **GRADIENTS)
def gradients_with_slope(p, rngs):
    return in_parameters(p, rngs, slope=True)


@grad_formulas.equal("parameters", reading="shifted", exact=B_by_hand, **GRADIENTS)
def gradients_shifted(p, rngs):
    return in_parameters(p, rngs, shift=True)


@grad_formulas.equal("parameters", reading="chain_rule", **GRADIENTS)
def gradients_by_the_chain_rule(p, rngs):
    return in_parameters(p, rngs, slope=True, shift=True)


@grad_formulas.control("parameters")
def next_z_and_y(p, rngs):
    return in_parameters(p, rngs, slope=True, shift=True, later=True)


@grad_formulas.true_twin("parameters")
def units_in_another_order(p, rngs):
    return in_parameters(p, rngs, slope=True, shift=True, reorder=True)
