"""The tests of growth at one end of one axis: what a TREND rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lemmata.statistics.ladders import Design, Integers, Ladder, halves
from lemmata.statistics.pairs import least_rise_of_pairs, matched, pairs_wanted
from lemmata.statistics.rises import Floats, least_rise, resolved, rises
from lemmata.statistics.shares import Shares

# Of its rise, a ratio that still grows has at least this in the upper half of the ladder, or rises there by the whole
# factor: a power has a half of it, a logarithm that starts at s = 2 has 0.3, a ratio that has settled nothing.
STILL_RISING = 0.25


@dataclass(frozen=True)
class Hit:
    """A test that found growth.

    Attributes:
        test: ``pairs``, or the quantile.
        half: which half of which other axis; empty for all draws.
        first: number of the rung from which the ratio rises to the last.
        rise: of the log ratio, at least; error alpha.
        alpha: error of the test.
        draws: pairs, or draws on both rungs.
    """

    test: str
    half: str
    first: int
    rise: float
    alpha: float
    draws: int


def hits(design: Design, ladder: Ladder, parts: Shares) -> Iterator[Hit]:
    """The tests that found growth, each with the support of the upper quantile of all ratios as they are.

    A lower quantile, or the ratios in one half of another axis, may rise for ever below a bounded upper quantile; that
    is no growth of the bound, so the upper quantile has to rise by more than the factor too, and to be rising still.
    """
    last = ladder.values.size - 1
    for first in range(last):
        if _supported(ladder, first):
            alpha = parts.upper if first == 0 else parts.later
            yield from _upper(ladder.groups, ladder, first, alpha, "")
    if not _supported(ladder, 0):
        return
    yield from _pairs(design, ladder, parts.pairs, "")
    x = design.scales[ladder.axis]
    for half, mask in halves(design, ladder.axis) if parts.half else ():
        part = design.where(mask)
        groups = [part.y[x[mask] == value] for value in ladder.values]
        if groups[0].size and groups[last].size:
            yield from _upper(groups, ladder, 0, parts.half, half)
            yield from _pairs(part, ladder, parts.half, half)


def _supported(ladder: Ladder, first: int) -> bool:
    """Does the estimate of the upper quantile rise by more than the factor, and is it still rising at the end?"""
    return still_rises(ladder.quantiles[first:], np.log(ladder.scales[first:]), ladder.transient.rise)


def still_rises(q: Floats, u: Floats, allowed: float) -> bool:
    """Does q rise by more than is allowed, and in the upper half of the range of u too?"""
    rise = float(q[-1] - q[0])
    lately = float(q[-1] - np.interp((u[0] + u[-1]) / 2, u, q))
    return rise > allowed and lately >= min(STILL_RISING * rise, allowed)


def _upper(groups: list[Floats], ladder: Ladder, first: int, alpha: float, half: str) -> Iterator[Hit]:
    near, far, levels = groups[first], groups[-1], (float(ladder.levels[first]), float(ladder.levels[-1]))
    shown = resolved(near.size, levels, alpha)
    if shown and rises(near, far, ladder.transient.rise, shown, alpha):
        rise = max(least_rise(near, far, shown, alpha), ladder.transient.rise)
        yield Hit(f"{shown[1]:g}-quantile", half, first, rise, alpha, near.size + far.size)


def _pairs(design: Design, ladder: Ladder, alpha: float, half: str) -> Iterator[Hit]:
    differences = pair_differences(design, ladder, alpha)
    if differences.size:
        rise = least_rise_of_pairs(differences, float(design.delta.max()), alpha)
        if rise > ladder.transient.rise:
            yield Hit("pairs", half, 0, rise, alpha, differences.size)


def pair_differences(design: Design, ladder: Ladder, alpha: float) -> Floats:
    """Far less near value of each pair of draws at the two ends of a ladder, shape [P]."""
    x = design.scales[ladder.axis]
    near, far = (np.flatnonzero(x == ladder.values[rung]) for rung in (0, -1))
    others: list[Integers] = [code for name, code in design.codes.items() if name != ladder.axis]
    wanted = pairs_wanted(float(design.delta.max()), alpha)
    a, b = matched(others, near, far, wanted)
    return np.asarray(design.y[b] - design.y[a])
