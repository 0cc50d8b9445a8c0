"""The mixture e-process against exact enumeration: its law, its threshold, its cells."""

from __future__ import annotations

import itertools
from functools import cache
from math import comb, exp, log

import numpy as np
import pytest
from scipy import special

from lemmata.statistics import (
    Exceedance,
    clopper_pearson,
    draws_to_pass,
    first_crossing,
    log_e,
    violating_fraction_bound,
)

NULLS = [(p0, above) for p0 in (0.01, 0.05, 0.3, 0.8) for above in (True, False)]


def e(k, n, p0, above=True):
    return exp(float(log_e(k, n, p0, above)))


@pytest.mark.parametrize("p0, above", NULLS)
def test_log_e_is_the_mixture_integral(p0, above):
    # Beta(1/2, 1/2) is uniform in theta where p = sin(theta)^2; Gauss-Legendre on the alternative's arc.
    nodes, weights = np.polynomial.legendre.leggauss(400)
    edge = np.arcsin(np.sqrt(p0))
    low, high = (edge, np.pi / 2) if above else (0.0, edge)
    p = np.sin(low + (high - low) * (nodes + 1) / 2) ** 2
    for k, n in [(0, 0), (0, 40), (3, 40), (20, 40), (40, 40)]:
        ratio = (p / p0) ** k * ((1 - p) / (1 - p0)) ** (n - k)
        assert e(k, n, p0, above) == pytest.approx(weights @ ratio / 2, rel=1e-10)


@pytest.mark.parametrize("p0, above", NULLS)
@pytest.mark.parametrize("prior", [(0.5, 0.5), (5.0, 20.0)])
def test_one_more_draw_never_raises_the_mean_under_the_null(p0, above, prior):
    n = np.arange(40)[:, None]
    k = np.minimum(np.arange(40)[None, :], n)
    now, bad, clean = (np.exp(log_e(k + i, n + j, p0, above, prior)) for i, j in ((0, 0), (1, 1), (0, 1)))
    # Round-off of exp and betaln: 1e-11 relative.
    np.testing.assert_allclose(p0 * bad + (1 - p0) * clean, now, rtol=1e-11)  # a martingale at the edge
    inside = p0 * np.array([0.2, 0.9]) if above else 1 - (1 - p0) * np.array([0.2, 0.9])
    for p in inside:
        assert np.all(p * bad + (1 - p) * clean <= now * (1 + 1e-11))


def probability_of_ever_reaching(threshold, p, p0, above, horizon):
    """Exact, by carrying the law of k among paths that have not crossed."""
    law, crossed = np.array([1.0]), 0.0
    for n in range(1, horizon + 1):
        law = np.append(law, 0.0) * (1 - p) + np.append(0.0, law) * p
        out = log_e(np.arange(n + 1), n, p0, above) >= log(threshold)
        crossed += law[out].sum()
        law[out] = 0.0
    return crossed


@pytest.mark.parametrize("p0, above", NULLS)
@pytest.mark.parametrize("alpha", [0.1, 0.01])
def test_the_threshold_is_crossed_with_probability_at_most_alpha(p0, above, alpha):
    crossed = probability_of_ever_reaching(1 / alpha, p0, p0, above, horizon=300)
    assert crossed <= alpha
    if 0.05 <= p0 <= 0.3:  # and not by being useless: some of alpha is spent within 300 draws
        assert crossed >= alpha / 20


def test_no_adaptive_choice_between_cells_beats_alpha():
    # Dynamic programming over the best policy of an opponent who sees everything and picks the next cell.
    p0, alpha, horizon = 0.3, 0.2, 22

    @cache
    def chance(k1, n1, k2, n2):
        if (e(k1, n1, p0) + e(k2, n2, p0)) / 2 >= 1 / alpha:
            return 1.0
        if n1 + n2 == horizon:
            return 0.0
        first = p0 * chance(k1 + 1, n1 + 1, k2, n2) + (1 - p0) * chance(k1, n1 + 1, k2, n2)
        second = p0 * chance(k1, n1, k2 + 1, n2 + 1) + (1 - p0) * chance(k1, n1, k2, n2 + 1)
        return max(first, second)

    best = chance(0, 0, 0, 0)
    assert 0.01 < best <= alpha


@pytest.mark.parametrize("delta, draws", [(0.1, 53), (0.05, 109), (0.01, 556), (0.001, 5585)])
def test_published_number_of_clean_draws(delta, draws):
    assert draws_to_pass(delta, 0.01) == draws


@pytest.mark.parametrize("bad", [0, 1, 4])
def test_draws_to_pass_is_the_first_success(bad):
    n = draws_to_pass(0.1, 0.05, bad=bad)
    first = next(m for m in itertools.count(bad) if e(bad, m, 0.1, above=False) >= 20)
    assert n == first


def test_violating_fraction_bound_is_exact():
    assert (1 - violating_fraction_bound(700, 1e-3)) ** 700 == pytest.approx(1e-3)
    with pytest.raises(ValueError, match="at least one draw, got n = 0"):
        violating_fraction_bound(0, 1e-3)


@pytest.mark.parametrize("k, n", [(0, 9), (2, 9), (9, 9)])
def test_clopper_pearson_ends_have_their_tails(k, n):
    low, high = clopper_pearson(k, n, 0.1)
    at_least = sum(comb(n, j) * low**j * (1 - low) ** (n - j) for j in range(k, n + 1))
    at_most = sum(comb(n, j) * high**j * (1 - high) ** (n - j) for j in range(k + 1))
    assert low == 0 if k == 0 else at_least == pytest.approx(0.05)
    assert high == 1 if k == n else at_most == pytest.approx(0.05)


def test_cells_are_declared_first():
    test = Exceedance(0.05, ("small", "large"))
    with pytest.raises(ValueError, match=r"'medium' was not declared; .*\('small', 'large'\)"):
        test.update("medium", [True])
    with pytest.raises(ValueError, match="'medium' was not declared"):
        test.interval(0.05, "medium")
    for cells in ((), ("a", "a")):
        with pytest.raises(ValueError, match="distinct and at least one"):
            Exceedance(0.05, cells)


def test_bad_events_are_booleans():
    # Ratios instead of comparisons would all count as bad.
    with pytest.raises(ValueError, match="booleans"):
        Exceedance(0.05).update("all", np.array([0.3, 0.7]))


def test_one_bad_cell_is_not_diluted_by_clean_ones():
    cells = tuple("abcdefgh")
    test = Exceedance(0.05, cells)
    for cell in cells:
        test.update(cell, np.arange(200) < (40 if cell == "c" else 0))
    assert test.e_against() == pytest.approx(e(40, 200, 0.05) / 8, rel=1e-6)
    assert test.e_against() > 1e3
    pooled = Exceedance(0.05)
    pooled.update("all", np.arange(1600) < 40)
    assert pooled.e_against() < 1


def test_a_cell_without_draws_counts_as_one():
    test = Exceedance(0.05, ("a", "b"))
    test.update("a", np.ones(3, bool))
    assert test.e_against() == pytest.approx((e(3, 3, 0.05) + 1) / 2)
    assert test.e_for() <= 1


def test_a_pass_needs_independent_draws_in_every_cell():
    test = Exceedance(0.05, ("a", "b"))
    test.update("a", np.zeros(500, bool))
    test.update("b", np.zeros(500, bool), iid=False)
    assert test.e_for() == 1
    assert test.missing(0.01) == {"a": 0, "b": 109}
    test.update("b", np.zeros(109, bool))
    assert test.e_for() >= 100
    assert test.missing(0.01) == {"a": 0, "b": 0}
    assert test.iid["b"] == (0, 109)
    assert test.counts["b"] == (0, 609)


def test_hunted_draws_refute():
    test = Exceedance(0.05)
    test.update("all", np.ones(10, bool), iid=False)
    assert test.e_against() > 1e6
    assert test.interval(0.05) == (0, 1)  # but estimate nothing


def test_overwhelming_evidence_stays_finite():
    test = Exceedance(0.001)
    test.update("all", np.ones(10_000, bool))
    assert 1e290 < test.e_against() < np.inf
    assert test.e_for() == 0


@pytest.mark.parametrize("k, n", [(0, 30), (1, 30), (7, 30), (30, 30), (3, 100_000)])
def test_interval_is_what_the_evidence_does_not_reject(k, n):
    test = Exceedance(0.5)
    test.update("all", np.arange(n) < k)
    low, high = test.interval(0.05)
    p = special.expit(np.linspace(-16, 16, 4001))
    kept = (log_e(k, n, p) < log(40)) & (log_e(k, n, p, above=False) < log(40))
    np.testing.assert_array_equal(kept, (p >= low) & (p <= high))


@pytest.mark.parametrize("delta", [0.0, 1.0, -0.1, np.nan])
def test_probabilities_lie_inside_the_unit_interval(delta):
    with pytest.raises(ValueError, match="inside"):
        Exceedance(delta)
    with pytest.raises(ValueError, match="inside"):
        log_e(0, 5, delta)
    with pytest.raises(ValueError, match="inside"):
        draws_to_pass(0.05, delta)


def test_more_bad_events_than_draws_are_refused():
    with pytest.raises(ValueError, match=r"0\.\.n"):
        log_e(3, 2, 0.05)


def test_evidence_is_read_when_it_first_suffices():
    """Against a loop over the draws; what comes after that moment takes nothing away."""
    rng = np.random.default_rng(5)
    for rate in (0.02, 0.3, 0.9):
        bad = rng.random(300) < rate
        for start in ((0, 0), (3, 40), (9, 9)):
            k, n = start
            for outcome in bad:
                if log_e(k, n, 0.1) >= log(1e3):
                    break
                k, n = k + int(outcome), n + 1
            assert first_crossing(bad, 0.1, log(1e3), start) == (k, n)


def test_draws_that_may_be_taken_for_bad_raise_the_null():
    plain, mistaken = Exceedance(0.1), Exceedance(0.1, mistaken=0.01)
    for test in (plain, mistaken):
        test.count("all", (20, 60), (20, 60))
    assert mistaken.e_against() == pytest.approx(np.exp(float(log_e(20, 60, 0.11))))
    assert mistaken.e_against() < plain.e_against()
    assert mistaken.e_for() == plain.e_for()
