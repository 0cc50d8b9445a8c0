"""How much evidence to gather: the profiles ``smoke``, ``standard`` and ``nightly``."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """An amount of evidence.

    Attributes:
        name: the word for it.
        draws: trials of the ``iid`` stream, for each bound that is sampled.
        rungs: values on the ladder of each axis.
        cell_draws: ``iid`` trials at each point of a bound with a probability.
        cover: space-filling trials of an explicit bound.
        hunt: examples that Hypothesis may try, shrinking not counted.
        control_draws: trials of a structural control.
        map_rungs: values on each of the two axes of a phase map; twice as many where it has one axis.
        map_draws: trials in a cell of a phase map.
        seconds: limit for one bound with its controls, after which it is TIMEOUT.
        pools: do its trials add to those of earlier nights? Then the numbers above are those of one installment, of
            which a night has one or several; else every run with one seed has the same trials.
        budget: seconds for a whole run, unless the user says.
    """

    name: str
    draws: int
    rungs: int
    cell_draws: int
    cover: int
    hunt: int
    control_draws: int
    map_rungs: int
    map_draws: int
    seconds: float
    pools: bool = False
    budget: float = math.inf


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("smoke", 141, 3, 120, 30, 8, 99, 4, 2, 120.0),
        Profile("standard", 1080, 6, 1200, 200, 100, 264, 8, 4, 900.0),
        Profile("nightly", 720, 6, 360, 150, 60, 264, 8, 4, 1800.0, pools=True, budget=2 * 3600.0),
    )
}


def profile_named(name: str) -> Profile:
    """The profile of that name.

    Raises:
        ValueError: if there is none; the message lists them.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise ValueError(f"unknown profile {name!r}: choose one of {', '.join(PROFILES)}") from None
