"""The first screen: what changed, what is refuted, what was never reached, and how much tonight could have seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from lemmata.report.ablations import statements
from lemmata.report.graph import REFUTED, Node
from lemmata.report.wording import EVENTS, SEVERITY, number
from lemmata.vocabulary.error_rates import ALPHA, e_bh
from lemmata.vocabulary.verdict import Verdict

Record = Mapping[str, Any]

MATHEMATICS = {verdict.value for verdict in Verdict if verdict.says_something}

EVENT = ("kind", "claim", "bound", "reading", "why")


def changes(record: Record) -> list[dict[str, str]] | None:
    """The events since the baseline, kind by kind; None where there is no baseline."""
    events = record.get("events")
    if events is None:
        return None
    order = [*EVENTS, *sorted({event["kind"] for event in events} - EVENTS.keys())]
    ranked = sorted(events, key=lambda event: order.index(event["kind"]))
    return [
        {key: str(event.get(key) or "") for key in ("kind", "claim", "bound", "reading", "why")} for event in ranked
    ]


def changes_in_words(events: Sequence[Mapping[str, str]] | None) -> str:
    """How many, of what kind: one sentence."""
    if events is None:
        return "No baseline: there is nothing to compare this run with."
    if not events:
        return "Nothing changed since the baseline."
    kinds = [event["kind"] for event in events]
    return "Since the baseline: " + ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) + "."


def refuted(nodes: Mapping[str, Node], under: Mapping[str, Sequence[Sequence[str]]]) -> list[dict[str, Any]]:
    """The claims that are refuted, each with how many others rest on it; first those on which most do."""
    resting = [path[-1] for paths in under.values() for path in paths]
    found = [{"node": node, "resting": resting.count(node.name)} for node in nodes.values() if node.verdict in REFUTED]
    return sorted(found, key=lambda row: -row["resting"])


def accusations(items: Iterable[Record]) -> str:
    """How many refuted bounds stand on a list of which at most 5 % are expected to be true; the others by name.

    Nothing where nothing is refuted, or the record is older than e-values.
    """
    bounds = [item for item in statements(items) if item["verdict"] in MATHEMATICS]
    against = {f"{item['claim']}[{item['reading']}, {item['bound']}]": _e_value(item) for item in bounds}
    accused = {name: e for name, e in against.items() if e > 0}
    if not accused:
        return ""
    listed = e_bh(against)
    sentence = (
        f"{len(listed)} of {len(accused)} refuted bounds have enough evidence for a list of which 5 % are true in "
        "expectation at the most (e-BH)."
    )
    weak = sorted(accused.keys() - set(listed))
    return f"{sentence} Too little: {', '.join(weak)}." if weak else sentence


def _e_value(item: Record) -> float:
    value = item.get("e_value")
    if value == "inf":
        return float("inf")
    return float(value) if isinstance(value, int | float) else 0.0


def unreached(items: Iterable[Record]) -> dict[str, list[str]]:
    """For each claim that is vacuous in some bound, how far away it is, each distance once."""
    claims: dict[str, dict[str, None]] = {}
    for item in statements(items):
        if item["verdict"] == "VACUOUS":
            claims.setdefault(item["claim"], {})[distance(item)] = None
    return {claim: list(distances) for claim, distances in claims.items()}


def distance(item: Record) -> str:
    """How far a vacuous item is from being tested: of the conditions of its regime the one that is furthest."""
    reached = [
        (row["reach"], str(row.get("condition") or "a condition"))
        for row in item.get("regime") or []
        if not row.get("fraction") and isinstance(row.get("reach"), int | float) and 0 < row["reach"] < 1
    ]
    if reached:
        reach, condition = min(reached)
        formula = f"${condition}$" if "\\" in condition and "$" not in condition else condition
        return f"{formula} is missed by a factor of {number(1 / reach)} at the nearest point."
    for shown in item.get("phase_maps") or []:
        factor = (shown.get("nearest") or {}).get("factor")
        if isinstance(factor, int | float) and factor > 1:
            return f"Its regime is missed by a factor of {number(float(factor))} at the nearest point."
    return str(item.get("why") or "How far away it is was not measured.")


def budget(run: Record, items: Iterable[Record]) -> str:
    """The probability that the suite accuses anything that is true, tonight or ever."""
    alpha = run.get("alpha_suite")
    if alpha is None:
        return "The error budget was not measured."
    each = f", {number(ALPHA)} for each that rests on draws"
    pooled = [item["evidence"] for item in items if item.get("evidence")]
    if not pooled:
        return f"Any true statement of the suite is accused with probability at most {number(alpha)}{each}."
    nights = max(len(seen["sizes"]) for seen in pooled)
    return (
        f"Any true statement of the suite is ever accused, over all nights, with probability at most {number(alpha)}"
        f"{each}. Evidence is pooled over up to {nights} installments."
    )


def power(items: Iterable[Record]) -> list[str]:
    """What tonight would have seen: false twins that were caught, and the growth that would have been."""
    items = list(items)
    controls = [row for item in items for row in item.get("controls") or []]
    false_twins = [bool(row.get("ok")) for row in controls if row.get("must") == "be caught"]
    true_twins = [bool(row.get("ok")) for row in controls if row.get("must") != "be caught"]
    sentences = [f"{sum(false_twins)} of {len(false_twins)} false twins were caught."] if false_twins else []
    if true_twins:
        sentences.append(f"{true_twins.count(False)} of {len(true_twins)} true twins were accused.")
    axes = [caught for item in items for caught in (item.get("power") or {}).values()]
    seen = [float(caught) for caught in axes if isinstance(caught, int | float)]
    if seen:
        sentences.append(
            f"Growth would have been caught on {len(seen)} of {len(axes)} axes, from an exponent of "
            f"{number(median(seen))} on in the median, {number(max(seen))} at worst."
        )
    elif axes:
        sentences.append(f"Growth would have been caught on none of {len(axes)} axes.")
    return sentences or ["The power of this run was not measured."]


def trials(run: Record) -> str:
    """Planned against executed."""
    if run.get("executed") is None and run.get("planned") is None:
        return "How many ran was not measured."
    return f"{number(run.get('executed'))} executed of {number(run.get('planned'))} planned."


def alarm(run: Record) -> str | None:
    """What a reader must know before believing anything else."""
    planned, executed = run.get("planned"), run.get("executed")
    if not executed:
        return "This run measured nothing: no verdict below rests on a trial of it."
    if run.get("finished", "") is None:
        return f"This run is unfinished: of {number(run.get('bounds'))} bounds only those below were checked."
    if planned is not None and executed < planned:
        return f"{planned - executed:,} of {planned:,} planned trials did not run."
    return None


def counts(items: Iterable[Record]) -> list[tuple[str, int]]:
    """How often each verdict was given to a statement, the best first."""
    verdicts = [item["verdict"] for item in statements(items)]
    order = [*SEVERITY, *sorted(set(verdicts) - set(SEVERITY))]
    return [(word, verdicts.count(word)) for word in order if word in verdicts]
