"""What a true bound may do along an axis before it settles: an assumption that is printed with every verdict."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log
from typing import Literal

End = Literal["inf", "0"]
Toward = Literal["inf", "0", "both"]
"""Towards which end of an axis a bound is claimed, and growth of the ratio sought."""


@dataclass(frozen=True)
class Transient:
    """How a quantile of the ratio may change along one axis, towards the end that is judged.

    A ratio that *rises* may do so by the factor in all, in whatever way: it may approach its limit like a power, an
    exponential or 1/log, late or early, or have bumps; and it may fall as far as it likes. Only a rise by more than
    the factor is growth.

    A ratio that grows may be hidden by a *fall* by the factor in all, of the ratio or of its logarithm, like
    t^(-p) with p >= rate or exp(-(t - 1) / c) with c <= 1 / rate, or a mixture of such falls; t is s / s_min, or
    s_max / s towards zero. What passes grows less fast than the resolution beneath every such fall.

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
