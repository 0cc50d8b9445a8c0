"""A phase map as SVG that lives inside the page: a cell for each point of the grid, and the border of the regime."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from harness.report.drawing import Points, drawing, has_logarithm, labelled, plain_axes, strokes
from harness.report.phases import LOST, RATIO_KEY, Cell, PhaseMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT, STRIP = 6.4, 3.7, 0.85  # inches, at 72 units each; a strip is the map over one axis
ROLES = (*RATIO_KEY, LOST, "border", "border-at-one", "label")


def heat_map(shown: PhaseMap) -> Markup | None:
    """The picture of a map, None where its axes are no logarithmic ladders or it has no cell."""
    ladders = [[float(v) for v in scale] for scale in shown.scales if all(map(has_logarithm, scale))]
    if (
        len(ladders) != len(shown.scales)
        or not shown.size
        or any(b <= a for ladder in ladders for a, b in pairwise(ladder))
    ):
        return None
    x, y = _edges(ladders[0]), _edges(ladders[1]) if len(ladders) > 1 else [0.0, 1.0]
    size = (WIDTH, HEIGHT if len(ladders) > 1 else STRIP)

    def paint(figure: Figure) -> None:
        from matplotlib.ticker import FixedLocator, NullLocator

        left, bottom = 30 / 72, 16 / 72
        axes = figure.add_axes(
            (left / size[0], bottom / size[1], 1 - left / size[0] - 0.01, 1 - bottom / size[1] - 0.02)
        )
        axes.set(xscale="log", xlim=(x[0], x[-1]), yscale="log" if len(ladders) > 1 else "linear", ylim=(y[0], y[-1]))
        plain_axes(axes, digits=4)
        axes.xaxis.set_major_locator(FixedLocator(_some(ladders[0])))
        axes.yaxis.set_major_locator(FixedLocator(_some(ladders[1])) if len(ladders) > 1 else NullLocator())
        for spine in axes.spines.values():
            spine.set_visible(False)
        for role in (*RATIO_KEY, LOST):
            places = [(i, j) for i, j, cell in _all(shown) if cell.role == role]
            _areas(axes, role, [(x[i], x[i + 1], y[j], y[j + 1]) for i, j in places])
        units = (size[0] - left) * 72 / math.log(x[-1] / x[0])
        for i, j, cell in _all(shown):
            room = units * math.log(x[i + 1] / x[i])
            label = cell.label if _width(cell.label) <= room else cell.label.removeprefix("0")
            if _width(label) <= room:
                middle = math.sqrt(y[j] * y[j + 1]) if len(ladders) > 1 else 0.5
                axes.text(math.sqrt(x[i] * x[i + 1]), middle, label, ha="center", va="center", size=8, gid="label")
        if shown.has_border:
            strokes(axes, "border", _border(shown, "inside", x, y))
        if shown.has_border_at_one:
            strokes(axes, "border-at-one", _border(shown, "inside_at_one", x, y))

    return drawing(size, ROLES, paint)


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


def _areas(axes: Any, role: str, boxes: list[tuple[float, float, float, float]]) -> None:
    """Rectangles as one path."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    vertices: Points = []
    for left, right, low, high in boxes:
        vertices += [(left, low), (right, low), (right, high), (left, high), (left, low)]
    if vertices:
        codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * len(boxes)
        axes.add_artist(PathPatch(Path(vertices, codes), fill=False, gid=role))


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
