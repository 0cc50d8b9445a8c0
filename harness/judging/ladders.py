"""The ratios of a bound up to a constant along its axes: as they are judged, and as a record shows them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lemmata.statistics import fitted_constant, growth_interval, quantile_bounds
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.error_rates import ALPHA_PASS
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.trial import Trial, log_ratio
from lemmata.vocabulary.words import Axis, Bound, Relation

MOST_POINTS = 300


def ladder_axes(claim: Claim, trials: list[Trial]) -> dict[str, np.ndarray]:
    """The value of each axis in each trial; axes that stand still are left out."""
    columns = {axis.name: np.array([float(t.draw.point[axis.name]) for t in trials]) for axis in claim.axes}
    return {name: column for name, column in columns.items() if np.unique(column).size > 1}


def log_ratios(relation: Relation, trials: list[Trial]) -> np.ndarray:
    """One y = log(quantity / bound) a trial."""
    return np.array([log_ratio(trial, relation) for trial in trials])


def deltas(bound: Bound, trials: list[Trial]) -> np.ndarray:
    """The allowed probability of failure of each trial, which an axis may set."""
    return np.array([bound.delta_at(trial.draw.point) for trial in trials])


def largest_terms(relation: Relation, trials: list[Trial]) -> tuple[np.ndarray, np.ndarray] | None:
    """Of each trial the number of the largest term of its bound, and the log ratio to that term alone.

    None for a bound that is no sum.
    """
    if not all(trial.terms for trial in trials):
        return None
    terms = np.array([trial.terms for trial in trials], np.float64)
    share = np.log(terms.max(axis=1) / terms.sum(axis=1))
    sign = -1 if relation == "at_most" else 1  # log(Q / B_k) is larger than log(Q / B), log(B_k / Q) smaller
    return np.argmax(terms, axis=1), log_ratios(relation, trials) + sign * share


def constant_of(y: np.ndarray, axes: dict[str, np.ndarray], delta: np.ndarray) -> tuple[Any, list[Any] | None]:
    """The fitted constant over all rungs of all axes, and an interval of 95 % that holds for all of them at once."""
    cells = np.concatenate([[f"{name}={value:g}" for value in column] for name, column in axes.items()])
    fit = fitted_constant(np.tile(y, len(axes)), cells, np.tile(delta, len(axes)), 0.05)
    return plain(fit.C), [plain(fit.low), plain(fit.high)]


def axis_record(axis: Axis, column: np.ndarray, y: np.ndarray, delta: np.ndarray, power: float) -> dict[str, Any]:
    """The ratio along one axis: quantiles on each rung with exact bounds, and the growth exponent of the median.

    These are the ratios as they are, whatever the other axes do.
    """
    rungs = np.unique(column)
    groups = [y[column == rung] for rung in rungs]
    median = [quantile_bounds(group, 0.5, 0.025) for group in groups]
    levels = [1 - float(np.mean(delta[column == rung])) for rung in rungs]
    upper = [quantile_bounds(group, level, 0.025) for group, level in zip(groups, levels, strict=True)]
    growth: dict[str, Any] | None = None
    if rungs.size > 2 and np.isfinite(y).all():  # an infinite ratio has quantiles, but no slope
        growth = _growth(axis, rungs, groups, power)
    step = max(1, y.size // MOST_POINTS)
    return {
        "name": axis.name,
        "scales": rungs.tolist(),
        "median": [plain(math.exp(q.estimate)) for q in median],
        "upper": [plain(math.exp(q.estimate)) for q in upper],
        "low": [plain(math.exp(q.low)) for q in upper],
        "high": [plain(math.exp(min(q.high, 700))) for q in upper],
        "points": {
            "scale": column[::step].tolist(),
            "ratio": [plain(math.exp(min(v, 700))) for v in y[::step]],
        },
        "printed": axis.exponent,
        "toward": axis.judged_toward,
        "growth": growth,
    }


def _growth(axis: Axis, rungs: np.ndarray, groups: list[np.ndarray], power: float) -> dict[str, Any]:
    """Exponents in powers of the axis; what is left of them beyond transients is that of its limit, or of zero."""
    things, sign = [group / power for group in groups], 1
    if axis.judged_toward == "0":
        things, rungs, sign = things[::-1], 1 / rungs[::-1], -1
    found = growth_interval(things, rungs, 0.5, ALPHA_PASS, ALPHA_PASS, axis.transient)
    low, high = sorted(sign * power * end for end in (found.lo_raw, found.hi_raw))
    settled = sorted(sign * power * end for end in (found.lo, found.hi))
    return {
        "est": plain(sign * power * found.est),
        "lo": plain(low),
        "hi": plain(high),
        "settled": [*map(plain, settled)],
    }
