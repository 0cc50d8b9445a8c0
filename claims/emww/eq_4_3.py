r"""Equation (4.3) and the gradients of Section 4.3: back-propagation.

Statement.  With $\alpha^{(l)} = \nabla_{y^{(l)}} f$, $\beta^{(l)} = \nabla_{z^{(l)}} f$, $\gamma^{(l)} = \nabla_{g^{(l)}} f$, for all $\Theta$ and $x$:
            $$\gamma^{(l)} = a^{(l)}\alpha^{(l+1)} + (C^{(l)})^\top\beta^{(l+1)},\quad \beta^{(l)} = (B^{(l)})^\top\gamma^{(l)},\quad
              \alpha^{(l)} = \alpha^{(l+1)} + (r^{(l)})^\top\gamma^{(l)},$$
            $\alpha^{(L)} = 1$, $\beta^{(L)} = 0$; and, at the start of Section 4.3,
            $$\nabla_{a^{(l)}}f = \alpha^{(l)}g^{(l)},\quad \nabla_{B^{(l)}}f = \gamma^{(l)}(z^{(l)})^\top,\quad
              \nabla_{C^{(l)}}f = \beta^{(l)}(g^{(l)})^\top,\quad \nabla_{r^{(l)}}f = \gamma^{(l)}y^{(l)}.$$
Source.     E, Ma, Wang, Wu (2019), (4.3) and the display before Lemma 4.3, for the network (2.3).
Regime.     All $\Theta$ and $x$ at which $f$ is differentiable. Parameters are Gaussian, so that units of both signs occur.
Worst case. None, as for every identity. Linear $\sigma$ is among the cases: there (4.3) is true, the gradients are not.
Known.      Automatic differentiation of the recursion (2.3), in the states and in the parameters, summed over the inputs.
            What is round-off shrinks with the precision.
Control.    (4.3) without $(r^{(l)})^\top\gamma^{(l)}$; gradients with $\sigma$ left out of $g$, or with the next $z$ or $y$. True twin:
            (4.3) with the units of every block in another order.
Readings.   "slope": $\sigma'$ is understood, that is $\sigma'(B^{(l)}z^{(l)} + r^{(l)}y^{(l)}) \circ \gamma^{(l)}$ stands where (4.3) and the
            gradients in $B$, $r$ print $\gamma^{(l)}$. "shifted": $\alpha^{(l+1)}$, $\beta^{(l+1)}$ for $\alpha^{(l)}$, $\beta^{(l)}$ in those in $a$, $C$, because
            block $l$ acts on $y^{(l+1)}$ and $z^{(l+1)}$. "total": with $\sigma'$ understood, and $\nabla_{z^{(1)}}f$ counts every
            $z^{(1)}$ in (2.3), not only the one that enters block 1.
Erratum.    As printed, (4.3) holds for $\sigma' = 1$ only. With $L = 2$, $d = m = 1$, $x = 1$, $B = -1$, $a = 1$, ReLU: $f = 0$ near
            $x$, so $\nabla_z f = 0$, but $B^\top\gamma = -1$. All four gradients are false as printed: with $\sigma = $ ReLU,
            $a = r = B = x = 1$, $C = 0$, $L = 2$, $\nabla_a f = g = 1$ but $\alpha^{(1)}g^{(1)} = 2$. The bounds of the paper survive,
            as $|\sigma'| \le 1$ and its bounds on $\alpha$ and $\beta$ hold for all $l$.
"""

import torch

from claims.emww import EMWW
from generators.draws import normals
from generators.sphere import sphere
from harness.claim import Claim
from harness.networks.activations import ACTIVATIONS
from harness.networks.emww import Theta, backward, forward, gradients
from harness.verdict import Verdict

POINTS = [
    {"sigma": sigma, "L": L, "m": m, "d": d}
    for L, m, d in ((2, 1, 1), (3, 2, 1), (3, 2, 2), (6, 4, 3))
    for sigma in ("relu", "absolute", "tanh", "identity")
]
INPUTS = 8

eq_4_3 = Claim(
    "emww.eq_4_3_backprop",
    paper=EMWW,
    place="Equation (4.3)",
    points=POINTS,
    readings={
        "slope": "sigma' is understood wherever gamma passes through a unit",
        "total": "as slope, and the gradient in z^(1) counts every z^(1) in (2.3)",
    },
)
grad_formulas = Claim(
    "emww.grad_formulas",
    paper=EMWW,
    place="Section 4.3",
    points=POINTS,
    readings={
        "slope": "sigma' is understood wherever gamma passes through a unit",
        "shifted": "alpha and beta with the index l+1 of the states that block l acts on",
    },
)


def network(p, rngs):
    """Gaussian parameters of any size, and inputs on the sphere."""
    K, m, d = p.L - 1, p.m, p.d
    a, r, B, C = (normals(rngs, K, *shape, dtype=p.dtype) for shape in ((m,), (m,), (m, d), (d, m)))
    return Theta(a, r, B, C), sphere(rngs, INPUTS, d, dtype=p.dtype), ACTIVATIONS[p.sigma]


def flat(*tensors):
    return torch.cat([tensor.flatten(1) for tensor in tensors], dim=1)


def by_autograd(theta, x, sigma, total=False):
    """Derivatives of f in y^(l), z^(l), g^(l), each the input of its own block; or in every z^(1) of (2.3)."""
    s = forward(theta, x, sigma)
    dy, dz, dg = (torch.zeros_like(state).requires_grad_() for state in (s.y, s.z, s.g))
    z_1, z, y = x, x + dz[:, :, 0], dy[:, :, 0]
    if total:
        z_1 = z
    for l, (a, r, B, C) in enumerate(zip(*(block.unbind(1) for block in theta), strict=True)):
        g = sigma.value(z @ B.mT + y[..., None] * r[:, None]) + dg[:, :, l]
        z, y = z_1 + g @ C.mT + dz[:, :, l + 1], y + (g @ a[..., None])[..., 0] + dy[:, :, l + 1]
    return flat(*torch.autograd.grad(y.sum() + 0 * z.sum(), (dy, dz, dg)))


def by_formula(theta, x, sigma, derivative=True):
    b = backward(theta, forward(theta, x, sigma), sigma, derivative=derivative)
    return flat(b.alpha, b.beta, b.gamma)


def backprop_by_hand(p):
    """d/dz of a sigma(B z) at z = 1 with a = 1, B = -1, and B gamma = B a as printed."""
    from mpmath import diff, mp, tanh

    mp.dps = 30
    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh}[p.sigma]
    return diff(lambda z: sigma(-z), 1), -1


@eq_4_3.equal("derivatives", quantity="alpha, beta, gamma", exact=backprop_by_hand)
def as_printed(p, rngs):
    net = network(p, rngs)
    return by_autograd(*net), by_formula(*net, derivative=False)


@eq_4_3.equal("derivatives", quantity="alpha, beta, gamma", reading="slope")
def with_slope(p, rngs):
    net = network(p, rngs)
    return by_autograd(*net), by_formula(*net)


@eq_4_3.equal("derivatives", quantity="alpha, beta, gamma", reading="total")
def with_total_z_1(p, rngs):
    net = network(p, rngs)
    return by_autograd(*net, total=True), by_formula(*net)


@eq_4_3.control("derivatives")
def r_term_dropped(p, rngs):
    theta, x, sigma = network(p, rngs)
    return by_autograd(theta, x, sigma), by_formula(theta._replace(r=0 * theta.r), x, sigma)


@eq_4_3.true_twin("derivatives")
def units_in_another_order(p, rngs):
    (a, r, B, C), x, sigma = network(p, rngs)
    b, c = (
        backward(theta, forward(theta, x, sigma), sigma)
        for theta in (Theta(a, r, B, C), Theta(a.flip(2), r.flip(2), B.flip(2), C.flip(3)))
    )
    return flat(b.alpha, b.beta, b.gamma), flat(c.alpha, c.beta, c.gamma.flip(3))


def gradients_by_hand(p):
    """Gradients in a, C, B, r of a last block, entered with z = y = 1, and what is printed; d = m = a = r = 1."""
    from mpmath import diff, mp, tanh

    mp.dps = 30
    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh, "identity": lambda u: u}[p.sigma]

    def f(z, y, a, B, r):  # C of the last block plays no part
        return y + a * sigma(B * z + r * y)

    def derivative(argument, B):
        return diff(f, (1, 1, 1, B, 1), tuple(int(i == argument) for i in range(5)))

    g, alpha, beta, gamma = sigma(2), derivative(1, B=1), derivative(0, B=1), 1
    return [derivative(2, B=1), 0, derivative(3, B=-3), derivative(4, B=-3)], [
        alpha * g,
        beta * g,
        gamma,
        gamma,
    ]


def of_block(block, printed=False, twin=False):
    """The trial that compares the gradients in a, B, C or r of every block with their formula."""

    def trial(p, rngs):
        theta, x, sigma = network(p, rngs)
        leaves = Theta(*(tensor.requires_grad_() for tensor in theta))
        s = forward(leaves, x, sigma)
        by_autograd = torch.autograd.grad(s.f.sum(), leaves, materialize_grads=True)
        b = backward(theta, s, sigma)
        if printed:
            b = b._replace(delta=b.gamma)
        if twin:
            s = s._replace(g=s.pre, z=s.z.roll(-1, 2), y=s.y.roll(-1, 2))
        by_formula = gradients(s, b, shift=not printed)
        return flat(getattr(Theta(*by_autograd), block)), flat(getattr(by_formula, block).sum(1)).detach()

    return trial


for block, mended in (("a", "shifted"), ("B", "slope"), ("C", "shifted"), ("r", "slope")):
    quantity = f"gradients in {block} of all blocks"
    grad_formulas.equal(block, quantity=quantity, exact=gradients_by_hand)(of_block(block, printed=True))
    grad_formulas.equal(block, quantity=quantity, reading=mended)(of_block(block))
    grad_formulas.control(block)(of_block(block, twin=True))
