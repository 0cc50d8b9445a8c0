"""What a true bound may do along an axis before it settles: an assumption that is printed with every verdict."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Transient:
    """Drift along one axis that does not count as growth.

    With t = s / s_min on the measured ladder, the log ratio may contain sum_j a_j t^(-p_j) with
    sum_j |a_j| <= log(factor) and all p_j >= rate, up to an effect of the first rung alone (p = infinity).
    Rate 1/2 covers m^(-1/2) fluctuations and 1/L corrections. A logarithm is not in the class: it counts as
    growth. The class is an assumption, and is printed with every verdict that rests on it.

    Attributes:
        factor: largest factor by which the ratio may change; 1 forbids transients.
        rate: slowest decay.
    """

    factor: float = 2.0
    rate: float = 0.5

    def __post_init__(self) -> None:
        if not (1 <= self.factor < inf and 0 < self.rate < inf):
            raise ValueError(f"a transient needs a finite factor >= 1 and rate > 0, got {self}")
