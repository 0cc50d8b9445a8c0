"""Pinned trials: a few of each bound that are run again every night, alone. No number of theirs may move."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lemmata.places.batch import run_batch
from lemmata.trials.replays import OTHER_MACHINE, moved
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial

WORST, SPREAD, MOST = 4, 16, 50

Record = dict[str, Any]


def pin(subject: Subject, past: Sequence[Record], trials: Sequence[Trial], enough: Callable[[], bool]) -> list[Record]:
    """Tonight's numbers of the pinned trials: those that were pinned before, and those that become so.

    A bound without any pins its worst trials and some that are spread over the plan; later every new worst one.

    Args:
        subject: the bound whose trials they are.
        past: the records of the trials that are pinned already.
        trials: tonight's.
        enough: has this taken long enough? New trials are pinned until then, and one at least.
    """
    kept = [run_again(subject, record) for record in past]
    known = {record["id"] for record in kept}
    ranked = sorted(trials, key=lambda trial: -subject.badness(trial))
    if kept:
        worst = max((_badness(subject, record) for record in kept), default=-math.inf)
        wanted = [trial.draw for trial in ranked[:1] if subject.badness(trial) > worst]
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
            kept.append(run_again(subject, record))
            known.add(record["id"])
        if enough():
            break
    return kept


def run_again(subject: Subject, record: Record) -> Record:
    """The record of a pinned trial with the numbers that it gives now, alone and in float64."""
    point = subject.params(record["params"])
    draw = Draw(record["root"], subject.name, record["stream"], record["index"], point)
    (trial,) = run_batch(subject.bound.trial, subject.bound.relation, [draw])
    return record | {"lhs": plain(trial.lhs), "rhs": plain(trial.rhs), "margin": plain(trial.margin)}


def agree(subject: Subject, pinned: Iterable[Record]) -> bool:
    """Does the present code give the numbers of the pinned trials, up to rounding? False where there are none."""
    found = [(record, run_again(subject, record)) for record in pinned]
    return bool(found) and all(moved(subject.bound.relation, a, b) <= OTHER_MACHINE for a, b in found)


def _badness(subject: Subject, record: Record) -> float:
    lhs, rhs, margin = (float(record[key]) for key in ("lhs", "rhs", "margin"))
    return subject.badness(Trial(draw=None, lhs=lhs, rhs=rhs, margin=margin))  # type: ignore[arg-type]


def _id(draw: Draw) -> str:
    name = f"{draw.root}|{draw.name}|{draw.stream}|{draw.index}|{draw.point.key}"
    return "pin-" + hashlib.blake2b(name.encode(), digest_size=5).hexdigest()
