"""From changes of a margin to a word: ``real``, ``roundoff`` or ``unclear``.

The margin of the code as written is the true one plus an error. The changes that other roundings make to it are
samples of such errors, on a scale that is larger rather than smaller (the moves are larger than roundings are). A
margin that is many of these changes below zero is real.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Label = Literal["real", "roundoff", "unclear"]
Sides = tuple[float, float, float]
"""Left side, right side and margin."""

UNDERSTATED = 2.0
"""The factor by which the changes may be smaller than the errors of the code."""
MOVES, FLIPS = 0.5, 0.25
"""How often, at least, a run moves the result of an operation; and differs where rounding decided something."""
QUICK, PLAIN = 2.0, 4.0
"""A margin of so few typical changes is round-off: after two runs, and after twelve."""
LEAST, MANY = 2, 12


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

    @property
    def size(self) -> float:
        """The margin in units of its typical change."""
        return -self.margin / self.spread if self.spread else math.inf


def runs_for(target: float, *, decides: bool) -> int:
    """How many runs it takes to call a margin real with an error whose log is ``target``."""
    return max(LEAST, math.ceil((target - math.log(2)) / _log_alike(decides)))


def is_plainly_rounding(plain: Sides, found: Sequence[Sides]) -> bool:
    """Do other roundings change the margin by about as much as it is?"""
    if len(found) < LEAST:
        return False
    return -plain[2] <= (QUICK if len(found) < MANY else PLAIN) * spread(plain, found) < math.inf


def decided(
    plain: Sides, found: Sequence[Sides], target: float, *, decides: bool, unseen: Sequence[str] = ()
) -> tuple[Label, str]:
    """The word for a margin, and why.

    Args:
        plain: both sides and the margin of the code as written.
        found: the same with other roundings.
        target: log of the error with which ``real`` may be said.
        decides: does the code decide anything by numbers that round?
        unseen: code that could not be looked into, whose roundings are in no run.
    """
    size, runs = spread(plain, found), len(found)
    if unseen:
        return "unclear", f"the code of {unseen[0]} cannot be read"
    if not math.isfinite(size):
        return "unclear", "with other roundings it is not finite"
    if is_plainly_rounding(plain, found):
        return "roundoff", f"other roundings change the margin by {size:.2g}"
    told = f"{runs} runs with other roundings change the margin by {size:.2g}"
    return ("real" if log_error(plain[2], size, runs, decides=decides) <= target else "unclear"), told


def spread(plain: Sides, found: Sequence[Sides]) -> float:
    """Typical change of the margin, and at least the rounding of its own subtraction.

    Changes are taken from the margin of the code as written. Around their own mean they would be too small where
    the margin is the size of an error (a norm, a largest entry): such a size hardly varies, though it is all error.
    """
    sizes = [abs(side) for side in plain[:2] if math.isfinite(side)]
    return max(change(plain, found, 2), 2.0**-53 * max(sizes, default=0.0), 5e-324)


def change(plain: Sides, found: Sequence[Sides], part: int) -> float:
    """Root mean square of the changes of a side or the margin; infinite where one is no number."""
    changes = [0.0 if sides[part] == plain[part] else abs(sides[part] - plain[part]) for sides in found]
    if any(map(math.isnan, changes)):
        return math.inf
    largest = max(changes, default=0.0)
    if largest == 0 or math.isinf(largest):
        return largest
    return largest * math.sqrt(sum((c / largest) ** 2 for c in changes) / len(changes))


def log_error(margin: float, size: float, runs: int, *, decides: bool) -> float:
    """Bound on the log of the probability that so low a margin is the error of one that is not negative.

    Two ways to be wrong are added. The error is a normal number of which ``runs`` samples have the root mean square
    ``size``, up to the factor by which it may be understated: Student's t, by the inequality
    P(T > t) <= x^a / (2 a B(a, 1/2) sqrt(1 - x)) with a = runs/2 and x = runs/(runs + t^2). Or what matters was the
    same in all runs: the rounding of one operation, which no run moved, or what it decided, and no run otherwise.
    """
    t = -margin / size / UNDERSTATED
    if not runs or not t >= 1:
        return 0.0
    alike = runs * _log_alike(decides)
    if math.isinf(t):
        return alike
    a, x = runs / 2, runs / (runs + t * t)
    log_beta = math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)
    tail = a * math.log(x) - math.log(2 * a) - log_beta - 0.5 * math.log1p(-x)
    return min(0.0, max(tail, alike) + math.log1p(math.exp(-abs(tail - alike))))


def _log_alike(decides: bool) -> float:
    return math.log1p(-FLIPS if decides else -MOVES)
