"""Is a negative margin mathematics, or the rounding of the code that computed it?

The trial is run again, many times, with every operation's result moved at random by about its rounding error (Monte
Carlo arithmetic: Parker 1997); :mod:`.decision` tells what follows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
MOST = 2
"""Runs, in units of those that are needed: code may fail with other roundings, but not in more than half of them."""


def examine(
    compute: Compute,
    count: int,
    functions: Sequence[Callable[..., Any]],
    *,
    seed: int = 0,
    target: float = TARGET,
    most: int | None = None,
    seconds: float = math.inf,
    known: Sequence[Sides] = (),
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
        known: what the computations gave before; they are run once more unless it is given.

    Returns:
        For each computation a label and what it rests on. Whatever goes wrong in a run makes it ``unclear``; no error
        is raised.
    """
    until = monotonic() + seconds
    with Laboratory(functions) as laboratory:
        question = _Question(laboratory, compute, seed, target, most, until)
        try:
            plain = dict(enumerate(known or compute(range(count))))
        except Exception as error:
            if count == 1:
                return [Examination("unclear", f"it fails when it is run again: {_told(error)}", math.nan)]
            plain = {}
        return question.answers(list(range(count)), plain)


def given(value: Any) -> Any:
    """A number that a trial is given, as this run takes it: moved by an ulp if its decimals are no binary number."""
    return OPERATIONS.constant(value)


@dataclass(frozen=True)
class _Question:
    """What is asked about some computations; see :func:`examine`."""

    laboratory: Laboratory
    compute: Compute
    seed: int
    target: float
    most: int | None
    until: float

    def answers(self, numbers: list[int], before: dict[int, Sides]) -> list[Examination]:
        """What is found about the computations with these numbers, of which this was known before."""
        counting, failures = Run(), 0
        try:
            plain = dict(zip(numbers, self.laboratory.run(partial(self.compute, numbers), counting), strict=True))
        except Exception as error:
            return self.alone(numbers, before, f"its code cannot be looked into: {_told(error)}")
        open_ = [i for i in numbers if plain[i][2] < 0 and not counting.unseen]
        found: dict[int, list[Sides]] = {i: [] for i in numbers}
        enough = runs_for(self.target, decides=counting.decides)
        for number in range(MOST * enough):
            done = number - failures
            if not open_ or done == min(enough, self.most or enough) or (number and monotonic() > self.until):
                break
            run = Run(Noise((self.seed << 32) + number), 1000 + LONGER * counting.reached)
            try:
                changed = self.laboratory.run(partial(self.compute, open_), run)
            except Exception as error:
                failures += 1
                if failures > 2 + number // MOST:
                    return self.alone(numbers, before, f"with other roundings it fails: {_told(error)}")
                continue
            for i, sides in zip(open_, changed, strict=True):
                found[i].append(sides)
            open_ = [i for i in open_ if not is_plainly_rounding(plain[i], found[i])]
        return [self.concluded(plain[i], before.get(i, plain[i]), found[i], counting) for i in numbers]

    def alone(self, numbers: list[int], before: dict[int, Sides], why: str) -> list[Examination]:
        """Each computation by itself, where one of several fails; the reason for one alone."""
        if len(numbers) > 1:
            return [self.answers([i], before)[0] for i in numbers]
        return [Examination("unclear", why, before.get(numbers[0], (0.0, 0.0, math.nan))[2])]

    def concluded(self, plain: Sides, before: Sides, found: Sequence[Sides], counting: Run) -> Examination:
        """What is found about one computation."""
        if plain[2] >= 0:
            return Examination("roundoff", "run again, it does not fail", plain[2])
        size = spread(plain, found)
        # The bits of a product may depend on where in memory its factors lie; more must not depend on anything.
        if found and before != plain and not abs(before[2] - plain[2]) <= PLAIN * size:
            return Examination("unclear", f"run again it gives {plain[:2]}, not {before[:2]}", plain[2])
        decides, unseen = counting.decides, sorted(counting.unseen)
        label, reason = decided(plain, found, self.target, decides=decides, unseen=unseen)
        sides = (change(plain, found, 0), change(plain, found, 1))
        error = log_error(plain[2], size, len(found), decides=decides)
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
