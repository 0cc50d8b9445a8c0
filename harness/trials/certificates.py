"""Which failures are real: a trial that fails is examined, run again with other roundings of its own code.

A kind of bounds says which failures its verdict hangs on, and they are examined until it is settled: all of them, where
none may be real; those that are furthest beyond what rounding does first.
"""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from lemmata.arithmetic import Examination, examine, given
from lemmata.places.batch import run_batch
from lemmata.sampling.plan import Plan
from lemmata.sampling.seeds import trial_rng
from lemmata.vocabulary.error_rates import ROUNDING, slack, spend
from lemmata.vocabulary.kind import NO_COUNTS, Counts
from lemmata.vocabulary.subject import Subject, is_batched, is_random
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Sides

SCREENING = 12
"""Runs after which a failure is plainly round-off, or is examined alone."""
TOGETHER = 8
"""So many failures are examined as a batch where they are counted: as many as it takes to refute, about."""
FAR = 1e3
"""Times the rounding of a claim's own trials: beyond it, the failures of its twins are believed."""
SEARCHED = 1e-2
"""The error with which a search takes a failure for real on its way."""
REMEDY = "give exact=, a computation in exact or 50-digit arithmetic, or write the trial without cancellation"
_CLAIMED: dict[str, Callable[[Any, Any], Any]] = {"at_most": operator.le, "at_least": operator.ge, "equal": operator.eq}


@dataclass
class Certificates:
    """What was said of failures.

    Attributes:
        labels: ``real``, ``roundoff`` or ``unclear``.
        doubts: why a failure is unclear.
        examined: how often something was said for good, which is what the error is shared by.
    """

    labels: dict[Draw, str] = field(default_factory=dict)
    doubts: dict[Draw, str] = field(default_factory=dict)
    examined: int = 0

    def note(self, draw: Draw, label: str, why: str = "") -> None:
        """Say something of a failure."""
        self.labels[draw] = label
        if label == "unclear":
            self.doubts[draw] = why


def certified(
    subject: Subject,
    trials: Sequence[Trial],
    *,
    error: float = ROUNDING,
    seconds: float = math.inf,
    counts: Counts = NO_COUNTS,
    share: float = 1.0,
    believed: Callable[[Trial], bool] = lambda trial: False,
) -> Certificates:
    """Examine the failures among trials until they cannot change the verdict any more.

    Args:
        subject: the bound, or a twin.
        trials: what was run; those with a negative margin fail.
        error: the most with which any of them may be called real though it is rounding.
        seconds: after which no further examination is begun; what is left is unclear.
        counts: of earlier nights, where failures are counted.
        share: the factor on alpha.
        believed: is a failure believed as it is? For twins, which accuse nobody.
    """
    found, until = Certificates(), monotonic() + seconds
    failing = [trial for trial in trials if trial.margin < 0]
    for trial in failing:
        if _needs_no_second_look(trial) or believed(trial):
            found.note(trial.draw, "real")
    while todo := subject.kind.unsettled(subject.bound, trials, found.labels, counts, share):
        if monotonic() > until:
            for trial in todo:
                found.note(trial.draw, "unclear", f"{seconds:.0f} s were not enough to examine all failures")
            continue
        # Failures that are counted are those of one point, and what is exact there is the chance of any.
        if (len(todo) == 1 or subject.kind.counts) and _settled_exactly(subject, todo[0].draw) == "real":
            for trial in todo:
                found.note(trial.draw, "real")
            continue
        _certify(subject, todo, found, error, until)
    return found


def relative(trial: Trial) -> float:
    """How large a failure is, in parts of the larger side."""
    size = max(abs(trial.lhs), abs(trial.rhs))
    return -trial.margin / size if size else math.inf


def certification(subject: Subject, trial: Trial, error: float = ROUNDING) -> str:
    """Is the failure of one trial ``real``, ``roundoff`` or ``unclear``? ``none`` when it does not fail."""
    if trial.margin >= 0 or not subject.kind.trial_refutes:
        return "none"
    if _needs_no_second_look(trial) or _settled_exactly(subject, trial.draw) == "real":
        return "real"
    found = Certificates()
    _conclude(subject, trial, _examined(subject, [trial], error, math.inf)[0], found)
    return found.labels[trial.draw]


def _needs_no_second_look(trial: Trial) -> bool:
    """Were its sides exact, or did its quantity diverge, which is above every bound?"""
    return trial.is_exact or trial.margin == -math.inf


def _certify(subject: Subject, todo: Sequence[Trial], found: Certificates, error: float, until: float) -> None:
    if not subject.kind.trial_refutes:
        # They are only counted, each with the error that is allowed for each. A batch takes as long as one of it.
        company = todo[:TOGETHER] if is_batched(subject.bound.trial) else todo[:1]
        allowed = slack(subject.bound.delta_at(company[0].draw.point))
        for trial, seen in zip(company, _examined(subject, company, allowed, until), strict=True):
            _conclude(subject, trial, seen, found)
        return
    doubtful = [(0.0, trial) for trial in todo]
    if len(todo) > 1:
        doubtful = []
        for company in _companies(subject, todo):
            for trial, seen in zip(company, _examined(subject, company, error, until, SCREENING), strict=True):
                if seen.label == "roundoff":
                    found.note(trial.draw, "roundoff")
                else:
                    doubtful.append((seen.size, trial))
    for _, trial in sorted(doubtful, key=lambda pair: -pair[0]):
        # 1/2 + 1/6 + 1/12 + ... = 1: however many are examined, the errors add up to the one that is allowed.
        _conclude(subject, trial, _examined(subject, [trial], spend(error, found.examined), until)[0], found)
        found.examined += 1
        if found.labels[trial.draw] == "real":
            return


def _conclude(subject: Subject, trial: Trial, seen: Examination, found: Certificates) -> None:
    unclear = seen.label == "unclear" and subject.kind.trial_refutes
    label = (unclear and _settled_exactly(subject, trial.draw)) or seen.label
    found.note(trial.draw, label, seen.reason)


def _examined(
    subject: Subject, trials: Sequence[Trial], error: float, until: float, most: int | None = None
) -> list[Examination]:
    """Run trials of a batch again, with the numbers of their points as this run takes them."""
    bound, rules = subject.bound, subject.claim.derived
    draws = [trial.draw for trial in trials]

    def sides(trial: Trial) -> tuple[float, float, float]:
        # The right side of an equality is the size of its largest entry, not of the one that differs.
        return trial.lhs, 0.0 if bound.relation == "equal" else trial.rhs, trial.margin

    def compute(numbers: Sequence[int]) -> list[tuple[float, float, float]]:
        points = {draws[i].point.key: subject.params(_given(draws[i])) for i in numbers}
        again = [replace(draws[i], point=points[draws[i].point.key]) for i in numbers]
        return [sides(trial) for trial in run_batch(bound.trial, bound.relation, again)]

    name = "|".join(str(part) for draw in draws for part in (draw.root, draw.name, draw.stream, draw.index))
    return examine(
        compute,
        len(draws),
        [bound.trial, *rules.values()],
        seed=int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest(), "little"),
        target=math.log(error),
        most=most,
        seconds=max(until - monotonic(), 0.0),
        known=[sides(trial) for trial in trials],
    )


def _given(draw: Draw) -> dict[str, float | int | str]:
    return {name: given(value) for name, value in draw.point.free.items()}


def _companies(subject: Subject, trials: Sequence[Trial]) -> Iterable[list[Trial]]:
    """Trials that run together as they did before."""
    by_draw = {trial.draw: trial for trial in trials}
    plan = Plan(list(by_draw), len(by_draw))
    for batch in plan.batches(subject.claim.batch, mixed=subject.is_mixed):
        yield [by_draw[draw] for draw in batch]


def _settled_exactly(subject: Subject, draw: Draw) -> str:
    """What the claim's own exact computation says of a failure; nothing where there is none, or it fails.

    For a bound with a probability it gives the chance of failure at a point, and what is allowed.
    """
    exact = subject.bound.exact
    if exact is None:
        return ""
    p, claimed = (
        subject.params(draw.point.free),
        operator.le if subject.kind.counts else _CLAIMED[subject.bound.relation],
    )
    try:
        sides = exact(p, trial_rng(draw.root, draw.name, draw.stream, draw.index)) if is_random(exact) else exact(p)
        lhs, rhs = (sides.lhs, sides.rhs) if isinstance(sides, Sides) else sides
        return "roundoff" if claimed(lhs, rhs) else "real"
    except Exception:  # it is asked for the smallest case alone, and need not reach this one
        return ""
