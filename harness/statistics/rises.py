"""How far a quantile rises from one group of independent draws to another: exact for every distribution.

Let q be the tau-quantile of the near draws and q' that of the far ones, and suppose q' <= q + by. At theta = q the
number of near draws below theta is at most Binomial(n, tau), that of far draws above theta + by at most
Binomial(m, 1 - tau), both stochastically, and the two are independent: their tail probabilities have a product that
is at most c with probability c (1 - log c) (Fisher). theta is not known, so the supposition is given up when the
product is small at every theta. Ties, jumps of the quantile function and any spread are allowed, and rungs whose
quantiles differ may be pooled on the near side as long as the supposition holds for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import exp, log

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Levels = tuple[float, float]
"""Quantile levels of the near and of the far draws: one and the same, unless delta is an axis."""

_SMALLEST = 1e-300  # of a probability, before its logarithm
_FINEST = 1e-5  # to which a rise of the log ratio is found


def rises(near: Floats, far: Floats, by: float, levels: Levels, alpha: float) -> bool:
    """Does the far quantile exceed the near one by more than `by`? True although it does not with probability alpha.

    Args:
        near: independent finite draws, shape [n].
        far: independent finite draws, shape [m].
        by: the rise that is allowed.
        levels: quantile levels in (0, 1) of both.
        alpha: error.
    """
    near, far = np.sort(near), np.sort(far)
    return _excess(near, far - by, levels) <= _product(alpha)


def least_rise(near: Floats, far: Floats, levels: Levels, alpha: float) -> float:
    """The far quantile exceeds the near one by at least this; error alpha, -inf where so few draws cannot tell."""
    near, far = np.sort(near), np.sort(far)
    limit = _product(alpha)
    return last(lambda by: _excess(near, far - by, levels) <= limit, *_range(near, far))


def resolved(n: int, levels: Levels, alpha: float) -> Levels | None:
    """The levels, or the highest of a short list below both, at which n near draws can show a rise with error alpha.

    That all of them lie below their quantile has to be unlikely enough.
    """
    limit = _product(alpha)
    lower = [(tau, tau) for tau in (0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5) if tau < min(levels)]
    return next((each for each in (levels, *lower) if n * log(each[0]) <= limit), None)


def stays_below(near: Floats, far: Floats, levels: Levels, alpha: float) -> bool:
    """Is the far quantile below the near one? True although it is not with probability alpha.

    Of few draws, those whose largest barely bounds the far quantile use up most of the error for that alone: the
    product is then held against what is left.
    """
    return _shortfall(np.sort(near), np.sort(far), levels, alpha)


def most_rise(near: Floats, far: Floats, levels: Levels, alpha: float) -> float:
    """The far quantile exceeds the near one by at most this; error alpha, inf where so few draws cannot tell."""
    near, far = np.sort(near), np.sort(far)
    low, high = _range(near, far)
    return -last(lambda less: _shortfall(near - less, far, levels, alpha), -high, -low)


def _excess(near: Floats, far: Floats, levels: Levels) -> float:
    """Log of the largest product over theta, of sorted draws, for "far quantile <= near quantile"."""
    near_tails, far_tails = _tails(near, far, levels)
    return float(np.max(near_tails + far_tails))


def _shortfall(near: Floats, far: Floats, levels: Levels, alpha: float) -> bool:
    """Is "far quantile >= near quantile" given up, for sorted draws?"""
    alone = levels[1] ** far.size  # the chance that all far draws are below their quantile
    if alone >= alpha:
        return False
    near_tails, far_tails = _tails(-near[::-1], -far[::-1], (1 - levels[0], 1 - levels[1]))
    limit = _product(alpha)
    if log(alone) <= limit:
        return bool(np.max(near_tails + far_tails) <= limit)
    # P(p' <= alone or p p' <= c) = alone - c log(alone) for c <= alone.
    limit = log((alpha - alone) / -log(alone))
    enough = (far_tails <= log(alone) * (1 - 1e-12)) | (near_tails + far_tails <= limit)
    return bool(enough.all())


def _tails(near: Floats, far: Floats, levels: Levels) -> tuple[Floats, Floats]:
    """Log tail probabilities of both counts at every theta that matters, the values of the draws; shape [n + m].

    Between two values one count is larger than at the lower of them, and no count is smaller.
    """
    theta = np.concatenate([near, far])
    below = np.searchsorted(near, theta, side="left")
    above = far.size - np.searchsorted(far, theta, side="right")
    return log_tail(near.size, levels[0])[below], log_tail(far.size, 1 - levels[1])[above]


@lru_cache(maxsize=512)
def log_tail(n: int, p: float) -> Floats:
    """Logarithm of P(Binomial(n, p) >= k) for k = 0..n, shape [n + 1].

    It also bounds the count of n independent events whose probabilities have the mean p, beyond n p + 1 (Hoeffding
    1956); below that the tail is taken as one.
    """
    k = np.arange(n + 1)
    tail = np.zeros(n + 1)
    tail[1:] = np.log(np.maximum(special.bdtrc(k[:-1], n, p), _SMALLEST))
    tail[k < n * p + 1] = 0.0
    tail.flags.writeable = False
    return tail


@lru_cache(maxsize=512)
def _product(alpha: float) -> float:
    """Logarithm of the c with c (1 - log c) = alpha."""
    low, high = log(alpha) - 2 * log(2 - log(alpha)) - 2, log(alpha)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if exp(middle) * (1 - middle) <= alpha else (low, middle)
    return low


def _range(near: Floats, far: Floats) -> tuple[float, float]:
    """Rises below and above which nothing changes any more."""
    slack = 1e-9 + 1e-9 * max(abs(near[0]), abs(near[-1]), abs(far[0]), abs(far[-1]))
    return float(far[0] - near[-1]) - slack, float(far[-1] - near[0]) + slack


def last(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The last value from low to high at which what holds below still holds; -inf if it does not at low."""
    if not holds(low):
        return -np.inf
    if holds(high):
        return high
    while high - low > _FINEST:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
