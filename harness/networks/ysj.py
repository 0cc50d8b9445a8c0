r"""The deep ResNet of Yun, Sra, Jadbabaie (2019), Section 4, its risk, and the losses of Assumption 4.1.

$h_0 = x$, $h_1 = x + V_1\phi(x)$, $h_l = h_{l-1} + V_l\phi(U_l h_{l-1})$ for $2 \le l \le L$, and
$f = w^\top h_L$. The functions $\phi^l$ of the paper are one activation here, which acts on every entry:
$n_l = m_l$, $n_1 = d$.

Shapes: B networks, n samples; risks are means over the n samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lemmata.networks.activations import Activation
from lemmata.networks.checks import require_finite, require_shape


class Theta(NamedTuple):
    """Parameters, or a gradient in them.

    Attributes:
        w: top layer [B, d].
        V: V_1 .. V_L, each [B, d, m_l], where m_1 = d.
        U: U_2 .. U_L, each [B, m_l, d].
    """

    w: Tensor
    V: Sequence[Tensor]
    U: Sequence[Tensor]


class Forward(NamedTuple):
    """What a forward pass leaves behind.

    Attributes:
        h: h_0 .. h_L, each [B, n, d].
        pre: arguments of phi in the blocks 1 .. L, x and then U_l h_{l-1}, each [B, n, m_l].
        phi: their images.
        f: output w^T h_L, [B, n].
    """

    h: list[Tensor]
    pre: list[Tensor]
    phi: list[Tensor]
    f: Tensor


@dataclass(frozen=True)
class Loss:
    """A loss l(p; y), convex and twice differentiable in the prediction p, entry by entry.

    Attributes:
        name: how parameters and reports refer to it.
        value: (p, y) -> l.
        first: (p, y) -> l', the derivative in p.
        second: (p, y) -> l''.
    """

    name: str
    value: Callable[[Tensor, Tensor], Tensor]
    first: Callable[[Tensor, Tensor], Tensor]
    second: Callable[[Tensor, Tensor], Tensor]


square = Loss(
    "square",
    lambda p, y: (p - y) ** 2,
    lambda p, y: 2 * (p - y),
    lambda p, _: torch.full_like(p, 2.0),
)
# logsigmoid, because F.softplus turns linear at 20 and is then off by 2e-9
logistic = Loss(
    "logistic",
    lambda p, y: -F.logsigmoid(y * p),
    lambda p, y: -y * torch.sigmoid(-y * p),
    lambda p, y: y**2 * torch.sigmoid(y * p) * torch.sigmoid(-y * p),
)


def pseudo_huber(eps: float) -> Loss:
    """The loss sqrt(eps^2 + (p - y)^2) - eps: 1-Lipschitz, and |p - y| in the limit eps -> 0.

    Args:
        eps: where the square turns into the absolute value.

    Raises:
        ValueError: if eps is not positive.
    """
    if not eps > 0:
        raise ValueError(f"eps = {eps}: must be positive, or the loss has no derivative at p = y")
    return Loss(
        f"pseudo_huber({eps:g})",
        lambda p, y: torch.hypot(p - y, torch.full_like(p, eps)) - eps,
        lambda p, y: (p - y) / torch.hypot(p - y, torch.full_like(p, eps)),
        lambda p, y: eps**2 / torch.hypot(p - y, torch.full_like(p, eps)) ** 3,
    )


def forward(theta: Theta, x: Tensor, phi: Activation) -> Forward:
    """All block outputs and the network's output.

    Args:
        theta: parameters.
        x: inputs [B, n, d].
        phi: activation of every block.

    Raises:
        ValueError: if shapes do not fit, or an input is empty or not finite.
    """
    _check(theta, x)
    h, pre, image = [x], [], []
    for l, V in enumerate(theta.V, start=1):
        pre.append(x if l == 1 else h[-1] @ theta.U[l - 2].mT)
        image.append(phi.value(pre[-1]))
        h.append(h[-1] + image[-1] @ V.mT)
    return Forward(h, pre, image, (h[-1] * theta.w[:, None]).sum(-1))


def risk(forward: Forward, y: Tensor, loss: Loss) -> Tensor:
    """R(theta), the mean loss over the samples, [B]; labels y [B, n].

    Raises:
        ValueError: if y does not fit the forward pass, or is not finite.
    """
    _check_labels(forward, y)
    return loss.value(forward.f, y).mean(-1)


def risk_gradient(theta: Theta, forward: Forward, y: Tensor, phi: Activation, loss: Loss) -> Theta:
    """Gradient of the risk, by the formulas of Appendix A; there is one for U by the same chain rule.

    With q_l = prod_{k=l+1}^L (I + U_k^T J_k^T V_k^T) w, factors in the order k = l+1 .. L from left to right,
    dR/dw = E[l' h_L], dR/dV_l = E[l' q_l phi^l(U_l h_{l-1})^T], dR/dU_l = E[l' J_l^T V_l^T q_l h_{l-1}^T].

    Args:
        theta: parameters of the forward pass.
        forward: its result.
        y: labels [B, n].
        phi: its activation.
        loss: loss of the risk.

    Raises:
        ValueError: if y does not fit the forward pass, or is not finite.
    """
    _check_labels(forward, y)
    c = (loss.first(forward.f, y) / y.shape[-1])[..., None]
    q = theta.w[:, None].expand_as(forward.h[-1])
    of_w = (c * forward.h[-1]).sum(1)
    of_V, of_U = [], []
    for l in range(len(theta.V), 0, -1):
        of_V.append((c * q).mT @ forward.phi[l - 1])
        if l > 1:
            p = phi.derivative(forward.pre[l - 1]) * (q @ theta.V[l - 1])  # J_l^T V_l^T q_l
            of_U.append((c * p).mT @ forward.h[l - 1])
            q = q + p @ theta.U[l - 2]
    return Theta(of_w, of_V[::-1], of_U[::-1])


def _check_labels(forward: Forward, y: Tensor) -> None:
    require_shape("y", y, *forward.f.shape)
    require_finite("y", y)


def _check(theta: Theta, x: Tensor) -> None:
    if len(theta.V) != len(theta.U) + 1:
        raise ValueError(f"{len(theta.V)} V and {len(theta.U)} U: give V_1 .. V_L and U_2 .. U_L, L >= 1")
    require_finite("x", x)
    require_shape("x", x, None, None, None)
    batch, d = x.shape[0], x.shape[-1]
    widths = [d, *(U.shape[-2] for U in theta.U)]
    require_finite("w", theta.w)
    require_shape("w", theta.w, batch, d)
    for l, (V, width) in enumerate(zip(theta.V, widths, strict=True), start=1):
        require_finite(f"V_{l}", V)
        require_shape(f"V_{l}", V, batch, d, width)
    for l, U in enumerate(theta.U, start=2):
        require_finite(f"U_{l}", U)
        require_shape(f"U_{l}", U, batch, None, d)
