"""Side by side: in each round every contestant runs once, in random order, and ratios are formed inside a round.

What disturbs a machine for a while disturbs the neighbours of the same round alike, and leaves their ratio. Time is
process CPU time, which does not count the work of others on the core.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterable, Mapping
from time import process_time
from typing import NamedTuple

Seconds = dict[str, list[float]]
"""Of every contestant, seconds in round 0, 1, ..."""


class Quartiles(NamedTuple):
    """Median of some numbers, between their quartiles."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        """Three significant digits of the median, two of the spread."""
        return f"{self.median:.2f} [{self.low:.2f}, {self.high:.2f}]"


def quartiles(values: Iterable[float]) -> Quartiles:
    """Quartiles with linear interpolation; one number is its own quartiles."""
    numbers = list(values)
    return Quartiles(*(statistics.quantiles(numbers, n=4, method="inclusive") if len(numbers) > 1 else numbers * 3))


def interleave(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    seed: int = 0,
    clock: Callable[[], float] = process_time,
) -> Seconds:
    """Run every contestant once in each round.

    Args:
        contestants: what to run, by name. It has to be warm.
        rounds: how many.
        seed: of the order inside the rounds.
        clock: the time that is taken.
    """
    order, shuffle = list(contestants), random.Random(seed).shuffle
    seconds: Seconds = {name: [] for name in contestants}
    for _ in range(rounds):
        shuffle(order)
        for name in order:
            start = clock()
            contestants[name]()
            seconds[name].append(clock() - start)
    return seconds


def ratio(seconds: Seconds, above: str, below: str) -> Quartiles:
    """Seconds of one contestant over those of another: how many times as fast the second is."""
    return quartiles(a / b for a, b in zip(seconds[above], seconds[below], strict=True))


def fastest(seconds: Seconds, names: Iterable[str]) -> str:
    """Of some contestants, the one whose median is smallest."""
    return min(names, key=lambda name: statistics.median(seconds[name]))
