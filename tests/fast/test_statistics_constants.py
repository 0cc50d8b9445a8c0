"""Fitted, frozen, several and regime constants against planted ones."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from scipy import special

from lemmata.statistics import fit_constants, fitted_constant, frozen_constant, quantile_bounds, regime_constant
from lemmata.vocabulary.transient import Transient


def test_fitted_constant_is_that_of_the_worst_cell():
    rng = np.random.default_rng(0)
    cells = np.repeat(["a", "b", "c"], 2000)
    y = 0.2 * rng.normal(size=6000) + np.where(cells == "b", log(3.0), 0.0)
    fit = fitted_constant(y, cells, 0.05, 0.01)
    truth = 3 * exp(0.2 * special.ndtri(0.95))
    assert fit.low < truth < fit.high
    np.testing.assert_allclose(fit.C, truth, rtol=0.03)  # sd of the quantile: 0.2 * 2.11 / sqrt(2000) = 1%
    assert fit.high / fit.low < 1.15


def test_fitted_constant_covers_in_all_cells_at_once():
    # Eight equal cells: the largest upper bound must cover the common quantile, the largest lower one not pass it.
    rng = np.random.default_rng(1)
    misses = 0
    for _ in range(300):
        _, low, high = fitted_constant(rng.normal(size=1600), np.arange(1600) % 8, 0.1, 0.1)
        misses += not low <= exp(special.ndtri(0.9)) <= high
    assert misses <= 46  # error 0.1: more than 46 of 300 has probability 1e-3


def test_fitted_constant_is_unbounded_without_enough_draws():
    assert fitted_constant(np.zeros(50), np.zeros(50), 0.05, 0.01).high == np.inf
    assert np.isposinf(fitted_constant([np.inf, 1000.0], [0, 1], 0.5, 0.01).C)
    with pytest.raises(ValueError, match=r"y of \(0,\)"):
        fitted_constant([], [], 0.05, 0.01)


@pytest.mark.parametrize("factor, rate", [(1.0, 0.5), (2.0, 0.5), (2.0, 2.0)])
def test_frozen_constant_outlasts_the_slowest_transient(factor, rate):
    transient = Transient(factor, rate)
    calibration, later = np.array([16.0, 32.0, 64.0]), 16.0 * 2.0 ** np.arange(30)

    def y(s):
        return -log(factor) * (s / 16) ** -rate

    C = frozen_constant([np.full(300, value) for value in y(calibration)], calibration, 0.05, 0.01, transient)
    assert log(C) >= y(later).max() - 1e-12
    assert log(C) == pytest.approx(0, abs=1e-12)  # and no more than the limit: the class is used exactly


def test_frozen_constant_covers_the_rungs_seen():
    falling = [np.full(300, 1.0), np.full(300, 0.5)]
    assert frozen_constant(falling, [1.0, 1e6], 0.05, 0.01, Transient(1.0)) == pytest.approx(exp(1.0))
    assert frozen_constant([np.zeros(20)], [1.0], 0.05, 0.01, Transient()) == np.inf
    with pytest.raises(ValueError, match="1 for 2 rungs"):
        frozen_constant([np.zeros(20)], [1.0, 2.0], 0.05, 0.01, Transient())


def test_several_constants_are_recovered():
    # Published: 1.998 and 0.4999 with sd 0.002 and 0.001 from 1000 draws.
    rng = np.random.default_rng(2)
    B = np.exp(rng.uniform(-2, 2, (1000, 2)))
    Q = B @ [2.0, 0.5] * np.exp(-0.3 * np.abs(rng.normal(size=1000)))
    fit = fit_constants(Q, B)
    np.testing.assert_allclose(fit.C, [2.0, 0.5], rtol=0.01)
    assert np.all(Q <= B @ fit.C * (1 + 1e-9))  # an envelope
    assert fit.dominance == pytest.approx([0.5, 0.5], abs=0.07)


def test_quantile_fit_leaves_delta_above():
    rng = np.random.default_rng(3)
    B = np.exp(rng.uniform(-2, 2, (1000, 3)))
    Q = B @ [2.0, 0.5, 1.0] * np.exp(0.1 * rng.normal(size=1000))
    fit = fit_constants(Q, B, delta=0.1)
    np.testing.assert_allclose(fit.C, np.array([2.0, 0.5, 1.0]) * exp(0.128), rtol=0.15)
    assert np.mean(Q > B @ fit.C) == pytest.approx(0.1, abs=0.004)  # at most K = 3 draws lie on the plane


def test_a_term_that_never_leads_has_no_dominance():
    B = np.column_stack([np.ones(100), np.full(100, 0.01)])
    assert fit_constants(np.ones(100), B).dominance == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("Q, B", [
    (np.ones(3), np.ones((2, 2))), (np.ones(0), np.ones((0, 2))), (np.ones(2), np.zeros((2, 2))),
    (np.ones(2), [[1.0, -1.0], [1.0, 2.0]]), ([1.0, np.nan], np.ones((2, 2))), (np.ones(2), np.ones(2)),
])  # fmt: skip
def test_bad_terms_are_refused(Q, B):
    with pytest.raises(ValueError, match="constants need"):
        fit_constants(Q, B)


def test_regime_constant_is_the_planted_knee():
    # Published: 300 of 300.
    rng = np.random.default_rng(4)
    ladder = 2.0 ** np.arange(-2, 7)
    for _ in range(20):
        kappa = rng.choice(ladder, 2000)
        y = 0.2 * rng.normal(size=2000) + np.maximum(0, 1.5 * np.log(4 / kappa))
        regime = regime_constant(kappa, y, 0.05, 0.01)
        np.testing.assert_equal(regime.C0, 4.0)
        assert list(regime.frontier) == list(ladder)
        assert list(regime.frontier.values()) == sorted(regime.frontier.values(), reverse=True)


def test_one_bad_rung_of_many_is_not_pooled_away():
    # A twentieth of the draws beyond kappa = 1 is bad: the pooled 0.9-quantile would not see it.
    ladder = np.arange(1.0, 21.0)
    kappa = np.repeat(ladder, 200)
    y = np.where(kappa == 7, 5.0, 0.0)
    assert quantile_bounds(y, 0.9, 1e-3).high == 0
    np.testing.assert_equal(regime_constant(kappa, y, 0.1, 0.01).C0, 8.0)


def test_a_rung_with_too_few_draws_is_no_rung_outside_of_the_regime():
    # 0.9^n <= 0.01 / 3 needs 55 draws. With one rung short of them, the others would be all that is left.
    kappa = np.repeat([1.0, 2.0, 4.0], [54, 55, 55])
    assert regime_constant(kappa, np.zeros(164), 0.1, 0.01).C0 is None
    np.testing.assert_equal(regime_constant(np.repeat([1.0, 2.0, 4.0], 55), np.zeros(165), 0.1, 0.01).C0, 1.0)


def test_a_regime_that_is_not_reached_has_no_constant():
    assert regime_constant(np.repeat([1.0, 2.0], 10), np.zeros(20), 0.05, 0.01).C0 is None
    with pytest.raises(ValueError, match="one kappa per draw"):
        regime_constant([], [], 0.05, 0.01)
