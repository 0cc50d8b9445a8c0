"""Is a negative margin mathematics or rounding? A ladder of precisions decides."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite, sqrt
from typing import Literal

Certificate = Literal["real", "roundoff", "unclear"]

# Times by which a margin must exceed what rounding can still do to it.
_SAFETY = 64.0


def certify(evaluations: Sequence[tuple[float, float, float]]) -> Certificate:
    """Judge a margin B - Q, or -|residual| of an identity, from evaluations at rising precision.

    The last step predicts what is still to change: last change times the ratio of the last two eps.

    Args:
        evaluations: (eps, margin, scale) per precision, eps falling: unit round-off, B - Q, and the size of
            the numbers that were subtracted. eps = 0 stands for exact arithmetic.

    Returns:
        "real" if the margin is negative by more than 64 times (what is still to change + eps scale);
        "roundoff" if the most precise margin is not negative, or its size falls with eps at each step, at
        least like sqrt(eps); "unclear" otherwise: evaluate more precisely and ask again.

    Raises:
        ValueError: if there are fewer than two evaluations, eps does not fall, or a number is not finite.
    """
    if len(evaluations) < 2:
        raise ValueError(f"a certificate compares at least two precisions, got {len(evaluations)}")
    if not all(isfinite(x) for evaluation in evaluations for x in evaluation):
        raise ValueError(f"margins and scales must be finite, got {list(evaluations)}")
    steps = list(pairwise(evaluations))
    if not all(0 <= fine[0] < coarse[0] for coarse, fine in steps):
        raise ValueError(f"eps must fall from one evaluation to the next, got {[e[0] for e in evaluations]}")
    (eps_before, before, _), (eps, margin, scale) = steps[-1]
    if margin < -_SAFETY * (abs(margin - before) * eps / eps_before + eps * abs(scale)):
        return "real"
    shrinks = all(abs(fine[1]) <= abs(coarse[1]) * sqrt(fine[0] / coarse[0]) for coarse, fine in steps)
    return "roundoff" if margin >= 0 or shrinks else "unclear"
