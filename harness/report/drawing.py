"""A matplotlib drawing as SVG that lives inside the page: its geometry only.

Colours come from the page's style sheet, so a figure follows dark mode, and there are no ids, scripts or inline
styles to collide or to allow.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Points = list[tuple[float, float]]

DIVERGED = 1e150  # from here on a number is as good as infinite, and its quotients overflow


def has_logarithm(value: Any) -> bool:
    """Can this entry of a record be drawn on a logarithmic axis?"""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 1 / DIVERGED < value < DIVERGED


def drawing(size: tuple[float, float], roles: Collection[str], paint: Callable[[Figure], None]) -> Markup:
    """Paint a figure, whatever the user's own settings are, and give it as an element of the page.

    Args:
        size: width and height in inches, at 72 units each.
        roles: names of groups (``gid``) that become classes; other groups are dissolved.
        paint: draws into the empty figure.
    """
    # imported here because it takes most of a second, and only a report needs it
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "lemmata", "path.simplify": False})
        figure = Figure(figsize=size)
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        paint(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(text.getvalue())
    body = Markup("").join(_element(child, roles) for child in root)
    return Markup('<svg class="plot" viewBox="{}" aria-hidden="true">{}</svg>').format(root.attrib["viewBox"], body)


def strokes(axes: Any, role: str, lines: Iterable[Points]) -> None:
    """Polylines as one path; a line of one point is a dot, which round caps make visible."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    vertices, codes = [], []
    for line in lines:
        vertices += line if len(line) > 1 else line * 2
        codes += [Path.MOVETO] + [Path.LINETO] * (max(2, len(line)) - 1)
    if vertices:
        axes.add_artist(PathPatch(Path(vertices, codes), fill=False, clip_on=False, gid=role))


def labelled(scales: list[float]) -> list[float]:
    """At most five of the rungs, the first and the last among them."""
    count = min(5, len(scales))
    return [scales[round(k * (len(scales) - 1) / max(1, count - 1))] for k in range(count)]


def plain_axes(axes: Any, digits: int = 3) -> None:
    """Labels without tick marks, on the rungs and nowhere between, and no frame at the top and the right."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    for direction in (axes.xaxis, axes.yaxis):
        direction.set_minor_locator(NullLocator())
        direction.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.{digits}g}"))
    axes.tick_params(length=0, labelsize=9)
    for background in (axes.patch, axes.spines["top"], axes.spines["right"]):
        background.set_visible(False)


def _element(element: ElementTree.Element, roles: Collection[str]) -> Markup:
    tag = element.tag.rpartition("}")[2]
    if tag == "g":
        content = Markup("").join(_element(child, roles) for child in element)
        role = element.get("id")
        return Markup('<g class="{}">{}</g>').format(role, content) if role in roles else content
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
