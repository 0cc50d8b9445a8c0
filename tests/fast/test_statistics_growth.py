"""Growth intervals: what the ends promise, with and without noise; remedies and shape labels."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import special

from lemmata.statistics import growth_interval, shape
from lemmata.statistics.growth import draws_to_exclude
from lemmata.vocabulary.transient import Transient


def ladder(decades=1.5, rungs=6):
    return 16.0 * 10 ** np.linspace(0, decades, rungs)


def noise_free(y):
    """Groups whose quantiles are exactly y."""
    return [np.full(200, value) for value in y]


def interval(y, scales, transient=Transient(), tau=0.9):
    return growth_interval(noise_free(y), scales, tau, 1e-3, 1e-2, transient)


RISES = {
    "a power": lambda t: -log(2) * t**-0.5,
    "an exponential": lambda t: np.log1p(-np.exp(-t)),
    "late": lambda t: np.log1p(t**4 / (t**4 + 1e3)),
    "a bump": lambda t: log(1.9) * np.exp(-2 * np.log(t / 5) ** 2),
    "1/log": lambda t: np.log(1 - log(4) / np.log(16 * t)),
    "at the end": lambda t: log(2) * (t > 20),
}
FALLS = {
    "a power": lambda t: log(2) * t**-0.5,
    "a power of the ratio": lambda t: np.log1p(t**-0.7),
    "an exponential": lambda t: log(2) * np.exp(-(t - 1) / 2),
    "an exponential of the ratio": lambda t: np.log1p(np.exp(-(t - 1) / 1.5)),
}


@pytest.mark.parametrize("rise", RISES)
@pytest.mark.parametrize("rungs", [3, 6])
@pytest.mark.parametrize("beta", [-0.5, 0.0, 0.3])
def test_the_lower_end_is_below_the_exponent_whatever_rises_by_the_factor(rise, rungs, beta):
    # Without noise the lower end is as high as it gets.
    s = ladder(rungs=rungs)
    t = s / s[0]
    assert interval(beta * np.log(t) + RISES[rise](t), s).lo <= max(beta, 0) + 1e-4


@pytest.mark.parametrize("fall", FALLS)
@pytest.mark.parametrize("rungs", [3, 6])
@pytest.mark.parametrize("decades", [0.6, 1.5, 3.0])
@pytest.mark.parametrize("beta", [0.0, 0.25, 0.5])
def test_the_upper_end_is_above_the_exponent_whatever_falls_by_the_factor(fall, rungs, decades, beta):
    s = ladder(decades, rungs)
    t = s / s[0]
    assert interval(beta * np.log(t) + FALLS[fall](t), s).hi >= beta - 1e-4


@pytest.mark.parametrize("beta", [-0.3, 0.0, 0.4])
def test_without_transients_and_noise_the_interval_is_the_exponent(beta):
    s = ladder()
    growth = interval(beta * np.log(s), s, Transient(1.0))
    assert [growth.est, growth.lo, growth.hi, growth.lo_raw, growth.hi_raw] == pytest.approx([beta] * 5, abs=1e-4)


@pytest.mark.parametrize("decades, floor", [(1.0, 0.3), (1.5, 0.2), (3.0, 0.1)])
def test_the_smallest_exponent_that_can_show_is_the_factor_over_the_span(decades, floor):
    # log 2 / log span: 0.301, 0.201, 0.100.
    s = ladder(decades)
    assert interval((floor + 0.01) * np.log(s), s).lo > 0 >= interval((floor - 0.01) * np.log(s), s).lo


def test_a_fall_of_any_size_shows_no_growth_and_a_steep_rise_no_end_of_it():
    # Weights that change sign would call the first growth, and pass the second.
    for rungs in (3, 6):
        s = ladder(rungs=rungs)
        t = s / s[0]
        for depth in (5, 20, 1000):
            assert interval(np.log1p(depth * t**-2), s).lo < 0
        assert interval(0.5 * np.log(t) - np.log1p(50 * t**-3.0), s).hi > 0.5


def test_the_interval_covers_under_noise():
    # 300 runs: the lower end is above the exponent in at most 1e-3 of them, the upper end below it in 1e-2.
    rng, s = np.random.default_rng(0), ladder(rungs=3)
    low = high = 0
    for _ in range(300):
        groups = [0.2 * np.log(x / 16) + 0.3 * rng.standard_t(3, size=60) for x in s]
        growth = growth_interval(groups, s, 0.9, 1e-2, 1e-2, Transient(1.0))
        low += growth.lo > 0.2
        high += growth.hi < 0.2
    assert max(low, high) <= 10  # more than 10 of 300 at a rate of 1e-2 has probability 3e-4


def test_levels_may_differ_from_rung_to_rung():
    rng, s = np.random.default_rng(1), ladder(rungs=3)
    groups = [np.where(rng.random(300) < share, 5.0, 0.01 * rng.normal(size=300)) for share in (0.03, 0.15, 0.35)]
    assert growth_interval(groups, s, 0.9, 1e-3, 1e-2, Transient()).lo > 0
    growth = growth_interval(groups, s, np.array([0.9, 0.7, 0.5]), 1e-3, 1e-2, Transient())
    assert growth.lo < 0 < growth.hi < 0.25


def test_too_few_draws_bound_nothing():
    s = ladder()
    growth = growth_interval([np.arange(3.0)] * 6, s, 0.95, 1e-3, 1e-2, Transient())
    assert (growth.lo, growth.hi) == (-np.inf, np.inf)


def test_promised_draws_exclude_the_exponent():
    rng = np.random.default_rng(9)
    s = ladder()
    few = [0.5 * special.ndtri((np.arange(60) + 0.5) / 60)] * 6
    assert growth_interval(few, s, 0.9, 1e-3, 1e-2, Transient()).hi > 0.25
    n = draws_to_exclude(few, s, 0.9, 0.25, 1e-2, Transient())
    assert n is not None
    hits = sum(
        growth_interval([0.5 * rng.normal(size=n) for _ in s], s, 0.9, 1e-3, 1e-2, Transient()).hi < 0.25
        for _ in range(20)
    )
    assert hits >= 10
    assert draws_to_exclude(few, s, 0.9, 0.1, 1e-2, Transient()) is None  # below what a fall may hide


@pytest.mark.parametrize("name, y", [
    ("power", lambda s: 0.25 * np.log(s)),
    ("log", lambda s: np.log(np.log(s))),
    ("saturating", lambda s: -log(2) * (s / s[0]) ** -0.7),
    ("faster than power", lambda s: 0.1 * (s / s[0]) ** 0.8),
])  # fmt: skip
def test_shape_is_named_when_draws_are_many(name, y):
    s = ladder()
    assert shape(noise_free(y(s)), s, 0.5) == name
    rng = np.random.default_rng(7)
    labels = [shape([v + 0.1 * rng.normal(size=1667) for v in y(s)], s, 0.5) for _ in range(20)]
    # The study has the right name in 98.7% or more at sigma = .1: 3 misses in 20 have probability 2e-3.
    assert labels.count(name) >= 18


def test_shape_is_unresolved_in_noise_and_on_three_rungs():
    rng = np.random.default_rng(8)
    s = ladder()
    assert shape([rng.normal(size=100) for _ in s], s, 0.5) == "unresolved"
    assert shape(noise_free(0.25 * np.log(s[::2])), s[::2], 0.5) == "unresolved"


def test_growth_refuses_what_it_cannot_measure():
    with pytest.raises(ValueError, match="2 for 3 rungs"):
        growth_interval([np.zeros(5)] * 2, [1.0, 2.0, 4.0], 0.5, 0.1, 0.1, Transient())
    for bad in (np.full(5, np.inf), np.zeros(0)):
        with pytest.raises(ValueError, match="finite draws"):
            growth_interval([np.zeros(5), np.zeros(5), bad], [1, 2, 4], 0.5, 0.1, 0.1, Transient())
