"""What tonight's draws could have shown: the exponent that would be found with a stated probability."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lemmata.statistics.growth import ONE_SIGMA
from lemmata.statistics.hits import pair_differences
from lemmata.statistics.ladders import Design, Ladder, cut, settled
from lemmata.statistics.pairs import pairs_to_convict
from lemmata.statistics.quantiles import quantile_bounds
from lemmata.statistics.rises import Floats, least_rise, resolved
from lemmata.statistics.shares import of_one_end, shares
from lemmata.statistics.trend import axis_ends, checked
from lemmata.vocabulary.transient import Toward, Transient

FOUND = 0.8
"""The probability with which growth of the printed exponent would be a TREND."""
# Pairs convict with the support of the upper quantile: each happens with this probability, both with FOUND at least.
_EACH = (1 + FOUND) / 2


def planted(
    y: ArrayLike,
    axes: Mapping[str, ArrayLike],
    axis: str,
    delta: ArrayLike,
    *,
    alpha: float = 1e-3,
    transients: Mapping[str, Transient] | None = None,
    toward: Mapping[str, Toward] | None = None,
    power: float = 1.0,
) -> float:
    """Exponent of growth along one axis that so many draws, with noise like tonight's, would show as a TREND.

    It would be with probability 0.8, were it all that the ratio does along the axis: what it did tonight is taken
    out first, so that a drift helps nobody. Two tests are looked at, the pairs and the upper quantile of all draws,
    and the better one counts. Towards two ends, the worse end does.

    Arguments are those of `judge_trend`, with the axis to plant on.

    Returns:
        inf if no growth would be found.

    Raises:
        ValueError: as `judge_trend`, or if `axis` is not one of the axes.
    """
    design = checked(y, axes, delta, transients, toward, power)
    if axis not in design.scales:
        raise ValueError(f"{axis!r} is not one of the axes {tuple(design.scales)}")
    if np.isnan(design.y).any() or not np.isfinite(design.y).any() or np.unique(design.scales[axis]).size < 3:
        return np.inf
    design = Design(settled(design.y), design.scales, design.delta)
    ends = axis_ends(design, toward)
    transient = (transients or {}).get(axis, Transient())
    part = of_one_end(alpha, len(ends))
    return max(_one_end(design, cut(design, axis, end, transient), part) for name, end in ends if name == axis)


def _one_end(design: Design, ladder: Ladder, part: float) -> float:
    parts = shares(part, len(ladder.others), ladder.values.size)
    near, far = (ladder.groups[rung] - ladder.quantiles[rung] for rung in (0, -1))
    levels = float(ladder.levels[0]), float(ladder.levels[-1])
    noise = float(np.hypot(_noise(near, levels[0]), _noise(far, levels[1])))
    shown = resolved(near.size, levels, parts.upper)
    upper = float(special.ndtri(FOUND)) * noise - least_rise(near, far, shown, parts.upper) if shown else np.inf
    pairs = max(_pairs(design, ladder, parts.pairs), float(special.ndtri(_EACH)) * noise)
    return float((ladder.transient.rise + min(upper, pairs)) / np.log(ladder.scales[-1] / ladder.scales[0]))


def _pairs(design: Design, ladder: Ladder, alpha: float) -> float:
    """The rise beyond the factor at which enough pairs rise by more than the factor, with probability 0.9."""
    differences = pair_differences(design, ladder, alpha)
    n = differences.size
    needed = pairs_to_convict(n, float(design.delta.max()), alpha)
    if needed is None:
        return np.inf
    # P(Binomial(n, p) >= needed) = _EACH at this p.
    p = float(special.betaincinv(needed, n - needed + 1, _EACH))
    return float(np.median(differences) - np.quantile(differences, 1 - p, method="lower"))


def _noise(group: Floats, tau: float) -> float:
    bounds = quantile_bounds(group, tau, ONE_SIGMA)
    width = (bounds.high - bounds.low) / 2
    return width if np.isfinite(width) else float(np.ptp(group))
