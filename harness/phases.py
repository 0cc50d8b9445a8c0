"""Phase maps: a bound's own trial on a grid that leaves the regime, to see where it holds and where it breaks.

A map decides nothing. Its trials have a stream of their own, and no verdict, constant or pass rests on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from time import perf_counter
from typing import Any

import numpy as np

from harness.claim import Bound, Claim, Condition, PhaseMap, Relation
from harness.evidence import certification, is_random
from harness.measured import plain
from harness.parameters import Number, Params
from harness.plan import sample_name
from harness.profiles import Profile
from harness.trial import Draw, Trial, log_ratio, run_batch

STREAM = "map"
NEAR = 1e-6  # of the larger side; what fails by more than that is no round-off of float64, and not looked at twice
LONGEST = 200  # characters of a reason


def measure_map(
    claim: Claim, bound: Bound, phase_map: PhaseMap, profile: Profile, root: int, seconds: float = math.inf
) -> dict[str, Any]:
    """Run the bound's trial on the grid of a map, whatever the regime says.

    The trials of cell c (in the order of the record) have the indices c k, ..., c k + k - 1 of the stream ``map``,
    where k is the number of trials in a cell.

    Args:
        claim: whose regime is left.
        bound: an ``at_most`` or ``at_least``.
        phase_map: which parameters are swept, and what else is fixed.
        profile: how many cells and draws.
        root: root seed of the run.
        seconds: after so long the cells that are left are recorded as not measured.

    Returns:
        A record of plain JSON values; see docs/report.md for its fields.
    """
    start = perf_counter()
    names = [axis.name for axis in phase_map.over]
    ladders = [sorted(axis.ladder(profile.map_rungs * (3 - len(names)))) for axis in phase_map.over]
    fixed = {name: value for name, value in {**_middle(claim), **phase_map.at}.items() if name not in names}
    draws = max(round(profile.map_draws * claim.effort), 1) if is_random(bound.trial) else 1
    cells = []
    for number, rungs in enumerate(product(*ladders)):
        at = dict(zip(names, rungs, strict=True))
        if perf_counter() - start > seconds:
            cells.append(_unknown(at, draws, f"the {seconds:.0f} s for this map were used up"))
            continue
        try:
            p = claim.params({**fixed, **at})
        except Exception as error:  # a rule that is not defined out here
            cells.append(_unknown(at, draws, _words(error)))
            continue
        planned = [Draw(root, sample_name(claim, bound), STREAM, number * draws + i, p) for i in range(draws)]
        cells.append(_unknown(at, draws) | _regime(claim, p) | _measured(bound, planned, claim.batch))
    return {
        "axes": [{"name": name, "scales": ladder} for name, ladder in zip(names, ladders, strict=True)],
        "fixed": fixed,
        "conditions": [{"condition": c.statement, "constant": c.constant or None} for c in claim.regime],
        "cells": cells,
        "nearest": _nearest(cells, [not condition.constant for condition in claim.regime]),
        "nearest_at_one": _nearest(cells, [True for _ in claim.regime]),
    }


def _middle(claim: Claim) -> dict[str, Number]:
    """Where a map stays in what it does not sweep: the first point, or the middle rung of every axis."""
    if claim.points:
        return dict(claim.points[0])
    ladders = {axis.name: axis.ladder(3) for axis in claim.axes}
    return {name: ladder[len(ladder) // 2] for name, ladder in ladders.items()}


def _unknown(at: dict[str, float], draws: int, *lost: str) -> dict[str, Any]:
    """A cell of which nothing is known."""
    return {
        "at": at,
        "trials": draws,
        "measured": 0,
        "share": None,
        "ratio": None,
        "inside": None,
        "inside_at_one": None,
        "reach": [],
        "lost": list(lost),
    }


def _regime(claim: Claim, p: Params) -> dict[str, Any]:
    """How each condition stands in a cell, and whether the cell is in the regime."""
    reach = [_reach(condition, p) for condition in claim.regime]
    met = [ratio is not None and ratio >= 1 for ratio in reach]
    enforced = [m for m, condition in zip(met, claim.regime, strict=True) if not condition.constant]
    return {
        "inside": all(enforced),
        "inside_at_one": all(met),
        "reach": [None if ratio is None else plain(ratio) for ratio in reach],
    }


def _reach(condition: Condition, p: Params) -> float | None:
    """The ratio of a condition, None where it is not defined; there it is not met."""
    try:
        ratio = float(condition.ratio(p))
    except Exception:  # such as the logarithm of a negative number, far outside
        return None
    return None if math.isnan(ratio) else ratio


def _measured(bound: Bound, draws: Sequence[Draw], batch: int) -> dict[str, Any]:
    """What the trials of a cell say; the reasons of those that gave no number are kept."""
    trials: list[Trial] = []
    lost: list[str] = []
    for start in range(0, len(draws), batch):
        for outcome in _run(bound, draws[start : start + batch]):
            if isinstance(outcome, str):
                lost.append(outcome)
            else:
                trials.append(outcome)
    ratios = [_ratio(trial, bound.relation) for trial in trials]
    known = [ratio for ratio in ratios if ratio is not None]
    return {
        "measured": len(trials),
        "share": sum(_holds(bound, trial) for trial in trials) / len(trials) if trials else None,
        "ratio": plain(float(np.median(known))) if known and len(known) == len(ratios) else None,
        "lost": list(dict.fromkeys(lost)),
    }


def _run(bound: Bound, draws: Sequence[Draw]) -> Iterator[Trial | str]:
    """A trial for each draw, or why there is none; after a failure each is run alone."""
    try:
        yield from run_batch(bound.trial, bound.relation, draws)
    except Exception as error:  # whatever a trial raises out here is a fact about one cell of the map
        if len(draws) == 1:
            yield _words(error)
        else:
            for draw in draws:
                yield from _run(bound, [draw])


def _holds(bound: Bound, trial: Trial) -> bool:
    """Does the inequality hold in this trial, its constant at one? Round-off is no failure of an explicit bound."""
    near = -trial.margin <= NEAR * max(abs(trial.lhs), abs(trial.rhs))
    if trial.margin >= 0 or not near or bound.kind != "explicit":
        return trial.margin >= 0
    try:
        return certification(bound, trial) == "roundoff"
    except Exception:  # the second look itself failed, and what was seen at the first one stands
        return False


def _ratio(trial: Trial, relation: Relation) -> float | None:
    """Quantity over bound, for a lower bound the reverse; None where signs make it say nothing."""
    above, below = (trial.rhs, trial.lhs) if relation == "at_least" else (trial.lhs, trial.rhs)
    if below < 0 or above == below == 0:
        return None
    y = log_ratio(trial, relation)
    return y if y == math.inf else math.exp(min(y, 700))


def _nearest(cells: Sequence[Mapping[str, Any]], counted: Sequence[bool]) -> dict[str, Any] | None:
    """The cell that misses these conditions by the smallest factor, which is 1 where it meets them."""
    known = [cell for cell in cells if cell["inside"] is not None]

    def missing(cell: Mapping[str, Any]) -> float:
        reach = [float(r or 0) for r, counts in zip(cell["reach"], counted, strict=True) if counts]
        return max((1 / r if r > 0 else math.inf for r in reach if r < 1), default=1.0)

    if not known:
        return None
    cell = min(known, key=missing)
    return {"at": cell["at"], "factor": plain(missing(cell))}


def _words(error: Exception) -> str:
    """An exception in one line."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
