r"""The network of E, Ma, Wang, Wu (2019) for $10^6$ layers: outputs and the gradient of the risk, depth last.

All parameters of a network are the rows of one matrix with a column a block, so that every operation runs along the
depth: a [m], r [m], B [m, d], C [d, m], in this order, [B, P, K] with P = 2m(d + 1), K = L - 1. Layers are swept as in
`lemmata.networks.emww_sweeps`, some thousands at a time, so that what a sweep reads and writes stays in the cache; the
states at the end of one section are the start of the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lemmata.networks.activations import Activation
from lemmata.networks.checks import require_finite, require_shape
from lemmata.networks.emww import Blocks, Theta

SECTION = 1 << 17  # numbers in one state of a section, over trials, samples and units: 1 MB


@dataclass(frozen=True)
class Shape:
    """Width m and input dimension d; knows which rows of a parameter matrix are which block."""

    m: int
    d: int

    @property
    def rows(self) -> int:
        """Number of parameters in a layer, 2m(d + 1)."""
        return 2 * self.m * (self.d + 1)

    def split(self, V: Tensor) -> Theta:
        """Views of [B, P, K]: a, r [B, m, K]; B [B, m, d, K]; C [B, d, m, K]."""
        m, d = self.m, self.d
        a, r, B, C = torch.split(V, [m, m, m * d, m * d], dim=1)
        return Theta(a, r, torch.unflatten(B, 1, (m, d)), torch.unflatten(C, 1, (d, m)))

    def block_norms(self, V: Tensor) -> Tensor:
        """Frobenius norm of each block in every layer, in the order a, r, B, C: [B, 4, K]."""
        return torch.stack([block.flatten(1, -2).norm(dim=1) for block in self.split(V)], dim=1)


def depth_last(theta: Blocks) -> Tensor:
    """Parameters in the shapes of `lemmata.networks.emww.Theta` as one matrix, [B, P, K]."""
    kinds = (theta.a, theta.r, theta.B.flatten(2), theta.C.flatten(2))
    return torch.cat([kind.mT for kind in kinds], dim=1).contiguous()


def depth_first(V: Tensor, shape: Shape) -> Theta:
    """The inverse of `depth_last`."""
    return Theta(*(block.movedim(-1, 1) for block in shape.split(V)))


@dataclass
class Derivatives:
    """What one pass through the network gives.

    Attributes:
        f: outputs, [B, n].
        gradient: of the empirical risk, [B, P, K].
        squares: ||grad f(x_i)||^2, whose mean bounds the largest rate of the gradient flow, [B, n].
    """

    f: Tensor
    gradient: Tensor
    squares: Tensor


class DeepNetwork:
    """Networks of one shape on samples of their own.

    Args:
        theta_0: parameters [B, P, K] at the start; what `derivatives` is given is added to them.
        x: inputs [B, n, d].
        y: labels [B, n].
        sigma: activation.

    Raises:
        ValueError: if shapes do not fit, or an input is empty or not finite.
    """

    def __init__(self, theta_0: Tensor, x: Tensor, y: Tensor, sigma: Activation) -> None:
        require_shape("x", x, None, None, None)
        require_shape("y", y, *x.shape[:2])
        require_shape("theta_0", theta_0, x.shape[0], None, None)
        rows, d = theta_0.shape[1], x.shape[2]
        if rows % (2 * (d + 1)):
            raise ValueError(f"theta_0 has {rows} rows: with inputs in dimension d = {d} give 2m(d + 1) of them")
        for name, tensor in {"x": x, "y": y, "theta_0": theta_0}.items():
            require_finite(name, tensor)
        self.theta_0, self.x, self.y, self.sigma = theta_0, x, y, sigma
        self.shape = Shape(rows // (2 * (d + 1)), d)
        self.section = max(64, SECTION // (x.shape[0] * x.shape[1] * max(self.shape.m, d)))

    def risk(self, f: Tensor) -> Tensor:
        """Empirical risk of outputs f [B, n], shape [B]."""
        return (f - self.y).square().mean(-1) / 2

    def outputs(self, V: Tensor, x: Tensor | None = None) -> Tensor:
        """Outputs at theta_0 + V, at the inputs x [B, n, d] or at the sample: [B, n]."""
        *_, last = self._climb(V, self.x if x is None else x)
        return last.y[..., -1]

    def units(self, V: Tensor, x: Tensor | None = None) -> Tensor:
        """The units g^(l)(x) at theta_0 + V, [B, n, m, K]."""
        return torch.cat([states.g for states in self._climb(V, self.x if x is None else x)], dim=-1)

    def features(self, x: Tensor | None = None) -> Tensor:
        """The random features sigma(B_0^(l) x), [B, n, m, K]."""
        B_0 = self.shape.split(self.theta_0).B
        x = self.x if x is None else x
        pre = sum(B_0[:, None, :, j] * x[:, :, None, j, None] for j in range(self.shape.d))
        return self.sigma.value(torch.as_tensor(pre))

    def derivatives(self, V: Tensor, gradient: Tensor | None = None) -> Derivatives:
        """Outputs and gradient of the risk at theta_0 + V; a state out of range gives infinities, not an error.

        Args:
            V: displacement [B, P, K].
            gradient: where to write the gradient.
        """
        gradient = torch.empty_like(V) if gradient is None else gradient
        sections = list(self._climb(V, self.x))
        f = sections[-1].y[..., -1]
        weights = (f - self.y) / self.y.shape[-1]
        squares, alpha, beta = torch.zeros_like(f), torch.ones_like(f), torch.zeros_like(self.x)
        for start, states in reversed(list(zip(range(0, V.shape[-1], self.section), sections, strict=True))):
            out = self.shape.split(gradient[..., start : start + states.g.shape[-1]])
            alpha, beta, more = self._backward(self._parameters(V, start), states, alpha, beta, weights, out)
            squares += more
        return Derivatives(f, gradient, squares)

    def _climb(self, V: Tensor, x: Tensor) -> Iterator[_States]:
        """The states of all sections, from the first layer to the last."""
        z, y = x, torch.zeros_like(x[..., 0])
        for start in range(0, V.shape[-1], self.section):
            states = self._forward(self._parameters(V, start), x, z, y)
            z, y = states.z[..., -1], states.y[..., -1]
            yield states

    def _parameters(self, V: Tensor, start: int) -> Theta:
        layers = slice(start, start + self.section)
        return self.shape.split(self.theta_0[..., layers] + V[..., layers])

    def _forward(self, theta: Theta, x: Tensor, z_0: Tensor, y_0: Tensor) -> _States:
        """States of a section that starts from z_0 [B, n, d] and y_0 [B, n]."""
        depth = theta.a.shape[-1]
        z, y = x[..., None].repeat(1, 1, 1, depth + 1), y_0[..., None].repeat(1, 1, depth + 1)
        z[..., 0] = z_0
        g = x.new_tensor(torch.nan)
        for sweep in range(depth + 1):
            pre = theta.r[:, None] * y[:, :, None, :-1]
            for j in range(self.shape.d):
                pre.addcmul_(theta.B[:, None, :, j], z[:, :, None, j, :-1])
            before, g = g, self.sigma.value(pre)
            if sweep and _settled(before, g):
                break
            torch.cumsum((theta.a[:, None] * g).sum(2), -1, out=y[..., 1:]).add_(y_0[..., None])
            moved = z[..., 1:].copy_(x[..., None])
            for i in range(self.shape.m):
                moved.addcmul_(theta.C[:, None, :, i], g[:, :, None, i])
        return _States(z, y, g, self.sigma.derivative(pre))

    def _backward(
        self, theta: Theta, states: _States, alpha_end: Tensor, beta_end: Tensor, weights: Tensor, out: Theta
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Write the gradient of a section to ``out``; derivatives of f at its start, and ||grad f||^2 of its layers."""
        depth = theta.a.shape[-1]
        alpha, beta = alpha_end[..., None].repeat(1, 1, depth + 1), beta_end[..., None].repeat(1, 1, 1, depth + 1)
        delta = alpha.new_tensor(torch.nan)
        for sweep in range(depth + 1):
            gamma = theta.a[:, None] * alpha[:, :, None, 1:]
            for j in range(self.shape.d):
                gamma.addcmul_(theta.C[:, None, j], beta[:, :, None, j, 1:])
            before, delta = delta, gamma.mul_(states.slope)
            if sweep and _settled(before, delta):
                break
            climbed = (theta.r[:, None] * delta).sum(2).flip(-1).cumsum_(-1).flip(-1)
            torch.add(climbed, alpha_end[..., None], out=alpha[..., :-1])
            moved = beta[..., :-1].zero_()
            for i in range(self.shape.m):
                moved.addcmul_(theta.B[:, None, i], delta[:, :, None, i])
        after, w = beta[..., 1:], weights[..., None, None]
        torch.sum((weights[..., None] * alpha[..., 1:])[:, :, None] * states.g, 1, out=out.a)
        weighted, g = w * delta, w * states.g
        torch.sum(weighted * states.y[:, :, None, :-1], 1, out=out.r)
        for j in range(self.shape.d):
            torch.sum(weighted * states.z[:, :, None, j, :-1], 1, out=out.B[:, :, j])
            torch.sum(g * after[:, :, None, j], 1, out=out.C[:, j])
        of_g, of_delta = states.g.square().sum(2), delta.square().sum(2)
        inputs = states.y[..., :-1].square() + states.z[..., :-1].square().sum(2)
        squares = of_g * (alpha[..., 1:].square() + after.square().sum(2)) + of_delta * inputs
        return alpha[..., 0], beta[..., 0], squares.sum(-1)


@dataclass(frozen=True)
class _States:
    """z [B, n, d, k+1], y [B, n, k+1] before and after each of k layers; g and its slope [B, n, m, k]."""

    z: Tensor
    y: Tensor
    g: Tensor
    slope: Tensor


def _settled(before: Tensor, after: Tensor) -> bool:
    """Did a sweep change nothing but rounding, in any trial? A trial out of range counts as settled."""
    eps = 4 * torch.finfo(after.dtype).eps
    # What torch.linalg.vector_norm gives for the order infinity, four times faster.
    moved, size = (t.abs().flatten(1).amax(1) for t in (after - before, after))
    return not bool((moved > eps * size).any())
