"""An item as the page shows it: every field that the template names, in words where it wants words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lemmata.report import wording
from lemmata.report.ablations import ablations
from lemmata.report.drawing import has_logarithm
from lemmata.report.errata import parameters
from lemmata.report.figure import ratio_panels
from lemmata.report.heatmap import heat_map
from lemmata.report.history import history
from lemmata.report.phases import PhaseMap, phase_map
from lemmata.report.record import unit
from lemmata.report.tightness import exponents, in_words

Item = Mapping[str, Any]

FORMULA = re.compile(r"\\|^[A-Za-z](_[A-Za-z0-9])?$")


def describe(item: Item, most_points: int) -> dict[str, Any]:
    """The fields of an item for the template.

    Args:
        item: of a checked and printable record.
        most_points: that each of its figures may show.
    """
    up_to_constant = unit(item) == "constant"
    ablated = ablations([item])
    as_they_are = (
        "claim reading reading_means bound verdict paper place file title statement kind quantity uses why "
        "expected constant interval margin largest_ratio erratum seconds"
    )
    return _with(item, as_they_are) | {
        "ablates": ablated[0].claim if ablated else None,
        "without": as_formula(ablated[0].assumption) if ablated else None,
        "role": ablated[0].role if ablated else None,
        "left": ablated[0].left if ablated else None,
        "as_expected": item.get("as_expected") is True,
        "expectation": wording.expectation(item),
        "result": wording.result(item),
        "drawn": wording.draws(item),
        "drawn_in_full": wording.draws_in_full(item),
        "relation": wording.RELATIONS.get(str(item.get("relation")), "against"),
        "scope": [*wording.scope_sentences(item.get("scope")), *wording.pooled(item)],
        "panels": ratio_panels(item.get("axes") or [], item.get("constant") if up_to_constant else 1.0, most_points),
        "unit": unit(item),
        "reference": f"the {unit(item)}",
        "training": wording.training(item.get("training")),
        "phase_maps": [(shown, heat_map(shown)) for shown in _phase_maps(item)],
        "exponents": _exponents(item),
        "parts": [_with(row, "verdict why") for row in item.get("parts") or []],
        "regime": [_condition(row) for row in item.get("regime") or []],
        "controls": [_with(row, "name sort must ok verdict why") for row in item.get("controls") or []],
        "control_summary": wording.control_summary(item.get("controls")),
        "counterexamples": [_counterexample(row) for row in item.get("counterexamples") or []],
        "adversary": _adversary(item.get("adversary")),
        "history": history(item.get("history")),
    }


def _phase_maps(item: Item) -> list[PhaseMap]:
    """The maps that have an axis; without one there is nothing to show."""
    return [shown for record in item.get("phase_maps") or [] if (shown := phase_map(record, item)).names]


def _with(row: Item, keys: str) -> dict[str, Any]:
    """The row with these keys, None where it has none."""
    return {key: row.get(key) for key in keys.split()}


def _condition(row: Item) -> dict[str, Any]:
    shown = _with(row, "condition constant fraction reach note")
    return shown | {key: as_formula(shown[key]) for key in ("condition", "constant")}


def as_formula(text: str | None) -> str | None:
    r"""The text between dollars if it can only be LaTeX: it has a command, or is a letter such as C or C_0."""
    return f"${text}$" if text and "$" not in text and FORMULA.search(text) else text


def _exponents(item: Item) -> list[dict[str, Any]]:
    """For each axis that was judged: its range, its exponents, whether they are tight, and what would be caught."""
    axes = {str(axis.get("name")): axis for axis in item.get("axes") or []}
    region, power = (item.get("scope") or {}).get("region") or {}, item.get("power") or {}
    measured = {exponent.axis: exponent for exponent in exponents(item)}
    rows = []
    for name in dict.fromkeys((*axes, *power)):
        caught, exponent = power.get(name), measured.get(name)
        rows.append(
            {
                "name": name,
                "range": wording.values(region.get(name)).removeprefix("in ").removeprefix("= "),
                "printed": axes.get(name, {}).get("printed"),
                "measured": exponent.measured_in_words if exponent else wording.NOT_MEASURED,
                "growth": in_words(exponent.growth if exponent else None),
                "word": exponent.word if exponent else wording.NOT_MEASURED,
                "caught": "none" if caught is None and name in power else caught,
            }
        )
    return rows


def _counterexample(example: Item) -> dict[str, Any]:
    return _with(example, "id which lhs rhs relation exact replay snippet") | {"params": parameters(example)}


def _adversary(score: Mapping[str, Any] | None) -> str:
    """What the search found, against random search and against what is known."""
    if not score:
        return wording.NOT_MEASURED
    found, random, known = (score.get(key) for key in ("found", "random", "known"))
    words = f"found {wording.number(found)}, random {wording.number(random)}"
    if found is not None and has_logarithm(found) and random is not None and has_logarithm(random):
        words += f" ({found / random:.3g} times as much)"
    return f"{words}, known {wording.number(known)}"
