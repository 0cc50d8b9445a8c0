"""Steps in a series of nights: a piecewise constant fit, where a step has to be worth its price.

The fit minimises the sum of absolute residuals plus a price for each step (the L1 Potts functional; Weinmann, Storath,
Demaret 2015), exactly, by dynamic programming.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from statistics import median

FEWEST = 3  # nights in a piece: one odd night is no step
PRICE = 3.0  # of a step, in units of the noise times the logarithm of the number of nights


@dataclass(frozen=True)
class Piece:
    """The nights from `start` up to `end`, which is not one of them, and their level."""

    start: int
    end: int
    level: float


def pieces(series: Sequence[float]) -> list[Piece]:
    """The pieces of a series of finite numbers, in order; one where nothing changed, none for an empty series.

    The noise is taken from the median of the differences of neighbouring nights, which a few steps do not
    disturb; in a series in which most nights repeat the one before it is zero, and every lasting change is a step.
    """
    count = len(series)
    if not count:
        return []
    jumps = [abs(b - a) for a, b in pairwise(series)]
    spread = max(map(abs, series))
    noise = median(jumps) if jumps else 0.0
    price = max(PRICE * math.log(count) * noise, 1e-9 * spread)
    return [Piece(a, b, median(series[a:b])) for a, b in _cuts(series, price)]


def _cuts(series: Sequence[float], price: float) -> list[tuple[int, int]]:
    """Where the pieces of the cheapest fit begin and end."""
    count = len(series)
    cheapest = [-price] + [math.inf] * count  # of the first k nights
    begin = [0] * (count + 1)
    for start in range(count):
        if cheapest[start] == math.inf:
            continue
        for end, residual in enumerate(_residuals(series[start:]), start + 1):
            if end - start >= min(FEWEST, count) and cheapest[start] + price + residual < cheapest[end]:
                cheapest[end], begin[end] = cheapest[start] + price + residual, start
    cuts, end = [], count
    while end:
        cuts.append((begin[end], end))
        end = begin[end]
    return cuts[::-1]


def _residuals(series: Sequence[float]) -> list[float]:
    """For each beginning of the series the sum of distances to its median, by two heaps."""
    low: list[float] = []  # the lower half, negated; as large as the upper one or larger by one
    high: list[float] = []
    below = above = 0.0
    sums = []
    for value in series:
        if low and value < -low[0]:
            heappush(low, -value)
            below += value
        else:
            heappush(high, value)
            above += value
        while len(low) > len(high) + 1:
            moved = -heappop(low)
            heappush(high, moved)
            below, above = below - moved, above + moved
        while len(high) > len(low):
            moved = heappop(high)
            heappush(low, -moved)
            below, above = below + moved, above - moved
        centre = -low[0]
        sums.append(max(0.0, centre * len(low) - below + above - centre * len(high)))
    return sums
