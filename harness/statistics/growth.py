"""The exponent with which a quantile grows along one axis, with an interval that allows for transients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from lemmata.statistics.quantiles import quantile_bounds
from lemmata.statistics.transients import contrast, worst_bias
from lemmata.vocabulary.transient import Transient

Floats = NDArray[np.float64]
Groups = Sequence[Floats]

# Normal tail beyond one standard deviation: rung bounds at this level measure noise.
ONE_SIGMA = 0.1587
# Noise of rungs that show none (a deterministic ratio): far below any exponent of interest.
_NOISELESS = 1e-9
_FACTORS = (16.0, 8.0, 4.0, 3.0, 2.0, 1.5, 1.25, 1.1)


@dataclass(frozen=True)
class Growth:
    """Growth exponent beta of q_tau(y | s) = c + beta log s + transient, in powers of s.

    Attributes:
        est: point estimate.
        lo: beta >= lo for every transient of the class (error alpha_lo).
        hi: beta <= hi for every transient of the class (error alpha_hi).
        lo_raw: lower end of the slope on the measured range, no transient allowed.
        hi_raw: upper end of that slope.
        bias: largest effect of a transient on est; no number of draws removes it.
        tau: quantile level.
        mde: exponent for which lo would be above zero with probability 0.99 at this noise.
    """

    est: float
    lo: float
    hi: float
    lo_raw: float
    hi_raw: float
    bias: float
    tau: float
    mde: float


def mover(w: Floats, q: Floats, low: Floats, high: Floats) -> tuple[float, float, float]:
    """Estimate and one-sided bounds of w . q from one-sided bounds of each q_i (Zou and Donner 2008).

    Args:
        w: weights, shape [R].
        q: independent estimates, shape [R].
        low: lower bounds of the q_i at some level, -inf allowed.
        high: upper bounds at that level, +inf allowed.

    Returns:
        (w . q, lower bound, upper bound), each bound at about the level of the parts.
    """
    theta = float(w @ q)
    used = w != 0
    w, q, low, high = w[used], q[used], low[used], high[used]
    down = np.where(w > 0, q - low, high - q)
    up = np.where(w > 0, high - q, q - low)
    return theta, theta - float(np.linalg.norm(w * down)), theta + float(np.linalg.norm(w * up))


def growth_interval(
    groups: Groups,
    scales: ArrayLike,
    tau: float,
    alpha_lo: float,
    alpha_hi: float,
    transient: Transient,
) -> Growth:
    """Confidence interval of the growth exponent along one ladder.

    Every rung gets exact bounds of its quantile, MOVER combines them with the weights of `contrast`, and the
    worst transient of the class is added on both sides.

    Args:
        groups: one array of finite y = log(Q/B) per rung.
        scales: the rungs, increasing, shape [R].
        tau: quantile level.
        alpha_lo: error of the lower end.
        alpha_hi: error of the upper end.
        transient: what does not count as growth.

    Raises:
        ValueError: if the scales do not increase, or a group is empty, not finite or missing.
    """
    s = np.asarray(scales, np.float64)
    if len(groups) != s.size:
        raise ValueError(f"one group of draws per rung is needed, got {len(groups)} for {s.size} rungs")
    if not all(np.isfinite(group).all() for group in groups):
        raise ValueError("growth is measured on finite draws: replace infinite ones by large numbers first")
    sd = _rung_noise(groups, tau)
    w, w_raw = contrast(s, sd, transient), contrast(s, sd, Transient(factor=1.0))
    bias = worst_bias(transient, w, s)
    at_lo, at_hi = _rung_bounds(groups, tau, alpha_lo), _rung_bounds(groups, tau, alpha_hi)
    est, lo, _ = mover(w, *at_lo)
    # est - lo is the distance that an estimate must keep from zero; 99 in 100 estimates lie no further below beta.
    mde = est - lo + bias + _normal(0.01) * float(np.linalg.norm(w * sd))
    return Growth(
        est=est,
        lo=lo - bias,
        hi=mover(w, *at_hi)[2] + bias,
        lo_raw=mover(w_raw, *at_lo)[1],
        hi_raw=mover(w_raw, *at_hi)[2],
        bias=bias,
        tau=tau,
        mde=mde,
    )


def breakdown_factor(groups: Groups, scales: ArrayLike, tau: float, alpha: float, rate: float) -> float:
    """Largest transient factor (16 down to 1.1, of a short list) at which growth is still significant.

    "This growth is a transient only if the ratio changes by more than that factor before it settles."

    Returns:
        1.0 if even the smallest factor of the list explains the growth.
    """
    for factor in _FACTORS:
        if growth_interval(groups, scales, tau, alpha, alpha, Transient(factor, rate)).lo > 0:
            return factor
    return 1.0


def draws_to_exclude(
    groups: Groups, scales: ArrayLike, tau: float, exponent: float, alpha: float, transient: Transient
) -> int | None:
    """Draws per rung that are expected to exclude an exponent, in doublings of today's.

    Supposes that the exponent is today's estimate, or 0 where that is negative, and that noise shrinks like
    1 / sqrt(draws).

    Returns:
        None if a hundred times the draws would not do: the allowance for transients binds.
    """
    s, sd = np.asarray(scales, np.float64), _rung_noise(groups, tau)
    q = np.array([quantile_bounds(group, tau, ONE_SIGMA).estimate for group in groups])
    thinnest = min(group.size for group in groups)
    for doublings in range(1, 8):
        noise = sd / np.sqrt(2**doublings)
        w = contrast(s, noise, transient)
        margin = worst_bias(transient, w, s) + _normal(alpha) * float(np.linalg.norm(w * noise))
        if max(float(w @ q), 0.0) + margin < exponent:
            return int(thinnest * 2**doublings)
    return None


def rung_quantiles(groups: Groups, tau: float) -> tuple[Floats, Floats]:
    """Estimates of the rung quantiles and half the width of their one-sigma bounds, each of shape [R]."""
    q, low, high = _rung_bounds(groups, tau, ONE_SIGMA)
    return q, (high - low) / 2


def _rung_bounds(groups: Groups, tau: float, alpha: float) -> tuple[Floats, Floats, Floats]:
    """(q, low, high), each of shape [R]."""
    bounds = [quantile_bounds(group, tau, alpha) for group in groups]
    low, q, high = np.array(bounds, np.float64).T
    return q, low, high


def _rung_noise(groups: Groups, tau: float) -> Floats:
    """Standard deviation of each rung quantile, from one noise level common to all rungs.

    Per-rung widths would let the noise of the data choose the weights.
    """
    width = rung_quantiles(groups, tau)[1]
    width = width[np.isfinite(width)]
    level = max(float(np.median(width)), _NOISELESS) if width.size else 1.0
    n = np.array([group.size for group in groups], np.float64)
    return np.asarray(level * np.sqrt(np.median(n) / n))


def _normal(alpha: float) -> float:
    """Upper alpha-quantile of the standard normal."""
    return float(-special.ndtri(alpha))
