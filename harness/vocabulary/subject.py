"""The bound at hand, with its claim, its kind, and the control whose twin it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.kind import UNJUDGED, Kind
from lemmata.vocabulary.parameters import Number, Params
from lemmata.vocabulary.trial import Trial
from lemmata.vocabulary.twins import twin_of
from lemmata.vocabulary.words import Bound, Control


@dataclass(frozen=True)
class Subject:
    """What is planned, run and judged: a bound of a claim in one reading, or what a control makes of it.

    Attributes:
        claim: whose bound it is.
        bound: what is claimed; for a twin, what the twin claims.
        kind: how it is judged; who only runs its trials needs none.
        control: name of the control whose twin it is; empty for the bound itself.
        never_draws: does its trial take a generator and never draw from it?
    """

    claim: Claim
    bound: Bound
    kind: Kind = UNJUDGED
    control: str = ""
    never_draws: bool = False

    @property
    def name(self) -> str:
        """The name from which the seeds of its trials are derived."""
        name = f"{self.claim.id}[{self.bound.reading}:{self.bound.name}]"
        return name + (f"!{self.control}" if self.control else "")

    @property
    def is_random(self) -> bool:
        """Does a trial of it depend on a seed?"""
        return is_random(self.bound.trial) and not self.never_draws

    @property
    def is_mixed(self) -> bool:
        """Does a trial of it take a batch of different parameters, as ``(ps, rngs)``?"""
        return is_mixed(self.bound.trial)

    @property
    def is_false_twin(self) -> bool:
        """Is it a twin that has to be caught?"""
        return any(c.name == self.control and c.must_be_caught for c in self.claim.controls_of(self.bound))

    def params(self, free: Mapping[str, Number]) -> Params:
        """Parameters at the given free coordinates."""
        return self.claim.params(free)

    def badness(self, trial: Trial) -> float:
        """How bad a trial is for the bound."""
        return self.kind.badness(self.bound, trial)

    def twin(self, control: Control) -> Subject:
        """The false or true twin that a control makes of the bound."""
        never_draws = self.never_draws and control.is_arithmetic  # which reuses the draws
        return replace(self, bound=twin_of(self.bound, control), control=control.name, never_draws=never_draws)

    def everywhere(self) -> Subject:
        """The same without the regime of its claim."""
        free = replace(self.claim, regime=())
        free.bounds, free.controls, free.file = self.claim.bounds, self.claim.controls, self.claim.file
        return replace(self, claim=free)


def is_random(function: Callable[..., Any]) -> bool:
    """Does a trial depend on a seed?"""
    return len(signature(function).parameters) == 2


def is_batched(function: Callable[..., Any]) -> bool:
    """Does a trial take the generators of a batch, as ``(p, rngs)`` or ``(ps, rngs)``?"""
    return [*signature(function).parameters][1:] == ["rngs"]


def is_mixed(function: Callable[..., Any]) -> bool:
    """Does a trial take a batch of different parameters, as ``(ps, rngs)``?"""
    return next(iter(signature(function).parameters), "") == "ps"
