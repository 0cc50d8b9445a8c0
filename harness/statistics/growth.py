"""The exponent with which a quantile grows along one ladder, with an interval that allows for transients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lemmata.statistics.quantiles import quantile_bounds
from lemmata.statistics.rises import Floats, last, least_rise, most_rise, stays_below
from lemmata.statistics.transients import log_ladder, still_to_fall
from lemmata.vocabulary.transient import Transient

Groups = Sequence[Floats]

# Normal tail beyond one standard deviation: rung bounds at this level measure noise.
ONE_SIGMA = 0.1587
RESOLUTION = 0.25


@dataclass(frozen=True)
class Growth:
    """Growth exponent beta of q_tau(y | s) = c + beta log s + transient, in powers of s.

    Attributes:
        est: slope of the rung quantiles by least squares; transients are in it.
        lo: beta >= lo for every rise of the class (error alpha_lo).
        hi: beta <= hi for every fall of the class (error alpha_hi).
        lo_raw: least slope from the first rung to the last, no transient allowed.
        hi_raw: largest slope from the first rung to the last.
        tau: quantile level, of the last rung where delta is an axis.
    """

    est: float
    lo: float
    hi: float
    lo_raw: float
    hi_raw: float
    tau: float


def growth_interval(
    groups: Groups,
    scales: ArrayLike,
    tau: float | Floats,
    alpha_lo: float,
    alpha_hi: float,
    transient: Transient,
    resolution: float = RESOLUTION,
) -> Growth:
    """Confidence interval of the growth exponent along one ladder.

    Args:
        groups: one array of finite y = log(Q/B) per rung.
        scales: the rungs in the direction that is judged, increasing, shape [R].
        tau: quantile level, or one a rung, shape [R].
        alpha_lo: error of the lower end.
        alpha_hi: error of the upper end.
        transient: what does not count as growth.
        resolution: the exponent that the upper end is to exclude; it chooses the rungs that do this best.

    Raises:
        ValueError: if the scales do not increase, or a group is empty, not finite or missing.
    """
    u, levels = _checked(groups, scales, tau)
    ends = levels[0], levels[-1]
    raw = least_rise(groups[0], groups[-1], ends, alpha_lo)
    return Growth(
        est=_slope(groups, u, levels),
        lo=(raw - transient.rise) / u[-1],
        hi=highest_exponent(groups, scales, levels, alpha_hi, transient, resolution),
        lo_raw=raw / u[-1],
        hi_raw=most_rise(groups[0], groups[-1], ends, alpha_hi) / u[-1],
        tau=float(levels[-1]),
    )


def compared_rungs(sizes: ArrayLike, scales: ArrayLike, transient: Transient, resolution: float) -> list[int]:
    """The rungs that are compared with the last one, to exclude an exponent.

    Growth of that exponent lifts the last rung above rung i by at least its margin, resolution log(s_R / s_i) less
    what may still fall from rung i on. The rungs are chosen by their margins and numbers of draws alone, never by
    the draws: those whose mean margin is largest against the noise of their quantile.

    Args:
        sizes: draws of each rung, shape [R].
        scales: the rungs in the direction that is judged, shape [R].
        transient: the falls that are allowed.
        resolution: the exponent.
    """
    margin = margins(scales, transient, resolution)
    n = np.asarray(sizes, np.float64)
    order = np.argsort(-margin[:-1], kind="stable")
    noise = np.sqrt(1 / n[-1] + 1 / np.cumsum(n[order]))
    worth = np.cumsum(margin[order]) / np.arange(1, order.size + 1) / noise
    count = int(np.argmax(worth)) + 1 if worth[0] > 0 else 1
    return sorted(int(i) for i in order[:count])


def margins(scales: ArrayLike, transient: Transient, exponent: float) -> Floats:
    """By how much growth of an exponent lifts the last rung above each, whatever falls beside it; shape [R]."""
    u = log_ladder(scales)
    return np.asarray(exponent * (u[-1] - u) - still_to_fall(transient, scales))


def highest_exponent(
    groups: Groups, scales: ArrayLike, levels: Floats, alpha: float, transient: Transient, resolution: float
) -> float:
    """The growth exponent is at most this, error alpha; inf where so few draws cannot tell.

    Arguments are those of `growth_interval`, with a quantile level for each rung.
    """
    u = log_ladder(scales)
    rungs = compared_rungs([group.size for group in groups], scales, transient, resolution)
    level = float(np.average(levels[rungs], weights=[groups[i].size for i in rungs]))

    falls = still_to_fall(transient, scales)
    fallen = np.concatenate([groups[i] - falls[i] for i in rungs])
    distance = np.concatenate([np.full(groups[i].size, u[-1] - u[i]) for i in rungs])

    def excluded(exponent: float) -> bool:
        return stays_below(fallen + exponent * distance, groups[-1], (level, float(levels[-1])), alpha)

    widest = float(np.ptp(np.concatenate([groups[-1], *(groups[i] for i in rungs)]))) + transient.rise + 1
    return -last(lambda less: excluded(-less), *(sign * widest / float(u[-1] - u[rungs[-1]]) for sign in (-1, 1)))


def draws_to_exclude(
    groups: Groups, scales: ArrayLike, tau: float | Floats, exponent: float, alpha: float, transient: Transient
) -> int | None:
    """Draws per rung that are expected to exclude an exponent, in doublings of today's.

    Supposes that the quantiles are today's estimates, and that noise shrinks like 1 / sqrt(draws).

    Returns:
        None if a hundred times the draws would not do: the allowance for transients binds.
    """
    _, levels = _checked(groups, scales, tau)
    rungs = compared_rungs([group.size for group in groups], scales, transient, exponent)
    margin = margins(scales, transient, exponent)
    bounds = [quantile_bounds(group, level, ONE_SIGMA) for group, level in zip(groups, levels, strict=True)]
    rise = np.mean([bounds[-1].estimate - bounds[i].estimate - margin[i] for i in rungs])
    widths = [(b.high - b.low) / 2 for b in (*(bounds[i] for i in rungs), bounds[-1])]
    finite = [width for width in widths if np.isfinite(width)]
    noise = max(finite, default=1.0) * np.sqrt(1 + 1 / len(rungs))
    for doublings in range(1, 8):
        if rise + 1.25 * _normal(alpha) * noise / np.sqrt(2**doublings) < 0:
            return int(min(group.size for group in groups) * 2**doublings)
    return None


def rung_quantiles(groups: Groups, tau: float) -> tuple[Floats, Floats]:
    """Estimates of the rung quantiles and half the width of their one-sigma bounds, each of shape [R]."""
    low, q, high = np.array([quantile_bounds(group, tau, ONE_SIGMA) for group in groups], np.float64).T
    return q, (high - low) / 2


def _checked(groups: Groups, scales: ArrayLike, tau: float | Floats) -> tuple[Floats, Floats]:
    """log(s / s_min) and the quantile level of each rung."""
    u = log_ladder(scales)
    if len(groups) != u.size:
        raise ValueError(f"one group of draws per rung is needed, got {len(groups)} for {u.size} rungs")
    if not all(group.size and np.isfinite(group).all() for group in groups):
        raise ValueError("growth is measured on finite draws, some on each rung: replace infinite ones first")
    return u, np.broadcast_to(np.asarray(tau, np.float64), u.shape)


def _slope(groups: Groups, u: Floats, levels: Floats) -> float:
    """Slope of the rung quantiles by least squares, weighted by the numbers of draws."""
    q = np.array([quantile_bounds(g, level, ONE_SIGMA).estimate for g, level in zip(groups, levels, strict=True)])
    n = np.array([group.size for group in groups], np.float64)
    centred = (u - np.average(u, weights=n)) * n
    return float(centred @ q / (centred @ u))


def _normal(alpha: float) -> float:
    """Upper alpha-quantile of the standard normal."""
    return float(-special.ndtri(alpha))
