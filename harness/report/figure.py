"""The ratio of a quantity to its bound against each axis, as SVG that lives inside the page."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from lemmata.report.drawing import Points, Scale, frame, has_logarithm, labelled, picture, round_values, strokes

WIDTH, HEIGHT = 194, 151
MOST_POINTS = 240  # in a panel; more only makes the page heavy
REFERENCE_WITHIN = 100.0  # the bound is drawn unless the data stay further away than this factor


@dataclass(frozen=True)
class Panel:
    """One axis: name, fitted exponent, drawing (None without data), and how many values have no logarithm."""

    name: str
    growth: str | None
    svg: Markup | None
    left_out: int


def ratio_panels(
    axes: Sequence[Mapping[str, Any]], reference: Any = None, most_points: int = MOST_POINTS
) -> list[Panel]:
    """A panel for each axis, all with the same logarithmic ratio scale.

    Args:
        axes: for each axis its `name`, `scales`, and by scale `median`, `upper`, `low`, `high`; and `points`
            with `scale` and `ratio`. Any number may be absent, None, or the text "inf".
        reference: the ratio at which the bound is reached: 1, or the constant.
        most_points: that a panel shows; of more, evenly spaced ranks.
    """
    panels = [_Series.of(axis, most_points) for axis in axes]
    ratios = [y for series in panels for _, y in series.all_points()]
    limits = _limits(ratios, reference) if ratios else (0.5, 2.0)
    return [
        Panel(
            str(axis.get("name")),
            None if (growth := _exponent(axis)) is None else f"{growth:.2g}",
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
    fitted: Points
    left_out: int

    @classmethod
    def of(cls, axis: Mapping[str, Any], most_points: int) -> _Series:
        scales = axis.get("scales") or []
        cloud = axis.get("points") or {}
        points, lost_points = _pairs(cloud.get("scale"), cloud.get("ratio"))
        median, lost_median = _pairs(scales, axis.get("median"))
        upper, lost_upper = _pairs(scales, axis.get("upper"))
        bars = zip(scales, axis.get("low") or [], axis.get("high") or [], strict=False)
        ends = [bar for bar in bars if all(map(has_logarithm, bar))]
        fitted = _fitted(upper, _exponent(axis))
        return cls(_thinned(points, most_points), median, upper, ends, fitted, lost_points + lost_median + lost_upper)

    def all_points(self) -> Iterable[tuple[float, float]]:
        yield from self.points
        yield from self.median
        yield from self.upper
        for scale, low, high in self.ends:
            yield scale, low
            yield scale, high
        yield from self.fitted


def _pairs(scales: Sequence[Any] | None, ratios: Sequence[Any] | None) -> tuple[Points, int]:
    """The pairs that can be drawn, and the number of those that cannot."""
    pairs = list(zip(scales or [], ratios or [], strict=False))
    drawable = [pair for pair in pairs if all(map(has_logarithm, pair))]
    return drawable, sum(ratio is not None for _, ratio in pairs) - len(drawable)


def _exponent(axis: Mapping[str, Any]) -> float | None:
    """With which the ratio grows along the axis, where it was fitted."""
    growth = (axis.get("growth") or {}).get("est")
    return growth if isinstance(growth, int | float) and not isinstance(growth, bool) else None


def _fitted(upper: Points, exponent: float | None) -> Points:
    """The power law of this exponent through the middle of the upper quantiles; nothing without either."""
    if len(upper) < 2 or exponent is None:
        return []
    middle_x, middle_y = (math.fsum(math.log(point[k]) for point in upper) / len(upper) for k in (0, 1))
    lowest, highest = math.log(min(upper)[0]), math.log(max(upper)[0])
    heights = [(at, middle_y + exponent * (at - middle_x)) for at in (lowest, highest)]
    return [(math.exp(at), math.exp(height)) for at, height in heights if abs(height) < 300]


def _thinned(points: Points, most: int) -> Points:
    """About so many: at each scale evenly spaced ranks with both extremes, so the spread stays."""
    if len(points) <= most:
        return points
    rungs = defaultdict(list)
    for scale, ratio in points:
        rungs[scale].append(ratio)
    kept = []
    for scale, ratios in sorted(rungs.items()):
        ratios.sort()
        count = min(len(ratios), max(2, most // len(rungs)))
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
    x = Scale(scales[0] / 1.25, scales[-1] * 1.25, 31, WIDTH - 4)
    y = Scale(*limits, HEIGHT - 20, 6)
    beside = round_values(*limits)

    def parts() -> Iterable[Markup]:
        yield strokes("grid", ([(x.low, value), (x.high, value)] for value in beside), x, y)
        yield from frame(x, y, labelled(scales), beside)
        yield strokes("points", ([point] for point in _spread(series.points, scales)), x, y)
        yield strokes("interval", ([(scale, low), (scale, high)] for scale, low, high in series.ends), x, y)
        yield strokes("upper", [series.upper], x, y)
        yield strokes("upper-rungs", ([point] for point in series.upper), x, y)
        yield strokes("median", [series.median], x, y)
        yield strokes("growth", [series.fitted], x, y)
        if has_logarithm(reference) and limits[0] <= reference <= limits[1]:
            yield strokes("reference", [[(x.low, reference), (x.high, reference)]], x, y)

    return picture(WIDTH, HEIGHT, parts())
