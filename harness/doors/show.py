"""A claim as a page of plain text: statement, regime, what was done, and each verdict with its scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lemmata.report.ablations import ablations
from lemmata.report.phases import character_table, phase_map
from lemmata.report.tightness import exponents
from lemmata.report.wording import training


def show(records: Sequence[dict[str, Any]]) -> str:
    """The records of one or several claims; a statement is printed once, above the bounds that it has."""
    pages, shown = [], ""
    for record in records:
        if record["claim"] != shown:
            shown = record["claim"]
            pages.append(_heading(record))
        pages.append("\n".join(_bound(record)))
    return "\n\n".join(pages)


def _heading(record: dict[str, Any]) -> str:
    paper = record["paper"]
    source = f"{paper['citation']} {record['place']}. {paper['link']}" if paper else record["file"]
    parts = [record["claim"], "=" * len(record["claim"]), source, ""]
    if ablates := record.get("ablates"):
        return "\n".join([*parts, f"{ablates['claim']} without {ablates['assumption']}"])
    parts.append(record["statement"])
    if record["uses"]:
        parts += ["", "rests on     " + ", ".join(record["uses"])]
    return "\n".join(parts)


def _bound(record: dict[str, Any]) -> list[str]:
    lines = [f"[{record['bound']}] {record['quantity']}   reading: {record['reading']} ({record['reading_means']})"]
    expected = f"   (expected {record['expected']})" if record["expected"] not in {None, record["verdict"]} else ""
    lines += [f"  verdict    {record['verdict']}{expected}", f"  why        {record['why']}"]
    for row in ablations([record]):
        lines.append(f"  assumption {row.role}" + (f": {row.left}" if row.left else ""))
    lines += [
        f"             {part['verdict']}: {part['why']}" for part in record["parts"] if part["why"] not in record["why"]
    ]
    lines += _numbers(record)
    if trained := training(record.get("training")):
        lines.append(f"  training   {trained}")
    lines += [f"  regime     {_condition(c)}" for c in record["regime"]]
    for phases in record.get("phase_maps", []):  # a ledger may be older than they are
        lines += _phases(phases, record)
    for control in record["controls"]:
        mark = "as it must" if control["ok"] else f"NOT as it must: it should {control['must']}"
        lines.append(f"  control    {control['name']}: {control['verdict']}, {mark}")
    if against := record.get("e_value"):  # a ledger may be older than it is
        lines.append(f"  against    e-value {_n(against)}")
    if record["power"]:
        seen = ", ".join(f"{axis}^{beta}" for axis, beta in record["power"].items())
        lines.append(f"  power      smallest growth that would have been caught: {seen}")
    lines += [f"  note       {note}" for note in record.get("notes", [])]
    for example in record["counterexamples"]:
        lines.append(
            f"  {example['which']:<10} {example['params']}: {_side(example, 'lhs')} against {_side(example, 'rhs')}"
        )
        if example["exact"]:
            lines.append(f"             exactly {example['exact']['lhs']} against {example['exact']['rhs']}")
        lines.append(f"             {example['replay']}")
    if record["erratum"]:
        lines.append(f"  erratum    {record['erratum']}")
    return lines


def _numbers(record: dict[str, Any]) -> list[str]:
    lines = []
    if record["constant"] is not None:
        low, high = record["interval"]
        lines.append(f"  constant   {_n(record['constant'])} in [{_n(low)}, {_n(high)}]")
    if record["margin"] is not None:
        lines.append(f"  margin     {_n(record['margin'])} of the bound at the least")
    if score := record["adversary"]:
        known = f", known {_n(score['known'])}" if score["known"] is not None else ""
        lines.append(f"  adversary  found {_n(score['found'])}, random {_n(score['random'])}{known}")
        if weakest := score.get("weakest"):  # a ledger may be older than it is
            lines.append(
                f"             {_n(weakest['share'])} of the known extreme at its weakest point, {weakest['at']}"
            )
    lines += [f"  exponent   of {exponent}" for exponent in exponents(record) if exponent.growth]
    if scope := record["scope"]:
        region = ", ".join(f"{k} {_span(v)}" for k, v in scope["region"].items())
        lines.append(f"  scope      {scope['draws']} draws; {region}")
        lines.append(f"             {scope['how']}")
        lines += [f"             {sentence}" for sentence in scope.get("rates", [])]
        if scope["transient"]:
            transient = scope["transient"]
            lines.append(
                f"             quantile {scope['quantile']:g}, resolution {scope['resolution']}, transients up to a "
                f"factor {transient['factor']} at rate {transient['rate']}"
            )
    return lines


def _phases(phases: dict[str, Any], record: dict[str, Any]) -> list[str]:
    """A map in characters: * breaks, [ ] in the regime."""
    shown = phase_map(phases, record)
    lines = [shown.title + "; * breaks, [ ] in the regime", *character_table(shown), *shown.sentences]
    return [f"  map        {lines[0]}", *(f"             {line}" for line in lines[1:])]


def _condition(condition: dict[str, Any]) -> str:
    note = f", {condition['note']}" if condition["note"] else ""
    return f"{condition['condition']}: met by {condition['fraction']:.0%}, best ratio {_n(condition['reach'])}{note}"


def _span(values: list[Any]) -> str:
    if len(values) == 2 and not isinstance(values[0], str):
        return _n(values[0]) if values[0] == values[1] else f"{_n(values[0])}..{_n(values[1])}"
    return "{" + ", ".join(map(str, values)) + "}"


def _side(example: dict[str, Any], side: str) -> str:
    return f"{float(example[side]):.9g}"


def _n(value: Any) -> str:
    return str(value) if isinstance(value, str) else f"{value:.4g}"
