r"""After Lemma 4.1: what depth does to a residual and to a fully connected network.

Statement.  "Due to the scaling of $\theta$, we are able to get bounds on the interlayer and hidden layer activations that
            do not grow with $L$. [...] The fully connected architecture studied by Cao and Gu (2019b) had additional
            polynomial terms in $L$ for both upper bounds for $\|x_l\|_2$ and $\|H_l^{l'}\|_2$."
Source.     Frei, Cao, Gu (2019), the paragraph after Lemma 4.1.
Regime.     Width and input dimension fixed, $m = 64$ and $d = 4$; $L$ from 2 to 64. Residual: $\theta = 1/L$. Fully
            connected: $x_l = \sigma(W_l^\top x_{l-1})$. Both have the same Gaussian weights, of variance $2/m$.
Worst case. For each architecture the input that maximises $\|x_L\|$ over the sphere. Of the norms $\|H_l^{l'}\|_2$,
            $2 \le l \le l' \le L$, those with $l' = L, L/2, L/4, \dots$ and $l' - l + 1 = 1, 2, 4, \dots$ or $l = 2$.
Known.      A product of $k$ independent masked Gaussian matrices has its largest singular value near $\sqrt{e(k + 1)}$ for
            $m \to \infty$ (Fuss-Catalan law), so that the exponent 1/2 is expected; a residual product tends to a limit.
            $\|x_l\|^2$ of a fully connected network, for one input, is a martingale of mean one.
Control.    The residual network with $\theta = L^{-1/2}$. True twin: a fully connected side times $L$.
Readings.   quantities: the print compares upper bounds of two papers; here the quantities themselves are compared, and
            "polynomial" means an exponent that is larger by a quarter.
"""

import torch

from claims.fcg import FCG
from generators import fcg_gaussian
from harness.adversaries.spectral import largest_singular_value
from harness.adversaries.sphere import homogeneous_ascent
from harness.claim import Axis, Claim
from harness.networks.fcg import forward

STARTS, STEPS = 8, 4

depth = Claim(
    "fcg.depth_interlayer",
    paper=FCG,
    place="After Lemma 4.1",
    axes=[Axis("L", 2, 64, exponent=0)],
    derived={"m": lambda p: 64, "d": lambda p: 4, "theta": lambda p: 1 / p.L},
    readings={"quantities": "norms are compared instead of the bounds that two papers have for them"},
    uses=["fcg.lemma_4_1_activations", "fcg.lemma_4_1_interlayer"],
    batch=8,
    effort=0.4,
)


def worst_input(p, rngs, skip):
    """The weights, and the forward pass at the input with the largest ||x_L||."""
    W = fcg_gaussian(rngs, p.d, p.m, p.L)

    def top(x):
        return forward(W, x, p.theta, skip).x[p.L]

    x = homogeneous_ascent(top, rngs, STARTS, p.d, STEPS).point
    return W, forward(W, x[:, None], p.theta, skip)


def largest_activation(p, rngs, skip):
    """max_l ||x_l||, l = 1 .. L, [B]."""
    _, net = worst_input(p, rngs, skip)
    return torch.stack([x[:, 0].norm(dim=-1) for x in net.x[1 : p.L + 1]]).amax(0)


def layer(W, net, r):
    """The transpose of H_r^r, [B, m, m]."""
    branch = W[r - 1] * net.sigma[r]  # columns of inactive units are zero
    return torch.eye(branch.shape[-1]) + net.theta * branch if net.is_residual(r) else branch


def largest_interlayer(p, rngs, skip):
    """max ||H_l^{l'}||_2 over the pairs of the docstring, [B]."""
    W, net = worst_input(p, rngs, skip)
    norms = []
    for end in {max(2, p.L >> k) for k in range(p.L.bit_length())}:
        H = None
        for r in range(end, 1, -1):
            H = layer(W, net, r) if H is None else layer(W, net, r) @ H
            length = end - r + 1
            if length & (length - 1) == 0 or r == 2:
                norms.append(largest_singular_value(H).value)
    return torch.stack(norms).amax(0)


def replayed(rngs):
    """Generators in the state of the given ones, so that both architectures get the same weights."""
    return [type(rng)(type(rng.bit_generator)()) for rng in rngs]
