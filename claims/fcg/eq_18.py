r"""Equation (18): units that change their pattern are near their kink.

Statement.  Hats and tildes belong to weights $\hat W$ and $\tilde W$, at the same $x$:
            $$\|(\hat\Sigma_l - \tilde\Sigma_l)\hat W_l^\top\hat x_{l-1}\|_2 \le C_1\|\hat W_l - \tilde W_l\|_2 +
            C_1\|\hat x_{l-1} - \tilde x_{l-1}\|_2.$$
Source.     Frei, Cao, Gu (2019), appendix B.2, the proof of Lemma 4.2: the first term of (17).
Regime.     None: all weights, inputs, $\theta$ and widths.
Worst case. In closed form, at layer 2. $\hat x_1$ and $\tilde x_1$ may be any two non-negative vectors, here with $\hat
            x_1 - \tilde x_1 \perp \tilde x_1$. The columns of $\tilde W_2$ are parallel to $\hat x_1 - \tilde x_1$,
            so that all units are on the kink (a thousandth below it), those of $\hat W_2 - \tilde W_2$ to $\hat x_1$:
            nothing is lost in either triangle inequality, and the ratio tends to one.
Known.      Where the two patterns differ, $0 < |\hat w^\top\hat x| \le |\hat w^\top\hat x - \tilde w^\top\tilde x|$:
            the proof of (18), with $\|\hat x_{l-1}\|_2$ and $\|\tilde W_l\|_2$ in place of $C_1$.
Control.    Without either term.
Readings.   explicit: $\|\hat x_{l-1}\|_2$ and $\|\tilde W_l\|_2$ in place of $C_1$. That these are bounded is Lemmas 4.1
            and B.1.
"""

import torch

from lemmata import Claim, Sides, Verdict
from lemmata.adversaries.found import unit
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.eq_16 import HALF, Network, pair, shapes
from lemmata.networks.fcg import forward

BELOW, STEP = 1e-3, 0.1  # how far under the kink; norm of the columns of W_hat - W_tilde

residual = Claim(
    "fcg.eq_18_pattern_residual",
    paper=FCG,
    place="Equation (18)",
    axes=shapes(1),
    readings={"explicit": "with the norms of x_hat_{l-1} and W_tilde_l in place of C_1"},
    effort=HALF,
)


def left_over_right(networks, first=1.0, second=1.0, l=2):
    """The left side of (18) over the right side, whose terms may be weighted, [B, n]."""
    hat, tilde = networks
    x_hat, x_tilde = hat.net.x[l - 1], tilde.net.x[l - 1]
    left = ((hat.net.sigma[l] ^ tilde.net.sigma[l]) * (x_hat @ hat.W[l - 1])).norm(dim=-1)
    change, norm = (torch.linalg.matrix_norm(M, 2) for M in (hat.W[l - 1] - tilde.W[l - 1], tilde.W[l - 1]))
    right = first * change[:, None] * x_hat.norm(dim=-1) + second * norm[:, None] * (x_hat - x_tilde).norm(dim=-1)
    return left / right.clamp(min=torch.finfo(right.dtype).tiny)  # both vanish where all of x_hat and x_tilde does


def worst_pair(p, rngs):
    """Two networks for which (18) is nearly an equality at l = 2, at one input."""
    hat, tilde = pair(p, rngs)
    x = hat.net.x[0][:, :1]
    W_hat, W_tilde = list(hat.W), list(tilde.W)
    W_hat[0] = W_hat[0] * (x @ W_hat[0]).sign()  # all units are active
    W_tilde[0] = W_hat[0].clone()
    W_tilde[0][..., p.m // 2 :] *= -1  # half of them are not
    x_hat, x_tilde = (torch.relu(x @ W[0]) for W in (W_hat, W_tilde))
    rows = W_hat[1][:, :1].abs()  # one positive factor for each unit of layer 2
    W_tilde[1] = (unit(x_hat - x_tilde) - BELOW * unit(x_tilde)).mT * rows
    W_hat[1] = W_tilde[1] + STEP * unit(x_hat).mT * rows
    return [Network(W, forward(W, x, p.theta)) for W in (W_hat, W_tilde)]


@residual.at_most("norm", reading="explicit", quantity="left side over right side", expect=Verdict.HOLDS)
def pattern_residual(p, rngs):
    random = left_over_right(pair(p, rngs)).amax(1)
    return Sides(left_over_right(worst_pair(p, rngs))[:, 0], 1.0, random=random)


@residual.control("norm")
def without_the_first_term(p, rngs):
    return left_over_right(worst_pair(p, rngs), first=0.0)[:, 0], 1.0


@residual.control("norm")
def without_the_second_term(p, rngs):
    return left_over_right(worst_pair(p, rngs), second=0.0)[:, 0], 1.0
