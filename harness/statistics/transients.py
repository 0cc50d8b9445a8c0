"""How far a ratio may still fall from each rung of a ladder on: what could hide its growth."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lemmata.vocabulary.transient import Transient

Floats = NDArray[np.float64]


def still_to_fall(transient: Transient, scales: ArrayLike) -> Floats:
    """Largest fall of the log ratio between each rung and the last one, shape [R].

    Args:
        transient: the class of falls.
        scales: the ladder in the direction that is judged, increasing and positive, shape [R].

    Raises:
        ValueError: if the scales do not increase.
    """
    t = np.exp(log_ladder(scales))
    return np.array(_still_to_fall(tuple(np.round(t, 9)), transient.factor, transient.rate))


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
