"""The ratio of a quantity to its bound against each axis, as SVG that lives inside the page.

The drawing is matplotlib's; what goes into the page is its geometry only. Colours come from the page's style
sheet, so the figure follows dark mode, and there are no ids, scripts or inline styles to collide or to allow.
"""

from __future__ import annotations

import io
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

Points = list[tuple[float, float]]

SIZE = (2.7, 2.1)  # inches, at 72 units each
MOST_POINTS = 240  # in a panel; more only makes the page heavy
DIVERGED = 1e150  # from here on a number is as good as infinite, and its quotients overflow
REFERENCE_WITHIN = 100.0  # the bound is drawn unless the data stay further away than this factor
ROLES = ("points", "interval", "upper", "upper-rungs", "median", "reference")


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
            _inline(_draw(series, limits, reference)) if any(series.all_points()) else None,
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
        ends = [bar for bar in bars if all(map(_has_logarithm, bar))]
        return cls(_thinned(points), median, upper, ends, lost_points + lost_median + lost_upper)

    def all_points(self) -> Iterable[tuple[float, float]]:
        yield from self.points
        yield from self.median
        yield from self.upper
        for scale, low, high in self.ends:
            yield scale, low
            yield scale, high


def _has_logarithm(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 1 / DIVERGED < value < DIVERGED


def _pairs(scales: Sequence[Any] | None, ratios: Sequence[Any] | None) -> tuple[Points, int]:
    """The pairs that can be drawn, and the number of those that cannot."""
    pairs = list(zip(scales or [], ratios or [], strict=False))
    drawable = [pair for pair in pairs if all(map(_has_logarithm, pair))]
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
    if _has_logarithm(reference) and low / REFERENCE_WITHIN <= reference <= high * REFERENCE_WITHIN:
        low, high = min(low, reference), max(high, reference)
    margin = max(1.05, (high / low) ** 0.08)
    return low / margin, high * margin


def _spread(points: Points, scales: list[float]) -> Points:
    """The points moved sideways within their rung by a fixed low-discrepancy sequence, to be told apart."""
    step = min((b / a for a, b in pairwise(scales)), default=2.0)
    golden = (math.sqrt(5) - 1) / 2
    return [(x * step ** (0.5 * (index * golden % 1) - 0.25), y) for index, (x, y) in enumerate(points)]


def _draw(series: _Series, limits: tuple[float, float], reference: Any) -> str:
    """The panel as matplotlib writes it, each part in a group that is named after its role."""
    # imported here because it takes most of a second, and only a report needs it
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

    scales = sorted({scale for scale, _ in series.all_points()})
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever the user's own settings are
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "lemmata", "path.simplify": False})
        figure = Figure(figsize=SIZE)
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0.16, 0.13, 0.82, 0.83))
        axes.set(xscale="log", yscale="log", ylim=limits, xlim=(scales[0] / 1.25, scales[-1] * 1.25))
        axes.xaxis.set_major_locator(FixedLocator(_labelled(scales)))
        wide = limits[1] / limits[0] > 20
        axes.yaxis.set_major_locator(LogLocator(numticks=6) if wide else MaxNLocator(4, steps=[1, 2, 5, 10]))
        for direction in (axes.xaxis, axes.yaxis):
            direction.set_minor_locator(NullLocator())
            direction.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
        axes.tick_params(length=0, labelsize=9)
        axes.grid(True, axis="y", gid="grid")
        for background in (figure.patch, axes.patch, axes.spines["top"], axes.spines["right"]):
            background.set_visible(False)

        def strokes(role: str, lines: Iterable[Points]) -> None:
            """Polylines as one path; a line of one point is a dot, which round caps make visible."""
            vertices, codes = [], []
            for line in lines:
                vertices += line if len(line) > 1 else line * 2
                codes += [Path.MOVETO] + [Path.LINETO] * (max(2, len(line)) - 1)
            if vertices:
                axes.add_artist(PathPatch(Path(vertices, codes), fill=False, clip_on=False, gid=role))

        strokes("points", ([point] for point in _spread(series.points, scales)))
        strokes("interval", ([(scale, low), (scale, high)] for scale, low, high in series.ends))
        strokes("upper", [series.upper])
        strokes("upper-rungs", ([point] for point in series.upper))
        strokes("median", [series.median])
        if _has_logarithm(reference) and limits[0] <= reference <= limits[1]:
            strokes("reference", [[(x, reference) for x in axes.get_xlim()]])
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def _labelled(scales: list[float]) -> list[float]:
    """At most five of the rungs, the first and the last among them."""
    count = min(5, len(scales))
    return [scales[round(k * (len(scales) - 1) / max(1, count - 1))] for k in range(count)]


def _inline(svg: str) -> Markup:
    """The drawing as elements of an HTML page: paths, and texts with their anchors, in groups by role."""
    root = ElementTree.fromstring(svg)
    body = Markup("").join(_element(child) for child in root)
    box = root.attrib["viewBox"]
    return Markup('<svg class="plot" viewBox="{}" aria-hidden="true">{}</svg>').format(box, body)


def _element(element: ElementTree.Element) -> Markup:
    tag = element.tag.rpartition("}")[2]
    if tag == "g":
        content = Markup("").join(map(_element, element))
        role = element.get("id")
        return Markup('<g class="{}">{}</g>').format(role, content) if role in (*ROLES, "grid") else content
    if tag == "path":
        return Markup('<path d="{}"/>').format(_short(element.attrib["d"]))
    if tag == "text":
        anchor = re.search(r"text-anchor: (\w+)", element.get("style", ""))
        place = element.attrib["x"], element.attrib["y"], anchor[1] if anchor else "start"
        return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(*place, element.text)
    return Markup("")


def _short(path: str) -> str:
    """The path to a tenth of a unit, a seventh of a millimetre when printed."""
    path = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), path)
    path = re.sub(r"M (\S+ \S+)\s+L \1(?!\S)", r"M\1h0", path)
    return re.sub(r"\s*([MLz])\s*", r"\1", path).strip()
