r"""Gradient descent of many networks of one shape, as one tensor program.

The networks are those of Frei, Cao, Gu (2019), Section 2 (`lemmata.networks.fcg` is the readable twin):
$R_1 = \sigma(X W_1)$, $x_1 = R_1$; $R_l = \sigma(x_{l-1} W_l)$, $x_l = x_{l-1} + \theta R_l$ for $2 \le l \le L$;
$R_{L+1} = \sigma(x_L W_{L+1})$, $f = R_{L+1} v$. With $s_i = 1/(1 + \exp(y_i f_i))$ and $c_i = -\eta s_i y_i/n$ the
backward pass is $D = c v^\top$ and, from the last layer down, $G_l = D \circ 1(R_l > 0)$,
$D \leftarrow D + \theta G_l W_l^\top$ ($D \leftarrow G_l W_l^\top$ outside the residual part),
$\eta\nabla_{W_l} L_S = \theta x_{l-1}^\top G_l$. The step size is in $c$, so that each network has its own at no cost.

The state is the displacement $V = W - W^{(0)}$, and $W = W^{(0)} + V$ is made again in each step: at the step sizes of
the theorems a step falls below the rounding of $W$, and descent on $W$ in float32 goes somewhere else.

Everything is done in place, in buffers that are allocated once. Nothing reads a number back to the host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lemmata.engine.products import Products, choose
from lemmata.networks.fcg import signs

WIDTHS = 16  # widths are padded to a multiple: at odd ones products depend on what else is in the batch
MARGINS = 32  # margins likewise: vector loops end in scalar code, whose exp differs in the last bit


class Row(NamedTuple):
    """What a step measures at W^(k), before it moves.

    Attributes:
        loss: L_S, [B].
        surrogate: E_S, [B].
        gradient: ||grad_{W_l} L_S||_F for l = 1 .. L+1, [L+1, B].
        distance: ||W_l^(k) - W_l^(0)||_F, [L+1, B].
    """

    loss: Tensor
    surrogate: Tensor
    gradient: Tensor
    distance: Tensor


class Block(NamedTuple):
    """Some rows of a layer, whose gradient is made, measured and applied while it is in the cache.

    Attributes:
        x: their inputs, [B, n, rows].
        g: buffer of their gradient, [B, rows, m_l]; so are V, W and W_0.
        V: displacement.
        W: weights.
        W_0: initial weights.
        gradient: where the norm of g goes, [B].
        distance: where that of V goes, [B].
    """

    x: Tensor
    g: Tensor
    V: Tensor
    W: Tensor
    W_0: Tensor
    gradient: Tensor
    distance: Tensor


class Blocks(NamedTuple):
    """The blocks of a layer; with several, their norms [2, blocks, B], and where those of the layer go."""

    blocks: list[Block]
    parts: Tensor | None
    total: tuple[Tensor, Tensor]


Stop = Callable[[Row], Tensor]


def padded(size: int, multiple: int) -> int:
    """The smallest multiple that is at least the size."""
    return -(-size // multiple) * multiple


class Descent:
    """B networks on their way; see the module."""

    def __init__(
        self,
        W_0: Sequence[Tensor],
        x: Tensor,
        y: Tensor,
        eta: Tensor,
        *,
        theta: float,
        m_out: int,
        skip: bool = True,
        stop: Stop | None = None,
        products: Products | None = None,
    ) -> None:
        """Allocate everything.

        Args:
            W_0: initial weights, [B, m_{l-1}, m_l], of widths padded with zeros to a multiple of 16, in the layout of
                `products.weights`; they are kept and not copied.
            x: inputs [B, n, padded d].
            y: labels +1 and -1, [B, n].
            eta: step sizes [B], positive.
            theta: residual scaling.
            m_out: width of the last layer before padding.
            skip: False for the non-residual twin x_l = relu(x_{l-1} W_l).
            stop: where it says True, [B], a network has arrived: the last entry of a row is zero from then on.
            products: kernel of the matrix products; the fastest unless given.
        """
        B, n, _ = x.shape
        self.L, self.theta, self.skip, self.stop = len(W_0) - 1, theta, skip, stop
        self.products = products or choose(n, W_0[-1].shape[1], x.dtype, x.device)

        def empty(*shape: int) -> Tensor:
            return torch.empty(shape, dtype=x.dtype, device=x.device)

        self.eta = eta
        self.W_0, self.W, self.V = W_0, *([self.products.weights(*W.shape, like=x) for W in W_0] for _ in range(2))
        for start, W_l, V in zip(W_0, self.W, self.V, strict=True):
            W_l.copy_(start)
            V.zero_()
        widths = [W_l.shape[2] for W_l in W_0]
        self.R = [empty(B, n, width) for width in widths]
        self.x = [
            x,
            self.R[0],
            *(empty(B, n, width) if skip else R for width, R in zip(widths[1:-1], self.R[1:-1], strict=True)),
        ]
        self.D, self.G = ({width: empty(B, n, width) for width in set(widths)} for _ in range(2))
        self.v = F.pad(signs(m_out), (0, widths[-1] - m_out)).to(x)

        # Margins lie in padded rows; what is beyond n has label and weight zero.
        wide = padded(n, MARGINS)
        self.f, self.y, self.weight = (torch.zeros(B, wide, dtype=x.dtype, device=x.device) for _ in range(3))
        self.y[:, :n], self.weight[:, :n] = y, 1 / n
        self.c_scale = -eta[:, None] * self.weight * self.y
        self.moving = torch.ones(B, dtype=torch.bool, device=x.device)
        self.now = torch.zeros(2 + 2 * (self.L + 1) + 1, B, dtype=x.dtype, device=x.device)  # a row; who still moves
        self.row = Row(self.now[0], self.now[1], *self.now[2:-1].view(2, self.L + 1, B))
        self.blocks = self._make_blocks(empty)
        scale = [[theta if self.is_residual(l) else 1.0] for l in range(1, self.L + 2)]
        self.scale = torch.tensor(scale, dtype=x.dtype, device=x.device) / eta

    def _make_blocks(self, empty: Callable[..., Tensor]) -> list[Blocks]:
        """All views that updates need, made once; one buffer serves every gradient."""
        sizes = [self.products.blocks(W) for W in self.W]
        g = empty(max(len(W) * len(first) * W.shape[2] for W, (first, *_) in zip(self.W, sizes, strict=True)))
        found = []
        for l, ranges in enumerate(sizes):
            x, W, V, W_0 = self.x[l], self.W[l], self.V[l], self.W_0[l]
            total = self.row.gradient[l], self.row.distance[l]
            parts = empty(2, len(ranges), len(W)) if len(ranges) > 1 else None
            blocks = []
            for i, rows in enumerate(ranges):
                few = slice(rows.start, rows.stop)
                norms = total if parts is None else (parts[0, i], parts[1, i])
                buffer = self.products.buffer(g, len(W), len(rows), W.shape[2])
                blocks.append(Block(x[:, :, few], buffer, V[:, few], W[:, few], W_0[:, few], *norms))
            found.append(Blocks(blocks, parts, total))
        return found

    def is_residual(self, l: int) -> bool:
        """Has layer l, counted from 1, the form x_{l-1} + theta relu(x_{l-1} W_l)?"""
        return self.skip and 2 <= l <= self.L

    def step(self, measure_distance: bool = True) -> None:
        """Measure, and move.

        Args:
            measure_distance: otherwise the row holds an upper bound, the last value and the length of the path since.
        """
        if not measure_distance:
            self.row.distance.addcmul_(self.row.gradient, self.eta)
        self._forward()
        self._backward(self._measure_loss(), measure_distance)
        self.row.gradient.mul_(self.scale)
        if self.stop is not None:
            self.moving &= ~self.stop(self.row)
        self.now[-1] = self.moving

    def _forward(self) -> None:
        for l in range(1, self.L + 2):
            x, R = self.x[l - 1], self.R[l - 1]
            self.products.forward(x, self.W[l - 1], R)
            if self.is_residual(l):
                torch.add(x, R, alpha=self.theta, out=self.x[l])
        # A product and a row sum: torch.mv would block by the number of rows.
        torch.mul(R, self.v, out=self.G[R.shape[2]])
        torch.sum(self.G[R.shape[2]], 2, out=self.f[:, : R.shape[1]])

    def _measure_loss(self) -> Tensor:
        """L_S and E_S into the row; returns c = eta dL_S/df, [B, n]."""
        margin = self.y * self.f
        # F.softplus turns linear at 20, which costs seven digits in the margins; logsigmoid does not.
        torch.sum(F.logsigmoid(margin).mul_(self.weight), 1, out=self.row.loss).neg_()
        s = torch.sigmoid(margin.neg_())
        torch.sum(self.weight * s, 1, out=self.row.surrogate)
        return s.mul_(self.c_scale)[:, : self.R[0].shape[1]]

    def _backward(self, c: Tensor, measure_distance: bool) -> None:
        top = self.R[-1].shape[2]
        torch.mul(c[:, :, None], self.v, out=self.D[top])
        D = self.D[top]
        for l in range(self.L + 1, 0, -1):
            W, R = self.W[l - 1], self.R[l - 1]
            G = self.G[R.shape[2]]
            torch.ops.aten.threshold_backward.grad_input(D, R, 0, grad_input=G)
            if self.is_residual(l):
                self.products.add_backward(G, W, self.theta, D)
            elif l > 1:
                D = self.D[W.shape[1]]
                self.products.backward(G, W, D)
            self._update(l, G, measure_distance)

    def _update(self, l: int, G: Tensor, measure_distance: bool) -> None:
        """Measure and apply the gradient of layer l."""
        theta = self.theta if self.is_residual(l) else 1.0
        blocks, parts, total = self.blocks[l - 1]
        for block in blocks:
            self.products.gradient(block.x, G, block.g)
            torch.linalg.vector_norm(block.g, dim=(1, 2), out=block.gradient)
            if measure_distance:
                torch.linalg.vector_norm(block.V, dim=(1, 2), out=block.distance)
            block.V.sub_(block.g, alpha=theta)
            torch.add(block.W_0, block.V, out=block.W)
        if parts is not None:
            torch.linalg.vector_norm(parts[0], dim=0, out=total[0])
            if measure_distance:
                torch.linalg.vector_norm(parts[1], dim=0, out=total[1])
