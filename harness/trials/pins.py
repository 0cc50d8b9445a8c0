"""Pinned trials: a few of each bound that are run again every night, alone. No number of theirs may move."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lemmata.places.batch import run_batch
from lemmata.sampling.plan import sample_name
from lemmata.trials.evidence import badness
from lemmata.trials.replays import OTHER_MACHINE, moved
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Bound

WORST, SPREAD, MOST = 4, 16, 50

Record = dict[str, Any]


def pin(
    claim: Claim, bound: Bound, past: Sequence[Record], trials: Sequence[Trial], enough: Callable[[], bool]
) -> list[Record]:
    """Tonight's numbers of the pinned trials: those that were pinned before, and those that become so.

    A bound without any pins its worst trials and some that are spread over the plan; later every new worst one.

    Args:
        claim: of the bound.
        bound: whose trials they are.
        past: the records of the trials that are pinned already.
        trials: tonight's.
        enough: has this taken long enough? New trials are pinned until then, and one at least.
    """
    kept = [run_again(claim, bound, record) for record in past]
    known = {record["id"] for record in kept}
    ranked = sorted(trials, key=lambda trial: -badness(bound, trial))
    if kept:
        worst = max((_badness(bound, record) for record in kept), default=-math.inf)
        wanted = [trial.draw for trial in ranked[:1] if badness(bound, trial) > worst]
    else:
        step = max(len(trials) // SPREAD, 1)
        wanted = [trial.draw for trial in [*ranked[:WORST], *trials[::step]][: WORST + SPREAD]]
    for draw in wanted:
        record = {
            "id": _id(draw),
            "root": draw.root,
            "stream": draw.stream,
            "index": draw.index,
            "params": draw.point.free,
        }
        if record["id"] not in known and len(kept) < MOST:
            kept.append(run_again(claim, bound, record))
            known.add(record["id"])
        if enough():
            break
    return kept


def run_again(claim: Claim, bound: Bound, record: Record) -> Record:
    """The record of a pinned trial with the numbers that it gives now, alone and in float64."""
    point = claim.params(record["params"])
    draw = Draw(record["root"], sample_name(claim, bound), record["stream"], record["index"], point)
    (trial,) = run_batch(bound.trial, bound.relation, [draw])
    return record | {"lhs": plain(trial.lhs), "rhs": plain(trial.rhs), "margin": plain(trial.margin)}


def agree(claim: Claim, bound: Bound, pinned: Iterable[Record]) -> bool:
    """Does the present code give the numbers of the pinned trials, up to rounding? False where there are none."""
    found = [(record, run_again(claim, bound, record)) for record in pinned]
    return bool(found) and all(moved(bound.relation, a, b) <= OTHER_MACHINE for a, b in found)


def _badness(bound: Bound, record: Record) -> float:
    lhs, rhs, margin = (float(record[key]) for key in ("lhs", "rhs", "margin"))
    return badness(bound, Trial(draw=None, lhs=lhs, rhs=rhs, margin=margin))  # type: ignore[arg-type]


def _id(draw: Draw) -> str:
    name = f"{draw.root}|{draw.name}|{draw.stream}|{draw.index}|{draw.point.key}"
    return "pin-" + hashlib.blake2b(name.encode(), digest_size=5).hexdigest()
