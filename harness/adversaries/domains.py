"""Where `maximise` searches: sphere, ball, box, sparse unit vectors, and products of them.

A domain knows four things: how to draw a point, which directions stay inside to first order, how to move along
one, and which directions to try without a gradient. Directions are in units of the domain's half-width, so that
the blocks of a product move at one pace. Norms are Euclidean over all entries: Frobenius for matrices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from lemmata.adversaries.ascent import Blocks
from lemmata.adversaries.found import expand_as, unit
from lemmata.adversaries.sparse import truncate

Array = NDArray[np.float64]


class Domain(Protocol):
    """A set of tensors of one shape. Batches have a leading dimension B."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one point."""

    def draw(self, rng: np.random.Generator) -> Array:
        """A random point: what random search tries, and where a search starts."""

    def tangent(self, x: Tensor, g: Tensor) -> Tensor:
        """Gradients g as directions, without what points out of the domain at x."""

    def move(self, x: Tensor, t: Tensor, step: Tensor) -> Tensor:
        """The point of the domain that a step [B] along t leads to."""

    def direction(self, rng: np.random.Generator) -> Array:
        """A random direction, for an objective without gradients; it need not be tangential."""


@dataclass(frozen=True)
class Sphere:
    """Tensors of norm 1."""

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_shape(self)

    def draw(self, rng: np.random.Generator) -> Array:
        """A point uniform on the sphere."""
        x = rng.standard_normal(self.shape)
        return x / np.linalg.norm(x)

    def tangent(self, x: Tensor, g: Tensor) -> Tensor:
        """Gradients without their radial part."""
        return g - expand_as(_inner(g, x), x) * x

    def move(self, x: Tensor, t: Tensor, step: Tensor) -> Tensor:
        """Along t, and back to the sphere."""
        return _unit(x + expand_as(step, t) * t)

    def direction(self, rng: np.random.Generator) -> Array:
        """Gaussian."""
        return rng.standard_normal(self.shape)


@dataclass(frozen=True)
class Ball:
    """Tensors of norm at most a radius, around 0. Around another centre: add it inside the objective."""

    shape: tuple[int, ...]
    radius: float = 1.0

    def __post_init__(self) -> None:
        _check_shape(self)
        if not 0 < self.radius < np.inf:
            raise ValueError(f"radius = {self.radius}: must be positive and finite")

    def draw(self, rng: np.random.Generator) -> Array:
        """Uniform direction at a norm uniform on [0, radius]: uniform volume would never be near the centre."""
        x = rng.standard_normal(self.shape)
        return x * (self.radius * rng.random() / np.linalg.norm(x))

    def tangent(self, x: Tensor, g: Tensor) -> Tensor:
        """Gradients without an outward part on the boundary."""
        outward = _inner(g, x).clamp(min=0) * (_norm(x) >= (1 - 1e-9) * self.radius)
        return self.radius * (g - expand_as(outward / self.radius**2, x) * x)

    def move(self, x: Tensor, t: Tensor, step: Tensor) -> Tensor:
        """Along t, and back to the nearest point of the ball."""
        x = x + self.radius * expand_as(step, t) * t
        return x * expand_as(self.radius / _norm(x).clamp(min=self.radius), x)

    def direction(self, rng: np.random.Generator) -> Array:
        """Gaussian."""
        return rng.standard_normal(self.shape)


class Box:
    """Tensors between two bounds, entry by entry.

    Attributes:
        low: lower bounds.
        high: upper bounds.
        shape: shape of one point.
    """

    def __init__(self, low: ArrayLike, high: ArrayLike) -> None:
        """Bounds are numbers or arrays that broadcast, as in Box([0, 0], 1).

        Raises:
            ValueError: if they are not finite, in the wrong order, or both plain numbers.
        """
        shape = np.broadcast_shapes(np.shape(low), np.shape(high))
        self.low, self.high = np.full(shape, low, dtype=float), np.full(shape, high, dtype=float)
        if not (np.isfinite(self.low).all() and np.isfinite(self.high).all() and (self.low <= self.high).all()):
            raise ValueError(f"box from {self.low} to {self.high}: need finite low <= high")
        self.shape = shape
        _check_shape(self)

    def draw(self, rng: np.random.Generator) -> Array:
        """A uniform point."""
        return rng.uniform(self.low, self.high)

    def tangent(self, x: Tensor, g: Tensor) -> Tensor:
        """Gradients without entries that push against an active bound."""
        low, high = self._bounds(x)
        blocked = ((x <= low) & (g < 0)) | ((x >= high) & (g > 0))
        return (high - low) / 2 * g * ~blocked

    def move(self, x: Tensor, t: Tensor, step: Tensor) -> Tensor:
        """Along t, clamped to the bounds."""
        low, high = self._bounds(x)
        return (x + (high - low) / 2 * expand_as(step, t) * t).clamp(low, high)

    def direction(self, rng: np.random.Generator) -> Array:
        """Gaussian."""
        return rng.standard_normal(self.shape)

    def _bounds(self, like: Tensor) -> tuple[Tensor, Tensor]:
        return torch.as_tensor(self.low).to(like), torch.as_tensor(self.high).to(like)


@dataclass(frozen=True)
class Sparse:
    """Tensors of norm 1 with at most s entries that are not zero."""

    shape: tuple[int, ...]
    s: int

    def __post_init__(self) -> None:
        _check_shape(self)
        if not 1 <= self.s <= np.prod(self.shape):
            raise ValueError(f"s = {self.s} of {np.prod(self.shape)} entries: must be between")

    def draw(self, rng: np.random.Generator) -> Array:
        """A Gaussian on a uniform support, normalised."""
        x = self._on_support(rng, self.s)
        return x / np.linalg.norm(x)

    def tangent(self, x: Tensor, g: Tensor) -> Tensor:
        """Gradients without their radial part."""
        return g - expand_as(_inner(g, x), x) * x

    def move(self, x: Tensor, t: Tensor, step: Tensor) -> Tensor:
        """Along t, truncated to the s largest entries, and back to the sphere."""
        moved = (x + expand_as(step, t) * t).flatten(1)
        return truncate(moved, self.s).reshape(x.shape)

    def direction(self, rng: np.random.Generator) -> Array:
        """On one to s entries, so that long steps exchange entries of the support and short ones do not."""
        return self._on_support(rng, int(rng.integers(1, self.s + 1)))

    def _on_support(self, rng: np.random.Generator, s: int) -> Array:
        x = np.zeros(int(np.prod(self.shape)))
        x[rng.choice(x.size, size=s, replace=False)] = rng.standard_normal(s)
        return x.reshape(self.shape)


@dataclass(frozen=True)
class Product:
    """Points of several domains at once, handed to the objective as a dict of the same names."""

    factors: Mapping[str, Domain]

    def __post_init__(self) -> None:
        if not self.factors:
            raise ValueError("a product of no domains: give at least one, as in Product({'W': Ball((3, 4), 0.1)})")

    def draw(self, rngs: Sequence[np.random.Generator]) -> Blocks:
        """A random point for each trial."""
        return [_stack([factor.draw(rng) for rng in rngs]) for factor in self.factors.values()]

    def directions(self, rngs: Sequence[np.random.Generator]) -> Blocks:
        """A random direction for each trial."""
        return [_stack([factor.direction(rng) for rng in rngs]) for factor in self.factors.values()]

    def tangent(self, point: Blocks, gradient: Blocks) -> Blocks:
        """Each factor's tangent."""
        return [f.tangent(x, g) for f, x, g in zip(self.factors.values(), point, gradient, strict=True)]

    def move(self, point: Blocks, direction: Blocks, step: Tensor) -> Blocks:
        """Each factor's move."""
        return [f.move(x, t, step) for f, x, t in zip(self.factors.values(), point, direction, strict=True)]


def _stack(arrays: Sequence[Array]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))


def _check_shape(domain: Domain) -> None:
    shape = domain.shape
    if not (isinstance(shape, tuple) and shape and all(isinstance(n, int | np.integer) and n > 0 for n in shape)):
        raise ValueError(f"shape = {shape!r}: give a tuple of positive integers, as in (3,) or (3, 4)")


def _inner(x: Tensor, y: Tensor) -> Tensor:
    return (x * y).flatten(1).sum(-1)


def _norm(x: Tensor) -> Tensor:
    return x.flatten(1).norm(dim=-1)


def _unit(x: Tensor) -> Tensor:
    return unit(x.flatten(1)).reshape(x.shape)
