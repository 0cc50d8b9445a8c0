"""Phase maps: a bound's own trial on a grid that leaves the regime, to see where it holds and where it breaks.

A map decides nothing. Its trials have a stream of their own, and no verdict, constant or pass rests on them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby, product
from time import perf_counter
from typing import Any

import numpy as np

from lemmata.places.engines import Batch, submit
from lemmata.sampling.plan import Plan
from lemmata.sampling.profiles import Profile
from lemmata.trials.certificates import SEARCHED, certification
from lemmata.trials.evidence import MIXED, NEARLY
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.parameters import Number, Params
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial, log_ratio
from lemmata.vocabulary.words import Condition, PhaseMap, Relation

STREAM = "map"
NEAR = 1e-6  # of the larger side; what fails by more than that is no round-off of float64, and not looked at twice
LONGEST = 200  # characters of a reason


def measure_map(
    subject: Subject, phase_map: PhaseMap, profile: Profile, root: int, seconds: float = math.inf
) -> dict[str, Any]:
    """Run the bound's trial on the grid of a map, whatever the regime says.

    The trials of cell c (in the order of the record) have the indices c k, ..., c k + k - 1 of the stream ``map``,
    where k is the number of trials in a cell.

    Args:
        subject: an ``at_most`` or ``at_least``, whose regime is left.
        phase_map: which parameters are swept, and what else is fixed.
        profile: how many cells and draws.
        root: root seed of the run.
        seconds: after so long the cells that are left are recorded as not measured.

    Returns:
        A record of plain JSON values; see docs/report.md for its fields.
    """
    claim = subject.claim
    names = [axis.name for axis in phase_map.over]
    ladders = [sorted(axis.ladder(profile.map_rungs * (3 - len(names)))) for axis in phase_map.over]
    fixed = {name: value for name, value in {**_middle(claim), **phase_map.at}.items() if name not in names}
    draws = max(round(profile.map_draws * claim.effort), 1) if subject.is_random else 1
    cells, planned = [], []
    for number, rungs in enumerate(product(*ladders)):
        cell = _unknown(dict(zip(names, rungs, strict=True)), draws)
        cells.append(cell)
        try:
            p = claim.params({**fixed, **cell["at"]})
        except Exception as error:  # a rule that is not defined out here
            cell["lost"].append(_words(error))
            continue
        cell |= _regime(claim, p)
        mine = [Draw(root, subject.name, STREAM, number * draws + i, p) for i in range(draws)]
        planned.append((cell, mine))
    found = _run_all(subject, [draw for _, mine in planned for draw in mine], seconds)
    for cell, mine in planned:
        cell |= _measured(subject, [found[draw] for draw in mine])
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


def _unknown(at: dict[str, float], draws: int) -> dict[str, Any]:
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
        "lost": [],
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


def _run_all(subject: Subject, draws: list[Draw], seconds: float) -> dict[Draw, Trial | str]:
    """The trial of each draw, or why there is none; cells of a mixed trial run together."""
    start, mixed, size = perf_counter(), subject.is_mixed, subject.claim.batch
    found: dict[Draw, Trial | str] = {}
    for batch in Plan(draws, len(draws)).batches(size * MIXED if mixed else size, mixed=mixed):
        if perf_counter() - start > seconds:
            found |= dict.fromkeys(batch, f"the {seconds:.0f} s for this map were used up")
        else:
            found |= zip(batch, _run(subject, batch), strict=True)
    return found


def _run(subject: Subject, draws: Sequence[Draw]) -> list[Trial | str]:
    """Trials of one batch in the precision of the claim; after a failure each cell, then each trial, runs alone."""
    try:
        trials = submit(Batch(subject, draws, subject.claim.precision)).result()
    except Exception as error:  # whatever a trial raises out here is a fact about one cell of the map
        if len(draws) == 1:
            return [_words(error)]
        cells = [list(group) for _, group in groupby(draws, key=lambda draw: draw.point)]
        parts = cells if len(cells) > 1 else [[draw] for draw in draws]
        return [outcome for part in parts for outcome in _run(subject, part)]
    if subject.claim.precision == "float64":
        return [*trials]
    return [_in_float64(subject, trial) if _is_near(trial, NEARLY) else trial for trial in trials]


def _in_float64(subject: Subject, trial: Trial) -> Trial | str:
    """The trial again, alone, where float32 could err about the side on which it falls."""
    try:
        return submit(Batch(subject, [trial.draw])).result()[0]
    except Exception as error:
        return _words(error)


def _is_near(trial: Trial, share: float) -> bool:
    """Are the two sides within this share of the larger one?"""
    return abs(trial.margin) <= share * max(abs(trial.lhs), abs(trial.rhs)) < math.inf


def _measured(subject: Subject, outcomes: Sequence[Trial | str]) -> dict[str, Any]:
    """What the trials of a cell say; the reasons of those that gave no number are kept."""
    trials = [outcome for outcome in outcomes if isinstance(outcome, Trial)]
    ratios = [_ratio(trial, subject.bound.relation) for trial in trials]
    known = [ratio for ratio in ratios if ratio is not None]
    return {
        "measured": len(trials),
        "share": sum(_holds(subject, trial) for trial in trials) / len(trials) if trials else None,
        "ratio": plain(float(np.median(known))) if known and len(known) == len(ratios) else None,
        "lost": list(dict.fromkeys(outcome for outcome in outcomes if isinstance(outcome, str))),
    }


def _holds(subject: Subject, trial: Trial) -> bool:
    """Does the inequality hold in this trial, its constant at one? Round-off is no failure of an explicit bound."""
    if trial.margin >= 0 or not _is_near(trial, NEAR) or not subject.kind.trial_refutes:
        return trial.margin >= 0
    try:
        return certification(subject, trial, SEARCHED) == "roundoff"
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
