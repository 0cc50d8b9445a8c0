r"""The residual network of Frei, Cao, Gu (2019), Section 2.

$x_0 = x$, $x_1 = \sigma(W_1^\top x)$, $x_l = x_{l-1} + \theta\sigma(W_l^\top x_{l-1})$ for $2 \le l \le L$,
$x_{L+1} = \sigma(W_{L+1}^\top x_L)$ with ReLU $\sigma$, $f_W(x) = v^\top x_{L+1}$ with $v = (1..1,-1..-1)$.
The non-residual twin (`skip=False`) has $x_l = \sigma(W_l^\top x_{l-1})$ in every layer and no $\theta$.

Shapes: B networks, n samples. $W_l$ is [B, m_{l-1}, m_l] and sits at `W[l - 1]`. Activations are rows: one
product `x @ W` is $W_l^\top x_{l-1}$ of all samples. $x_l$, $\Sigma_l$ and $q_l$ sit at [l].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lemmata.networks.checks import require_finite, require_shape


class Forward(NamedTuple):
    """What a forward pass leaves behind.

    Attributes:
        x: x_0 .. x_{L+1}, each [B, n, m_l].
        sigma: diagonals of Sigma_1 .. Sigma_{L+1} as booleans [B, n, m_l]; index 0 holds an identity.
        theta: residual scaling, a number or one for each network [B].
        skip: False for the non-residual twin.
    """

    x: list[Tensor]
    sigma: list[Tensor]
    theta: float | Tensor
    skip: bool

    @property
    def L(self) -> int:
        """Number of hidden layers."""
        return len(self.x) - 2

    def is_residual(self, l: int) -> bool:
        """Has layer l the form x_{l-1} + theta sigma(W_l^T x_{l-1})?"""
        return self.skip and 2 <= l <= self.L


def signs(m_out: int) -> Tensor:
    """The output vector v: m_out / 2 ones, then as many minus ones (float64).

    Raises:
        ValueError: if m_out is not a positive even number.
    """
    if m_out < 2 or m_out % 2:
        raise ValueError(f"m_out = {m_out}: v has equal parts +1 and -1, choose an even width of at least 2")
    return torch.ones(m_out, dtype=torch.float64).index_fill_(0, torch.arange(m_out // 2, m_out), -1.0)


def forward(W: Sequence[Tensor], x: Tensor, theta: float | Tensor, skip: bool = True) -> Forward:
    """All activations and activation patterns; a unit on the kink, w^T x_{l-1} = 0, counts as inactive.

    Args:
        W: W_1 [B, d, m], W_2 .. W_L [B, m, m], W_{L+1} [B, m, m_out]; L >= 1. Without skip widths are free.
        x: inputs [B, n, d].
        theta: residual scaling, a number or one for each network [B].
        skip: False for the non-residual twin, where theta plays no part.

    Raises:
        ValueError: if shapes do not fit, or an input is empty or not finite.
    """
    _check(W, x, theta, skip)
    result = Forward([x], [torch.ones_like(x, dtype=torch.bool)], theta, skip)
    L = len(W) - 1
    for l, W_l in enumerate(W, start=1):
        before = result.x[-1] @ W_l
        # Whatever is not finite in W_l is not in the product either, and that is smaller.
        if not math.isfinite(before.detach().sum()):
            require_finite(f"W_{l}", W_l)
        after = torch.relu(before)
        residual = skip and 2 <= l <= L
        result.x.append(result.x[-1] + _for_each(theta, 3) * after if residual else after)
        result.sigma.append(before > 0)
    return result


def output(forward: Forward) -> Tensor:
    """f_W(x) = v^T x_{L+1}, shape [B, n]."""
    top = forward.x[-1]
    return (top * signs(top.shape[-1]).to(top)).sum(-1)


def apply_interlayer(W: Sequence[Tensor], forward: Forward, l: int, l2: int, a: Tensor) -> Tensor:
    """H_l^{l2}(x) a, equation (1), without forming the matrix.

    Two cases that the paper leaves open are read as H_1^1 = Sigma_1 W_1^T and
    H_{L+1}^{L+1} = Sigma_{L+1} W_{L+1}^T. The empty product, l = l2 + 1, is the identity.

    Args:
        W: the weights of the forward pass.
        forward: its result.
        l: first layer, from 1 to l2 + 1.
        l2: last layer, from 0 to L + 1.
        a: k vectors for each sample, as rows [B, n, k, m_{l-1}].

    Returns:
        The k images, as rows [B, n, k, m_{l2}].

    Raises:
        ValueError: if l, l2 or the shape of a is out of range.
    """
    _check_layers(forward, l, l2)
    require_shape("a", a, *forward.x[0].shape[:2], None, forward.x[l - 1].shape[-1])
    for r in range(l, l2 + 1):
        branch = _rows(a, W[r - 1]) * forward.sigma[r][:, :, None]
        a = a + _for_each(forward.theta, 4) * branch if forward.is_residual(r) else branch
    return a


def apply_interlayer_transposed(W: Sequence[Tensor], forward: Forward, l: int, l2: int, b: Tensor) -> Tensor:
    """H_l^{l2}(x)^T b: as `apply_interlayer`, from rows [B, n, k, m_{l2}] to rows [B, n, k, m_{l-1}]."""
    _check_layers(forward, l, l2)
    require_shape("b", b, *forward.x[0].shape[:2], None, forward.x[l2].shape[-1])
    for r in range(l2, l - 1, -1):
        b = _transposed_layer(W, forward, r, b)
    return b


def interlayer(W: Sequence[Tensor], forward: Forward, l: int, l2: int) -> Tensor:
    """The matrices H_l^{l2}(x) of equation (1), [B, n, m_{l2}, m_{l-1}]; see `apply_interlayer`."""
    _check_layers(forward, l, l2)
    x = forward.x[l - 1]
    eye = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device).expand(*x.shape, -1)
    return apply_interlayer(W, forward, l, l2, eye).mT


def backward(W: Sequence[Tensor], forward: Forward) -> list[Tensor]:
    """The vectors q_l = (H_{l+1}^{L+1})^T v, l = 0 .. L+1, each [B, n, m_l]; q_0 is the gradient in x."""
    top = forward.x[-1]
    q = [signs(top.shape[-1]).to(top).expand_as(top)]
    for l in range(forward.L + 1, 0, -1):
        q.append(_transposed_layer(W, forward, l, q[-1][:, :, None]).squeeze(2))
    return q[::-1]


def gradient(W: Sequence[Tensor], forward: Forward, l: int) -> Tensor:
    """Gradient of f_W(x) in W_l, equation (2): theta^{1(2 <= l <= L)} x_{l-1} v^T H_{l+1}^{L+1} Sigma_l.

    Args:
        W: the weights of the forward pass.
        forward: its result.
        l: layer, from 1 to L + 1.

    Returns:
        One gradient for each sample, [B, n, m_{l-1}, m_l].

    Raises:
        ValueError: if l is out of range.
    """
    _check_layers(forward, l, l)
    q = backward(W, forward)[l] * forward.sigma[l]
    outer = forward.x[l - 1][..., None] * q[..., None, :]
    return _for_each(forward.theta, 4) * outer if forward.is_residual(l) else outer


def loss(forward: Forward, y: Tensor) -> Tensor:
    """L_S = mean of log(1 + exp(-y f)) over the samples, [B]; labels y are +1 or -1, [B, n].

    Raises:
        ValueError: if y does not fit the forward pass.
    """
    # F.softplus turns linear at 20, which costs seven digits in the margins; logsigmoid does not.
    return -F.logsigmoid(_margin(forward, y)).mean(-1)


def surrogate(forward: Forward, y: Tensor) -> Tensor:
    """E_S = mean of -l'(y f) = 1 / (1 + exp(y f)) over the samples, [B]; see `loss`."""
    return torch.sigmoid(-_margin(forward, y)).mean(-1)


def loss_gradient(W: Sequence[Tensor], forward: Forward, y: Tensor) -> list[Tensor]:
    """Gradients of L_S in W_1 .. W_{L+1}, in the shapes of W; labels y are +1 or -1, [B, n].

    Raises:
        ValueError: if y does not fit the forward pass.
    """
    c = -y * torch.sigmoid(-_margin(forward, y)) / y.shape[-1]  # dL_S / df(x_i)
    q = backward(W, forward)
    gradients = []
    for l in range(1, forward.L + 2):
        total = forward.x[l - 1].mT @ (c[..., None] * q[l] * forward.sigma[l])
        gradients.append(_for_each(forward.theta, 3) * total if forward.is_residual(l) else total)
    return gradients


def h_distance(W_hat: Sequence[Tensor], W_tilde: Sequence[Tensor], theta: float | Tensor) -> Tensor:
    """h(W_hat, W_tilde) of Lemma 4.2, [B]: spectral distances of the layers, those in the middle times theta.

    Raises:
        ValueError: if the two do not have the same number of layers, or have fewer than two.
    """
    if len(W_hat) != len(W_tilde) or len(W_hat) < 2:
        raise ValueError(f"{len(W_hat)} and {len(W_tilde)} layers: give two networks of one depth L + 1 >= 2")
    distances = [torch.linalg.matrix_norm(hat - tilde, ord=2) for hat, tilde in zip(W_hat, W_tilde, strict=True)]
    middle = sum(distances[1:-1], torch.zeros_like(distances[0]))
    return distances[0] + theta * middle + distances[-1]


def _transposed_layer(W: Sequence[Tensor], forward: Forward, l: int, b: Tensor) -> Tensor:
    """(H_l^l)^T b for rows b [B, n, k, m_l]."""
    branch = _rows(b * forward.sigma[l][:, :, None], W[l - 1].mT)
    return b + _for_each(forward.theta, 4) * branch if forward.is_residual(l) else branch


def _rows(a: Tensor, W: Tensor) -> Tensor:
    """[B, n, k, in] times [B, in, out], as one product for each network."""
    return (a.flatten(1, 2) @ W).reshape(*a.shape[:3], -1)


def _for_each(theta: float | Tensor, ndim: int) -> float | Tensor:
    """Theta in a shape that multiplies a tensor of ndim dimensions, the first of which counts networks."""
    return theta.reshape(-1, *[1] * (ndim - 1)) if isinstance(theta, Tensor) else theta


def _margin(forward: Forward, y: Tensor) -> Tensor:
    require_shape("y", y, *forward.x[0].shape[:2])
    if not bool((y.abs() == 1).all()):
        raise ValueError(f"labels y hold {y[y.abs() != 1][0].item()}: use +1 and -1")
    return y * output(forward)


def _check_layers(forward: Forward, l: int, l2: int) -> None:
    if not 1 <= l <= l2 + 1 <= forward.L + 2:
        raise ValueError(f"layers l = {l}, l2 = {l2}: choose 1 <= l <= l2 + 1 <= L + 2 = {forward.L + 2}")


def _check(W: Sequence[Tensor], x: Tensor, theta: float | Tensor, skip: bool) -> None:
    if len(W) < 2:
        raise ValueError(f"{len(W)} weight matrices: a network has W_1 and W_{{L+1}} at least, with L >= 1")
    require_finite("x", x)
    require_shape("x", x, None, None, None)
    batch, width = x.shape[0], x.shape[-1]
    for l, W_l in enumerate(W, start=1):
        require_shape(f"W_{l}", W_l, batch, width, width if skip and 2 <= l < len(W) else None)
        width = W_l.shape[-1]
    require_finite("theta", torch.as_tensor(theta))
    if isinstance(theta, Tensor) and theta.ndim:
        require_shape("theta", theta, batch)
