"""Evidence across nights: what earlier ones left for a bound, and what error is left to spend on it.

Trials are pooled inside an epoch: versions of the code that give the same numbers. A night adds *installments*, plans
of one fixed size with fresh seeds. What is decided by counting failures may be looked at every night; growth is looked
at when the installments have doubled, with a share of alpha for each look, and rests on the trials that there were at
that moment: it is a test of fixed size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lemmata.sampling.profiles import Profile
from lemmata.vocabulary.error_rates import spend
from lemmata.vocabulary.kind import Counts, Kind
from lemmata.vocabulary.rows import TrialRow
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial

FIRST = 1_000_000
"""The first index of a pooled trial. Those of plans that are the same in every run are lower: none is counted twice."""


@dataclass(frozen=True)
class Past:
    """What the nights before left for a bound.

    Attributes:
        epoch: number of the epoch of the present code, from 1.
        sizes: how many ``iid`` trials each installment of the epoch had.
        counts: at each point of the epoch, for a bound with a probability.
        looked: number, installments and missing trials of the latest look of the epoch; None before the first.
        next: the first index of each stream that was never used, in any epoch.
        plans: how many installments were ever planned, in any epoch.
        trials: those of the epoch that the ledger still has.
        certified: what was said of those that fail.
        pinned: trials that are run again every night, as records, in whatever epoch they were pinned.
    """

    epoch: int = 1
    sizes: tuple[int, ...] = ()
    counts: Counts = field(default_factory=dict)
    looked: tuple[int, int, int] | None = None
    next: Mapping[str, int] = field(default_factory=lambda: {"iid": FIRST, "cover": FIRST})
    plans: int = 0
    trials: tuple[Trial, ...] = ()
    certified: Mapping[Draw, str] = field(default_factory=dict)
    pinned: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Look:
    """A moment at which growth is judged: the k-th from 0, on 2^k installments, with its share of the errors.

    Where trials were pruned, a look rests on all that are left, and every night that changes them is another look.

    Attributes:
        number: k, or None where evidence is not pooled.
        installments: how many it rests on.
        missing: how many of their trials were pruned.
        share: the factor on alpha.
        share_pass: the factor on alpha_pass.
    """

    number: int | None = None
    installments: int = 0
    missing: int = 0
    share: float = 1.0
    share_pass: float = 1.0


WHOLE = Look()
"""One look at trials that are not pooled: nothing is shared."""


@dataclass(frozen=True)
class Setting:
    """How a bound is checked.

    Attributes:
        profile: how much evidence to gather.
        root: root seed of all trials.
        past: what earlier nights left, where their evidence is pooled.
        installments: how many plans to run then.
        seconds: after which no further installment is begun; the first is always run.
    """

    profile: Profile
    root: int
    past: Past | None = None
    installments: int = 1
    seconds: float = math.inf


def look_at(
    kind: Kind, epoch: int, installments: int, missing: int = 0, looked: tuple[int, int, int] | None = None
) -> Look:
    """The latest look that so many installments allow, in the k-th epoch, which has 6 / (pi k)^2 of both errors.

    Bounds that are decided by betting may be looked at whenever one likes, and keep all of what the epoch has. A look
    on the trials of the one before keeps its number; on any others it has a number that was never used.

    Args:
        kind: of the bound.
        epoch: number of the epoch, from 1.
        installments: of the epoch, tonight's among them.
        missing: how many of their trials were pruned.
        looked: number, installments and missing trials of the look before.
    """
    of_epoch = 6 / (math.pi * epoch) ** 2
    if not kind.fixed_size or not installments:
        return Look(None, installments, 0, of_epoch, of_epoch)
    number = installments.bit_length() - 1
    judged = installments if missing else 2**number
    if looked is not None:
        number = looked[0] if looked[1:] == (judged, missing) else max(number, looked[0] + 1)
    return Look(number, judged, missing, of_epoch * spend(1.0, number), of_epoch * spend(1.0, number))


def judged(look: Look, sizes: Sequence[int], trials: Sequence[Trial]) -> list[Trial]:
    """The trials on which a verdict rests: for growth those of the first installments, as many as the look has."""
    if look.number is None:
        return list(trials)
    iid = sorted((trial for trial in trials if trial.draw.stream == "iid"), key=lambda trial: trial.draw.index)
    return iid if look.missing else iid[: sum(sizes[: look.installments])]


def state(
    root: int, past: Past, look: Look, sizes: Sequence[int], planned: Sequence[Draw], counts: Counts
) -> dict[str, Any]:
    """What a night leaves for the next one, as plain JSON values.

    Args:
        root: root seed of its trials.
        past: what it found.
        look: what its verdict rests on.
        sizes: how many ``iid`` trials each of its own installments had.
        planned: the trials that it could have run, whose seeds are used up.
        counts: at each point, its own among them.
    """
    used = dict(past.next)
    for draw in planned:
        used[draw.stream] = max(used[draw.stream], draw.index + 1)
    return {
        "root": root,
        "epoch": past.epoch,
        "sizes": [*past.sizes, *sizes],
        "counts": {key: list(numbers) for key, numbers in counts.items()},
        "next": used,
        "plans": past.plans + len(sizes),
        "tonight": len(sizes),
        "look": look.number,
        "judged": look.installments,
        "missing": look.missing,
        "share": look.share,
        "share_pass": look.share_pass,
    }


def decided_by(subject: Subject) -> dict[str, Any]:
    """What a claim says of how it is judged, as plain JSON values; its draws do not depend on it.

    Edited after the data are seen, it would buy a second judgement of the same trials: an epoch ends where it changes.
    """
    bound = subject.bound
    return {
        "kind": subject.kind.name,
        "delta": bound.delta,
        "resolution": bound.resolution,
        "power": bound.power,
        "gap": bound.gap,
        "frozen": bound.frozen,
        "axes": {
            axis.name: [axis.judged_toward, axis.transient.factor, axis.transient.rate] for axis in subject.claim.axes
        },
    }


def recalled(
    subject: Subject, epoch: int, states: Sequence[Mapping[str, Any]], rows: Sequence[TrialRow], root: int
) -> Past:
    """What the ledger has for a bound.

    Args:
        subject: the bound that is checked.
        epoch: number of the epoch of the present code.
        states: ``evidence`` and ``pinned`` of the records of earlier nights, the latest first.
        rows: stored trials of the epoch.
        root: root seed; trials of others are other evidence.
    """
    if not states:
        return Past(epoch)
    latest = states[0]["evidence"]
    found = next((state for state in states if state["evidence"]["epoch"] == epoch), None)
    general = Past(epoch, next=latest["next"], plans=latest["plans"], pinned=tuple(states[0]["pinned"]))
    if found is None:
        return general
    mine = found["evidence"]
    pooled = [row for row in rows if row.root == root and row.stream in general.next and row.position >= FIRST]
    points = {key: subject.params(json.loads(key)) for key in {row.params for row in pooled}}
    name, trials, certified = subject.name, [], {}
    for row in pooled:
        trial = restored(Draw(root, name, row.stream, row.position, points[row.params]), row)
        trials.append(trial)
        if row.certification != "none":
            certified[trial.draw] = row.certification
    return Past(
        epoch,
        tuple(mine["sizes"]),
        {key: _of_record(numbers) for key, numbers in mine["counts"].items()},
        None if mine["look"] is None else (mine["look"], mine["judged"], mine.get("missing", 0)),
        general.next,
        general.plans,
        tuple(trials),
        certified,
        general.pinned,
    )


def _of_record(numbers: Sequence[int]) -> tuple[int, int, int, int]:
    """What was counted at a point; records of older versions have failures, draws, and doubtful failures, or none."""
    if len(numbers) == 4:
        bad, read, failed, n = numbers
        return bad, read, failed, n
    bad, n, doubtful = (*numbers, 0)[:3]
    return bad, n, bad + doubtful, n


def restored(draw: Draw, row: TrialRow) -> Trial:
    """The trial that a row holds."""
    terms = tuple(float(term) for term in json.loads(row.terms)) if row.terms else ()
    return Trial(draw, row.lhs, row.rhs, row.margin, row.is_exact, terms, row.random, row.known)
