"""The ratio of a quantity to its bound against each axis, as SVG that lives inside the page."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from harness.report.drawing import Points, drawing, has_logarithm, labelled, plain_axes, strokes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (2.7, 2.1)  # inches, at 72 units each
MOST_POINTS = 240  # in a panel; more only makes the page heavy
REFERENCE_WITHIN = 100.0  # the bound is drawn unless the data stay further away than this factor
ROLES = ("points", "interval", "upper", "upper-rungs", "median", "reference", "grid")


@dataclass(frozen=True)
class Panel:
    """One axis: its name, its drawing (None without data), and how many values have no logarithm."""

    name: str
    svg: Markup | None
    left_out: int


def ratio_panels(axes: Sequence[Mapping[str, Any]], reference: Any = None) -> list[Panel]:
    """A panel for each axis, all with the same logarithmic ratio scale.

    Args:
        axes: for each axis its `name`, `scales`, and by scale `median`, `upper`, `low`, `high`; and `points`
            with `scale` and `ratio`. Any number may be absent, None, or the text "inf".
        reference: the ratio at which the bound is reached: 1, or the constant.
    """
    panels = [_Series.of(axis) for axis in axes]
    ratios = [y for series in panels for _, y in series.all_points()]
    limits = _limits(ratios, reference) if ratios else (0.5, 2.0)
    return [
        Panel(
            str(axis.get("name")),
            _draw(series, limits, reference) if any(series.all_points()) else None,
            series.left_out,
        )
        for axis, series in zip(axes, panels, strict=True)
    ]


@dataclass(frozen=True)
class _Series:
    points: Points
    median: Points
    upper: Points
    ends: list[tuple[float, float, float]]  # scale, low, high
    left_out: int

    @classmethod
    def of(cls, axis: Mapping[str, Any]) -> _Series:
        scales = axis.get("scales") or []
        cloud = axis.get("points") or {}
        points, lost_points = _pairs(cloud.get("scale"), cloud.get("ratio"))
        median, lost_median = _pairs(scales, axis.get("median"))
        upper, lost_upper = _pairs(scales, axis.get("upper"))
        bars = zip(scales, axis.get("low") or [], axis.get("high") or [], strict=False)
        ends = [bar for bar in bars if all(map(has_logarithm, bar))]
        return cls(_thinned(points), median, upper, ends, lost_points + lost_median + lost_upper)

    def all_points(self) -> Iterable[tuple[float, float]]:
        yield from self.points
        yield from self.median
        yield from self.upper
        for scale, low, high in self.ends:
            yield scale, low
            yield scale, high


def _pairs(scales: Sequence[Any] | None, ratios: Sequence[Any] | None) -> tuple[Points, int]:
    """The pairs that can be drawn, and the number of those that cannot."""
    pairs = list(zip(scales or [], ratios or [], strict=False))
    drawable = [pair for pair in pairs if all(map(has_logarithm, pair))]
    return drawable, sum(ratio is not None for _, ratio in pairs) - len(drawable)


def _thinned(points: Points) -> Points:
    """About MOST_POINTS: at each scale evenly spaced ranks with both extremes, so the spread stays."""
    if len(points) <= MOST_POINTS:
        return points
    rungs = defaultdict(list)
    for scale, ratio in points:
        rungs[scale].append(ratio)
    kept = []
    for scale, ratios in sorted(rungs.items()):
        ratios.sort()
        count = min(len(ratios), max(2, MOST_POINTS // len(rungs)))
        ranks = {round(k * (len(ratios) - 1) / max(1, count - 1)) for k in range(count)}
        kept += [(scale, ratios[rank]) for rank in sorted(ranks)]
    return kept


def _limits(ratios: list[float], reference: Any) -> tuple[float, float]:
    low, high = min(ratios), max(ratios)
    if has_logarithm(reference) and low / REFERENCE_WITHIN <= reference <= high * REFERENCE_WITHIN:
        low, high = min(low, reference), max(high, reference)
    margin = max(1.05, (high / low) ** 0.08)
    return low / margin, high * margin


def _spread(points: Points, scales: list[float]) -> Points:
    """The points moved sideways within their rung by a fixed low-discrepancy sequence, to be told apart."""
    step = min((b / a for a, b in pairwise(scales)), default=2.0)
    golden = (math.sqrt(5) - 1) / 2
    return [(x * step ** (0.5 * (index * golden % 1) - 0.25), y) for index, (x, y) in enumerate(points)]


def _draw(series: _Series, limits: tuple[float, float], reference: Any) -> Markup:
    """The panel, each part in a group that is named after its role."""
    scales = sorted({scale for scale, _ in series.all_points()})

    def paint(figure: Figure) -> None:
        from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator

        axes = figure.add_axes((0.16, 0.13, 0.82, 0.83))
        axes.set(xscale="log", yscale="log", ylim=limits, xlim=(scales[0] / 1.25, scales[-1] * 1.25))
        axes.xaxis.set_major_locator(FixedLocator(labelled(scales)))
        wide = limits[1] / limits[0] > 20
        axes.yaxis.set_major_locator(LogLocator(numticks=6) if wide else MaxNLocator(4, steps=[1, 2, 5, 10]))
        plain_axes(axes)
        axes.grid(True, axis="y", gid="grid")
        strokes(axes, "points", ([point] for point in _spread(series.points, scales)))
        strokes(axes, "interval", ([(scale, low), (scale, high)] for scale, low, high in series.ends))
        strokes(axes, "upper", [series.upper])
        strokes(axes, "upper-rungs", ([point] for point in series.upper))
        strokes(axes, "median", [series.median])
        if has_logarithm(reference) and limits[0] <= reference <= limits[1]:
            strokes(axes, "reference", [[(x, reference) for x in axes.get_xlim()]])

    return drawing(SIZE, ROLES, paint)
