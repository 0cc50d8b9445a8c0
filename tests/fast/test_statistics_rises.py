"""Exact tests of a rise: levels by enumeration and simulation, monotone bounds, pairs and the class of falls."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from scipy import special

from lemmata.statistics.growth import compared_rungs, margins
from lemmata.statistics.pairs import chance, least_rise_of_pairs, matched, pairs_to_convict
from lemmata.statistics.rises import _product, least_rise, log_tail, most_rise, rises, stays_below
from lemmata.statistics.transients import log_ladder, still_to_fall
from lemmata.vocabulary.transient import Transient

LEVELS = (0.9, 0.9)


def most(runs, rate):
    """The count of events of at most this rate that is exceeded with probability at most 1e-3."""
    k = np.arange(runs + 1)
    return int(k[np.argmax(special.bdtrc(k, runs, rate) <= 1e-3)])


@pytest.mark.parametrize("alpha", [0.3, 1e-2, 1e-6, 1e-19])
def test_a_product_of_two_probabilities_has_the_law_of_fisher(alpha):
    c = _product(alpha)
    assert exp(c) * (1 - c) == pytest.approx(alpha, rel=1e-9)
    assert exp(c) * (1 - c) <= alpha * (1 + 1e-12)


def test_log_tail_is_the_binomial_law_and_bounds_unequal_events():
    n, p = 40, 0.3
    tail = log_tail(n, p)
    exact = np.array(
        [sum(special.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1)) for k in range(n + 1)]
    )
    beyond = np.arange(n + 1) >= n * p + 1
    np.testing.assert_allclose(np.exp(tail[beyond]), exact[beyond], rtol=1e-9)
    assert np.all(tail[~beyond] == 0)
    # Half of the events with chance 0.1, half with 0.5 (Hoeffding): the law of their sum by convolution.
    law = np.array([1.0])
    for chance_of in [0.1] * 20 + [0.5] * 20:
        law = np.append(law, 0) * (1 - chance_of) + np.append(0, law) * chance_of
    assert np.all(np.cumsum(law[::-1])[::-1] <= np.exp(tail) * (1 + 1e-9))


DRAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "constant": lambda rng, n: np.zeros(n),
    "an atom at the quantile": lambda rng, n: np.where(rng.random(n) < 0.1, 5.0, 0.0),
    "an atom beyond it": lambda rng, n: np.where(rng.random(n) < 0.11, 5.0, 0.0),
    "two atoms and Cauchy": lambda rng, n: np.where(rng.random(n) < 0.5, 10.0, rng.standard_cauchy(n)),
}


@pytest.mark.parametrize("name", DRAWS)
def test_equal_quantiles_are_told_apart_at_most_as_often_as_stated(name):
    # 600 runs at error 0.05: at most 48 of each sort (a rate of 0.1 gives 48 or fewer with probability 5e-2, 0.12 with
    # 1e-3). The quantiles are equal, so "rises by more than 0" and "stays below" are both wrong.
    rng, draw = np.random.default_rng(0), DRAWS[name]
    up = below = 0
    for _ in range(600):
        near, far = draw(rng, 60), draw(rng, 80)
        up += rises(near, far, 0.0, LEVELS, 0.05)
        below += stays_below(near, far, LEVELS, 0.05)
    assert max(up, below) <= most(600, 0.05)


def test_the_worst_jumps_are_not_told_apart():
    # Both quantiles are 0; at the near end the 0.9-quantile is just reached, at the far one nearly exceeded. Exact
    # bounds of rungs, combined by a root of squares, err in a quarter of the runs.
    rng, runs = np.random.default_rng(1), 300
    wrong = 0
    for _ in range(runs):
        near = np.where(rng.random(180) < 0.101, 0.0, -10.0)
        far = np.where(rng.random(180) < 0.099, 10.0, 0.0)
        wrong += rises(near, far, log(2), LEVELS, 0.01)
    assert wrong <= most(runs, 0.01)


def test_a_rise_is_found_where_there_is_one():
    # A shift by 0.4 at 180 draws with spread 0.3: the sd of the difference of the quantiles is 0.054, seven of them.
    rng = np.random.default_rng(2)
    near, far = 0.3 * rng.normal(size=180), 0.4 + 0.3 * rng.normal(size=180)
    assert rises(near, far, 0.1, LEVELS, 1e-4)
    assert not rises(far, near, 0.1, LEVELS, 1e-4)
    assert stays_below(far, near, LEVELS, 1e-4)


@pytest.mark.parametrize("name", DRAWS)
def test_bounds_are_where_the_tests_change_their_mind(name):
    rng = np.random.default_rng(3)
    near, far = DRAWS[name](rng, 90), 1 + DRAWS[name](rng, 90)
    low, high = least_rise(near, far, LEVELS, 0.01), most_rise(near, far, LEVELS, 0.01)
    assert low <= 1 <= high
    assert rises(near, far, low - 1e-4, LEVELS, 0.01)
    assert not rises(near, far, low + 1e-4, LEVELS, 0.01)
    assert stays_below(near + high + 1e-4, far, LEVELS, 0.01)
    assert not stays_below(near + high - 1e-4, far, LEVELS, 0.01)


def test_few_draws_bound_nothing_from_above_and_44_do():
    rng = np.random.default_rng(4)
    near = rng.normal(size=200)
    assert most_rise(near, rng.normal(size=43), LEVELS, 0.01) == np.inf
    assert most_rise(near, rng.normal(size=45), LEVELS, 0.01) < np.inf  # 0.9^44 = 0.0097 leaves next to nothing
    assert least_rise(near[:3], near[3:6], LEVELS, 0.01) == -np.inf


def test_each_end_has_the_level_of_its_own_delta():
    # At the near end one draw of ten may fail, at the far end one of two: the medians there are what counts.
    rng = np.random.default_rng(5)
    near, far = np.where(rng.random(300) < 0.01, 9.0, 0.0), np.where(rng.random(300) < 0.3, 9.0, 0.0)
    assert rises(near, far, 1.0, (0.9, 0.9), 1e-3)
    assert not rises(near, far, 1.0, (0.9, 0.5), 1e-3)


# ---- pairs ----


def test_pairs_differ_in_one_axis_alone():
    rng = np.random.default_rng(6)
    n = 400
    codes = [rng.integers(0, 3, n) for _ in range(2)]
    x = rng.integers(0, 3, n)
    near, far = np.flatnonzero(x == 0), np.flatnonzero(x == 2)
    a, b = matched(codes, near, far, 10)
    assert np.all((x[a] == 0) & (x[b] == 2))
    assert all(np.array_equal(code[a], code[b]) for code in codes)
    assert len(set(a)) == len(set(b)) == a.size > 80, "no draw is used twice, and few are left over"


def test_where_pairs_are_few_an_axis_is_held_fixed_no_more():
    rng = np.random.default_rng(7)
    codes = [np.arange(60), rng.integers(0, 2, 60)]  # no two draws agree on the first axis
    near, far = np.arange(30), np.arange(30, 60)
    a, b = matched(codes, near, far, 20)
    assert a.size >= 20
    assert np.array_equal(codes[1][a], codes[1][b])


@pytest.mark.parametrize("delta", [0.01, 0.1, 0.5])
def test_the_chance_of_a_pair_holds_when_every_level_up_to_1_minus_delta_rises_by_b(delta):
    # y - b has the quantiles of x up to 1 - delta and is infinite above: nothing in the class rises more often.
    rng = np.random.default_rng(8)
    x, level = rng.random(400_000), rng.random(400_000)
    y = np.where(level <= 1 - delta, level, np.inf)
    rate = np.mean(y > x)
    assert rate <= chance(delta) + 4 * np.sqrt(0.25 / x.size)
    assert rate >= chance(delta) - 4 * np.sqrt(0.25 / x.size), "the bound is attained"


def test_pairs_that_convict_are_counted_exactly():
    needed = pairs_to_convict(47, 0.1, 1e-4)
    p = chance(0.1)
    tail = [sum(special.comb(47, j) * p**j * (1 - p) ** (47 - j) for j in range(k, 48)) for k in (needed, needed - 1)]
    assert tail[0] <= 1e-4 < tail[1]
    assert pairs_to_convict(10, 0.1, 1e-4) is None
    differences = np.arange(47.0)
    assert least_rise_of_pairs(differences, 0.1, 1e-4) == 47 - needed
    assert least_rise_of_pairs(differences[:5], 0.1, 1e-4) == -np.inf


# ---- falls ----


@pytest.mark.parametrize("span", [4.0, 64.0, 1e4])
def test_no_fall_of_the_class_falls_further(span):
    s = span ** np.linspace(0, 1, 6)
    left = still_to_fall(Transient(), s)
    rng = np.random.default_rng(9)
    for _ in range(300):
        k = rng.exponential(1.0)
        for g in (s ** -(0.5 + k), np.exp(-(s - 1) * (0.5 + k))):
            for fall in (log(2) * g, np.log1p(g)):
                assert np.all(fall - fall[-1] <= left + 1e-5)  # steepness is searched in steps of 1 %
    assert left[0] == pytest.approx(log(2), abs=1e-9), "a fall of the first rung alone"
    assert left[-1] == 0
    np.testing.assert_allclose(still_to_fall(Transient(1.0), s), 0)


def test_margins_are_growth_less_what_may_fall():
    s = np.array([1.0, 8.0, 64.0])
    np.testing.assert_allclose(margins(s, Transient(1.0), 0.25), 0.25 * np.log([64, 8, 1]))
    assert margins(s, Transient(), 0.25)[0] == pytest.approx(0.25 * log(64) - log(2))


def test_rungs_are_chosen_by_margin_and_size_alone():
    long, short = np.geomspace(1, 1e4, 6), np.geomspace(1, 4, 6)
    assert compared_rungs([100] * 6, long, Transient(1.0), 0.25) == [0, 1], "the near ones have the larger margins"
    assert len(compared_rungs([100] * 6, short, Transient(), 0.25)) == 1, "where none has any, the best one"
    assert 0 not in compared_rungs([100] * 6, np.geomspace(1, 16, 6), Transient(), 0.25), (
        "all of the fall is left there"
    )


@pytest.mark.parametrize("scales", [[1.0], [2.0, 2.0], [3.0, 2.0], [0.0, 1.0], [1.0, np.nan], [1.0, np.inf]])
def test_ladders_must_increase(scales):
    with pytest.raises(ValueError, match="increasing order"):
        log_ladder(scales)


def test_transients_are_finite():
    for factor, rate in ((0.5, 0.5), (np.inf, 0.5), (2.0, 0.0), (np.nan, 1.0)):
        with pytest.raises(ValueError, match="factor >= 1 and rate > 0"):
            Transient(factor, rate)
