"""What all contestants solve: shapes, weights, data, and the answer of a plain float64 program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Shape:
    """B networks of width m with L residual layers, on n samples of dimension d."""

    d: int
    m: int
    L: int
    n: int
    B: int

    @property
    def widths(self) -> list[int]:
        """Widths of x_0 .. x_{L+1}."""
        return [self.d] + [self.m] * (self.L + 1)

    @property
    def parameters(self) -> int:
        """Weights of one network."""
        return self.d * self.m + self.L * self.m**2

    @property
    def flops(self) -> int:
        """Flops of the matrix products of one step of all networks: forward, G W^T but in the first layer, x^T G."""
        return 2 * self.B * self.n * (3 * self.parameters - self.d * self.m)

    def state_bytes(self, itemsize: int) -> int:
        """Bytes of one network: W, W_0, V, one gradient, activations."""
        largest = self.m * max(self.d, self.m)
        return itemsize * (3 * self.parameters + largest + self.n * self.m * (2 * self.L + 3))

    def chunk(self, itemsize: int) -> int:
        """Networks that share the caches, but with at least 0.2 ms of work in a product."""
        network = itemsize * (self.parameters + self.n * self.m * (2 * self.L + 3))
        return min(self.B, max(1, (8 << 20) // network, int(2e7) // (2 * self.n * self.m**2)))


SHAPES = {
    "tiny": Shape(d=10, m=64, L=4, n=32, B=256),
    "small": Shape(d=20, m=256, L=8, n=100, B=32),
    "deep": Shape(d=20, m=128, L=64, n=64, B=32),
    "medium": Shape(d=50, m=1024, L=8, n=200, B=4),
    "large": Shape(d=100, m=4096, L=4, n=200, B=1),
}


@dataclass(frozen=True)
class Problem:
    """Initial weights W_0 [B, in, out] of each layer, inputs x [B, n, d], labels y [B, n], step sizes eta [B]."""

    shape: Shape
    W_0: list[Array]
    x: Array
    y: Array
    eta: Array
    theta: float

    @property
    def v(self) -> Array:
        """Output weights: half +1, half -1."""
        half = self.shape.m // 2
        return np.repeat([1.0, -1.0], [half, self.shape.m - half]).astype(self.x.dtype)

    def astype(self, dtype: str) -> Problem:
        """The same numbers in another precision."""
        x, y, eta = (a.astype(dtype) for a in (self.x, self.y, self.eta))
        return Problem(self.shape, [W.astype(dtype) for W in self.W_0], x, y, eta, self.theta)


def draw(shape: Shape, dtype: str = "float32", seed: int = 0) -> Problem:
    """A problem as the claims have them: He weights, inputs on the sphere, labels by the sign of a coordinate.

    The numbers are those of float32 in every precision.

    Args:
        shape: sizes.
        dtype: precision.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    pairs = zip(shape.widths[:-1], shape.widths[1:], strict=True)
    scale = np.float32((2 / shape.m) ** 0.5)
    W_0 = [rng.standard_normal((shape.B, *pair), dtype=np.float32) * scale for pair in pairs]
    x = rng.standard_normal((shape.B, shape.n, shape.d), dtype=np.float32)
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    y = np.where(x[..., 0] >= 0, 1.0, -1.0)
    problem = Problem(shape, W_0, x, y, np.full(shape.B, 1 / shape.m), 1 / shape.L)
    return problem.astype(dtype)


class Contestant(Protocol):
    """Gradient descent on a problem."""

    def run(self, steps: int) -> None:
        """Make so many steps, from where the last run ended."""

    def displacement(self) -> list[Array]:
        """W - W_0 of each layer, [B, in, out]."""

    def trace(self) -> Array | None:
        """Diagnostics of the last run, [steps, B, 2 + 2(L+1)], or None if there are none; see `reference`."""


def displacement(W: list[Array], problem: Problem) -> list[Array]:
    """W - W_0 in float64, of a contestant that has only W."""
    return [np.subtract(W_l, W_0, dtype=np.float64) for W_l, W_0 in zip(W, problem.W_0, strict=True)]


def reference(problem: Problem, steps: int) -> tuple[list[Array], Array]:
    """Gradient descent in float64, line by line as it is written on paper.

    Returns:
        V = W - W_0 after the last step, [B, in, out] of each layer; and the diagnostics of each step before it moves,
        [steps, B, 2 + 2(L+1)]: loss, surrogate error, norms of the gradients, distances.
    """
    p, L, theta = problem.astype("float64"), problem.shape.L, problem.theta
    W, trace = [w.copy() for w in p.W_0], []
    for _ in range(steps):
        x, R = [p.x], []
        for l in range(L + 1):
            R.append(np.maximum(x[l] @ W[l], 0))
            x.append(x[l] + theta * R[l] if 1 <= l < L else R[l])
        margin = p.y * (x[-1] @ p.v)
        sigmoid = 1 / (1 + np.exp(margin))
        D = (-sigmoid * p.y / p.shape.n)[..., None] * p.v
        gradient: list[Array] = [np.empty(0)] * (L + 1)
        for l in reversed(range(L + 1)):
            residual = 1 <= l < L
            G = (theta if residual else 1.0) * D * (R[l] > 0)
            gradient[l] = x[l].swapaxes(1, 2) @ G
            D = G @ W[l].swapaxes(1, 2) + (D if residual else 0.0)
        norms = [np.linalg.norm(g, axis=(1, 2)) for g in gradient]
        distances = [np.linalg.norm(w - w_0, axis=(1, 2)) for w, w_0 in zip(W, p.W_0, strict=True)]
        trace.append(np.stack([np.log1p(np.exp(-margin)).mean(1), sigmoid.mean(1), *norms, *distances], axis=1))
        for w, g in zip(W, gradient, strict=True):
            w -= p.eta[:, None, None] * g
    return [w - w_0 for w, w_0 in zip(W, p.W_0, strict=True)], np.stack(trace)


def disagreement(contestant: Contestant, answer: tuple[list[Array], Array]) -> float:
    """How far a contestant is from the reference, after as many steps from W_0.

    Args:
        contestant: fresh; it makes the steps here.
        answer: of `reference`.

    Returns:
        The largest of the relative errors of the displacement of a layer and of each diagnostic.
    """
    V, trace = answer
    contestant.run(len(trace))
    pairs = list(zip(contestant.displacement(), V, strict=True))
    measured = contestant.trace()
    if measured is not None:
        pairs += zip(np.moveaxis(measured, 2, 0), np.moveaxis(trace, 2, 0), strict=True)
    return max(float(np.linalg.norm(mine - right) / np.linalg.norm(right)) for mine, right in pairs)
