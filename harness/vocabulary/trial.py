"""Trials as plain data: the name of one, and what it measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.words import Relation


@dataclass(frozen=True)
class Draw:
    """The name of a trial: what is sampled, where, and with which seed."""

    root: int
    name: str
    stream: str
    index: int
    point: Params


@dataclass(frozen=True)
class Trial:
    """What one trial measured.

    Attributes:
        draw: its name, from which it can be run again.
        lhs: the quantity; for an equality the largest absolute difference of the sides.
        rhs: the bound; for an equality the size of what is compared.
        margin: how far the inequality is from failing, in the units of the sides; negative when it fails.
        is_exact: were the sides rational numbers, so that the margin has no rounding?
        terms: the terms of the bound, when it has several.
        random: what random search found in place of the adversary.
        known: the true extreme value, where known.
    """

    draw: Draw
    lhs: float
    rhs: float
    margin: float
    is_exact: bool = False
    terms: tuple[float, ...] = ()
    random: float | None = None
    known: float | None = None


def log_ratio(trial: Trial, relation: Relation) -> float:
    """The number y = log(Q/B) of an upper bound, log(B/Q) of a lower one; +inf where Q diverged or vanished.

    A lower bound is missed by any factor where its quantity is zero or negative.
    """
    above, below = (trial.rhs, trial.lhs) if relation == "at_least" else (trial.lhs, trial.rhs)
    if below == 0 or above == math.inf or (relation == "at_least" and below < 0 < above):
        return math.inf
    if above <= 0 or math.isinf(below):
        return -math.inf
    return math.log(above / below)
