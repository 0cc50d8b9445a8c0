r"""The network with skip connections of E, Ma, Wang, Wu (2019), Sections 2 and 4.

Recursion (2.3): $z^{(1)} = x$, $y^{(1)} = 0$, and for the blocks $l = 1..K$, $K = L - 1$, with
$g^{(l)} = \sigma(B^{(l)}z^{(l)} + r^{(l)}y^{(l)})$: $z^{(l+1)} = x + C^{(l)}g^{(l)}$,
$y^{(l+1)} = y^{(l)} + a^{(l)\top}g^{(l)}$; the output is $f = y^{(L)}$.

Shapes: B networks, n samples. What belongs to layer l sits at index l - 1: there are L = K + 1 of z, y, alpha
and beta, and K of g, gamma and the parameters.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from lemmata.networks.activations import Activation
from lemmata.networks.checks import require_finite, require_shape


class Blocks(Protocol):
    """Anything that holds the parameters of all blocks, in the shapes of `Theta`."""

    @property
    def a(self) -> Tensor:
        """Output weights of the blocks, [B, K, m]."""

    @property
    def r(self) -> Tensor:
        """Weights from y to the units, [B, K, m]."""

    @property
    def B(self) -> Tensor:
        """Weights from z to the units, [B, K, m, d]."""

    @property
    def C(self) -> Tensor:
        """Weights from the units to z, [B, K, d, m]."""


class Theta(NamedTuple):
    """Parameters, or a gradient in them: a, r [B, K, m]; B [B, K, m, d]; C [B, K, d, m]."""

    a: Tensor
    r: Tensor
    B: Tensor
    C: Tensor


class Forward(NamedTuple):
    """States: z [B, n, K+1, d]; y [B, n, K+1]; g = sigma(pre) and pre = B z + r y, both [B, n, K, m]."""

    z: Tensor
    y: Tensor
    g: Tensor
    pre: Tensor

    @property
    def f(self) -> Tensor:
        """Output y^(L) of the network, [B, n]."""
        return self.y[..., -1]


class Backward(NamedTuple):
    """Derivatives of f.

    Attributes:
        alpha: in y^(l), [B, n, K+1].
        beta: in z^(l) as the input of block l, [B, n, K+1, d].
        gamma: in g^(l), [B, n, K, m].
        delta: in B^(l) z^(l) + r^(l) y^(l), [B, n, K, m]; the printed recursion takes gamma for it.
    """

    alpha: Tensor
    beta: Tensor
    gamma: Tensor
    delta: Tensor


def forward(theta: Blocks, x: Tensor, sigma: Activation) -> Forward:
    """All states by recursion (2.3).

    Args:
        theta: parameters of the K blocks.
        x: inputs [B, n, d].
        sigma: activation.

    Raises:
        ValueError: if shapes do not fit, or an input is empty or not finite.
    """
    _check(theta, x)
    z, y = [x], [torch.zeros_like(x[..., 0])]
    g, pre = [], []
    for a, r, B, C in _blocks(theta):
        pre.append(z[-1] @ B.mT + r[:, None] * y[-1][..., None])
        g.append(sigma.value(pre[-1]))
        z.append(x + g[-1] @ C.mT)
        y.append(y[-1] + (a[:, None] * g[-1]).sum(-1))
    return Forward(*(torch.stack(states, dim=2) for states in (z, y, g, pre)))


def backward(theta: Blocks, forward: Forward, sigma: Activation, *, derivative: bool = True) -> Backward:
    """The backward recursion (4.3), with the activation's derivative or, as printed, without it.

    As printed, beta^(l) = B^(l)T gamma^(l) and alpha^(l) = alpha^(l+1) + r^(l)T gamma^(l); the chain rule has
    delta^(l) = sigma'(pre^(l)) gamma^(l) in place of gamma^(l) there. The two agree where sigma' = 1.

    Args:
        theta: parameters of the forward pass.
        forward: its result.
        sigma: its activation.
        derivative: False for the recursion as printed.
    """
    alpha, beta = [torch.ones_like(forward.f)], [torch.zeros_like(forward.z[:, :, -1])]
    gamma, delta = [], []
    for (a, r, B, C), pre in zip(_blocks(theta)[::-1], forward.pre.unbind(2)[::-1], strict=True):
        gamma.append(a[:, None] * alpha[-1][..., None] + beta[-1] @ C)
        delta.append(sigma.derivative(pre) * gamma[-1] if derivative else gamma[-1])
        beta.append(delta[-1] @ B)
        alpha.append(alpha[-1] + (r[:, None] * delta[-1]).sum(-1))
    return Backward(*(torch.stack(terms[::-1], dim=2) for terms in (alpha, beta, gamma, delta)))


def gradients(forward: Forward, backward: Backward, *, shift: bool = True) -> Theta:
    """Gradients of f in every block and for every sample, by the formulas at the start of Section 4.3.

    As printed, grad_{a^(l)} f = alpha^(l) g^(l) and grad_{C^(l)} f = beta^(l) g^(l)T; but block l acts on
    y^(l+1) and z^(l+1), so that the chain rule has alpha^(l+1) and beta^(l+1). The two others are
    grad_{B^(l)} f = delta^(l) z^(l)T and grad_{r^(l)} f = delta^(l) y^(l); if `backward` ran without the
    derivative, delta is the printed gamma.

    Args:
        forward: forward pass.
        backward: backward pass; its `derivative` decides the reading of gamma.
        shift: False for the indices as printed.

    Returns:
        a, r [B, n, K, m]; B [B, n, K, m, d]; C [B, n, K, d, m].
    """
    layers = slice(1, None) if shift else slice(None, -1)
    z, y = forward.z[:, :, :-1], forward.y[..., :-1]
    return Theta(
        a=backward.alpha[:, :, layers, None] * forward.g,
        r=backward.delta * y[..., None],
        B=backward.delta[..., None] * z[..., None, :],
        C=backward.beta[:, :, layers, :, None] * forward.g[..., None, :],
    )


def risk(forward: Forward, y: Tensor) -> Tensor:
    """Empirical risk 1/(2n) sum_i (f(x_i) - y_i)^2, [B]; labels y [B, n].

    Raises:
        ValueError: if y does not fit the forward pass, or is not finite.
    """
    return _error(forward, y).square().mean(-1) / 2


def risk_gradient(theta: Blocks, x: Tensor, y: Tensor, sigma: Activation) -> Theta:
    """Gradient of the empirical risk in every block, in the shapes of the parameters; see `risk`."""
    states = forward(theta, x, sigma)
    weights = _error(states, y) / y.shape[-1]
    of_f = gradients(states, backward(theta, states, sigma))
    return Theta(*(torch.einsum("bi,bi...->b...", weights, gradient) for gradient in of_f))


def gram(theta: Blocks, x: Tensor, sigma: Activation, L: int | None = None) -> Tensor:
    """Gram matrix (4.8), H_ij = 1/(nL) sum_l <grad_{a^(l)} f(x_i), grad_{a^(l)} f(x_j)>, shape [B, n, n].

    Args:
        theta: parameters of the K blocks.
        x: inputs [B, n, d].
        sigma: activation.
        L: the depth that normalises; K + 1 if None, as in (2.3), whose blocks are l = 1 .. L-1. The sums of
            Section 4 run to L, as if there were L blocks: L = K is that reading.
    """
    states = forward(theta, x, sigma)
    of_a = gradients(states, backward(theta, states, sigma)).a.flatten(2)
    depth = states.y.shape[-1] if L is None else L
    return of_a @ of_a.mT / (x.shape[1] * depth)


class Extremal(NamedTuple):
    """Distances from the values at initialisation, layer by layer: L of them, L - 1 of g and gamma."""

    y: list[Any]
    z: list[Any]
    g: list[Any]
    alpha: list[Any]
    beta: list[Any]
    gamma: list[Any]


def extremal(c: Any, L: int) -> Extremal:
    """Largest |y|, |z-x|, |g-g_0|, |alpha-1|, |beta|, |gamma| of any network in I_c(Theta_0), Definition 1.

    The network d = m = 1, x = B_0 = 1 with every parameter at its initial value + c/L has positive states
    only, and turns each triangle and Cauchy-Schwarz inequality of Propositions 4.1 and 4.2 into an equality.
    No sigma, width, unit input or initialisation does worse, in any layer.

    Args:
        c: radius of the neighbourhood: a float, Fraction or mpmath number, which all results will be.
        L: depth, at least 2.

    Raises:
        ValueError: if c is negative or NaN, or L < 2.
    """
    if not c >= 0 or L < 2:
        raise ValueError(f"c = {c}, L = {L}: choose c >= 0 and L >= 2")
    eps = c / L
    y, z, g = [0 * eps], [0 * eps], []
    for _ in range(L - 1):
        g.append(eps + z[-1] + eps * z[-1] + eps * y[-1])  # (1 + eps)(1 + z) + eps y - 1, without cancellation
        z.append(eps * (1 + g[-1]))
        y.append(y[-1] + eps * (1 + g[-1]))
    alpha, beta, gamma = [0 * eps], [0 * eps], []
    for _ in range(L - 1):
        gamma.append(eps * (1 + alpha[-1] + beta[-1]))
        beta.append((1 + eps) * gamma[-1])
        alpha.append(alpha[-1] + eps * gamma[-1])
    return Extremal(y, z, g, alpha[::-1], beta[::-1], gamma[::-1])


def _blocks(theta: Blocks) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """(a, r, B, C) block by block. Unbinding keeps autograd linear in K; the backward of an index is not."""
    kinds = theta.a.unbind(1), theta.r.unbind(1), theta.B.unbind(1), theta.C.unbind(1)
    return list(zip(*kinds, strict=True))


def _error(forward: Forward, y: Tensor) -> Tensor:
    require_shape("y", y, *forward.f.shape)
    require_finite("y", y)
    return forward.f - y


def _check(theta: Blocks, x: Tensor) -> None:
    require_shape("x", x, None, None, None)
    require_shape("a", theta.a, x.shape[0], None, None)
    batch, blocks, m = theta.a.shape
    require_shape("r", theta.r, batch, blocks, m)
    require_shape("B", theta.B, batch, blocks, m, x.shape[-1])
    require_shape("C", theta.C, batch, blocks, x.shape[-1], m)
    for name, tensor in {"x": x, "a": theta.a, "r": theta.r, "B": theta.B, "C": theta.C}.items():
        require_finite(name, tensor)
