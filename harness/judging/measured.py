"""The numbers of a record: those of its kind, the shares of terms, and the adversary's score."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from lemmata.judging.kinds import judged
from lemmata.trials.evidence import Evidence
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Trial


def measured(subject: Subject, evidence: Evidence) -> dict[str, Any]:
    """The numbers: constant with interval, or smallest margin; ratio along each axis; adversary's score."""
    facts: dict[str, Any] = {
        "constant": None,
        "interval": None,
        "margin": None,
        "largest_ratio": None,
        "axes": [],
        "dominance": dominance(evidence.iid),
    }
    if not evidence.iid:
        return facts | {"adversary": None}
    return facts | judged(subject).numbers(subject, evidence) | {"adversary": adversary_score(evidence)}


def dominance(trials: Sequence[Trial]) -> dict[str, float]:
    """In which share of the draws each term of the bound, numbered from 1, is the largest; empty for a single term."""
    summed = [trial.terms for trial in trials if trial.terms]
    largest = Counter(terms.index(max(terms)) + 1 for terms in summed)
    return {str(term): largest[term] / len(summed) for term in range(1, len(summed[0]) + 1)} if summed else {}


def adversary_score(evidence: Evidence) -> dict[str, Any] | None:
    """What the adversary found against random search and the known maximum, in the median trial."""
    scored = [trial for trial in evidence.iid if trial.random is not None]
    if not scored:
        return None
    known = [trial.known for trial in scored if trial.known is not None]
    return {
        "found": plain(float(np.median([trial.lhs for trial in scored]))),
        "random": plain(float(np.median([trial.random for trial in scored]))),
        "known": plain(float(np.median(known))) if known else None,
        "weakest": weakest(scored),
    }


def weakest(scored: Sequence[Trial]) -> dict[str, Any] | None:
    """The point at which the adversary found the smallest share of the known extreme, in the median trial there."""
    shares: dict[str, list[float]] = defaultdict(list)
    for trial in scored:
        if trial.known and math.isfinite(trial.known) and trial.known > 0 and trial.lhs > 0:
            shares[trial.draw.point.key].append(min(trial.lhs / trial.known, trial.known / trial.lhs))
    if not shares:
        return None
    point, share = min(((key, float(np.median(found))) for key, found in shares.items()), key=lambda pair: pair[1])
    return {"at": json.loads(point), "share": plain(share)}
