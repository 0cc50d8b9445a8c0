"""Bounds on a quantile from order statistics: exact for every distribution, with ties and infinities.

The number of draws at or below the quantile q_tau is Binomial(n, tau), so y_(r) > q_tau has a probability
that a binomial sum gives. The anytime ranks replace the sum by the mixture e-value of `binomial`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from math import ceil, floor, isfinite, log
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lemmata.statistics.binomial import log_e

# Weight of the prior of the anytime ranks, in draws: tightest near n = 1000.
_PRIOR_DRAWS = 50.0


class QuantileBounds(NamedTuple):
    """Bounds on a quantile; infinite where n draws cannot give one."""

    low: float
    estimate: float
    high: float


@lru_cache(maxsize=8192)
def quantile_ranks(n: int, tau: float, alpha: float, anytime: bool = False) -> tuple[int, int]:
    """Ranks (r, s), counted from 1, with y_(r) <= q_tau and q_tau <= y_(s), each with error at most alpha.

    Args:
        n: number of draws.
        tau: quantile level in (0, 1).
        alpha: error of each side.
        anytime: hold for all n at once (for pooled data that is looked at again and again).

    Returns:
        r = 0 or s = n + 1 where n draws give no such bound.

    Raises:
        ValueError: if tau or alpha is not inside (0, 1).
    """
    if not (0 < tau < 1 and 0 < alpha < 1):
        raise ValueError(f"tau and alpha must lie inside (0, 1), got tau = {tau}, alpha = {alpha}")
    if anytime:
        goal, prior = -log(alpha), (_PRIOR_DRAWS * tau, _PRIOR_DRAWS * (1 - tau))
        below, above = (log_e(np.arange(n + 1), n, tau, side, prior) < goal for side in (False, True))
        return int(np.argmax(below)), int(np.count_nonzero(above))
    # y_(r) > q_tau means that at most r - 1 draws are <= q_tau; y_(s) < q_tau that at least s are below it.
    r = bisect_right(range(n), alpha, key=lambda k: float(special.bdtr(k, n, tau)))
    s = 1 + bisect_left(range(n), -alpha, key=lambda k: -float(special.bdtrc(k, n, tau)))
    return r, s


def quantile_bounds(y: ArrayLike, tau: float, alpha: float, anytime: bool = False) -> QuantileBounds:
    """Bounds on the tau-quantile of independent draws; each side has error at most alpha.

    Args:
        y: draws, shape [n], n >= 1; infinities are allowed.
        tau: quantile level in (0, 1).
        alpha: error of each side.
        anytime: see `quantile_ranks`.

    Raises:
        ValueError: if y is empty or holds a NaN.
    """
    y = np.sort(np.asarray(y, np.float64))
    n = y.size
    if n == 0 or np.isnan(y[-1]):  # NaN sorts last
        raise ValueError(f"a quantile needs draws that are numbers, got {n} of which {np.isnan(y).sum()} NaN")
    r, s = quantile_ranks(n, float(tau), float(alpha), anytime)
    low = float(y[r - 1]) if r >= 1 else -np.inf
    high = float(y[s - 1]) if s <= n else np.inf
    # Median-unbiased plotting position, between two order statistics.
    position = min(max((n + 1 / 3) * tau - 2 / 3, 0.0), n - 1.0)
    below, above = float(y[floor(position)]), float(y[ceil(position)])
    gap = above - below
    estimate = below + (position - floor(position)) * gap if isfinite(gap) else above
    return QuantileBounds(low, estimate, high)


def min_draws(tau: float, alpha: float) -> int:
    """Smallest n for which an upper bound on q_tau with error alpha exists: tau^n <= alpha."""
    return ceil(log(alpha) / log(tau))


def resolvable(n: int, tau: float, alpha: float) -> bool:
    """Do both bounds on q_tau exist with n draws?"""
    r, s = quantile_ranks(n, float(tau), float(alpha))
    return r >= 1 and s <= n


def effective_level(n: int, delta: float, alpha: float) -> float | None:
    """Highest quantile level of a short list, at most 1 - delta, that n draws resolve, if there is one."""
    for tau in (1 - delta, 0.99, 0.95, 0.9, 0.8, 0.7, 0.5):
        if tau <= 1 - delta and resolvable(n, tau, alpha):
            return tau
    return None
