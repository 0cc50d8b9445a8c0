"""Order-statistic bounds against binomial sums and exact laws."""

from __future__ import annotations

from math import comb, log

import numpy as np
import pytest

from lemmata.statistics import (
    effective_level,
    log_e,
    min_draws,
    quantile_bounds,
    quantile_ranks,
    resolvable,
)


def binomial_sum(ks, n, p):
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in ks)


@pytest.mark.parametrize("tau", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("alpha", [1e-3, 1e-2, 0.1587])
def test_ranks_are_the_sharpest_with_error_alpha(tau, alpha):
    for n in (1, 2, 7, 30, 44, 90, 167):
        r, s = quantile_ranks(n, tau, alpha)
        # y_(r) lies above the quantile when at most r - 1 draws are at or below it.
        assert binomial_sum(range(r), n, tau) <= alpha < binomial_sum(range(r + 1), n, tau)
        # y_(s) lies below it when at least s draws do.
        assert binomial_sum(range(s, n + 1), n, tau) <= alpha < binomial_sum(range(s - 1, n + 1), n, tau)


@pytest.mark.parametrize("tau", [0.5, 0.95])
def test_anytime_ranks_are_never_missed_with_more_than_alpha(tau):
    # Exact probability, over 400 looks, that the count of draws below the quantile ever leaves (r - 1, s).
    alpha, law = 0.05, {"low": np.array([1.0]), "high": np.array([1.0])}
    missed = {"low": 0.0, "high": 0.0}
    for n in range(1, 401):
        r, s = quantile_ranks(n, tau, alpha, anytime=True)
        k = np.arange(n + 1)
        for side, out in (("low", k <= r - 1), ("high", k >= s)):
            step = np.append(law[side], 0.0) * (1 - tau) + np.append(0.0, law[side]) * tau
            missed[side] += step[out].sum()
            law[side] = np.where(out, 0.0, step)
    for side in missed:
        assert alpha / 50 < missed[side] <= alpha


@pytest.mark.parametrize("n", [10, 200])
def test_anytime_ranks_are_the_rejections_of_the_e_process(n):
    r, s = quantile_ranks(n, 0.9, 0.01, anytime=True)
    for k in range(n + 1):
        assert (float(log_e(k, n, 0.9, False, (45.0, 5.0))) >= log(100)) == (k < r)
        assert (float(log_e(k, n, 0.9, True, (45.0, 5.0))) >= log(100)) == (k >= s)


def test_anytime_bounds_are_wider_but_not_by_much():
    y = np.random.default_rng(0).normal(size=2000)
    once, ever = (quantile_bounds(y, 0.95, 1e-2, anytime) for anytime in (False, True))
    assert ever.low < once.low < once.estimate < once.high < ever.high
    assert ever.high - ever.low < 2 * (once.high - once.low)


def test_bounds_cover_atoms_and_infinities():
    # P(y = 0) = 0.93, P(y = inf) = 0.07: the 0.9-quantile is 0, the 0.95-quantile inf, in all samples but few.
    rng = np.random.default_rng(1)
    misses = 0
    for _ in range(400):
        y = np.where(rng.random(150) < 0.07, np.inf, 0.0)
        misses += quantile_bounds(y, 0.9, 0.01).low > 0
        misses += quantile_bounds(y, 0.95, 0.01).high < np.inf
    assert misses <= 18  # 800 sides of error at most 0.01: more than 18 has probability 6e-4


def test_estimate_is_numpys_median_unbiased_quantile():
    y = np.random.default_rng(2).normal(size=37)
    for tau in (0.05, 0.5, 0.93, 0.999):
        expected = np.quantile(y, tau, method="median_unbiased")
        assert quantile_bounds(y, tau, 0.1).estimate == pytest.approx(expected, abs=1e-12)


def test_estimate_next_to_infinities_is_never_nan():
    for y in ([-np.inf, np.inf], [0.0, np.inf], [np.inf, np.inf], [-np.inf, 0.0], [np.inf]):
        assert not np.isnan(quantile_bounds(y, 0.5, 0.4).estimate)


def test_no_bound_is_said_to_be_infinite():
    bounds = quantile_bounds(np.arange(89.0), 0.95, 0.01)
    assert bounds.high == np.inf
    assert quantile_bounds(np.arange(90.0), 0.95, 0.01).high == 89


@pytest.mark.parametrize("delta, draws", [(0.1, 44), (0.05, 90), (0.01, 459)])
def test_published_number_of_draws_per_rung(delta, draws):
    assert min_draws(1 - delta, 0.01) == draws
    assert resolvable(draws, 1 - delta, 0.01)
    assert not resolvable(draws - 1, 1 - delta, 0.01)


def test_effective_level_falls_with_the_draws():
    levels = [effective_level(n, 0.05, 1e-3) for n in (1000, 100, 11)]
    assert levels == pytest.approx([0.95, 0.9, 0.5])
    assert effective_level(5, 0.05, 1e-3) is None
    assert effective_level(0, 0.05, 1e-3) is None
    assert effective_level(12, 0.7, 1e-3) is None  # the median is resolved, but a bound on q_0.3 says nothing of it
    assert effective_level(1000, 0.4, 1e-3) == pytest.approx(0.6)  # never above 1 - delta


def test_nan_and_nothing_are_refused():
    with pytest.raises(ValueError, match="got 0 "):
        quantile_bounds([], 0.5, 0.1)
    with pytest.raises(ValueError, match="of which 1 NaN"):
        quantile_bounds([1.0, np.nan], 0.5, 0.1)
    with pytest.raises(ValueError, match="tau = 1"):
        quantile_bounds([1.0], 1.0, 0.1)
