"""What each assumption does: the ablations of a record, kept apart from the statements of the papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lemmata.report.wording import NOT_MEASURED, number

Item = Mapping[str, Any]

ROLES = {
    "VIOLATED": "needed",
    "TREND": "needed",
    "HOLDS": "not needed",
    "HOLDS_UP_TO_CONSTANT": "not needed",
    "INCONCLUSIVE": "not decided",
    "VACUOUS": "not reached",
}
"""What the verdict without an assumption says of the assumption, in the tested range."""


@dataclass(frozen=True)
class Ablated:
    """One assumption of one bound.

    Attributes:
        claim: id of the claim that has the assumption.
        ablation: id of the claim without it.
        assumption: as printed, or in words.
        bound: of the claim, with its reading unless it is the literal one.
        role: one of `ROLES`, or "not measured".
        verdict: without the assumption.
        left: how far from the assumption the trials were.
        why: the reason of the verdict.
        item: the record of the ablation.
    """

    claim: str
    ablation: str
    assumption: str
    bound: str
    role: str
    verdict: str
    left: str
    why: str
    item: Item


def statements(items: Iterable[Item]) -> list[Item]:
    """The items that the papers state; what refutes an ablation refutes none of them."""
    return [item for item in items if not item.get("ablates")]


def ablations(items: Iterable[Item]) -> list[Ablated]:
    """One row for each bound of each ablation, in the order of the items."""
    return [_ablated(item) for item in items if item.get("ablates")]


def role(item: Item) -> str:
    """What the assumption of an ablation does, in one or two words."""
    return ROLES.get(str(item["verdict"]), NOT_MEASURED)


def in_words(rows: Iterable[Ablated]) -> str:
    """How many ablations there are, and what they say: one sentence, "" where there is none."""
    roles = [row.role for row in rows]
    counted = (
        f"{roles.count(word)} {word}" for word in dict.fromkeys((*ROLES.values(), NOT_MEASURED)) if word in roles
    )
    ablated = "1 bound" if len(roles) == 1 else f"{len(roles)} bounds"
    return f"Assumptions dropped, for {ablated}: {', '.join(counted)} in the tested range." if roles else ""


def _ablated(item: Item) -> Ablated:
    facts, reading = item["ablates"], item["reading"]
    return Ablated(
        claim=str(facts.get("claim") or ""),
        ablation=item["claim"],
        assumption=str(facts.get("assumption") or facts.get("name") or ""),
        bound=item["bound"] if reading == "literal" else f"{item['bound']}, {reading}",
        role=role(item),
        verdict=item["verdict"],
        left=_all_left(facts.get("left") or []),
        why=str(item.get("why") or ""),
        item=item,
    )


def _all_left(rows: Sequence[Mapping[str, Any]]) -> str:
    """The same for all conditions that were dropped, each named where there are several."""
    if len(rows) == 1:
        return _left(rows[0])
    names = [str(row.get("condition") or "a condition") for row in rows]
    shown = [f"${name}$" if "\\" in name and "$" not in name else name for name in names]
    return "; ".join(f"{name} {_left(row)}" for name, row in zip(shown, rows, strict=True))


def _left(row: Mapping[str, Any]) -> str:
    """How far outside a condition the trials were."""
    outside, least = row.get("outside"), row.get("least")
    if not outside or least is None:
        return "never left"
    share = "" if outside == 1 else f" in {outside:.0%} of the trials"
    constant = f", with {row['constant']} = 1" if row.get("constant") else ""
    factor = f"a factor of up to {number(float(f'{1 / least:.3g}'))}" if least > 0 else "any factor"
    return f"missed by {factor}{share}{constant}"
