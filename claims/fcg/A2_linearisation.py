r"""Appendix A.2: in the ball, the output is near its linearisation at the initialisation.

Statement.  In the regime of Lemma 4.2 with $\tau \le 1$, with $F_{W^{(0)}, W}(x) = f_{W^{(0)}}(x) + \sum_{l=1}^{L+1}
            \mathrm{tr}[(W_l - W_l^{(0)})^\top \nabla_{W_l} f_{W^{(0)}}(x)]$, for all $W \in \mathcal W(W^{(0)}, \tau)$
            and all $x$ of the sample, $$|f_W(x) - F_{W^{(0)}, W}(x)| \le C\tau^{4/3}\sqrt{m\log m}.$$
Source.     Frei, Cao, Gu (2019), appendix A.2, the bound of $I_1$ in the proof of Theorem 3.6; Lemma 4.2 with $\tilde W =
            W^{(0)}$ and $h \le \tau(2 + L\theta)$, whose second term is at most $\tau^{2/3}(2 + L\theta)$ times the first.
Regime.     That of Lemma 4.2, with ${\tt units} = m\tau^{2/3}$. $\theta = 1/(L-1)$ and $d = 4$.
Worst case. In the last layer, exact: a change along $x_L$ moves $z_j = w_{L+1,j}^\top x_L$, and the remainder
            is $\sum_j v_j(c_j - |z_j|)_+$ if $z_j$ moves by $c_j$ towards its kink and beyond. So the $k$ units of one
            sign of $v$ with the smallest $|z_j|$ move by $c = \tau\|x_L\|/\sqrt k$ each, with the best $k$, the best
            of the two signs, and the best of a few random inputs. Other layers add terms of the same order, as
            `fcg.lemma_4_2_f` shows; what is special here is that one end of the pair is the initialisation.
Known.      $k \approx m\tau^{2/3}$ units have $|z_j|$ below $c$, each of them gains about $c/2 = \tau\|x_L\|/(2\sqrt k)$,
            and the sum is of order $\sqrt k\,\tau = \tau^{4/3}\sqrt m$.
Control.    $\tau^2$, as if the output were smooth; $\theta = 1$.
"""

from math import log

import torch

from lemmata import Axis, Claim, Sides, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.in_law import hidden_activations, preactivations
from lemmata.claims.fcg.lemma_4_2 import INPUTS, RADIUS_AND_WIDTH, REGIME
from lemmata.generators import sphere
from lemmata.networks.fcg import signs

linearisation = Claim(
    "fcg.A2_linearisation",
    paper=FCG,
    place="Appendix A.2, I_1",
    axes=[
        Axis("inverse_tau", 1.0, 64.0, exponent=-4 / 3, toward="inf"),
        Axis("units", 16.0, 256.0, exponent=0.5, toward="inf"),  # widths from 16 to 4,096
        Axis("L", 2, 32, exponent=0),
    ],
    derived={**RADIUS_AND_WIDTH, "theta": lambda p: 1 / (p.L - 1), "d": lambda p: 4, "delta": lambda p: 0.1},
    regime=REGIME,
    uses=["fcg.lemma_4_2_f", "fcg.lemma_4_2_f_far"],
    effort=2.0,  # the 141 draws of smoke bound the growth along L by 0.24, next to what has to be excluded, 0.25
)


def best_of_last_layer(z, norm, tau):
    r"""The largest $\sum_j v_j (c_j - |z_j|)_+$ with $\sum_j c_j^2 \le \tau^2\|x_L\|^2$, and the moves of z that make it.

    Args:
        z: pre-activations [..., m].
        norm: norm of x_L, [...].
        tau: radius.

    Returns:
        Its absolute value and sign, [...], and the moves [..., m].
    """
    v = signs(z.shape[-1]).to(z)
    k = torch.arange(1, len(v) // 2 + 1, dtype=z.dtype)
    length = tau * norm[..., None] / k.sqrt()  # of each move, if there are k
    best, moves = [], []
    for half in (v > 0, v < 0):
        distance = z[..., half].abs()
        gain, index = (k * length - distance.sort(dim=-1).values.cumsum(-1)).max(-1, keepdim=True)
        chosen = distance.argsort(-1).argsort(-1) <= index
        towards = torch.where(z[..., half] > 0, -1.0, 1.0).to(z) * length.gather(-1, index)
        best.append(gain[..., 0])
        moves.append(torch.zeros_like(z).masked_scatter(half.expand_as(z), chosen * towards))
    gain, side = torch.stack(best).max(0)
    return gain, 1.0 - 2 * side, torch.where((side == 0)[..., None], *moves)


@linearisation.at_most(
    "remainder", quantity="|f_W - F_W|", up_to_constant=True, delta="delta", expect=Verdict.HOLDS_UP_TO_CONSTANT
)
def largest_remainder(p, rngs):
    x_L = hidden_activations(rngs, sphere(rngs, INPUTS, p.d), p.m, p.L, p.theta)[1][-1]
    z = preactivations(rngs, x_L, p.m)
    found, _, _ = best_of_last_layer(z, x_L.norm(dim=-1), p.tau)
    moved = z + p.tau / (2 * p.m) ** 0.5 * preactivations(rngs, x_L, p.m)  # a Gaussian change of norm tau
    random = (torch.relu(moved) - torch.relu(z) - (moved - z) * (z > 0)) @ signs(p.m)
    return Sides(found.amax(1), p.tau ** (4 / 3) * (p.m * log(p.m)) ** 0.5, random=random.abs().amax(1))


@linearisation.control("remainder")
def tau_squared(p, lhs, rhs):
    return lhs, rhs * p.tau ** (2 / 3)


@linearisation.control("remainder")
def theta_is_one(p):
    return p.replace(theta=1.0)
