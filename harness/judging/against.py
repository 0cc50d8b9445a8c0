"""How strong the evidence against a refuted statement is, in one unit for all kinds: the e-value.

It is what a bet against the statement would have won per unit; the expectation is at most one if the statement is true.
The share of the error that a look and an epoch may spend is taken off, so that all may be read every night.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from lemmata.vocabulary.error_rates import ALPHA, calibrate
from lemmata.vocabulary.verdict import Finding

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence

# Parts of alpha at which a trend is judged again; a smaller p-value than the last gives no larger e-value.
_FINER = (1e-1, 1e-2, 1e-4, 1e-8, 1e-16)


def calibrated(judge: Callable[[Evidence], list[Finding]], evidence: Evidence) -> float:
    """The e-value 1 / (2 sqrt(p)) of a verdict on growth, p the smallest of a list of errors at which it is given.

    Args:
        judge: gives the findings on evidence whose look has another share of the error.
        evidence: on which the verdict was refuting.
    """
    p = ALPHA
    for part in _FINER:
        share = part * evidence.look.share
        again = judge(replace(evidence, look=replace(evidence.look, share=share)))
        if not any(finding.verdict.is_alarm for finding in again):
            break
        p = part * ALPHA
    return calibrate(p)
