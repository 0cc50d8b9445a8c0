r"""Section 4.3, first display: the gradients in the parameters.

Statement.  $\nabla_{a^{(l)}}f = \alpha^{(l)}g^{(l)}$, $\nabla_{B^{(l)}}f = \gamma^{(l)}(z^{(l)})^\top$,
            $\nabla_{C^{(l)}}f = \beta^{(l)}(g^{(l)})^\top$, $\nabla_{r^{(l)}}f = \gamma^{(l)}y^{(l)}$ for all
            $\Theta$ and $x$, where $\alpha^{(l)}$, $\beta^{(l)}$, $\gamma^{(l)}$ are the gradients of $f$ in
            $y^{(l)}$, $z^{(l)}$, $g^{(l)}$.
Source.     E, Ma, Wang, Wu (2019), the display before Lemma 4.3, for the network (2.3).
Regime.     All $\Theta$ and $x$ at which $f$ is differentiable. Parameters are Gaussian, so that units of both
            signs occur; linear $\sigma$ is among the cases.
Worst case. None, as for every identity: all blocks and parameters at once.
Known.      Automatic differentiation of the recursion (2.3) in its parameters, one input at a time. What is
            round-off has to shrink with the precision.
Control.    $z^{(l+1)}$ and $y^{(l+1)}$ in place of $z^{(l)}$ and $y^{(l)}$. True twin: the units of every block in
            another order.
Readings.   "slope": $\sigma'$ is understood, that is $\sigma'(B^{(l)}z^{(l)} + r^{(l)}y^{(l)}) \circ \gamma^{(l)}$
            stands for $\gamma^{(l)}$. "shifted": $\nabla_{a^{(l)}}f = \alpha^{(l+1)}g^{(l)}$ and
            $\nabla_{C^{(l)}}f = \beta^{(l+1)}(g^{(l)})^\top$, because block $l$ acts on $y^{(l+1)}$ and
            $z^{(l+1)}$. "chain_rule": both.
Erratum.    Both corrections are needed. With $L = 2$, $d = m = 1$, $x = 1$, ReLU: for $a = r = B = 1$, $C = 0$,
            $\nabla_a f = g = 1$, but $\alpha^{(1)}g^{(1)} = 2$; and $\nabla_C f = 0$, but $\beta^{(1)}g^{(1)} = 1$.
            For $a = 1$, $B = -1$, $\nabla_B f = 0$, but $\gamma z = 1$. The bounds of Section 4.3 survive, because
            $|\sigma'| \le 1$, and what is known of $\alpha^{(l)}$ and $\beta^{(l)}$ is known for all $l$.
"""

import torch

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.eq_4_3 import POINTS, SLOPE, flat, network, reordered
from lemmata.networks.emww import Theta, backward, forward, gradients

grad_formulas = Claim(
    "emww.grad_formulas",
    paper=EMWW,
    place="Section 4.3",
    points=POINTS,
    readings={
        "slope": SLOPE,
        "shifted": "alpha and beta with the index l+1 of the states that block l acts on",
        "chain_rule": "slope and shifted together",
    },
    uses=["emww.eq_4_3_backprop"],
)


def by_autograd(theta, x, sigma):
    leaves = Theta(*(block.detach().requires_grad_() for block in theta))
    f = forward(leaves, x, sigma).f.sum()
    return Theta(*torch.autograd.grad(f, leaves, allow_unused=True, materialize_grads=True))


def by_formula(theta, x, sigma, slope=True, shift=True, later=False):
    s = forward(theta, x, sigma)
    b = backward(theta, s, sigma)
    if not slope:
        b = b._replace(delta=b.gamma)
    if later:
        s = s._replace(z=s.z.roll(-1, 2), y=s.y.roll(-1, 2))
    return Theta(*(block[:, 0] for block in gradients(s, b, shift=shift)))


def both(p, rngs, **reading):
    net = network(p, rngs)
    return flat(by_autograd(*net)), flat(by_formula(*net, **reading))


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


NO_SHIFT = {
    "exact": a_by_hand,
    "expect": Verdict.VIOLATED,
    "erratum": "The gradients in a and C have alpha and beta at l+1, not at l.",
}
NO_SLOPE = {
    "exact": B_by_hand,
    "expect": Verdict.VIOLATED,
    "erratum": "sigma' is missing in the gradients in B and r.",
}
BOTH = NO_SHIFT | {"erratum": f"{NO_SHIFT['erratum']} {NO_SLOPE['erratum']}"}


@grad_formulas.equal("parameters", quantity="gradients in a, r, B, C of all blocks", **BOTH)
def as_printed(p, rngs):
    return both(p, rngs, slope=False, shift=False)


@grad_formulas.equal("parameters", quantity="gradients in a, r, B, C of all blocks", reading="slope", **NO_SHIFT)
def with_slope(p, rngs):
    return both(p, rngs, shift=False)


@grad_formulas.equal("parameters", quantity="gradients in a, r, B, C of all blocks", reading="shifted", **NO_SLOPE)
def shifted(p, rngs):
    return both(p, rngs, slope=False)


@grad_formulas.equal(
    "parameters", quantity="gradients in a, r, B, C of all blocks", reading="chain_rule", expect=Verdict.HOLDS
)
def chain_rule(p, rngs):
    return both(p, rngs)


@grad_formulas.control("parameters")
def next_z_and_y(p, rngs):
    return both(p, rngs, later=True)


@grad_formulas.true_twin("parameters")
def units_in_another_order(p, rngs):
    theta, x, sigma = network(p, rngs)
    return flat(by_autograd(theta, x, sigma)), flat(reordered(by_formula(reordered(theta), x, sigma)))
