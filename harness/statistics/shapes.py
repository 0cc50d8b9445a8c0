"""A name for the way in which a quantile grows: it labels a trend, and never makes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lemmata.statistics.growth import rung_quantiles

Shape = Literal["power", "log", "saturating", "faster than power", "unresolved"]

# Chi-square by which a shape must beat all others: three standard deviations.
_GAIN = 9.0
# No shape is believed to better than 0.1% of the ratio, however little noise there is.
_FINEST = 1e-3


def shape(groups: Sequence[NDArray[np.float64]], scales: ArrayLike, tau: float, rate: float = 0.5) -> Shape:
    """Which growth c + b h(s), b >= 0, fits the rung quantiles best by weighted least squares.

    The candidates are h = log s (power), log log s (log), -t^(-p) with p >= rate (saturating) and t^p with p
    > 0 (faster than power), where t = s / s_min.

    Args:
        groups: one array of y = log(Q/B) per rung.
        scales: the rungs, increasing.
        tau: quantile level.
        rate: slowest decay that counts as saturating.

    Returns:
        The best shape, or "unresolved" if another fits nearly as well or there are fewer than four rungs.
    """
    s = np.asarray(scales, np.float64)
    q, sd = rung_quantiles(groups, tau)
    if s.size < 4 or not np.isfinite(sd).all():
        return "unresolved"
    misfit = _misfit(q, np.maximum(sd, _FINEST))
    t = s / s[0]
    fits: dict[Shape, float] = {
        "power": misfit(np.log(t)),
        "saturating": min(misfit(-(t**-p)) for p in np.geomspace(rate, 16 * max(rate, 0.5), 20)),
        "faster than power": min(misfit(t**p) for p in (0.25, 0.5, 0.75, 1.0, 1.5)),
    }
    if s[0] >= 1.5:  # near s = 1, log log s is a singularity and no longer a slow growth
        fits["log"] = misfit(np.log(np.log(s)))
    best, second = sorted(fits, key=lambda name: fits[name])[:2]
    return best if fits[second] - fits[best] >= _GAIN else "unresolved"


def _misfit(q: NDArray[np.float64], sd: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], float]:
    """Chi-square of the best c + b h with b >= 0, as a function of h."""
    precision = sd**-2
    q = q - np.average(q, weights=precision)

    def chi_square(h: NDArray[np.float64]) -> float:
        h = h - np.average(h, weights=precision)
        b = max(float(precision @ (h * q)) / float(precision @ h**2), 0.0)
        return float(precision @ (q - b * h) ** 2)

    return chi_square
