"""How far the numbers of a trial that is run again may move."""

from __future__ import annotations

import math
from typing import Any

Record = dict[str, Any]

OTHER_MACHINE = 1e-9  # relative: what other processors, libraries and roundings may change, in float64
GPU = 1e-6  # relative: products on a GPU are not summed in one order


def replay_tolerance(accepted: Record, tonight: Record) -> float:
    """How far a pinned trial may move: not at all on one CPU with one set of libraries."""
    if {run.get("device", "cpu") for run in (accepted, tonight)} != {"cpu"}:
        return GPU
    same = all(accepted.get(key) == tonight.get(key) for key in ("host", "versions"))
    return 0.0 if same else OTHER_MACHINE


def moved(relation: str, before: Record, after: Record) -> float:
    """How far the sides of a trial moved, relative to their size; the residual of an equality to that of its sides."""
    pairs = [(float(before[side]), float(after[side])) for side in ("lhs", "rhs")]
    size = max(abs(side) for pair in pairs for side in pair) if relation == "equal" else 0.0
    return max(_distance(a, b, size) for a, b in pairs)


def _distance(a: float, b: float, size: float) -> float:
    """Relative; 0 for equal infinities."""
    if a == b:
        return 0.0
    size = size or max(abs(a), abs(b))
    return abs(a - b) / size if math.isfinite(size) else math.inf
