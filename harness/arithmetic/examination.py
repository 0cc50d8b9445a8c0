"""Is a negative margin mathematics, or the rounding of the code that computed it?

The trial is run again, K times, with every operation's result moved at random by about its rounding error (Monte Carlo
arithmetic: Parker 1997). The margin of the code as written is the true one plus an error of which the K changes of the margin
are samples, on a scale that is larger rather than smaller. A margin that is many of these changes below zero is real.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sys import getrecursionlimit, setrecursionlimit
from time import monotonic
from typing import Any, Literal, Self

from .noise import Noise
from .operations import OPERATIONS
from .reach import Reach
from .runs import Run
from .tensors import ShakenTensors

Label = Literal["real", "roundoff", "unclear"]
Sides = tuple[float, float, float]

TARGET = math.log(2e-6)
"""Log of the probability with which a margin that is not negative may be called real."""
UNDERSTATED = 2.0
"""The factor by which typical changes may be smaller than the error of the code. They are made larger on purpose."""
FLIPS = 0.25
"""How often, at least, a run takes the other side of a decision (a comparison, a floor) that rounding took wrongly."""
QUICK, PLAIN = 2.0, 4.0
"""A margin of so few typical changes is round-off: after three runs, and after twelve."""
LONGER = 20
"""Times the operations of the run without noise, and a thousand more, after which a run is given up."""


@dataclass(frozen=True)
class Examination:
    """What was found about a margin.

    Attributes:
        label: ``real``, ``roundoff`` or ``unclear``.
        reason: why, in words.
        margin: of the code as written.
        spread: root mean square of the changes of the margin.
        sides: the same of the two sides.
        runs: how many changed ones it rests on.
        reached: operations that round, in a run.
        log_error: log of the probability that a margin that is not negative is called real.
    """

    label: Label
    reason: str
    margin: float
    spread: float = 0.0
    sides: tuple[float, float] = (0.0, 0.0)
    runs: int = 0
    reached: int = 0
    log_error: float = 0.0


def examine(
    compute: Callable[[], Sides],
    functions: Sequence[Callable[..., Any]],
    seed: int = 0,
    target: float = TARGET,
    seconds: float = math.inf,
) -> Examination:
    """Tell whether the negative margin of a computation is real.

    Args:
        compute: gives both sides and the margin; runs the trial anew, from the same random numbers, at each call.
        functions: of the user, that ``compute`` runs: the trial, and what wraps it.
        seed: of the moves, not negative.
        target: log of the error with which ``real`` may be said.
        seconds: after which no further run is begun.

    Returns:
        The label and what it rests on; whatever goes wrong in a run makes it ``unclear``, never an error.
    """
    until = monotonic() + seconds
    try:
        plain = compute()
    except Exception as error:
        return Examination("unclear", f"it fails when it is run again: {_told(error)}", math.nan)
    if plain[2] >= 0:
        return Examination("roundoff", "run again, alone, it does not fail", plain[2])
    with _Laboratory(functions) as laboratory:
        counting = Run()
        try:
            same = laboratory.run(compute, counting)
        except Exception as error:
            return Examination("unclear", f"its code cannot be looked into: {_told(error)}", plain[2])
        found, failures = [], []
        limit = 1000 + LONGER * counting.reached
        enough = math.ceil((target - math.log(2)) / math.log1p(-FLIPS))
        for number in range(enough):
            if number and monotonic() > until:
                break
            try:
                found.append(laboratory.run(compute, Run(Noise((seed << 32) + number), limit)))
            except Exception as error:
                failures.append(_told(error))
                if len(failures) > 2 + number // 4:
                    return Examination("unclear", f"with other roundings it fails: {failures[-1]}", plain[2])
            if len(found) >= 3 and _is_plainly_rounding(plain, found):
                break
        # The bits of a product may depend on where in memory its factors lie.
        again = abs(same[2] - plain[2])
        if found and again > PLAIN * _spread(plain, found):
            return Examination("unclear", f"run again it gives {same[:2]}, not {plain[:2]}", plain[2])
        return _concluded(plain, found, counting, target)


class _Laboratory:
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

    def run(self, compute: Callable[[], Sides], run: Run) -> Sides:
        """Both sides and the margin, with the noise of this run."""
        self._reach.start(run)
        for function in self._functions:
            self._reach.look_into(function)
        OPERATIONS.attach(run, self._reach)
        try:
            with warnings.catch_warnings(), ShakenTensors(run):
                warnings.simplefilter("ignore")
                return compute()
        finally:
            OPERATIONS.attach(None, self._reach)


def given(value: Any) -> Any:
    """A number that a trial is given, as this run takes it: moved by an ulp if its decimals are no binary number."""
    return OPERATIONS.constant(value)


def _is_plainly_rounding(plain: Sides, found: Sequence[Sides]) -> bool:
    return -plain[2] <= (QUICK if len(found) < 12 else PLAIN) * _spread(plain, found) < math.inf


def _concluded(plain: Sides, found: Sequence[Sides], counted: Run, target: float) -> Examination:
    runs, spread = len(found), _spread(plain, found)
    log_error = _log_error(plain[2], spread, runs)
    label: Label = "unclear"
    if counted.unseen:
        reason = f"the code of {sorted(counted.unseen)[0]} cannot be read"
    elif not math.isfinite(spread):
        reason = "with other roundings it is not finite"
    elif runs and _is_plainly_rounding(plain, found):
        label, reason = "roundoff", f"other roundings change the margin by {spread:.2g}"
    elif log_error <= target:
        label, reason = "real", f"in {runs} runs with other roundings the margin changes by {spread:.2g}"
    else:
        reason = f"{runs} runs with other roundings, which change the margin by {spread:.2g}, do not tell"
    sides = (_change(plain, found, 0), _change(plain, found, 1))
    return Examination(label, reason, plain[2], spread, sides, runs, counted.reached, log_error)


def _spread(plain: Sides, found: Sequence[Sides]) -> float:
    """Typical change of the margin, and at least the rounding of its own subtraction.

    Changes are taken from the margin of the code as written. Around their own mean they would be too small where
    the margin is the size of an error (a norm, a largest entry): such a size hardly varies, though it is all error.
    """
    return max(_change(plain, found, 2), 2.0**-53 * max(abs(plain[0]), abs(plain[1])), 5e-324)


def _change(plain: Sides, found: Sequence[Sides], part: int) -> float:
    if not found:
        return 0.0
    changes = [0.0 if sides[part] == plain[part] else abs(sides[part] - plain[part]) for sides in found]
    largest = max(changes) if not any(map(math.isnan, changes)) else math.inf
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(sum((change / largest) ** 2 for change in changes) / len(changes))


def _log_error(margin: float, spread: float, runs: int) -> float:
    """Bound on the log of the probability that so low a margin is the error of one that is not negative.

    Two ways to be wrong are added. The error is a normal number of which ``runs`` samples have this spread, up to the
    factor by which it may be understated: Student's t with so many degrees of freedom, by P(T > t) <= x^a / (2 a B(a, 1/2)
    sqrt(1 - x)) with a = runs/2, x = runs/(runs + t^2). Or it comes of a decision that rounding took wrongly, and no run the
    other way.
    """
    flips = runs * math.log1p(-FLIPS)
    if not runs or not math.isfinite(spread):
        return 0.0
    t = -margin / spread / UNDERSTATED
    if math.isinf(t):
        return flips
    a, x = runs / 2, runs / (runs + t * t)
    if t < 1:
        return 0.0
    log_beta = math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)
    tail = a * math.log(x) - math.log(2 * a) - log_beta - 0.5 * math.log1p(-x)
    return min(0.0, max(tail, flips) + math.log1p(math.exp(-abs(tail - flips))))


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
