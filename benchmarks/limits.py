"""The limit of the machine: the matrix products of a step and nothing else, by every library at hand.

The operands are those of a step: x_{l-1}, W_l and G_l are read, R_l, D and a gradient are written. Chunks of networks
make all their steps in turn, as the engine's do, so that the caches help the limit too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.problem import Array, Problem

Product = Callable[[Any, Any, Any], Any]
"""(a, b, out) -> result, which is in `out` where the library can do that."""


class Library(NamedTuple):
    """Products of stacks of matrices."""

    forward: Product
    """x [c, n, in], W [c, in, out] -> x W."""
    backward: Product
    """G [c, n, out], W -> G W^T."""
    gradient: Product
    """x, G -> x^T G."""
    stack: Callable[[Array], Any]
    """A numpy stack as the library wants it."""


def _one_by_one(product: Product) -> Product:
    """Apply a product of matrices to each of a stack."""
    return lambda a, b, out: [product(*three) for three in zip(a, b, out, strict=True)]


def _linear(x: Any, W: Any, out: Any) -> Any:
    """X W^T by oneDNN, which returns a result of its own."""
    return torch.ops.mkldnn._linear_pointwise(x, W, None, "none", [], "")


LIBRARIES = {
    "torch.bmm": Library(
        lambda x, W, out: torch.bmm(x, W, out=out),
        lambda G, W, out: torch.bmm(G, W.mT, out=out),
        lambda x, G, out: torch.bmm(x.mT, G, out=out),
        torch.from_numpy,
    ),
    "torch.mm": Library(
        _one_by_one(lambda x, W, out: torch.mm(x, W, out=out)),
        _one_by_one(lambda G, W, out: torch.mm(G, W.t(), out=out)),
        _one_by_one(lambda x, G, out: torch.mm(x.t(), G, out=out)),
        lambda stack: list(torch.from_numpy(stack)),
    ),
    "oneDNN": Library(  # reads W^T, so that it is given columns of W in a row
        _one_by_one(lambda x, W, out: _linear(x, W.t(), out)),
        _one_by_one(_linear),
        _one_by_one(lambda x, G, out: _linear(G.t(), x.t(), out).t()),
        lambda stack: [W.t().contiguous().t() for W in torch.from_numpy(stack)],
    ),
    "OpenBLAS": Library(
        lambda x, W, out: np.matmul(x, W, out=out),
        lambda G, W, out: np.matmul(G, W.swapaxes(1, 2), out=out),
        lambda x, G, out: np.matmul(x.swapaxes(1, 2), G, out=out),
        lambda stack: stack,
    ),
}
if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):  # an operator that torch keeps for its compiler
    del LIBRARIES["oneDNN"]


class Products:
    """Forward, G W^T and x^T G of every layer, network chunk by network chunk."""

    def __init__(self, problem: Problem, library: Library) -> None:
        """Lay out operands and results.

        Args:
            problem: gives the shapes, the weights and the inputs.
            library: multiplies.
        """
        shape, self.library = problem.shape, library
        chunk = shape.chunk(problem.x.itemsize)
        self.chunks = []
        for first in range(0, shape.B, chunk):
            some = slice(first, first + chunk)
            c = len(problem.x[some])
            results = [library.stack(np.ones((c, shape.n, shape.m), problem.x.dtype)) for _ in problem.W_0]
            D, G = (library.stack(np.ones((c, shape.n, shape.m), problem.x.dtype)) for _ in range(2))
            g = [library.stack(np.empty((c, *W.shape[1:]), W.dtype)) for W in problem.W_0[:2]]
            W = [library.stack(W[some]) for W in problem.W_0]
            self.chunks.append(([library.stack(problem.x[some]), *results], W, D, G, g))

    def run(self, steps: int) -> None:
        """The products of so many steps."""
        forward, backward, gradient, _ = self.library
        for x, W, D, G, g in self.chunks:
            for _ in range(steps):
                for l in range(len(W)):
                    forward(x[l], W[l], x[l + 1])
                for l in reversed(range(1, len(W))):
                    backward(G, W[l], D)
                    gradient(x[l], G, g[1])
                gradient(x[0], G, g[0])
