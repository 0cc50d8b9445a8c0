"""A phase map as SVG that lives inside the page: a cell for each point of the grid, and the border of the regime."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from markupsafe import Markup

from lemmata.report.drawing import (
    Points,
    Scale,
    areas,
    group,
    has_logarithm,
    labelled,
    numbers_below,
    numbers_beside,
    picture,
    strokes,
    text,
)
from lemmata.report.phases import LOST, RATIO_KEY, Cell, PhaseMap

WIDTH, HEIGHT, STRIP = 461, 266, 61  # a strip is the map over one axis
DIGIT = 6.0  # units that a digit beside the map takes


def heat_map(shown: PhaseMap) -> Markup | None:
    """The picture of a map, None where its axes are no logarithmic ladders or it has no cell."""
    ladders = [[float(v) for v in scale] for scale in shown.scales if all(map(has_logarithm, scale))]
    if (
        len(ladders) != len(shown.scales)
        or not shown.size
        or any(b <= a for ladder in ladders for a, b in pairwise(ladder))
    ):
        return None
    xs, ys = _edges(ladders[0]), _edges(ladders[1]) if len(ladders) > 1 else [1.0, 2.0]
    height = HEIGHT if len(ladders) > 1 else STRIP
    beside = _some(ladders[1]) if len(ladders) > 1 else []
    margin = max([30.0, *(6 + DIGIT * len(f"{value:.4g}") for value in beside)])
    x, y = Scale(xs[0], xs[-1], margin, WIDTH - 5), Scale(ys[0], ys[-1], height - 16, 5)

    def parts() -> Iterable[Markup]:
        for role in (*RATIO_KEY, LOST):
            places = [(i, j) for i, j, cell in _all(shown) if cell.role == role]
            yield areas(role, [(xs[i], xs[i + 1], ys[j], ys[j + 1]) for i, j in places], x, y)
        yield numbers_below(x, y, _some(ladders[0]), digits=4)
        yield numbers_beside(x, y, beside, digits=4)
        yield group("label", *_labels(shown, [x(edge) for edge in xs], [y(edge) for edge in ys]))
        if shown.has_border:
            yield strokes("border", _border(shown, "inside", xs, ys), x, y)
        if shown.has_border_at_one:
            yield strokes("border-at-one", _border(shown, "inside_at_one", xs, ys), x, y)

    return picture(WIDTH, height, parts())


def _labels(shown: PhaseMap, xs: list[float], ys: list[float]) -> Iterable[Markup]:
    """What is written into the cells that have room for it, between edges in units."""
    for i, j, cell in _all(shown):
        room = xs[i + 1] - xs[i]
        label = cell.label if _width(cell.label) <= room else cell.label.removeprefix("0")
        if _width(label) <= room:
            yield text((xs[i] + xs[i + 1]) / 2, (ys[j] + ys[j + 1]) / 2 + 2.8, label)


def _some(ladder: list[float]) -> list[float]:
    """The rungs that get a number: all of up to eight."""
    return ladder if len(ladder) <= 8 else labelled(ladder)


def _width(label: str) -> float:
    """Units that a label in a cell takes, with a little air: a digit is 5 wide, a point half of that."""
    return 2 + sum(2.5 if letter == "." else 5.0 for letter in label)


def _edges(ladder: list[float]) -> list[float]:
    """Where one cell ends and the next begins: half way between the rungs, in the logarithm."""
    if len(ladder) == 1:
        return [ladder[0] / 2, ladder[0] * 2]
    inner = [math.sqrt(a * b) for a, b in pairwise(ladder)]
    return [ladder[0] ** 2 / inner[0], *inner, ladder[-1] ** 2 / inner[-1]]


def _all(shown: PhaseMap) -> list[tuple[int, int, Cell]]:
    return [(i, j, cell) for i, column in enumerate(shown.cells) for j, cell in enumerate(column)]


def _border(shown: PhaseMap, key: str, x: list[float], y: list[float]) -> list[Points]:
    """The edges between a cell that is inside and a neighbour that is not."""
    inside = [[bool(getattr(cell, key)) for cell in column] for column in shown.cells]
    upright = [
        [(x[i + 1], y[j]), (x[i + 1], y[j + 1])]
        for i, (near, far) in enumerate(pairwise(inside))
        for j, (a, b) in enumerate(zip(near, far, strict=True))
        if a != b
    ]
    level = [
        [(x[i], y[j + 1]), (x[i + 1], y[j + 1])]
        for i, column in enumerate(inside)
        for j, (a, b) in enumerate(pairwise(column))
        if a != b
    ]
    return upright + level
