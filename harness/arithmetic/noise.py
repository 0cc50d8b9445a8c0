"""Numbers moved at random by about the error that rounding may have given them.

A move is a whole number of units in the last place (ulps). It has a part of its own, and a small part that all
results of the same operation share within a run: the roundings of a loop may all go one way (0.1 added a thousand
times), and what is independent each time would hide among its own averages.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from decimal import Decimal
from functools import cache, lru_cache
from random import Random
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

DRIFT = 0.15
"""The shared part, in ulps. Half an ulp in every operation, all the same way, is 6 of its standard deviations away."""


class Noise:
    """The moves of one run; the same seed gives the same moves."""

    def __init__(self, seed: int) -> None:
        self._uniform = Random(seed).random
        self._rng = np.random.default_rng(seed)
        self._drifts: dict[Hashable, float] = {}
        self._constants: dict[float, float] = {}
        self._written: dict[float, float] = {}

    def number(self, x: float, site: Hashable, ulps: float = 1.0) -> float:
        """A number moved by about as many ulps at most; zero, infinity and NaN stay."""
        steps = round(ulps * (2.0 * self._uniform() - 1.0) + self._drift(site))
        return x + steps * math.ulp(x) if steps and x and math.isfinite(x) else x

    def array(self, a: Array, site: Hashable, ulps: float = 1.0, length: float = 0.0, grain: float = 1.0) -> Array:
        """An array of floating or complex numbers, each entry moved.

        Args:
            a: any shape; zeros, infinities and NaN stay.
            site: which operation it comes from.
            ulps: the most by which an entry moves on its own, about.
            length: how many roundings follow one another in an entry, where they may all go one way.
            grain: ulps of ``a.dtype`` in an ulp of the precision that the entries were rounded to.
        """
        shared = max(1.0, length / 4)
        if a.dtype.kind == "c":
            # The rounding of a product is as large as its modulus says, in both parts.
            moves = np.stack([self._steps(a.shape, ulps, shared * self._drift((site, part))) for part in "ri"], -1)
            return np.asarray(a + np.spacing(np.abs(a)) * (moves @ np.array([1, 1j])), dtype=a.dtype)
        steps = self._steps(a.shape, ulps, shared * self._drift(site))
        size, (eps, smallest) = np.abs(a), _limits(a.dtype)
        if size.min(initial=np.inf) > 2 * smallest:
            # Three quarters of eps are one ulp, two for the largest mantissas; and faster than to ask for each.
            steps *= 0.75 * grain * eps
            steps *= a
            return np.asarray(a + steps, dtype=a.dtype)
        moved = a + np.spacing(size) * grain * steps
        return np.asarray(np.where(np.isfinite(size) & (size != 0), moved, a), dtype=a.dtype)

    def vanished(self, a: Array, where: Array) -> Array:
        """An array in which some zeros are results too small for floating point: the smallest number, or zero."""
        tiny = np.asarray(np.spacing(np.zeros((), a.real.dtype)), dtype=a.dtype)
        return np.where(where & (self._rng.random(a.shape) < 0.5), tiny, a)

    def around(self, a: Array, radius: Array | float) -> Array:
        """Entries moved uniformly within an absolute radius, which broadcasts against ``a``."""
        part = self._rng.uniform(-1, 1, a.shape)
        move = part + 1j * self._rng.uniform(-1, 1, a.shape) if np.iscomplexobj(a) else part
        return np.asarray(a + radius * move, dtype=a.dtype)

    def constant(self, x: float) -> float:
        """A number that was written down: moved by an ulp where its decimals are no binary number, always alike."""
        if x not in self._constants:
            moved = x if is_binary(x) else x + round(2.0 * self._uniform() - 1.0) * math.ulp(x)
            self._constants[x] = moved
            self._written[moved] = x
        return self._constants[x]

    def as_written(self, x: float) -> float:
        """The number of which this is the moved constant; others as they are."""
        return self._written.get(x, x)

    def _drift(self, site: Hashable) -> float:
        if site not in self._drifts:
            self._drifts[site] = DRIFT * (2.0 * self._uniform() - 1.0)
        return self._drifts[site]

    def _steps(self, shape: tuple[int, ...], ulps: float, drift: float) -> Array:
        own, size = _numbers_in_store(), math.prod(shape)
        if size < own.size // 8:
            start = int(self._uniform() * (own.size - size))
            own = own[start : start + size].reshape(shape) * np.float32(ulps)
        else:
            own = self._rng.uniform(-ulps, ulps, shape)
        return np.asarray(np.rint(own + np.float32(drift)), dtype=float)


@cache
def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    return float(np.finfo(dtype).eps), float(np.finfo(dtype).smallest_normal)


@cache
def _numbers_in_store() -> Array:
    """Numbers uniform on [-1, 1], of which small arrays take some at a random place: to draw them is slow."""
    return np.random.default_rng(0).uniform(-1, 1, 2**18).astype(np.float32)


@lru_cache(maxsize=4096)
def is_binary(x: float) -> bool:
    """Is the shortest decimal form of a number the number itself, as of 0.5 and 3.0 but not of 0.1?"""
    return not math.isfinite(x) or Decimal(repr(x)) == Decimal(x)
