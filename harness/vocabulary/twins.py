"""Twins: what a control makes of a bound, to be measured like the bound itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.words import Bound, Control, Sides


def twin_of(bound: Bound, control: Control) -> Bound:
    """The false or true twin of a bound, as a bound of its own."""
    if control.is_arithmetic:
        trial = _with_other_sides(bound, control.twin)
    elif len(control.arguments) == 1:
        trial = _at_other_parameters(bound.trial, control.twin)
    else:
        trial = control.twin
    return replace(bound, trial=trial, exact=None, cap=None)


def _at_other_parameters(trial: Callable[..., Any], change: Callable[..., Any]) -> Callable[..., Any]:
    """The same trial at parameters that the control changes; a control may also give sides at once."""

    @wraps(trial)  # for the signature, which tells whether a trial is random and batched
    def twin(p: Params | list[Params], *rng: Any) -> Any:
        changed = [change(q) for q in p] if isinstance(p, list) else change(p)
        return trial(changed, *rng) if isinstance(changed, Params | list) else changed

    return twin


def _with_other_sides(bound: Bound, change: Callable[..., Any]) -> Callable[..., Any]:
    """The trial whose sides the control changes."""

    @wraps(bound.trial)
    def twin(p: Params, *rng: Any) -> Any:
        if isinstance(p, list):
            raise TypeError(f"a mixed trial {bound.name!r} of exact sides has no arithmetic control: take (p, rngs)")
        sides = bound.trial(p, *rng)
        lhs, rhs = (sides.lhs, sides.rhs) if isinstance(sides, Sides) else sides
        if isinstance(rhs, tuple) and bound.relation != "equal":
            rhs = sum(rhs)
        return change(p, lhs, rhs)

    return twin
