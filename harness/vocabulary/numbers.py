"""Numbers as records hold them."""

from __future__ import annotations

import math
from typing import Any


def in_words(value: Any) -> str:
    """A parameter for a reader."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def plain(value: float) -> float | str:
    """A number that JSON can hold: infinities become words."""
    value = float(value)
    if math.isnan(value):
        raise ValueError("a measured number is NaN; it should have been refused where it was measured")
    value += 0.0  # no negative zero
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")
