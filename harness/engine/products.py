"""The three matrix products of a training step, by the fastest kernel that the machine offers.

torch's own product is the public path and always there. On AMD processors it (MKL) leaves a part of the machine unused:
a tenth where they have AVX2, a half where they have AVX-512. numpy brings OpenBLAS, and torch itself brings oneDNN,
which is reached through an operator that torch keeps for its compiler. Another kernel than torch's is used only for
float32 on a CPU, only at widths where it can pay, and only where it exists, agrees, and was measured to be faster.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import get_clock_info, process_time
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

AGREE = 1e-5
ROUNDS = 3
TICK = get_clock_info("process_time").resolution
BLOCK_BYTES = 1 << 20


class Products(Protocol):
    """Products of B networks; weights are [B, in, out], activations [B, n, width], results go into `out`."""

    name: str

    def weights(self, *shape: int, like: Tensor) -> Tensor:
        """Uninitialised weights [B, in, out] in the memory layout that the kernel reads fastest."""

    def blocks(self, W: Tensor) -> list[range]:
        """Blocks of rows in which the gradient of W [B, in, out] is made, measured and applied."""

    def buffer(self, flat: Tensor, batch: int, rows: int, columns: int) -> Tensor:
        """The start of a flat buffer as [batch, rows, columns], in the layout of the weights."""

    def forward(self, x: Tensor, W: Tensor, out: Tensor) -> None:
        """relu(x W)."""

    def backward(self, G: Tensor, W: Tensor, out: Tensor) -> None:
        """G W^T."""

    def add_backward(self, G: Tensor, W: Tensor, scale: float, out: Tensor) -> None:
        """Add scale G W^T to what is there."""

    def gradient(self, x: Tensor, G: Tensor, out: Tensor) -> None:
        """x^T G, for the rows of W that `out` holds."""


class Batched:
    """torch.bmm: all networks in one call, on every device."""

    name = "torch.bmm"

    def weights(self, *shape: int, like: Tensor) -> Tensor:
        """Rows of W are contiguous."""
        return torch.empty(shape, dtype=like.dtype, device=like.device)

    def blocks(self, W: Tensor) -> list[range]:
        """As many rows as stay in the cache of a CPU, whatever the batch; all rows elsewhere."""
        _, rows, columns = W.shape
        few = max(BLOCK_BYTES // (W.element_size() * columns), 1) if W.device.type == "cpu" else rows
        return [range(start, min(start + few, rows)) for start in range(0, rows, few)]

    def buffer(self, flat: Tensor, batch: int, rows: int, columns: int) -> Tensor:
        """Rows are contiguous."""
        return flat[: batch * rows * columns].view(batch, rows, columns)

    def forward(self, x: Tensor, W: Tensor, out: Tensor) -> None:
        """relu(x W)."""
        torch.bmm(x, W, out=out).relu_()

    def backward(self, G: Tensor, W: Tensor, out: Tensor) -> None:
        """G W^T."""
        torch.bmm(G, W.mT, out=out)

    def add_backward(self, G: Tensor, W: Tensor, scale: float, out: Tensor) -> None:
        """Add scale G W^T to what is there."""
        out.baddbmm_(G, W.mT, alpha=scale)

    def gradient(self, x: Tensor, G: Tensor, out: Tensor) -> None:
        """x^T G."""
        torch.bmm(x.mT, G, out=out)


class OpenBlas(Batched):
    """numpy's matmul, which is OpenBLAS, on the memory of the tensors; network by network inside numpy."""

    name = "OpenBLAS"

    def __init__(self) -> None:
        self._scratch: dict[tuple[int, ...], Tensor] = {}

    def forward(self, x: Tensor, W: Tensor, out: Tensor) -> None:
        """relu(x W)."""
        np.matmul(x.numpy(), W.numpy(), out=out.numpy())
        out.relu_()

    def backward(self, G: Tensor, W: Tensor, out: Tensor) -> None:
        """G W^T."""
        np.matmul(G.numpy(), W.mT.numpy(), out=out.numpy())

    def add_backward(self, G: Tensor, W: Tensor, scale: float, out: Tensor) -> None:
        """Add scale G W^T to what is there."""
        if tuple(out.shape) not in self._scratch:
            self._scratch[tuple(out.shape)] = torch.empty_like(out)
        product = self._scratch[tuple(out.shape)]
        self.backward(G, W, product)
        out.add_(product, alpha=scale)

    def gradient(self, x: Tensor, G: Tensor, out: Tensor) -> None:
        """x^T G."""
        np.matmul(x.mT.numpy(), G.numpy(), out=out.numpy())


class OneDnn:
    """oneDNN's linear layer, network by network, in float32 on a CPU."""

    name = "oneDNN"

    def weights(self, *shape: int, like: Tensor) -> Tensor:
        """Columns of W are contiguous: oneDNN's linear layer reads W^T."""
        batch, rows, columns = shape
        return torch.empty(batch, columns, rows, dtype=like.dtype).mT

    def blocks(self, W: Tensor) -> list[range]:
        """One block: rows of W are strided here."""
        return [range(W.shape[1])]

    def buffer(self, flat: Tensor, batch: int, rows: int, columns: int) -> Tensor:
        """Columns are contiguous."""
        return flat[: batch * rows * columns].view(batch, columns, rows).mT

    def forward(self, x: Tensor, W: Tensor, out: Tensor) -> None:
        """relu(x W)."""
        for x_b, W_b, out_b in zip(x, W, out, strict=True):
            out_b.copy_(_linear(x_b, W_b.t(), "relu"))

    def backward(self, G: Tensor, W: Tensor, out: Tensor) -> None:
        """G W^T."""
        for G_b, W_b, out_b in zip(G, W, out, strict=True):
            out_b.copy_(_linear(G_b, W_b))

    def add_backward(self, G: Tensor, W: Tensor, scale: float, out: Tensor) -> None:
        """Add scale G W^T to what is there."""
        for G_b, W_b, out_b in zip(G, W, out, strict=True):
            out_b.add_(_linear(G_b, W_b), alpha=scale)

    def gradient(self, x: Tensor, G: Tensor, out: Tensor) -> None:
        """x^T G, some columns at a time: oneDNN returns what it makes, which must not be as large as W."""
        few = max(BLOCK_BYTES // (x.element_size() * x.shape[-1]), 1)
        for x_b, G_b, out_b in zip(x, G, out, strict=True):
            for part, columns in zip(out_b.t().split(few), G_b.t().split(few), strict=True):
                part.copy_(_linear(columns, x_b.t()))


BATCHED = Batched()


class Candidate(NamedTuple):
    """A kernel that may replace torch's own: the smallest width at which it can pay, and the speed-up it must show."""

    kernel: Callable[[], Products]
    smallest: int
    faster: float


# What is asked lies far from what was met, so that noise does not decide: oneDNN is about twice as fast on AMD cores
# with AVX-512 and slower elsewhere; OpenBLAS is 1.1 to 1.3 times as fast at a width of 4096, and level below.
CANDIDATES = (Candidate(OneDnn, 256, 1.3), Candidate(OpenBlas, 4096, 1.05))


def choose(n: int, m: int, dtype: torch.dtype, device: torch.device) -> Products:
    """The kernel for networks of width m on n samples.

    Args:
        n: samples.
        m: padded width.
        dtype: precision.
        device: where the networks are.
    """
    if device.type != "cpu" or dtype != torch.float32:
        return BATCHED
    return _fastest(min(n, 256), m if m >= CANDIDATES[-1].smallest else min(m, 1024))()


@functools.cache
def _fastest(n: int, m: int) -> Callable[[], Products]:
    """The kernel that is fastest on the three products of one layer by what it must show; measured once a process."""
    speeds = {candidate: speed_up(candidate.kernel(), n, m) for candidate in CANDIDATES if m >= candidate.smallest}
    worth = [candidate for candidate, speed in speeds.items() if speed >= candidate.faster]
    return max(worth, key=lambda candidate: speeds[candidate]).kernel if worth else Batched


def speed_up(other: Products, n: int, m: int) -> float:
    """How many times as fast as torch a kernel is on the three products of a layer; zero if it does not work here.

    Three matrices [m, m] are held at a time: the training that follows takes more, even of a single hidden layer.
    """
    generator = torch.Generator().manual_seed(0)
    x, G, weights = (torch.randn(1, rows, m, generator=generator) for rows in (n, n, m))
    contestants = (BATCHED, other)
    work = [
        functools.partial(_three_products, products, x, products.weights(1, m, m, like=x).copy_(weights), G)
        for products in contestants
    ]
    del weights
    try:
        results = [run() for run in work]
    except (AttributeError, RuntimeError, TypeError):  # another build or another release of torch
        return 0.0
    for public, mine in zip(*results, strict=True):
        if not bool(_largest(public - mine) <= AGREE * _largest(public)):
            return 0.0
    times = [[_seconds(run) for run in work] for _ in range(ROUNDS)]
    return sorted(public / mine for public, mine in times)[ROUNDS // 2]


def _three_products(products: Products, x: Tensor, W: Tensor, G: Tensor) -> list[Tensor]:
    """Forward, backward and gradient; the gradient takes the place of W."""
    forward, backward = torch.empty_like(x), torch.empty_like(x)
    products.forward(x, W, forward)
    products.backward(G, W, backward)
    products.gradient(x, G, W)
    return [forward, backward, W]


def _largest(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, torch.inf)


def _seconds(run: Callable[[], Any]) -> float:
    """CPU time; never zero, which a clock that ticks slowly may say of both."""
    start = process_time()
    run()
    return max(process_time() - start, TICK)


def _linear(x: Tensor, W: Tensor, activation: str = "none") -> Tensor:
    """Rows x times W^T with an activation, for W [out, in]."""
    return torch.ops.mkldnn._linear_pointwise(x, W, None, activation, [], "")
