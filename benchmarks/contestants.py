"""Everything that is timed, by name; and the engine as a contestant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.limits import LIBRARIES, Products
from benchmarks.peers import Modules, Vmap
from benchmarks.problem import Array, Contestant, Problem
from lemmata.engine.chunks import chunk_size
from lemmata.engine.descent import Descent
from lemmata.engine.products import Batched, choose
from lemmata.engine.segments import run_segments
from lemmata.engine.train import Network

FOREVER = 1 << 40


class Bare(Descent):
    """The engine as it would be if it measured nothing: what its diagnostics cost is the difference."""

    def _measure_loss(self) -> Tensor:
        s = torch.sigmoid((self.y * self.f).neg_())
        return s.mul_(self.c_scale)[:, : self.R[0].shape[1]]

    def _update(self, l: int, G: Tensor, measure_distance: bool) -> None:
        theta = self.theta if self.is_residual(l) else 1.0
        for block in self.blocks[l - 1].blocks:
            if type(self.products) is Batched:
                block.V.baddbmm_(block.x.mT, G, alpha=-theta)
            else:
                self.products.gradient(block.x, G, block.g)
                block.V.sub_(block.g, alpha=theta)
            torch.add(block.W_0, block.V, out=block.W)


class Engine:
    """The engine of this project, chunk by chunk, on weights that are given instead of drawn."""

    def __init__(self, problem: Problem, diagnostics: bool, *, chunk: int | None = None) -> None:
        """Allocate all chunks.

        Args:
            problem: what to train.
            diagnostics: all of them in every step, or none.
            chunk: networks that are trained together; as many as the engine would take unless given.
        """
        shape, self.diagnostics = problem.shape, diagnostics
        network = Network(shape.d, shape.m, shape.L, problem.theta)
        padded, dtype = network.shape(shape.n), torch.from_numpy(problem.x).dtype
        chunk = chunk or chunk_size(padded, dtype.itemsize, 1, FOREVER, gpu=False)
        products = choose(shape.n, padded.m, dtype, torch.device("cpu"))
        self.kernel, self.inputs, self.m = products.name, shape.d, shape.m
        self.descents = []
        for first in range(0, shape.B, chunk):
            some = slice(first, first + chunk)
            x = F.pad(torch.from_numpy(problem.x[some]), (0, padded.layers[0][0] - shape.d))
            W_0 = []
            for sizes, W in zip(padded.layers, problem.W_0, strict=True):
                W_0.append(products.weights(len(x), *sizes, like=x).zero_())
                W_0[-1][:, : W.shape[1], : W.shape[2]] = torch.from_numpy(W[some])
            y, eta = torch.from_numpy(problem.y[some]), torch.from_numpy(problem.eta[some])
            options = {"theta": problem.theta, "m_out": shape.m, "products": products}
            self.descents.append((Descent if diagnostics else Bare)(W_0, x, y, eta, **options))
        self.rows: list[Tensor] = []

    @torch.no_grad()
    def run(self, steps: int) -> None:
        """Train chunk after chunk."""
        self.rows = [run_segments(descent, steps) for descent in self.descents]

    def displacement(self) -> list[Array]:
        """V of each layer."""
        layers = zip(*(descent.V for descent in self.descents), strict=True)
        V = [torch.cat([*layer]).double().numpy()[:, :, : self.m] for layer in layers]
        return [V[0][:, : self.inputs], *(V_l[:, : self.m] for V_l in V[1:])]

    def trace(self) -> Array | None:
        """Diagnostics of the last run; the engine's own last row says who still moves."""
        return torch.cat(self.rows, dim=2)[:, :-1].mT.numpy() if self.diagnostics else None


class Runnable(Protocol):
    """What can be timed."""

    def run(self, steps: int) -> None:
        """Do the work of so many steps."""


def descents() -> dict[str, Callable[[Problem, bool], Contestant]]:
    """What trains networks: the engine and its peers; JAX is imported here, if it is installed."""
    found: dict[str, Callable[[Problem, bool], Contestant]] = {
        "engine": Engine,
        "loop over modules": Modules,
        "torch.func vmap": Vmap,
    }
    if find_spec("jax"):
        from benchmarks.peers_jax import Jax

        found |= {"JAX vmap": partial(Jax, in_turn=False), "JAX map": partial(Jax, in_turn=True)}
    return found


def limits() -> dict[str, Callable[[Problem], Runnable]]:
    """What makes the matrix products and nothing else, by library."""
    found: dict[str, Callable[[Problem], Runnable]] = {
        name: partial(Products, library=library) for name, library in LIBRARIES.items()
    }
    if find_spec("jax"):
        from benchmarks.limits_jax import JaxProducts

        found |= {"JAX vmap": partial(JaxProducts, in_turn=False), "JAX map": partial(JaxProducts, in_turn=True)}
    return found
