"""The measured exponent of each axis beside the printed one: is the bound tight there, or loose?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lemmata.report.wording import NOT_MEASURED, interval, number

RESOLUTION = 0.25


@dataclass(frozen=True)
class Exponent:
    """One axis of a bound up to a constant.

    Attributes:
        axis: its name.
        printed: the power of the axis in the bound; None where none is printed.
        measured: that of the quantity, in the median, with an interval of 98 %; None where nothing is printed.
        growth: of the ratio, likewise; None where it was not measured.
        word: "tight to 0.25", "loose by at least 0.31", "exceeded by at least 0.1", "not decided" or "not measured".
    """

    axis: str
    printed: float | None
    measured: tuple[float, float, float] | None
    growth: tuple[float, float, float] | None
    word: str

    @property
    def measured_in_words(self) -> str:
        """As "0.48 [0.44, 0.52]"."""
        return in_words(self.measured)

    def __str__(self) -> str:
        if self.measured is None:
            return f"{self.axis}: {self.word}"
        return f"{self.axis}: printed {number(_short(self.printed))}, measured {self.measured_in_words}, {self.word}"


def exponents(item: Mapping[str, Any]) -> Iterator[Exponent]:
    """The axes of an item along which its ratio was measured.

    The ratio is quantity over bound, for a lower bound its inverse: its growth is added to the printed exponent, or
    taken away. Logarithms of the bound are in the ratio, so that the powers alone are compared.
    """
    sign = -1.0 if item.get("relation") == "at_least" else 1.0
    resolution = (item.get("scope") or {}).get("resolution") or RESOLUTION
    for axis in item.get("axes") or []:
        growth, printed = _growth(axis.get("growth")), axis.get("printed")
        measured = None
        if growth and printed is not None:
            low, high = sorted(printed + sign * end for end in growth[1:])
            measured = (printed + sign * growth[0], low, high)
        word = _word(axis.get("growth") or {}, resolution)
        yield Exponent(str(axis.get("name")), printed, measured, growth, word)


def in_words(estimate: tuple[float, float, float] | None) -> str:
    """An estimate with its interval, to two digits behind the point."""
    if estimate is None:
        return NOT_MEASURED
    middle, low, high = map(_short, estimate)
    return f"{number(middle)} {interval((low, high))}"


def _growth(growth: Mapping[str, Any] | None) -> tuple[float, float, float] | None:
    match growth:
        case {"est": int() | float() as est, "lo": int() | float() as low, "hi": int() | float() as high}:
            return est, low, high
    return None


def _word(growth: Mapping[str, Any], resolution: float) -> str:
    """What the growth says that is left when the declared transients have died out, at every one of them."""
    settled = growth.get("settled")
    if not settled or not all(isinstance(end, int | float) for end in settled):
        return NOT_MEASURED
    low, high = settled
    if low > 0:
        return f"exceeded by at least {_two_digits(low)}"
    if -resolution < low and high < resolution:
        return f"tight to {number(float(resolution))}"
    return f"loose by at least {_two_digits(-high)}" if high < 0 else "not decided"


def _two_digits(value: float) -> str:
    return f"{value:.2g}"


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 2) + 0.0
