"""The ratios of a bound up to a constant along its axes: as they are judged, and as a record shows them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lemmata.statistics import Transient, fitted_constant, growth_interval, quantile_bounds
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.error_rates import ALPHA_PASS
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.trial import Trial, log_ratio
from lemmata.vocabulary.words import Relation

MOST_POINTS = 300


def ladder_axes(claim: Claim, trials: list[Trial]) -> dict[str, np.ndarray]:
    """The value of each axis in each trial; axes that stand still are left out."""
    columns = {axis.name: np.array([float(t.draw.point[axis.name]) for t in trials]) for axis in claim.axes}
    return {name: column for name, column in columns.items() if np.unique(column).size > 1}


def log_ratios(relation: Relation, trials: list[Trial]) -> np.ndarray:
    """One y = log(quantity / bound) a trial."""
    return np.array([log_ratio(trial, relation) for trial in trials])


def constant_of(y: np.ndarray, axes: dict[str, np.ndarray], delta: float) -> tuple[Any, list[Any] | None]:
    """The fitted constant over all rungs of all axes, and an interval of 95 % that holds for all of them at once."""
    cells = np.concatenate([[f"{name}={value:g}" for value in column] for name, column in axes.items()])
    fit = fitted_constant(np.tile(y, len(axes)), cells, delta, 0.05)
    return plain(fit.C), [plain(fit.low), plain(fit.high)]


def axis_record(claim: Claim, name: str, column: np.ndarray, y: np.ndarray, delta: float) -> dict[str, Any]:
    """The ratio along one axis: quantiles on each rung with exact bounds, and the growth exponent."""
    rungs = np.unique(column)
    groups = [y[column == rung] for rung in rungs]
    median = [quantile_bounds(group, 0.5, 0.025) for group in groups]
    upper = [quantile_bounds(group, 1 - delta, 0.025) for group in groups]
    axis = next(axis for axis in claim.axes if axis.name == name)
    growth: dict[str, Any] | None = None
    if rungs.size > 2 and np.isfinite(y).all():  # an infinite ratio has quantiles, but no slope
        plainly, settled = (
            growth_interval(groups, rungs, 0.5, ALPHA_PASS, ALPHA_PASS, transient)
            for transient in (Transient(1.0), axis.transient)
        )
        growth = {key: plain(getattr(plainly, key)) for key in ("est", "lo", "hi")}
        growth["settled"] = [plain(settled.lo), plain(settled.hi)]
    step = max(1, y.size // MOST_POINTS)
    return {
        "name": name,
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
        "growth": growth,
    }
