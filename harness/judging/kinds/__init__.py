"""A module for each kind of bound. A new kind is a new file here: everything else asks the kind, and names none.

A module has one object ``KIND``, a :class:`lemmata.judging.kinds.base.Judged`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import cast

from lemmata.judging.kinds.base import Judged
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.discovery import load_claims
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.words import Bound, ClaimError

_NAMES = sorted(module.name for module in iter_modules(__path__) if module.name != "base")
KINDS: dict[str, Judged] = {kind.name: kind for kind in (import_module(f"{__name__}.{name}").KIND for name in _NAMES)}


def kind_of(bound: Bound) -> Judged:
    """The kind that a bound names, or that its facts say.

    Raises:
        ClaimError: if there is no such kind.
    """
    if bound.kind:
        if bound.kind not in KINDS:
            known = ", ".join(KINDS)
            raise ClaimError(f"bound {bound.label!r}", f"there is no kind {bound.kind!r}", f"Name one of: {known}")
        return KINDS[bound.kind]
    return next(kind for kind in KINDS.values() if kind.takes(bound))


def subject_of(claim: Claim, bound: Bound) -> Subject:
    """A bound of a claim with its kind."""
    return Subject(claim, bound, kind_of(bound))


def load_valid_claims(file: Path) -> list[Claim]:
    """Import a claim file and check its claims, what the kinds of their bounds ask among it.

    Raises:
        ClaimError: if a claim is malformed, or the file makes none; whatever the file itself raises passes through.
    """
    claims = load_claims(file)
    for claim in claims:
        validate(claim)
    return claims


def validate(claim: Claim) -> None:
    """Check a finished claim.

    Raises:
        ClaimError: with the field and the remedy, for the first thing that is wrong.
    """
    claim.validate()
    for bound in claim.bounds:
        kind_of(bound).validate(claim, bound)


def judged(subject: Subject) -> Judged:
    """The kind of a subject, of which the judging asks more than those who run its trials."""
    return cast(Judged, subject.kind)
