"""A trial as a row of plain values: how it travels between processes and is stored."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

from lemmata.vocabulary.trial import Trial


class TrialRow(NamedTuple):
    """One trial as it is stored; ``params`` and ``terms`` are JSON texts, numbers that are absent are None.

    ``position`` is the index in the stream: a tuple has a method of that name.
    """

    root: int
    stream: str
    position: int
    params: str
    lhs: float
    rhs: float
    margin: float
    is_exact: bool = False
    terms: str | None = None
    random: float | None = None
    known: float | None = None
    certification: str = "none"

    @classmethod
    def of(cls, trial: Trial, certification: str = "none") -> TrialRow:
        """The row of a trial that was run."""
        draw = trial.draw
        terms = json.dumps([_word(term) for term in trial.terms], allow_nan=False) if trial.terms else None
        return cls(
            draw.root,
            draw.stream,
            draw.index,
            draw.point.key,
            trial.lhs,
            trial.rhs,
            trial.margin,
            trial.is_exact,
            terms,
            trial.random,
            trial.known,
            certification,
        )


def _word(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
