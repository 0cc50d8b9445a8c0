"""Everything that a claim file needs.

    from lemmata import Axis, Claim

The names are those of ``harness``, under one that no other package has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.claim import Axis, Claim, ClaimError, Condition, Paper, Sides
from harness.parameters import Params
from harness.statistics import Transient
from harness.verdict import Verdict

if TYPE_CHECKING:
    from harness.recompute import recompute

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


def __getattr__(name: str) -> Any:
    """Import what computes when it is asked for: a claim file that is only read needs none of it."""
    if name == "recompute":
        from harness.recompute import recompute

        return recompute
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
