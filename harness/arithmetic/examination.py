"""Is a negative margin mathematics, or the rounding of the code that computed it?

The trial is run again, many times, with every operation's result moved at random by about its rounding error (Monte
Carlo arithmetic: Parker 1997); :mod:`.decision` tells what follows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from sys import getrecursionlimit, setrecursionlimit
from time import monotonic
from typing import Any, Self

from .decision import PLAIN, Examination, Sides, change, decided, is_plainly_rounding, log_error, runs_for, spread
from .noise import Noise
from .operations import OPERATIONS
from .reach import Reach
from .runs import Run
from .tensors import ShakenTensors

Compute = Callable[[Sequence[int]], Sequence[Sides]]

TARGET = math.log(2e-6)
"""Log of the error with which ``real`` is said unless something else is asked for."""
LONGER = 20
"""Times the operations of the run without noise, and a thousand more, after which a run is given up."""


def examine(
    compute: Compute,
    count: int,
    functions: Sequence[Callable[..., Any]],
    *,
    seed: int = 0,
    target: float = TARGET,
    most: int | None = None,
    seconds: float = math.inf,
) -> list[Examination]:
    """Tell whether the negative margins of some computations are real.

    Args:
        compute: gives both sides and the margin of the computations with these numbers; runs them anew, from the same
            random numbers, at each call.
        count: how many computations there are.
        functions: of the user, that ``compute`` runs: the trial, what wraps it, and rules for its parameters.
        seed: of the moves, not negative.
        target: log of the error with which ``real`` may be said of one of them.
        most: runs after which to stop, ``real`` or not.
        seconds: after which no further run is begun.

    Returns:
        For each computation a label and what it rests on. Whatever goes wrong in a run makes it ``unclear``; no error
        is raised.
    """
    with Laboratory(functions) as laboratory:
        return _examined(laboratory, compute, list(range(count)), seed, target, most, monotonic() + seconds)


def given(value: Any) -> Any:
    """A number that a trial is given, as this run takes it: moved by an ulp if its decimals are no binary number."""
    return OPERATIONS.constant(value)


def _examined(
    laboratory: Laboratory,
    compute: Compute,
    numbers: list[int],
    seed: int,
    target: float,
    most: int | None,
    until: float,
) -> list[Examination]:
    def alone(why: str) -> list[Examination]:
        """Each computation by itself, where one of several fails; the reason for one alone."""
        if len(numbers) == 1:
            return [Examination("unclear", why, plain[numbers[0]][2] if plain else math.nan)]
        return [_examined(laboratory, compute, [i], seed, target, most, until)[0] for i in numbers]

    plain: dict[int, Sides] = {}
    counting, failures = Run(), 0
    try:
        plain = dict(zip(numbers, compute(numbers), strict=True))
    except Exception as error:
        return alone(f"it fails when it is run again: {_told(error)}")
    try:
        again = dict(zip(numbers, laboratory.run(partial(compute, numbers), counting), strict=True))
    except Exception as error:
        return alone(f"its code cannot be looked into: {_told(error)}")
    open_ = [i for i in numbers if plain[i][2] < 0]
    found: dict[int, list[Sides]] = {i: [] for i in numbers}
    for number in range(min(runs_for(target), most or runs_for(target))):
        if not open_ or (number and monotonic() > until):
            break
        run = Run(Noise((seed << 32) + number), 1000 + LONGER * counting.reached)
        try:
            changed = laboratory.run(partial(compute, open_), run)
        except Exception as error:
            failures += 1
            if failures > 2 + number // 4:
                return alone(f"with other roundings it fails: {_told(error)}")
            continue
        for i, sides in zip(open_, changed, strict=True):
            found[i].append(sides)
        open_ = [i for i in open_ if not is_plainly_rounding(plain[i], found[i])]
    return [_concluded(plain[i], again[i], found[i], counting, target) for i in numbers]


def _concluded(plain: Sides, again: Sides, found: Sequence[Sides], counting: Run, target: float) -> Examination:
    if plain[2] >= 0:
        return Examination("roundoff", "run again, it does not fail", plain[2])
    size = spread(plain, found)
    # The bits of a product may depend on where in memory its factors lie; more must not depend on anything.
    if found and again != plain and not abs(again[2] - plain[2]) <= PLAIN * size:
        return Examination("unclear", f"run again it gives {again[:2]}, not {plain[:2]}", plain[2])
    label, reason = decided(plain, found, target, sorted(counting.unseen))
    sides = (change(plain, found, 0), change(plain, found, 1))
    error = log_error(plain[2], size, len(found))
    return Examination(label, reason, plain[2], size, sides, len(found), counting.reached, error)


class Laboratory:
    """Where code is looked into while it runs; everything is put back at the end."""

    def __init__(self, functions: Sequence[Callable[..., Any]]) -> None:
        self._functions = functions
        self._reach = Reach(OPERATIONS)

    def __enter__(self) -> Self:
        self._depth = getrecursionlimit()
        setrecursionlimit(4 * self._depth)  # each call has one in between
        return self

    def __exit__(self, *error: object) -> None:
        self._reach.end()
        setrecursionlimit(self._depth)

    def run(self, compute: Callable[[], Sequence[Sides]], run: Run) -> Sequence[Sides]:
        """What is computed, with the noise of this run."""
        self._reach.start(run)
        for function in self._functions:
            self._reach.look_into(function)
            self._reach.called(function)
        OPERATIONS.attach(run, self._reach)
        try:
            with warnings.catch_warnings(), ShakenTensors(run):
                warnings.simplefilter("ignore")
                return compute()
        finally:
            OPERATIONS.attach(None, self._reach)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
