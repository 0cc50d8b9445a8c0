"""The constants that a statement leaves open, from log ratios y = log(Q / B)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lemmata.statistics.quantiles import QuantileBounds, min_draws, quantile_bounds
from lemmata.vocabulary.transient import Transient

Floats = NDArray[np.float64]


class FittedConstant(NamedTuple):
    """A constant with a confidence interval; `high` is inf where the draws cannot bound it."""

    C: float
    low: float
    high: float


class FittedConstants(NamedTuple):
    """Several constants, shape [K], and the share of draws in which each term was the largest, shape [K]."""

    C: Floats
    dominance: Floats


class RegimeConstant(NamedTuple):
    """The constant of a regime, None if the draws do not show one, and kappa -> C(kappa)."""

    C0: float | None
    frontier: dict[float, float]


def fitted_constant(y: ArrayLike, cells: ArrayLike, delta: ArrayLike, alpha: float) -> FittedConstant:
    """Smallest C with P(Q <= C B) >= 1 - delta in every cell, with a confidence interval of level 1 - alpha.

    C is the largest exp(q_(1-delta)(y)) over the cells; the bounds hold in all cells at once.

    Args:
        y: log ratios of independent draws, shape [N].
        cells: label of each draw's cell (a rung, a region), shape [N].
        delta: probability with which the bound may fail, one number or one per draw, shape [N].
        alpha: error of the interval.

    Raises:
        ValueError: if there is no draw, a NaN, or the shapes differ.
    """
    y, cells = np.asarray(y, np.float64), np.asarray(cells)
    if y.ndim != 1 or cells.shape != y.shape or y.size == 0:
        raise ValueError(f"a constant needs draws, each in a cell: got y of {y.shape}, cells of {cells.shape}")
    labels, each = np.unique(cells), np.broadcast_to(np.asarray(delta, np.float64), y.shape)
    bounds = [_upper_quantile(y, each, cells == label, alpha / (2 * labels.size)) for label in labels]
    low, C, high = _exp(np.max(np.array(bounds), axis=0))
    return FittedConstant(float(C), float(low), float(high))


def frozen_constant(
    groups: Sequence[Floats],
    scales: ArrayLike,
    delta: float,
    alpha: float,
    transient: Transient,
) -> float:
    """A constant to be fixed now and tested by all later draws, on the rungs seen and on all larger scales.

    With probability 1 - alpha the tolerance bounds u_i cover the (1 - delta)-quantile of every rung. From any of
    them a ratio of the transient class may still rise by the factor F, so

        log C = max( max_i u_i,  min_i u_i + log(F) ).

    Args:
        groups: one array of y per calibration rung.
        scales: the calibration rungs, shape [R].
        delta: probability with which the bound may fail.
        alpha: error of the calibration.
        transient: what a true bound may still do.

    Returns:
        C, inf if a rung has too few draws.

    Raises:
        ValueError: if there is not one non-empty group per rung.
    """
    s = np.asarray(scales, np.float64)
    if s.size == 0 or len(groups) != s.size:
        raise ValueError(f"one group of draws per rung is needed, got {len(groups)} for {s.size} rungs")
    u = np.array([quantile_bounds(group, 1 - delta, alpha / s.size).high for group in groups])
    return float(_exp(max(np.max(u), np.min(u) + transient.rise)))


def fit_constants(Q: ArrayLike, B: ArrayLike, delta: float = 0.0) -> FittedConstants:
    """Constants of Q <= sum_k C_k B_k with C >= 0, for the report.

    Some (C_1, ..., C_K) exist if and only if one C exists for Q <= C sum_k B_k, so a verdict needs that ratio
    only. Rows are scaled by sum_k B_k. With delta = 0 the constants are the envelope with the smallest sum of
    slacks, else the regression of the (1 - delta)-quantile through the origin: two linear programs.

    Args:
        Q: left-hand sides, shape [N].
        B: terms of the bound, nonnegative, shape [N, K].
        delta: share of draws that may lie above, in [0, 1).

    Returns:
        The constants and, for each term, the share of draws in which it is the largest: a term that rarely is
        has not been tested.

    Raises:
        ValueError: if shapes differ, there is no draw, delta is not in [0, 1), a number is not finite, a term
            is negative, or a draw has no positive term.
    """
    from scipy import optimize, sparse  # slow to import

    Q, B = np.asarray(Q, np.float64), np.asarray(B, np.float64)
    if B.ndim != 2 or Q.shape != B.shape[:1] or Q.size == 0:
        raise ValueError(f"constants need Q of shape [N] and B of shape [N, K], got {Q.shape} and {B.shape}")
    if not 0 <= delta < 1:
        raise ValueError(f"delta must lie in [0, 1), got {delta}")
    total = B.sum(axis=1)
    if not (np.isfinite(Q).all() and np.all(B >= 0) and np.all((total > 0) & np.isfinite(total))):
        raise ValueError("constants need finite Q and terms B that are nonnegative with a positive sum")
    X, y = B / total[:, None], Q / total
    N, K = X.shape
    dominance = np.bincount(np.argmax(B, axis=1), minlength=K) / N
    if delta == 0:
        program = optimize.linprog(X.sum(axis=0), A_ub=-X, b_ub=-y)
    else:
        # Check loss: y - X C = above - below, with prices 1 - delta and delta.
        prices = np.concatenate([np.zeros(K), np.full(N, 1 - delta), np.full(N, delta)])
        rows = sparse.hstack([sparse.csr_array(X), sparse.eye_array(N), -sparse.eye_array(N)])
        program = optimize.linprog(prices, A_eq=rows, b_eq=y)
    if not program.success:
        raise ValueError(f"no constants C >= 0 satisfy the bound: {program.message}")
    return FittedConstants(np.asarray(program.x[:K]), dominance)


def regime_constant(
    kappa: ArrayLike, y: ArrayLike, delta: ArrayLike, alpha: float, slack: float = 1.25
) -> RegimeConstant:
    """The unspecified constant C_0 of a regime kappa = m / g(z) >= C_0, from draws on a ladder of kappa.

    C(kappa) is the largest upper bound of exp(q_(1-delta)(y)) over the rungs from kappa on; C_0 is the
    smallest rung with C(C_0) <= slack C(kappa_max). Fit it on one half of the draws and judge on the other.
    There is none where a rung has too few draws for an upper bound: that rung would count as outside.

    Args:
        kappa: regime ratio of each draw, shape [N].
        y: log ratios, shape [N].
        delta: probability with which the bound may fail, one number or one per draw, shape [N].
        alpha: error of all upper bounds together.
        slack: factor by which C may exceed its value at the largest kappa.

    Raises:
        ValueError: if there is no draw, a NaN, or the shapes differ.
    """
    kappa, y = np.asarray(kappa, np.float64), np.asarray(y, np.float64)
    if y.ndim != 1 or kappa.shape != y.shape or y.size == 0:
        raise ValueError(f"a regime needs one kappa per draw, got kappa of {kappa.shape} for y of {y.shape}")
    rungs, counts = np.unique(kappa, return_counts=True)
    each = np.broadcast_to(np.asarray(delta, np.float64), y.shape)
    needed = [min_draws(1 - float(np.mean(each[kappa == k])), alpha / rungs.size) for k in rungs]
    fits = bool(np.all(counts >= needed))
    u = [_upper_quantile(y, each, kappa == k, alpha / rungs.size).high for k in rungs]
    C = _exp(np.maximum.accumulate(u[::-1])[::-1])
    inside = rungs[slack * C[-1] >= C] if fits and np.isfinite(C[-1]) else rungs[:0]
    frontier = {float(k): float(c) for k, c in zip(rungs, C, strict=True)}
    return RegimeConstant(float(inside[0]) if inside.size else None, frontier)


def _upper_quantile(y: Floats, delta: Floats, cell: NDArray[np.bool_], alpha: float) -> QuantileBounds:
    """Bounds of the (1 - delta)-quantile in a cell."""
    return quantile_bounds(y[cell], 1 - float(np.mean(delta[cell])), alpha)


def _exp(log_ratio: Any) -> Any:
    with np.errstate(over="ignore"):  # inf says what there is to say
        return np.exp(log_ratio)
