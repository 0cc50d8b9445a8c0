"""SVG that lives inside the page: its geometry only.

Colours come from the page's style sheet, by the class of a group, so a figure follows dark mode, and there are no
ids, scripts or inline styles to collide or to allow. A unit is a seventy-second of an inch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

Points = list[tuple[float, float]]
Box = tuple[float, float, float, float]  # left, right, low, high

DIVERGED = 1e150  # from here on a number is as good as infinite, and its quotients overflow


def has_logarithm(value: Any) -> bool:
    """Can this entry of a record be drawn on a logarithmic axis?"""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 1 / DIVERGED < value < DIVERGED


@dataclass(frozen=True)
class Scale:
    """Where a value lies: from `low` at unit `start` to `high` at unit `end`."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = True

    def __call__(self, value: float) -> float:
        """The place of a value, in units."""
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def picture(width: float, height: float, parts: Iterable[Markup]) -> Markup:
    """The parts as an element of the page; what they show has to be said in words beside it."""
    box = f"0 0 {short(width)} {short(height)}"
    return Markup('<svg class="plot" viewBox="{}" aria-hidden="true">{}</svg>').format(box, Markup("").join(parts))


def strokes(role: str, lines: Iterable[Points], x: Scale, y: Scale) -> Markup:
    """Polylines as one path; a line of one point is a dot, which round caps make visible."""
    drawn = []
    for line in lines:
        start, *others = [f"{short(x(a))} {short(y(b))}" for a, b in line] or [""]
        if start:
            drawn.append(f"M{start}" + ("".join(f"L{point}" for point in others) or "h0"))
    return group(role, _path("".join(drawn))) if drawn else Markup("")


def areas(role: str, boxes: Iterable[Box], x: Scale, y: Scale) -> Markup:
    """Rectangles as one path."""
    drawn = [
        f"M{short(x(left))} {short(y(low))}L{short(x(right))} {short(y(low))}"
        f"L{short(x(right))} {short(y(high))}L{short(x(left))} {short(y(high))}z"
        for left, right, low, high in boxes
    ]
    return group(role, _path("".join(drawn))) if drawn else Markup("")


def group(role: str, *parts: Markup) -> Markup:
    """Parts that look alike: the style sheet says how."""
    return Markup('<g class="{}">{}</g>').format(role, Markup("").join(parts))


def text(x: float, y: float, words: str) -> Markup:
    """Words on a base line; the class of their group says whether they begin, end or are centred at the point."""
    return Markup('<text x="{}" y="{}">{}</text>').format(short(x), short(y), words)


def frame(x: Scale, y: Scale, below: Sequence[float], beside: Sequence[float], digits: int = 3) -> Iterable[Markup]:
    """The left and the lower edge, without tick marks, and the numbers along them."""
    yield _path(f"M{short(x.start)} {short(y.end)}L{short(x.start)} {short(y.start)}L{short(x.end)} {short(y.start)}")
    yield numbers_below(x, y, below, digits)
    yield numbers_beside(x, y, beside, digits)


def numbers_below(x: Scale, y: Scale, values: Sequence[float], digits: int = 3) -> Markup:
    """The numbers along the lower edge."""
    return group("below", *(text(x(value), y.start + 11, f"{value:.{digits}g}") for value in values))


def numbers_beside(x: Scale, y: Scale, values: Sequence[float], digits: int = 3) -> Markup:
    """The numbers along the left edge."""
    return group("beside", *(text(x.start - 4, y(value) + 3, f"{value:.{digits}g}") for value in values))


def labelled(scales: list[float]) -> list[float]:
    """At most five of the rungs, the first and the last among them."""
    count = min(5, len(scales))
    return [scales[round(k * (len(scales) - 1) / max(1, count - 1))] for k in range(count)]


def round_values(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two positive ones: powers of ten over a wide range, else multiples of 1, 2 or 5."""
    if high / low > 20:
        exponents = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
        return [10.0**e for e in exponents[:: max(1, math.ceil(len(exponents) / most))]]
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(step * factor for factor in (1, 2, 5, 10, 20) if (high - low) / (step * factor) <= most)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def short(value: float) -> str:
    """A length to a tenth of a unit, a seventh of a millimetre when printed."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # never "-0"


def _path(data: str) -> Markup:
    return Markup('<path d="{}"/>').format(data)
