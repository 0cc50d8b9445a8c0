"""Everything that a claim file needs.

    from lemmata import Axis, Claim

The names are those of ``harness``, under one that no other package has.
"""

from __future__ import annotations

from harness.claim import Axis, Claim, ClaimError, Condition, Paper, Sides
from harness.parameters import Params
from harness.recompute import recompute
from harness.statistics import Transient
from harness.verdict import Verdict

__all__ = [
    "Axis",
    "Claim",
    "ClaimError",
    "Condition",
    "Paper",
    "Params",
    "Sides",
    "Transient",
    "Verdict",
    "recompute",
]
