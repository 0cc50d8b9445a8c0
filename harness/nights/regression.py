"""What got worse between two runs: five sorts of events, told from their records alone.

Numbers that move inside what the accepted record allows are no events, so that an event is worth reading.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from lemmata.trials.replays import moved, replay_tolerance
from lemmata.vocabulary.verdict import Verdict

Record = dict[str, Any]

# The growth that would be caught may rise by this factor before it counts: other draws move it.
POWER_LOSS = 2.0
LEAST_DOMINANCE = 0.1  # share of draws in which a term has to be the largest to count as exercised


class Kind(StrEnum):
    """The sorts of events."""

    REPLAY = "REPLAY"
    VERDICT = "VERDICT"
    POWER = "POWER"
    COVERAGE = "COVERAGE"
    CONSTANT = "CONSTANT"


@dataclass(frozen=True)
class Event:
    """One thing that got worse.

    Attributes:
        kind: which sort of thing.
        claim: id of the claim; empty where the whole run is meant.
        bound: name of the bound.
        reading: its reading.
        sentence: what happened, for a person.
        numbers: the same for a program.
        status: exit status that it calls for: 1 changed, 3 vacuous, 4 not measured.
    """

    kind: Kind
    claim: str
    bound: str
    reading: str
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)
    status: int = 1

    @property
    def plain(self) -> dict[str, Any]:
        """The event as plain JSON values."""
        return asdict(self) | {"kind": self.kind.value}

    def __str__(self) -> str:
        what = f"{self.claim}[{self.bound}] {self.reading}: " if self.claim else ""
        return f"{self.kind:<9} {what}{' '.join(self.sentence.split())}"


def compare(accepted: Record, tonight: Record) -> list[Event]:
    """The events between two records of runs, the accepted one first.

    ``REPLAY``: a pinned trial gives other numbers. ``VERDICT``: it is more severe, or no longer the one that the claim
    expects. ``POWER``: a false twin is no longer caught, or the smallest growth that is caught more than doubled.
    ``COVERAGE``: a bound is gone, it rests on fewer draws, half of the regime, a term that is nowhere the
    largest, or a run that measured nothing. ``CONSTANT``: its interval lies above the accepted one.

    Args:
        accepted: ``{"run": ..., "items": [...]}``, as the ledger gives it.
        tonight: the record to judge.

    Returns:
        Events by claim, reading and bound; those of the whole run first.
    """
    events = list(_run_events(tonight))
    now = {_key(item): item for item in tonight["items"]}
    tolerance = replay_tolerance(accepted["run"], tonight["run"])
    for key, before in sorted((_key(item), item) for item in accepted["items"]):
        if key in now:
            events += bound_events(before, now[key], tolerance)
        elif before["verdict"] != Verdict.NOT_RUN:
            events.append(_event(Kind.COVERAGE, before, f"was {before['verdict']} and is gone", {}, status=4))
    return events


def since(accepted: Record, tonight: Record) -> list[Event] | None:
    """The events of a run against a baseline that may not have been made for it.

    Where another amount of evidence was asked for, there is nothing to compare: None. Where other claims were asked
    for, those that the run was not asked for are not missed.
    """
    before, after = accepted["run"], tonight["run"]
    if before["profile"] != after["profile"]:
        return None
    if not before.get("selected") or before["selected"] != after.get("selected"):
        asked = {_key(item) for item in tonight["items"]}
        accepted = accepted | {"items": [item for item in accepted["items"] if _key(item) in asked]}
    return compare(accepted, tonight)


def exit_status(events: Iterable[Event]) -> int:
    """0 without events; 4 where something was not measured, else 1 where something changed, else 3."""
    return worst(event.status for event in events)


def worst(statuses: Iterable[int]) -> int:
    """The exit status that stands for several: 4 before 1 before 3 before 0."""
    found = set(statuses)
    return next((status for status in (4, 1, 3) if status in found), 0)


def changes(accepted: Record, tonight: Record) -> list[str]:
    """What differs and is no event: bounds that are new, and verdicts that became milder."""
    before = {_key(item): item for item in accepted["items"]}
    lines = []
    for key, item in sorted((_key(item), item) for item in tonight["items"]):
        name = f"{item['claim']}[{item['bound']}] {item['reading']}"
        if key not in before:
            lines.append(f"{name}: new, {item['verdict']}")
        elif before[key]["verdict"] != item["verdict"] and not _is_worse(before[key], item):
            lines.append(f"{name}: {before[key]['verdict']} became {item['verdict']}")
    return lines


def bound_events(before: Record, after: Record, tolerance: float) -> Iterator[Event]:
    """The events of one bound; where it has no result tonight, that is the only one."""
    if _is_worse(before, after):
        yield _verdict_event(before, after)
    if Verdict(after["verdict"]).says_something and Verdict(before["verdict"]).says_something:
        yield from _replay_events(before, after, tolerance)
        yield from _power_events(before, after)
        yield from _coverage_events(before, after)
        yield from _constant_events(before, after)


def _key(item: Record) -> tuple[str, str, str]:
    return item["claim"], item["reading"], item["bound"]


def _event(kind: Kind, item: Record, sentence: str, numbers: Record, status: int = 1) -> Event:
    return Event(kind, item["claim"], item["bound"], item["reading"], sentence, numbers, status)


def _run_events(tonight: Record) -> Iterator[Event]:
    if not sum(item["draws"]["executed"] for item in tonight["items"]):
        planned = sum(item["draws"]["planned"] for item in tonight["items"])
        sentence = f"run {tonight['run'].get('id', '')} measured nothing: {len(tonight['items'])} bounds, no trial"
        yield Event(Kind.COVERAGE, "", "", "", sentence, {"planned": planned, "executed": 0}, status=4)


def _is_worse(before: Record, after: Record) -> bool:
    """Did the severity rise, or did a verdict stop to be the one that the claim expects?

    What is now decided as expected did not get worse: a false statement that is refuted at last.
    """
    if after["verdict"] in {before["verdict"], after.get("expected")}:
        return False
    rose = Verdict(after["verdict"]).severity > Verdict(before["verdict"]).severity
    return rose or (bool(before.get("as_expected")) and not after.get("as_expected"))


def _verdict_event(before: Record, after: Record) -> Event:
    verdict = Verdict(after["verdict"])
    status = 3 if verdict is Verdict.VACUOUS else 1 if verdict.says_something else 4
    expected = f", expected {after['expected']}" if after.get("expected") not in {None, after["verdict"]} else ""
    sentence = f"{before['verdict']} became {after['verdict']}{expected}: {after['why']}"
    return _event(Kind.VERDICT, after, sentence, {"before": before["verdict"], "after": after["verdict"]}, status)


def _replay_events(before: Record, after: Record, tolerance: float) -> Iterator[Event]:
    again = {trial["id"]: trial for trial in _pinned(after)}
    for trial in _pinned(before):
        if (other := again.get(trial["id"])) is None:
            continue
        distance = moved(before["relation"], trial, other)
        if distance > tolerance:
            sentence = (
                f"{trial['id']} at {trial['params']} gave {trial['lhs']!r} against {trial['rhs']!r}, "
                f"now {other['lhs']!r} against {other['rhs']!r}"
            )
            far = distance if math.isfinite(distance) else "inf"
            numbers = {"id": trial["id"], "moved": far, "tolerance": tolerance}
            yield _event(Kind.REPLAY, after, sentence, numbers)


def _pinned(item: Record) -> list[Record]:
    """Trials that are run again every night, and the worst cases, which name theirs too."""
    return [*item.get("pinned", []), *item.get("counterexamples", [])]


def _power_events(before: Record, after: Record) -> Iterator[Event]:
    caught = {control["name"] for control in after["controls"] if control["ok"]}
    for control in before["controls"]:
        if control["ok"] and control["name"] not in caught:
            sentence = f"the control {control['name']} does no longer what it must: {control['must']}"
            yield _event(Kind.POWER, after, sentence, {"control": control["name"]})
    if Verdict(after["verdict"]).is_alarm:  # a ratio that grows by itself shows nothing of what would be caught
        return
    if _class_of_transients(before) != _class_of_transients(after):  # another power is meant
        return
    for axis, beta in before["power"].items():
        old, new = float(beta), float(after["power"].get(axis, "inf"))
        if new > POWER_LOSS * old:
            sentence = f"the smallest growth along {axis} that would be caught was {axis}^{old:g}, now {axis}^{new:g}"
            numbers = {"axis": axis, "before": beta, "after": after["power"].get(axis, "inf")}
            yield _event(Kind.POWER, after, sentence, numbers)


def _class_of_transients(item: Record) -> Any:
    """Which rises are transients: older records allowed fewer, and their power is a shift of their own draws."""
    return ((item.get("scope") or {}).get("transient") or {}).get("rise")


def _evidence(item: Record) -> int:
    """The draws that a verdict rests on: those of all nights where they are pooled, else those of the run."""
    return int(item["scope"]["draws"] if item.get("evidence") else item["draws"]["executed"])


def _chance(item: Record) -> float:
    """How many draws fewer another seed may bring into the regime: four standard deviations of a difference."""
    proposed, inside = item["draws"]["proposed"], item["draws"]["in_regime"]
    return 0.0 if item.get("evidence") else 4 * math.sqrt(2 * inside * max(1 - inside / max(proposed, 1), 0))


def _coverage_events(before: Record, after: Record) -> Iterator[Event]:
    old, new = _evidence(before), _evidence(after)
    if new < old - _chance(before):
        yield _event(Kind.COVERAGE, after, f"rests on {new:,} draws, were {old:,}", {"before": old, "after": new})
    fractions = {condition["condition"]: condition["fraction"] for condition in after["regime"]}
    for condition in before["regime"]:
        name, old = condition["condition"], condition["fraction"]
        new = fractions.get(name, old)  # a condition that was dropped restricts nothing
        if old > 0 and new <= old / 2:
            numbers = {"condition": name, "before": old, "after": new}
            yield _event(Kind.COVERAGE, after, f"{name} is met by {new:.1%} of the proposals, was {old:.1%}", numbers)
    for term, old in before.get("dominance", {}).items():
        new = after.get("dominance", {}).get(term, 0.0)
        if old >= LEAST_DOMINANCE > new:
            numbers = {"term": term, "before": old, "after": new}
            sentence = f"the term {term} is the largest in {new:.1%} of the draws, was in {old:.1%}"
            yield _event(Kind.COVERAGE, after, sentence, numbers)


def _constant_events(before: Record, after: Record) -> Iterator[Event]:
    if before.get("interval") and after.get("interval"):
        accepted, low = float(before["interval"][1]), float(after["interval"][0])
        if low > accepted:
            sentence = f"the constant is at least {low:.4g}, accepted was at most {accepted:.4g}"
            numbers = {"before": before["interval"], "after": after["interval"]}
            yield _event(Kind.CONSTANT, after, sentence, numbers)
