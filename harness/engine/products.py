"""The three matrix products of a training step, by the fastest kernel that the machine offers.

torch's own product is the public path and always there. On some processors it leaves half of the machine unused (MKL
on AMD cores with AVX-512), where oneDNN, which comes with torch, does not. oneDNN is reached through an operator that
torch keeps for its compiler: it is used only where it exists, agrees, and was measured to be clearly faster.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import process_time
from typing import Any, Protocol

import torch
from torch import Tensor

CLEARLY_FASTER = 1.3  # far from the ratios that are met, about 2 and about 1, so that noise does not decide
AGREE = 1e-5
SMALLEST_WIDTH = 256  # below it the ten microseconds that oneDNN needs for a call decide
ROUNDS = 5
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
        """x^T G."""
        for x_b, G_b, out_b in zip(x, G, out, strict=True):
            out_b.t().copy_(_linear(G_b.t(), x_b.t()))


BATCHED, ONEDNN = Batched(), OneDnn()


def choose(n: int, m: int, dtype: torch.dtype, device: torch.device) -> Products:
    """The kernel for networks of width m on n samples: a pure function of these on one machine, in one process.

    Args:
        n: samples.
        m: padded width.
        dtype: precision.
        device: where the networks are.
    """
    if device.type != "cpu" or dtype != torch.float32 or m < SMALLEST_WIDTH or not _has_onednn():
        return BATCHED
    return ONEDNN if _speed_up(min(n, 256), min(m, 1024)) >= CLEARLY_FASTER else BATCHED


@functools.cache
def _speed_up(n: int, m: int) -> float:
    """How many times as fast oneDNN is on the three products of one layer; zero if it does not agree."""
    generator = torch.Generator().manual_seed(0)
    x, G = (torch.randn(1, n, m, generator=generator) for _ in range(2))
    results, times = [], []
    work = []
    for products in (BATCHED, ONEDNN):
        W = products.weights(1, m, m, like=x).copy_(torch.randn(1, m, m, generator=torch.Generator().manual_seed(1)))
        out, gradient = torch.empty_like(x), products.weights(1, m, m, like=x)
        work.append(functools.partial(_three_products, products, x, W, G, out, gradient))
        results.append([part.clone() for part in work[-1]()])
    for public, other in zip(*results, strict=True):
        if not bool((public - other).abs().max() <= AGREE * public.abs().max()):
            return 0.0
    for _ in range(ROUNDS):
        times.append([_seconds(run) for run in work])
    return sorted(public / other for public, other in times)[ROUNDS // 2]


def _three_products(
    products: Products, x: Tensor, W: Tensor, G: Tensor, out: Tensor, gradient: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    products.forward(x, W, out)
    first = out.clone()
    products.backward(G, W, out)
    products.gradient(x, G, gradient)
    return first, out, gradient


def _seconds(run: Callable[[], Any]) -> float:
    start = process_time()
    run()
    return process_time() - start


@functools.cache
def _has_onednn() -> bool:
    """Does this build of torch have the operator, with the arguments that are used here?"""
    try:
        one = torch.ones(1, 1)
        return bool(_linear(one, one, "relu") == 1)
    except (AttributeError, RuntimeError, TypeError):  # another build or another release of torch
        return False


def _linear(x: Tensor, W: Tensor, activation: str = "none") -> Tensor:
    """Rows x times W^T with an activation, for W [out, in]."""
    return torch.ops.mkldnn._linear_pointwise(x, W, None, activation, [], "")
