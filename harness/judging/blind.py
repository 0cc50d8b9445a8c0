"""Where a check could not have failed: points at which no false twin is caught, and trials whose bound is trivial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lemmata.judging.kinds import judged
from lemmata.vocabulary.numbers import in_words
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Trial

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence

Place = tuple[str, Any]  # an axis and one of its rungs, or a point


def places(subject: Subject, trials: Iterable[Trial]) -> set[Place]:
    """Where trials of the stream ``iid`` were: the points of a claim, or the rungs of each of its axes."""
    names = [axis.name for axis in subject.claim.axes]
    found: set[Place] = set()
    for trial in trials:
        if trial.draw.stream == "iid":
            point = trial.draw.point
            found |= {(name, point[name]) for name in names} if names else {("", point.key)}
    return found


def unseen(twin: Subject, evidence: Evidence) -> set[Place]:
    """The places at which no trial of a false twin, or no count of its trials, refutes it."""
    return places(twin, evidence.trials) - places(twin, judged(twin).refuting(twin, evidence))


def pass_of_the_others(unseen_by: Sequence[set[Place]]) -> str:
    """What is to be said of a pass where, at some place, no false twin is caught; empty where each place has one.

    Args:
        unseen_by: for each false twin, where it is not caught. They have plans, and so places, of their own: one that
            is caught at all of its places vouches for all.
    """
    if not unseen_by or not all(unseen_by):
        return ""
    at: dict[str, list[Any]] = {}
    for name, value in sorted(set.intersection(*unseen_by), key=str):
        at.setdefault(name, []).append(value)
    where = [
        f"{name} = {', '.join(map(in_words, values))}" if name else ", ".join(values) for name, values in at.items()
    ]
    return f"no false twin is caught at {'; '.join(where)}: the pass is of the other points" if where else ""


def able_to_fail(subject: Subject, evidence: Evidence) -> tuple[Evidence, str]:
    """The evidence without trials in which the bound is beyond the trivial value of its quantity, and what is left."""
    bound = subject.bound
    if bound.cap is None:
        return evidence, ""
    kept = [trial for trial in evidence.trials if _is_below(subject, trial)]
    if len(kept) == len(evidence.trials) or not kept or not subject.kind.trial_refutes:
        return evidence, ""
    share = f"{len(kept)} of {len(evidence.trials)} trials"
    return replace(
        evidence, trials=kept
    ), f"the bound can fail in {share}, in which it is not trivial; only those count"


def _is_below(subject: Subject, trial: Trial) -> bool:
    cap = float(subject.bound.cap(trial.draw.point)) if subject.bound.cap else float("inf")
    return trial.rhs < cap if subject.bound.relation == "at_most" else trial.rhs > cap
