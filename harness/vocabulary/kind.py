"""Kinds of bounds, as far as those ask who plan and run trials; ``judging/kinds`` has one module for each kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lemmata.vocabulary.claim import Claim
    from lemmata.vocabulary.trial import Draw, Trial
    from lemmata.vocabulary.words import Bound

Counts = Mapping[str, tuple[int, int, int, int]]
"""At each point: failures that are real and draws, up to the moment at which they refuted; failures that may be real,
and draws."""
NO_COUNTS: Counts = MappingProxyType({})


class Kind:
    """What sets a kind of bounds apart; these are the answers of one whose trials are only run.

    Attributes:
        name: the word for it in records.
        covers: are its trials also spread over the whole box, between the rungs?
        per_point: does every point need draws of its own, instead of a share?
        trial_refutes: can a single trial refute it? Then a search for one makes sense, and what fails is examined.
        fixed_size: is its test made for a number of draws that is fixed before?
        counts: does it rest on numbers of failures, which outlive the trials?
        hangs_on_digits: can the fourth digit of a trial decide?
        by_chance: does an accusation rest on draws, so that it counts in the error budget?
        unit: what its ratios are held against: ``bound`` or ``constant``.
    """

    name: str = ""
    covers: bool = False
    per_point: bool = False
    trial_refutes: bool = False
    fixed_size: bool = False
    counts: bool = False
    hangs_on_digits: bool = True
    by_chance: bool = True
    unit: str = "bound"

    def takes(self, bound: Bound) -> bool:
        """Is a bound of this kind, by its facts?"""
        return False

    def validate(self, claim: Claim, bound: Bound) -> None:
        """Check what only a bound of this kind has to have.

        Raises:
            ClaimError: with the field and the remedy.
        """

    def badness(self, bound: Bound, trial: Trial) -> float:
        """How bad a trial is for its bound; what a search climbs. Here what it misses, in parts of the bound."""
        return -trial.margin / abs(trial.rhs) if trial.rhs else -trial.margin

    def unsettled(
        self, bound: Bound, trials: Sequence[Trial], labels: Mapping[Draw, str], counts: Counts, share: float
    ) -> list[Trial]:
        """Failures that have to be examined next; none where what is left cannot change the verdict.

        Args:
            bound: what is claimed.
            trials: what was run.
            labels: what was said of failures: ``real``, ``roundoff`` or ``unclear``.
            counts: at each point, of the nights before.
            share: the factor on alpha.
        """
        return []

    def is_doubtful(self, trial: Trial, nearly: float) -> bool:
        """Must a trial of float32 be run again in float64, since it fails, or would by that part of its bound?

        Growth of a ratio does not hang on its fourth digit, but on infinities.
        """
        if self.hangs_on_digits:
            return not trial.margin > nearly * abs(trial.rhs)
        return not math.isfinite(trial.lhs)


UNJUDGED = Kind()
