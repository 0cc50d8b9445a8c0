"""The constant of a bound over the nights: a small panel, with the steps in it, and the same in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from lemmata.report.drawing import Scale, frame, group, has_logarithm, picture, round_values, strokes, text
from lemmata.report.steps import Piece, pieces
from lemmata.report.wording import interval, number

WIDTH, HEIGHT = 461, 130
MOST_NIGHTS = 120  # that are drawn, the last ones
MOST_ROWS = 7  # in words; all are in the record

Night = Mapping[str, Any]


@dataclass(frozen=True)
class History:
    """Several nights: a drawing (None without two constants), sentences, and a row for each of the last nights.

    There are no rows where no night measured a constant.
    """

    svg: Markup | None
    sentences: list[str]
    rows: list[tuple[str, str, str, str]]


def history(nights: Sequence[Night] | None) -> History | None:
    """What to show of the `history` of an item; None where it has fewer than two nights.

    Args:
        nights: for each its `run`, `started`, `constant`, `low`, `high`, `verdict`, the oldest first.
    """
    shown = list(nights or [])[-MOST_NIGHTS:]
    if len(shown) < 2:
        return None
    measured = [night for night in shown if has_logarithm(night.get("constant"))]
    levels = pieces([math.log(night["constant"]) for night in measured])
    sentences = [_span(shown, len(nights or [])), *_steps(measured, levels), *_turns(shown)]
    if not measured:
        return History(None, sentences, [])
    rows = [
        (
            _when(night),
            number(night.get("constant")),
            interval((night.get("low"), night.get("high"))),
            number(night.get("verdict")),
        )
        for night in shown[-MOST_ROWS:]
    ]
    return History(_draw(measured, levels) if len(measured) > 1 else None, sentences, rows)


def _when(night: Night) -> str:
    """The day on which it began, else the id of its run."""
    return str(night.get("started") or number(night.get("run")))[:16].replace("T", " ")


def _span(shown: Sequence[Night], count: int) -> str:
    last = f"The last {len(shown)} of {count} nights" if count > len(shown) else f"{count} nights"
    return f"{last}, from {_when(shown[0])} to {_when(shown[-1])}."


def _steps(measured: Sequence[Night], levels: Sequence[Piece]) -> list[str]:
    if len(levels) == 1:
        return ["No step in the constant."]
    return [
        f"A step from {number(math.exp(before.level))} to {number(math.exp(after.level))} "
        f"with the night of {_when(measured[after.start])}."
        for before, after in pairwise(levels)
    ]


def _turns(shown: Sequence[Night]) -> list[str]:
    """Where the verdict changed, or that it never did."""
    if len({str(night.get("verdict")) for night in shown}) == 1:
        return [f"{number(shown[0].get('verdict'))} in each."]
    return [
        f"{number(night.get('verdict'))} instead of {number(before.get('verdict'))} from {_when(night)} on."
        for before, night in pairwise(shown)
        if before.get("verdict") != night.get("verdict")
    ]


def _draw(measured: Sequence[Night], levels: Sequence[Piece]) -> Markup:
    bars = [
        (at, night["low"], night["high"])
        for at, night in enumerate(measured)
        if has_logarithm(night.get("low")) and has_logarithm(night.get("high"))
    ]
    heights = [night["constant"] for night in measured] + [end for _, *ends in bars for end in ends]
    margin = max(1.05, (max(heights) / min(heights)) ** 0.08)
    x = Scale(-0.5, len(measured) - 0.5, 31, WIDTH - 4, logarithmic=False)
    y = Scale(min(heights) / margin, max(heights) * margin, HEIGHT - 20, 6)
    beside = round_values(y.low, y.high, 4)

    def parts() -> Iterable[Markup]:
        yield strokes("grid", ([(x.low, value), (x.high, value)] for value in beside), x, y)
        yield from frame(x, y, [], beside)
        yield text(x.start, HEIGHT - 7, _when(measured[0]))
        yield group("beside", text(x.end, HEIGHT - 7, _when(measured[-1])))
        yield strokes("interval", ([(at, low), (at, high)] for at, low, high in bars), x, y)
        yield strokes("upper-rungs", ([(at, night["constant"])] for at, night in enumerate(measured)), x, y)
        level = [[(p.start - 0.5, math.exp(p.level)), (p.end - 0.5, math.exp(p.level))] for p in levels]
        yield strokes("median", level, x, y)
        yield strokes("reference", ([(p.start - 0.5, y.low), (p.start - 0.5, y.high)] for p in levels[1:]), x, y)

    return picture(WIDTH, HEIGHT, parts())
