"""A claim without one of its assumptions, as a claim of its own: what the assumption does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lemmata.vocabulary.parameters import Number, Rule
from lemmata.vocabulary.verdict import Verdict
from lemmata.vocabulary.words import Ablation, Axis, Bound, ClaimError, Condition, Control

if TYPE_CHECKING:
    from lemmata.vocabulary.claim import Claim
    from lemmata.vocabulary.trial import Trial


@dataclass(frozen=True)
class Changes:
    """What an ablation may change, so that its trials leave what is no longer assumed; see :meth:`Claim.without`."""

    axes: Sequence[Axis] = ()
    points: Sequence[Mapping[str, Number]] = ()
    derived: Mapping[str, Rule] | None = None
    trials: Mapping[str, Callable[..., Any]] | None = None


def ablated(
    claim: Claim,
    name: str,
    conditions: Sequence[str],
    assumption: str,
    bounds: Sequence[str],
    changes: Changes,
    expect: Mapping[str, Verdict],
    effort: float | None,
) -> Claim:
    """The claim without these conditions or this assumption; :meth:`Claim.without` says the rest.

    Raises:
        ClaimError: with what the claim has, where something is named that it has not.
    """
    where = f"{claim.id}.without({name!r})"
    if not name.isidentifier():
        raise ClaimError(where, f"{name!r} is not a name", "Give a word for the id, such as 'depth'")
    if claim.ablates:
        raise ClaimError(where, "it is an ablation itself", f"Drop both assumptions of {claim.ablates.claim} at once")
    dropped = _dropped(claim, where, conditions, assumption, changes)
    kept = _kept(claim, where, bounds)
    named = {*(changes.trials or {}), *expect} - {bound.label for bound in kept}
    if named:
        raise ClaimError(where, f"no bound {sorted(named)[0]!r}", "Name one of: " + ", ".join(b.label for b in kept))
    derived = dict(changes.derived or {})
    taken = {axis.name for axis in claim.axes} & set(derived)  # axes that a rule takes the place of
    made = replace(
        claim,
        id=f"{claim.id}.without_{name}",
        axes=_axes(claim, changes, taken),
        points=_points(claim, changes, derived),
        derived={key: derived[key] for key in derived if key in taken} | {**claim.derived, **derived},
        regime=[condition for condition in claim.regime if condition not in dropped],
        uses=(),
        effort=claim.effort if effort is None else effort,
    )
    made.ablates = Ablation(claim.id, name, assumption or ", ".join(conditions), tuple(dropped))
    trials = changes.trials or {}
    made.bounds = [
        replace(bound, trial=trials.get(bound.label, bound.trial), expect=expect.get(bound.label), erratum="")
        for bound in kept
    ]
    made.controls = [
        control for bound in dict.fromkeys(bound.name for bound in kept) for control in _false_twins(claim, bound)
    ]
    return made


def _dropped(claim: Claim, where: str, conditions: Sequence[str], assumption: str, changes: Changes) -> list[Condition]:
    known = {condition.statement: condition for condition in claim.regime}
    there_are = "Name one of: " + "; ".join(known) if known else "It has none: give assumption=... and what changes"
    if unknown := [text for text in conditions if text not in known]:
        raise ClaimError(where, f"there is no condition {unknown[0]!r}", there_are)
    if not conditions and not assumption:
        raise ClaimError(where, "it names no condition and no assumption", there_are)
    if not conditions and changes == Changes():
        remedy = "Give axes, points, derived or trials that leave it"
        raise ClaimError(where, f"nothing changes without {assumption!r}", remedy)
    return [known[text] for text in conditions]


def _kept(claim: Claim, where: str, labels: Sequence[str]) -> list[Bound]:
    known = {bound.label: bound for bound in claim.bounds}
    if not known:
        raise ClaimError(where, "the claim has no bound yet", "Call it below the bounds and controls of the claim")
    if unknown := [label for label in labels if label not in known]:
        raise ClaimError(where, f"there is no bound {unknown[0]!r}", "Name one of: " + ", ".join(known))
    return [known[label] for label in labels or known]


def _false_twins(claim: Claim, bound: str) -> list[Control]:
    """The arithmetic ones, or all where there is none: others often are what is ablated, and cost as much again.

    A true twin is true in the regime, and need not be outside.
    """
    false = [control for control in claim.controls if control.must_be_caught and control.bound == bound]
    return [control for control in false if control.is_arithmetic] or false


def _axes(claim: Claim, changes: Changes, taken: set[str]) -> list[Axis]:
    """New axes take the place of those of the same name; points the place of all."""
    if changes.points:
        return []
    axes = {axis.name: axis for axis in claim.axes if axis.name not in taken}
    return list((axes | {axis.name: axis for axis in changes.axes}).values())


def _points(claim: Claim, changes: Changes, derived: Mapping[str, Rule]) -> list[dict[str, Number]]:
    """The points without the coordinates that a rule takes the place of, each once."""
    if changes.axes:
        return []
    points = [{k: v for k, v in p.items() if k not in derived} for p in changes.points or claim.points]
    return [point for i, point in enumerate(points) if point not in points[:i]]


def described(claim: Claim, trials: Sequence[Trial] = ()) -> dict[str, Any] | None:
    """What an ablation leaves out, for its record: and how far the trials are from what it left. None for a claim."""
    if claim.ablates is None:
        return None
    left = []
    for condition in claim.ablates.dropped if trials else ():
        ratios = [condition.ratio(trial.draw.point) for trial in trials]
        left.append(
            {
                "condition": condition.statement,
                "constant": condition.constant or None,
                "outside": sum(ratio < 1 for ratio in ratios) / len(ratios),
                "least": float(min(ratios)),
            }
        )
    return {
        "claim": claim.ablates.claim,
        "name": claim.ablates.name,
        "assumption": claim.ablates.assumption,
        "left": left,
    }
