"""Trials: (claim, parameters, seed) -> both sides of a bound; pure functions that replay alone.

Trials of equal parameters run as one batch; a mixed trial takes any parameters together. A trial's numbers come from
its own generator, so what else is in the batch cannot change its inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from inspect import signature
from numbers import Rational
from typing import TYPE_CHECKING, Any

import numpy as np

from lemmata.sampling.seeds import trial_rngs
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.subject import is_mixed
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Relation, Sides

if TYPE_CHECKING:
    import torch


class TrialError(RuntimeError):
    """A trial gave something that is no pair of sides; the message says where and what to do."""


def run_batch(
    function: Callable[..., Any],
    relation: Relation,
    draws: Sequence[Draw],
    dtype: torch.dtype | None = None,
) -> list[Trial]:
    """Run trials together.

    Args:
        function: the trial, of ``(p)``, ``(p, rng)``, ``(p, rngs)`` or ``(ps, rngs)``.
        relation: how its two sides are compared.
        draws: names of the trials; same root, name and stream, and same parameters unless the trial is mixed.
        dtype: precision, float64 unless given.

    Raises:
        TrialError: if a side is NaN, a bound is infinite or zero, or the shapes do not fit.
    """
    first = draws[0]
    points = [draw.point if dtype is None else draw.point.at(dtype) for draw in draws]
    p = points[0]
    second = (*signature(function).parameters, "")[1]
    if second == "rngs":
        rngs = trial_rngs(first.root, first.name, first.stream, [draw.index for draw in draws])
        sides = _sides(function(points if is_mixed(function) else p, rngs), p)
        return [
            _trial(draw, relation, *_row(sides, i, len(draws), q))
            for i, (draw, q) in enumerate(zip(draws, points, strict=True))
        ]
    trials = []
    for draw in draws:
        if second == "rng":
            given = function(p, trial_rngs(draw.root, draw.name, draw.stream, [draw.index])[0])
        else:
            given = function(p)
        trials.append(_trial(draw, relation, _sides(given, p), p))
    return trials


def _sides(given: Any, p: Params) -> Sides:
    if isinstance(given, Sides):
        return given
    if isinstance(given, tuple) and len(given) == 2:
        return Sides(*given)
    raise TrialError(f"a trial at {p} returned {type(given).__name__}: return (lhs, rhs) or Sides(lhs, rhs)")


def _row(sides: Sides, i: int, batch: int, p: Params) -> tuple[Sides, Params]:
    """The i-th trial of a batch; scalars are shared by all."""

    def pick(side: Any) -> Any:
        if side is None:
            return None
        if isinstance(side, tuple):
            return tuple(pick(term) for term in side)
        shape = np.shape(side) if not hasattr(side, "shape") else tuple(side.shape)
        if not shape:
            return side
        if shape[0] != batch:
            raise TrialError(f"a side has shape {shape} at {p}: its first dimension must be the batch, {batch}")
        return side[i]

    return replace(
        sides, lhs=pick(sides.lhs), rhs=pick(sides.rhs), random=pick(sides.random), known=pick(sides.known)
    ), p


def _trial(draw: Draw, relation: Relation, sides: Sides, p: Params) -> Trial:
    random, known = _optional(sides.random), _optional(sides.known)
    if relation == "equal":
        return _equality(draw, sides, p)
    terms = sides.rhs if isinstance(sides.rhs, tuple) else ()
    rhs = sum(terms) if terms else sides.rhs
    if isinstance(sides.lhs, Rational) and isinstance(rhs, Rational):
        gap = Fraction(rhs) - Fraction(sides.lhs) if relation == "at_most" else Fraction(sides.lhs) - Fraction(rhs)
        return Trial(draw, float(sides.lhs), float(rhs), _toward(gap), is_exact=True, random=random, known=known)
    left, right = _number(sides.lhs, "quantity", p), _number(rhs, "bound", p)
    if math.isinf(right) or right == 0:
        raise TrialError(
            f"the bound is {right} at {p}: no ratio and no margin can be told. "
            "Restrict the axes to where the bound is finite and positive, or use claim.equal"
        )
    margin = right - left if relation == "at_most" else left - right
    return Trial(
        draw, left, right, margin, terms=tuple(_number(t, "term", p) for t in terms), random=random, known=known
    )


def _equality(draw: Draw, sides: Sides, p: Params) -> Trial:
    """Largest absolute difference of two sides of any shape, and their size."""
    left, right = _flat(sides.lhs), _flat(sides.rhs)
    if len(left) != len(right) or not len(left):
        raise TrialError(f"the two sides of an equality have {len(left)} and {len(right)} entries at {p}")
    if all(isinstance(v, Rational) for v in [*left, *right]):
        gap = max(abs(Fraction(a) - Fraction(b)) for a, b in zip(left, right, strict=True))
        size = max(abs(Fraction(v)) for v in [*left, *right])
        return Trial(draw, float(gap), float(size), -abs(_toward(gap)), is_exact=True)
    a, b = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise TrialError(f"a side of the equality is not finite at {p}")
    difference = float(np.max(np.abs(a - b)))
    return Trial(draw, difference, float(max(np.abs(a).max(), np.abs(b).max())), -difference)


def _flat(side: Any) -> list[Any]:
    """The entries of a side, exact numbers kept as they are."""
    if hasattr(side, "detach"):
        return list(side.detach().cpu().double().numpy().ravel())
    if isinstance(side, np.ndarray):
        return list(side.ravel())
    if isinstance(side, (list, tuple)):
        return [entry for part in side for entry in _flat(part)]
    return [side]


def _toward(gap: Fraction) -> float:
    """A float with the sign of the exact gap, even where the gap itself rounds to zero."""
    value = float(gap)
    return value if value or not gap else math.copysign(5e-324, gap.numerator)


def _number(value: Any, what: str, p: Params) -> float:
    if hasattr(value, "shape") and math.prod(value.shape) != 1:
        raise TrialError(f"the {what} has shape {tuple(value.shape)} at {p}: one number a trial is needed")
    number = float(value)
    if math.isnan(number):
        raise TrialError(f"the {what} is NaN at {p}")
    return number


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)
