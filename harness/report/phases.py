"""What a phase map shows: how each cell stands, and the words around the picture; for the page and the terminal."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from lemmata.report.record import unit
from lemmata.report.wording import NOT_MEASURED, number

Record = Mapping[str, Any]

RATIO_STEPS = ((0.1, "holds-3"), (10**-0.5, "holds-2"), (1.0, "holds-1"), (10**0.5, "breaks-1"), (10.0, "breaks-2"))
SHARE_STEPS = ((0.0, "breaks-3"), (0.25, "breaks-2"), (0.5, "breaks-1"), (0.75, "holds-1"), (0.999, "holds-2"))
RATIO_KEY = {
    "holds-3": "up to a tenth of what is allowed,",
    "holds-2": "up to a third,",
    "holds-1": "up to all of it: holds;",
    "breaks-1": "up to 3 times as much: breaks,",
    "breaks-2": "up to 10 times,",
    "breaks-3": "more;",
}
SHARE_KEY = {
    "holds-3": "holds in all trials,",
    "holds-2": "in over three quarters,",
    "holds-1": "in over half;",
    "breaks-1": "in half at most,",
    "breaks-2": "in a quarter at most,",
    "breaks-3": "in none;",
}
LOST = "lost"


@dataclass(frozen=True)
class Cell:
    """One cell: the class of its colour, what is written into it, the same in words, and its place."""

    role: str
    label: str
    words: str
    inside: bool
    inside_at_one: bool


@dataclass(frozen=True)
class PhaseMap:
    """A map that can be shown: `cells[i][j]` stands at rung i of the first axis and rung j of the second."""

    names: list[str]
    scales: list[list[Any]]
    cells: list[list[Cell]]
    title: str
    sentences: list[str]
    key: Mapping[str, str]

    @property
    def rows(self) -> list[tuple[str, list[Cell]]]:
        """The rungs of the second axis from below, each with its cells from left to right."""
        heights = [_short(value) for value in self.scales[1]] if len(self.scales) > 1 else [""]
        return [(height, [column[j] for column in self.cells]) for j, height in enumerate(heights)]

    @property
    def has_border(self) -> bool:
        """Does the border of the regime cross the map?"""
        return 0 < sum(cell.inside for column in self.cells for cell in column) < self.size

    @property
    def has_border_at_one(self) -> bool:
        """Does that of the regime with every constant at one, where it is another?"""
        flat = [cell for column in self.cells for cell in column]
        differs = any(cell.inside != cell.inside_at_one for cell in flat)
        return differs and 0 < sum(cell.inside_at_one for cell in flat) < self.size

    @property
    def size(self) -> int:
        """Number of cells."""
        return sum(map(len, self.cells))


def phase_map(record: Record, item: Record) -> PhaseMap:
    """Put a map of an item's record into the words and classes in which it is shown."""
    axes = [axis for axis in record.get("axes") or [] if isinstance(axis, Mapping)][:2]
    names = [number(axis.get("name")) for axis in axes]
    scales = [list(axis.get("scales") or []) for axis in axes]
    listed = [dict(cell or {}) for cell in record.get("cells") or []]
    constant = _value(item.get("constant")) if unit(item) == "constant" else None
    reference = constant if constant and math.isfinite(constant) else 1.0
    by_ratio = unit(item) == "constant" or _once(listed)
    rungs = [*scales, [None]][:2] if scales else [[], []]
    places = list(product(*(range(len(ladder)) for ladder in rungs)))
    shown = [_cell(cell, by_ratio, reference) for cell in [*listed, *({} for _ in places)][: len(places)]]
    width = len(rungs[1])
    return PhaseMap(
        names,
        scales,
        [shown[i * width : (i + 1) * width] for i in range(len(rungs[0]))],
        _title(item, by_ratio, reference, listed),
        [_fixed(record), *_regime(record, listed), *_lost(listed)],
        RATIO_KEY if by_ratio else SHARE_KEY,
    )


def _once(cells: Sequence[Record]) -> bool:
    """Did every cell take one trial, so that the ratio says more than whether it holds?"""
    measured = [cell for cell in cells if cell.get("measured")]
    return bool(measured) and all(c.get("trials") == 1 and _value(c.get("ratio")) is not None for c in measured)


def _value(entry: Any) -> float | None:
    """A number of the record, infinities written as words among them."""
    if entry in ("inf", "-inf"):
        return float(entry)
    return float(entry) if isinstance(entry, int | float) and not isinstance(entry, bool) else None


def _count(entry: Any) -> int:
    """A number of trials, zero where the record has none."""
    return entry if isinstance(entry, int) else 0


def _cell(cell: Record, by_ratio: bool, reference: float) -> Cell:
    share, ratio = _value(cell.get("share")), _value(cell.get("ratio"))
    value = ratio if by_ratio else share
    if value is None:
        role, label = LOST, "?"
    elif by_ratio:
        # A tight bound that holds may have a ratio of one and a few eps.
        seen = min(value / reference, 1.0) if share == 1 else value / reference
        role, label = next((role for most, role in RATIO_STEPS if seen <= most), "breaks-3"), _brief(value)
    else:
        role, label = next((role for most, role in SHARE_STEPS if value <= most), "holds-3"), _brief(value)
    measured, trials = cell.get("measured"), cell.get("trials")
    held = f"holds in {share:.0%} of {number(trials)} trials" if share is not None else NOT_MEASURED
    if trials == 1 and share is not None:
        held = "holds" if share == 1 else "breaks"
    parts = [held] if ratio is None else [held, f"ratio {number(cell.get('ratio'))}"]
    if measured and measured != trials:
        parts.append(f"only {number(measured)} measured")
    parts += [str(why) for why in cell.get("lost") or []]
    inside = cell.get("inside") is True
    return Cell(
        role,
        label,
        ", ".join([*parts, "in the regime" if inside else "outside"]),
        inside,
        cell.get("inside_at_one") is True,
    )


def _brief(value: float) -> str:
    """Two digits: 0.25, 13, 930, 1.3e4, inf."""
    text = f"{value:.0f}" if 10 <= value < 1000 else f"{value:.2g}"
    return re.sub(r"e([+-])0*", lambda sign: "e" + sign[1].strip("+"), text)


def _title(item: Record, by_ratio: bool, reference: float, cells: Sequence[Record]) -> str:
    quantity = str(item.get("quantity") or "quantity")
    pair = ("bound", quantity) if item.get("relation") == "at_least" else (quantity, "bound")
    trials = max((_count(cell.get("trials")) for cell in cells), default=0)
    drawn = "one trial a cell" if trials == 1 else f"{trials} trials a cell"
    if not by_ratio:
        return f"Share of the trials in which the bound holds, {drawn}"
    against = f", against {number(reference)}, the constant found" if unit(item) == "constant" else ""
    return f"{'Ratio' if trials == 1 else 'Median ratio'} of {pair[0]} to {pair[1]}{against}, {drawn}"


def _fixed(record: Record) -> str:
    fixed = ", ".join(f"{name} = {number(value)}" for name, value in (record.get("fixed") or {}).items())
    return f"Held fixed: {fixed}." if fixed else "Nothing else is held fixed."


def _regime(record: Record, cells: Sequence[Record]) -> list[str]:
    """Where the regime is: its border, or the distance to it."""
    conditions = [condition for condition in record.get("conditions") or [] if isinstance(condition, Mapping)]
    if not conditions:
        return ["The claim states no regime: all of the map is inside."]
    sentences = []
    if any(not condition.get("constant") for condition in conditions):
        sentences.append(_standing(cells, "inside", record.get("nearest"), "the regime"))
    if any(condition.get("constant") for condition in conditions):
        regime = "the regime with every unspecified constant at one"
        sentences.append(_standing(cells, "inside_at_one", record.get("nearest_at_one"), regime))
    return sentences


def _standing(cells: Sequence[Record], key: str, nearest: Any, regime: str) -> str:
    known = [cell.get(key) is True for cell in cells if cell.get(key) is not None]
    if not known:
        return f"Where {regime} is was {NOT_MEASURED}."
    if all(known):
        return f"All of the map is in {regime}."
    if any(known):
        return f"The map crosses the border of {regime}."
    nearest = nearest if isinstance(nearest, Mapping) else {}
    where = ", ".join(f"{name} = {number(value)}" for name, value in (nearest.get("at") or {}).items())
    factor = number(nearest.get("factor"))
    return f"No cell is in {regime}: the nearest, at {where}, misses it by a factor of {factor}."


def _lost(cells: Sequence[Record]) -> list[str]:
    """Which trials gave no number, and why."""
    reasons = Counter(str(why) for cell in cells for why in cell.get("lost") or [])
    count = sum(_count(c.get("trials")) - _count(c.get("measured")) for c in cells if c.get("lost"))
    if not reasons:
        return []
    (first, _), *others = reasons.most_common()
    more = f"; and {len(others)} other reasons, in the table" if others else ""
    return [f"Trials that could not be measured: {number(count)} ({first}{more})."]


def character_table(shown: PhaseMap) -> list[str]:
    """The map in characters: the second axis upwards, [in brackets] what is in the regime.

    A star marks a cell where the bound breaks.
    """
    if not shown.size:
        return []
    across, upwards = shown.names[0], shown.names[1] if len(shown.names) > 1 else ""
    if not upwards:
        rows = [
            [across, ""],
            *([_short(value), _mark(cell)] for value, (cell,) in zip(shown.scales[0], shown.cells, strict=True)),
        ]
    else:
        rows = [[height, *map(_mark, cells)] for height, cells in reversed(shown.rows)]
        rows.insert(0, [f"{upwards} \\ {across}", *(_short(value) + "  " for value in shown.scales[0])])
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(entry.rjust(width) for entry, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _mark(cell: Cell) -> str:
    text = cell.label + ("*" if cell.role.startswith("breaks") else " ")
    return f"[{text}]" if cell.inside else f" {text} "


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
