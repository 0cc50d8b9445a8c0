"""What a ratio may do along an axis before it settles, without its being called growth or taken for its absence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Transient:
    """How a quantile of the ratio may change along one axis, towards the end that is judged.

    A ratio that *rises* may do so by the factor in all, in whatever way: it may approach its limit like a power, an
    exponential or 1/log, late or early, or have bumps; and it may fall as far as it likes. Only a rise by more than
    the factor is growth.

    A ratio that grows may be hidden by a *fall* by the factor in all, of the ratio or of its logarithm, like
    t^(-p) with p >= rate or exp(-(t - 1) / c) with c <= 1 / rate, or a mixture of such falls; t is s / s_min, or
    s_max / s towards zero. What grows less fast than the resolution beneath every such fall passes.

    The class is an assumption, and is printed with every verdict that rests on it.

    Attributes:
        factor: largest factor by which the ratio may change; 1 forbids transients.
        rate: slowest decay of a fall.
    """

    factor: float = 2.0
    rate: float = 0.5

    def __post_init__(self) -> None:
        if not (1 <= self.factor < inf and 0 < self.rate < inf):
            raise ValueError(f"a transient needs a finite factor >= 1 and rate > 0, got {self}")

    @property
    def rise(self) -> float:
        """Largest rise of the log ratio between any two points of the axis."""
        return log(self.factor)

    def still_to_fall(self, scales: ArrayLike) -> Floats:
        """Largest fall of the log ratio between each rung and the last one, shape [R].

        Args:
            scales: the ladder in the direction that is judged, increasing and positive, shape [R].

        Raises:
            ValueError: if the scales do not increase.
        """
        t = np.exp(log_ladder(scales))
        return np.array(_still_to_fall(tuple(np.round(t, 9)), self.factor, self.rate))


def log_ladder(scales: ArrayLike) -> Floats:
    """log(s / s_min), shape [R].

    Raises:
        ValueError: if there are not two scales, or they are not positive and increasing.
    """
    s = np.asarray(scales, np.float64)
    if s.ndim != 1 or s.size < 2 or not (s[0] > 0 and isfinite(s[-1]) and np.all(np.diff(s) > 0)):
        raise ValueError(f"a ladder needs at least two positive scales in increasing order, got {s}")
    return np.asarray(np.log(s / s[0]))


@lru_cache(maxsize=1024)
def _still_to_fall(t: tuple[float, ...], factor: float, rate: float) -> tuple[float, ...]:
    """Mixtures fall no further than one of their parts, so two families of one parameter are searched."""
    ladder = np.array(t)
    steepness = rate * np.geomspace(1, 1e3, 700)[:, None]
    shapes = np.vstack([ladder**-steepness, np.exp(-(ladder - 1) * steepness), ladder == 1])
    falls = np.vstack([log(factor) * shapes, np.log1p((factor - 1) * shapes)])
    return tuple(np.max(falls - falls[:, -1:], axis=0))
