"""What a night spends its time on: first on what can change a verdict, a small share on what is decided."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Key = tuple[str, str, str]

DECIDED = 0.3  # of the time, at most, for bounds whose verdict stands
USED = 0.9  # of the time is given away: estimates are none too good
UNKNOWN = 10.0  # seconds for an installment where nothing was ever measured
LEAST = 0.2  # seconds: what a bound costs whose trials cost nothing


@dataclass(frozen=True)
class Standing:
    """How far a bound is, from the record of the latest night that has one.

    Attributes:
        key: claim, reading and bound.
        seconds: for one installment; None where it was never measured.
        missing: installments up to the next look that may decide; 0 where it is decided.
        measured: the run that measured it last; runs are sorted by time.
    """

    key: Key
    seconds: float | None = None
    missing: int = 1
    measured: str = ""

    @property
    def is_decided(self) -> bool:
        """Does its verdict stand?"""
        return self.missing == 0


def standing(key: Key, record: Mapping[str, Any] | None, run: str = "") -> Standing:
    """Where a bound stands after the latest night that has evidence of it; None where there was none."""
    if record is None:
        return Standing(key)
    seen = record["evidence"]
    up_to_next_look = max(2 * (seen["judged"] or 1) - len(seen["sizes"]), 1)
    missing = up_to_next_look if record["verdict"] == "INCONCLUSIVE" else 0
    return Standing(key, seen["seconds"], missing, record.get("rested") or run)


def allocate(standings: Sequence[Standing], seconds: float, workers: int) -> dict[Key, int]:
    """How many installments each bound gets; 0 where it has to rest.

    What was never measured gets one. Undecided bounds get what they miss, those first that need the least time for it.
    Decided ones share at most `DECIDED` of the time, those first that have rested longest.

    Args:
        standings: of all bounds of the run.
        seconds: how long the run may take.
        workers: how many run at once.
    """
    known = [each.seconds for each in standings if each.seconds is not None]
    guess = statistics.median(known) if known else UNKNOWN
    left = USED * seconds * workers
    given = dict.fromkeys((each.key for each in standings), 0)

    def cost(each: Standing) -> float:
        return guess if each.seconds is None else max(each.seconds, LEAST)

    def give(each: Standing, installments: int) -> float:
        given[each.key] = installments
        return installments * cost(each)

    for each in standings:
        if not each.measured:
            left -= give(each, 1)
    decided = sorted((s for s in standings if s.measured and s.is_decided), key=lambda s: (s.measured, s.key))
    share = min(DECIDED * USED * seconds * workers, left)
    for each in decided:
        if cost(each) <= share:
            share -= cost(each)
            left -= give(each, 1)
    undecided = [s for s in standings if s.measured and not s.is_decided]
    for each in sorted(undecided, key=lambda s: (s.missing * cost(s), s.key)):
        affordable = int(left / cost(each))
        if affordable > 0:
            left -= give(each, min(each.missing, affordable))
    return given
