"""How strong the evidence against a refuted statement is, in one unit for all kinds: the e-value."""

from __future__ import annotations

import math
from dataclasses import replace

from lemmata.judging.judge import judge
from lemmata.statistics.suites import calibrate
from lemmata.trials.evidence import Evidence
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.verdict import ALPHA, Finding
from lemmata.vocabulary.words import Bound

# Parts of alpha at which a trend is judged again; a smaller p-value than the last gives no larger e-value.
_FINER = (1e-1, 1e-2, 1e-4, 1e-8, 1e-16)


def e_value(claim: Claim, bound: Bound, evidence: Evidence, findings: list[Finding]) -> float | None:
    """What a bet against the statement would have won per unit; the expectation is at most one if it is true.

    A certified violation of a bound that has to hold always leaves no chance: inf. A probability has its e-process. A
    verdict on growth has a p-value, the smallest of a list of errors at which it would still be given, and so the
    e-value 1 / (2 sqrt(p)). The share of the error that a look and an epoch may spend is taken off, so that all may be
    read every night.

    Args:
        claim: whose bound it is.
        bound: which was judged.
        evidence: what it was judged on.
        findings: what `judge` made of it.

    Returns:
        None where nothing is refuted.
    """
    if not any(finding.verdict.is_alarm for finding in findings):
        return None
    if bound.kind == "probability":
        levels = [float(finding.facts["e_against"]) for finding in findings if "e_against" in finding.facts]
        return evidence.look.share * max(levels) / len(levels)
    if bound.kind in {"identity", "explicit"}:
        return math.inf
    p = ALPHA
    for part in _FINER:
        share = part * evidence.look.share
        again = judge(claim, bound, replace(evidence, look=replace(evidence.look, share=share)))
        if not any(finding.verdict.is_alarm for finding in again):
            break
        p = part * ALPHA
    return calibrate(p)
