"""From what a trial returns to two real numbers and a margin; nothing that is no real number is taken for one."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Relation, Sides

COUNTED = 2**53  # from here on not every integer is a float
SMALLEST, LARGEST = 5e-324, sys.float_info.max
REAL = "Return real numbers: float, int or Fraction, or arrays and tensors of real numbers"


class TrialError(RuntimeError):
    """A trial gave something that is no pair of sides; the message says which trial, what, and what to do."""

    def __init__(self, problem: str, draw: Draw | None = None) -> None:
        self.problem, self.draw = problem, draw
        super().__init__(problem if draw is None else f"{problem} ({name_of(draw)})")


def name_of(draw: Draw) -> str:
    """Which trial this is, for a person."""
    where = ", ".join(f"{name}={value!r}" for name, value in draw.point.items())
    return f"trial {draw.index} of stream {draw.stream} at {where}; root seed {draw.root}"


def sides_of(given: Any) -> Sides:
    """What a trial returned, as sides.

    Raises:
        TrialError: if it is no pair.
    """
    if isinstance(given, Sides):
        return given
    if isinstance(given, tuple) and len(given) == 2:
        return Sides(*given)
    raise TrialError(f"a trial returned {type(given).__name__}: return (lhs, rhs) or Sides(lhs, rhs)")


def row(sides: Sides, i: int, batch: int) -> Sides:
    """The i-th trial of a batch; scalars are shared by all.

    Raises:
        TrialError: if a first dimension is not the batch.
    """

    def pick(side: Any) -> Any:
        if isinstance(side, tuple):
            return tuple(map(pick, side))
        if side is None or isinstance(side, str | bytes):
            return side
        shape = _shape(side) if isinstance(side, list) else tuple(getattr(side, "shape", ()))
        if not shape:
            return side
        if shape[0] != batch:
            raise TrialError(f"a side has shape {shape}: its first dimension must be the batch, {batch}")
        return side[i]

    picked = {name: pick(getattr(sides, name)) for name in ("lhs", "rhs", "random", "known")}
    return replace(sides, **picked)


def trial_of(draw: Draw, relation: Relation, sides: Sides) -> Trial:
    """The trial that these sides make.

    Raises:
        TrialError: if a side is no real number, NaN, or a bound is infinite or zero.
    """
    if relation == "equal":
        return _equality(draw, sides)
    terms = sides.rhs if isinstance(sides.rhs, tuple) else ()
    lhs = _number(sides.lhs, "quantity")
    values = [_number(term, "term of the bound") for term in terms] or [_number(sides.rhs, "bound")]
    rhs = sum(values)
    random, known = (
        None if side is None else _float(_number(side, what))
        for side, what in ((sides.random, "random"), (sides.known, "known"))
    )
    left, right, is_exact = _float(lhs), _float(rhs), isinstance(lhs, Fraction) and not isinstance(rhs, float)
    gap = rhs - lhs if relation == "at_most" else lhs - rhs
    if not is_exact and (math.isinf(right) or right == 0):
        raise TrialError(
            f"the bound is {right}: no ratio and no margin can be told. "
            "Restrict the axes to where the bound is finite and positive, or use claim.equal"
        )
    margin = _signed(Fraction(gap)) if is_exact else float(gap)
    return Trial(draw, left, right, margin, is_exact, tuple(map(_float, values)) if terms else (), random, known)


def _equality(draw: Draw, sides: Sides) -> Trial:
    """Largest absolute difference of two sides of one shape, and their size."""
    shapes = _shape(sides.lhs), _shape(sides.rhs)
    if shapes[0] != shapes[1]:
        raise TrialError(f"the sides of the equality have shapes {shapes[0]} and {shapes[1]}: give them one shape")
    left, right = _column(sides.lhs), _column(sides.rhs)
    if not len(left):
        raise TrialError("the sides of the equality have no entries: leave out the parameters where they are empty")
    exact = [[v for v in side if isinstance(v, Fraction)] for side in (left, right)]
    if exact == [left, right]:
        gap = max(abs(a - b) for a, b in zip(*exact, strict=True))
        size = max(abs(v) for side in exact for v in side)
        return Trial(draw, _float(gap), _float(size), -_signed(gap), is_exact=True)
    a, b = (np.array([_float(v) for v in side]) for side in (left, right))
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise TrialError("a side of the equality is not finite: rescale it, or compare logarithms")
    difference = float(np.max(np.abs(a - b)))
    return Trial(draw, difference, float(max(np.abs(a).max(), np.abs(b).max())), -difference)


def _shape(side: Any) -> tuple[int, ...]:
    """The shape of a number, array, tensor, or list of such.

    Raises:
        TrialError: if a list is ragged.
    """
    if not isinstance(side, list | tuple):
        return tuple(getattr(side, "shape", ()))
    inner = {_shape(part) for part in side}
    if len(inner) > 1:
        raise TrialError(f"a side is a ragged list, of parts with shapes {sorted(inner)}: give them one shape")
    return (len(side), *(inner.pop() if inner else ()))


def _column(side: Any) -> list[Fraction | float]:
    """The entries of a side, exact numbers kept as they are.

    Raises:
        TrialError: if one is no real number.
    """
    if isinstance(side, list | tuple):
        return [entry for part in side for entry in _column(part)]
    array = side.detach().cpu() if hasattr(side, "detach") else side
    if not hasattr(array, "shape") or not array.shape:
        return [_number(side, "side")]
    if _kind(array) == "object":
        return [_number(entry, "side") for entry in array.ravel()]
    floats = array.double().numpy() if hasattr(array, "double") and array.is_floating_point() else np.asarray(array)
    ordered = floats.dtype.kind in "iuf"
    for extreme in ((floats.max(), floats.min()) if ordered else floats.flat[:1]) if floats.size else ():
        _number(extreme, "side")  # all entries have one type, and NaN is the largest where there is one
    return list(map(float, floats.ravel()))


def _number(value: Any, what: str) -> Fraction | float:
    """A real number: a Fraction where it is exact.

    Raises:
        TrialError: if it is none, is NaN, or is an integer of numpy or torch that may have wrapped around.
    """
    if hasattr(value, "shape") and math.prod(value.shape) != 1:
        raise TrialError(f"the {what} has shape {tuple(value.shape)}: one number a trial is needed")
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "detach"):
        return _of_array(value, what)
    if isinstance(value, bool | complex | str | bytes):
        raise TrialError(f"the {what} is {value!r}, of type {type(value).__name__}. {REAL}")
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise TrialError(f"the {what} is {value!r}, of type {type(value).__name__}. {REAL}") from None
    if math.isnan(number):
        raise TrialError(f"the {what} is NaN")
    return number


def _of_array(value: Any, what: str) -> Fraction | float:
    """The number in an array, numpy scalar or tensor of one entry."""
    kind, item = _kind(value), value.item()
    if kind == "object":
        return _number(item, what)
    if kind.startswith(("int", "uint")):
        if abs(item) >= COUNTED:
            raise TrialError(
                f"the {what} is {item}, of type {kind}: its integers wrap around, and from 2^53 on not all are floats. "
                "Compute it with int or Fraction of Python, which are exact, or as a float"
            )
        return float(item)
    if not kind.startswith(("float", "bfloat", "longdouble")):
        raise TrialError(f"the {what} is {item!r}, of type {kind}. {REAL}")
    if math.isnan(item):
        raise TrialError(f"the {what} is NaN")
    return float(item)


def _kind(array: Any) -> str:
    """The name of the type of its entries, the same for numpy and torch."""
    return str(array.dtype).removeprefix("torch.")


def _float(value: Fraction | float) -> float:
    """The nearest float of a finite number, however large."""
    try:
        return float(value)
    except OverflowError:
        return LARGEST if value > 0 else -LARGEST


def _signed(gap: Fraction) -> float:
    """A float with the sign of the exact gap, even where the gap itself rounds to zero."""
    return _float(gap) or (math.copysign(SMALLEST, gap) if gap else 0.0)
