"""The numbers of a record: constant or margin, the ratio along each axis, and the adversary's score."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from lemmata.judging.judge import ladder_axes, log_ratios
from lemmata.statistics import fitted_constant, growth_interval, quantile_bounds
from lemmata.trials.evidence import Evidence, badness
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.transient import Transient
from lemmata.vocabulary.trial import Trial
from lemmata.vocabulary.verdict import ALPHA_PASS
from lemmata.vocabulary.words import Bound

MOST_POINTS = 300


def measured(claim: Claim, bound: Bound, evidence: Evidence) -> dict[str, Any]:
    """The numbers: constant with interval, or smallest margin; ratio along each axis; adversary's score."""
    facts: dict[str, Any] = {
        "constant": None,
        "interval": None,
        "margin": None,
        "largest_ratio": None,
        "axes": [],
        "dominance": dominance(evidence.iid),
    }
    trials = evidence.iid
    if not trials:
        return facts | {"adversary": None}
    if bound.kind == "up_to_constant":
        axes = ladder_axes(claim, trials)
        y = log_ratios(bound, trials)
        delta = bound.delta_at(trials[0].draw.point)
        facts["constant"], facts["interval"] = constant_of(y, axes, delta)
        worst = max(filter(None, [*trials, evidence.hunted.worst]), key=lambda t: badness(bound, t))
        facts["largest_ratio"] = plain(math.exp(min(badness(bound, worst), 700)))
        facts["axes"] = [axis_record(claim, name, column, y, delta) for name, column in axes.items()]
    elif bound.kind != "comparison":
        searched = [*evidence.trials, *filter(None, [evidence.hunted.worst])]
        facts["margin"] = plain(min(-badness(bound, trial) for trial in searched))
    return facts | {"adversary": adversary_score(evidence)}


def dominance(trials: Sequence[Trial]) -> dict[str, float]:
    """In which share of the draws each term of the bound, numbered from 1, is the largest; empty for a single term."""
    summed = [trial.terms for trial in trials if trial.terms]
    largest = Counter(terms.index(max(terms)) + 1 for terms in summed)
    return {str(term): largest[term] / len(summed) for term in range(1, len(summed[0]) + 1)} if summed else {}


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


def adversary_score(evidence: Evidence) -> dict[str, Any] | None:
    """What the adversary found against random search and the known maximum, in the median trial."""
    scored = [trial for trial in evidence.iid if trial.random is not None]
    if not scored:
        return None
    known = [trial.known for trial in scored if trial.known is not None]
    return {
        "found": plain(float(np.median([trial.lhs for trial in scored]))),
        "random": plain(float(np.median([trial.random for trial in scored]))),
        "known": plain(float(np.median(known))) if known else None,
    }
