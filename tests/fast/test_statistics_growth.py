"""Growth intervals: weights, transients, coverage, breakdown and shape labels."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import special
from scipy.optimize import linprog

from lemmata.statistics import breakdown_factor, contrast, growth_interval, mover, shape
from lemmata.statistics.growth import draws_to_exclude
from lemmata.statistics.transients import worst_bias
from lemmata.vocabulary.transient import Transient


def ladder(decades=1.5, rungs=6):
    return 16.0 * 10 ** np.linspace(0, decades, rungs)


LADDERS = [
    ladder(1.0),
    ladder(),
    ladder(2.0),
    ladder(1.5, 3),
    ladder(1.5, 8),
    np.array([2.0, 3.0, 32.0, 40.0]),
]


def noise_free(y):
    """Groups whose quantiles are exactly y."""
    return [np.full(200, value) for value in y]


def members(t, factor, rate, rng, count):
    """Random members of the transient class, on its edge."""
    for _ in range(count):
        a = rng.dirichlet(np.ones(3)) * rng.choice([-1, 1], 3) * log(factor)
        p = rate + rng.exponential(2.0, 3) * rng.integers(0, 2, 3)
        yield sum(a_j * t**-p_j for a_j, p_j in zip(a, p, strict=True))


@pytest.mark.parametrize("scales", LADDERS)
@pytest.mark.parametrize("sd", [1e-9, 1e-3, 0.05, 1.0])
@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0, 16.0])
def test_weights_give_a_power_its_exponent(scales, sd, factor):
    w = contrast(scales, np.full(scales.size, sd), Transient(factor))
    # The solver meets its constraints to 1e-8 and rounds log-scales to 1e-9.
    assert abs(w.sum()) < 1e-7
    assert w @ np.log(scales) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("scales", LADDERS)
@pytest.mark.parametrize("rate", [0.25, 0.5, 2.0])
def test_bias_is_the_worst_over_a_dense_class(scales, rate):
    transient = Transient(2.0, rate)
    w = contrast(scales, np.full(scales.size, 0.03), transient)
    t = scales / scales[0]
    rates = np.concatenate([np.linspace(rate, rate + 3, 3001), np.geomspace(rate, 1e3, 3001)])
    effects = log(2) * np.abs((t ** -rates[:, None]) @ w)
    bias = worst_bias(transient, w, scales)
    assert bias >= effects.max() * (1 - 1e-5)
    assert bias == pytest.approx(max(effects.max(), log(2) * abs(w[0])), rel=1e-3)
    # Sums of several transients do no more: the extreme points of the class are single ones.
    assert all(abs(w @ g) <= bias + 1e-12 for g in members(t, 2.0, rate, np.random.default_rng(0), 500))


@pytest.mark.parametrize("decades, published", [(1.0, 0.022), (1.5, 0.008), (2.0, 0.003)])
def test_floor_that_no_number_of_draws_beats(decades, published):
    # Without noise the best weights solve a linear program: minimise the largest effect over a fine grid.
    s = ladder(decades)
    u = np.log(s / s[0])
    v = np.linspace(0, np.exp(-u[1] / 2), 2001)[:, None] ** (u / u[1])
    program = linprog(
        np.append(np.zeros(6), 1.0),
        A_ub=np.column_stack([np.vstack([v, -v]), -np.ones(4002)]),
        b_ub=np.zeros(4002),
        A_eq=np.column_stack([np.vstack([np.ones(6), u]), np.zeros(2)]),
        b_eq=[0, 1],
        bounds=(None, None),
    )
    floor = log(2) * program.x[-1]
    bias = worst_bias(Transient(), contrast(s, np.full(6, 1e-9), Transient()), s)
    assert floor * (1 - 1e-6) <= bias <= 1.02 * floor
    assert bias == pytest.approx(published, abs=0.0015)  # the study rounded a coarser grid


@pytest.mark.parametrize("decades, rungs, published", [
    (1.0, 6, 0.377), (1.5, 6, 0.251), (2.0, 6, 0.188),
    (1.5, 3, 0.236), (1.5, 4, 0.240), (1.5, 5, 0.244), (1.5, 8, 0.251),
])  # fmt: skip
def test_detectable_exponent_of_the_study(decades, rungs, published):
    # sigma = 0.3, 1000 draws, F = 2, alpha = 1e-3 at the 0.95-quantile of the normal law.
    s, q = ladder(decades, rungs), special.ndtri(0.95)
    sd = np.full(rungs, 0.3 * np.sqrt(0.95 * 0.05 / (1000 / rungs)) * np.sqrt(2 * np.pi) * np.exp(q**2 / 2))
    w = contrast(s, sd, Transient())
    noise = np.linalg.norm(w * sd)
    mde = worst_bias(Transient(), w, s) - (special.ndtri(1e-3) + special.ndtri(0.01)) * noise
    assert mde == pytest.approx(published, rel=0.02)  # published with three digits, from simulated widths


def test_detectable_exponent_is_detected():
    s, rng = ladder(), np.random.default_rng(10)

    def draw(beta):
        groups = [beta * np.log(scale) + 0.3 * rng.normal(size=167) for scale in s]
        return growth_interval(groups, s, 0.95, 1e-3, 1e-2, Transient())

    mde = np.median([draw(0.0).mde for _ in range(50)])
    caught = sum(draw(mde).lo > 0 for _ in range(200))
    assert caught >= 193  # promised 99%: fewer has probability 1e-3


def test_no_transient_is_weighted_least_squares():
    s, sd = ladder(), np.array([1.0, 2.0, 1.0, 1.0, 0.5, 1.0])
    w = contrast(s, sd, Transient(1.0))
    q = np.random.default_rng(3).normal(size=6)
    slope = np.polyfit(np.log(s), q, 1, w=1 / sd)[0]
    assert w @ q == pytest.approx(slope)


def test_weights_protect_better_than_least_squares():
    s, sd = ladder(), np.full(6, 0.01)
    transient = Transient()
    w, slope = contrast(s, sd, transient), contrast(s, sd, Transient(1.0))

    def risk(w):
        return 4.5 * np.linalg.norm(w * sd) + worst_bias(transient, w, s)

    assert risk(w) < 0.7 * risk(slope)


def test_mover_of_symmetric_bounds_is_the_normal_interval():
    w, q, z_sd = np.array([2.0, -1.0, 0.5]), np.array([1.0, 3.0, -2.0]), np.array([0.3, 0.1, 0.7])
    theta, low, high = mover(w, q, q - z_sd, q + z_sd)
    width = np.sqrt(np.sum((w * z_sd) ** 2))
    assert (theta, low, high) == pytest.approx((-2.0, -2.0 - width, -2.0 + width))


def test_mover_takes_each_side_from_the_matching_bounds():
    # Lower end: down where the weight is positive, up where it is negative.
    theta, low, high = mover(np.array([1.0, -1.0]), np.zeros(2), np.array([-3.0, -5.0]), np.array([7.0, 4.0]))
    assert (theta, low, high) == pytest.approx((0.0, -5.0, np.hypot(7, 5)))


def test_mover_ignores_unbounded_parts_without_weight():
    none = np.array([-np.inf, 0.0]), np.array([np.inf, 1.0])
    assert mover(np.array([0.0, 1.0]), np.zeros(2), *none) == (0.0, 0.0, 1.0)
    assert mover(np.array([1.0, 0.0]), np.zeros(2), *none) == (0.0, -np.inf, np.inf)


@pytest.mark.parametrize("beta", [-0.3, 0.0, 0.1, 0.5])
def test_interval_holds_every_transient_of_the_class(beta):
    s = ladder()
    t = s / s[0]
    for g in members(t, 2.0, 0.5, np.random.default_rng(4), 60):
        growth = growth_interval(noise_free(beta * np.log(t) + g), s, 0.5, 1e-3, 1e-3, Transient())
        assert growth.lo - 1e-6 <= beta <= growth.hi + 1e-6
        assert growth.hi - growth.lo < 0.02  # twice the floor of 0.008: the interval is not just wide


def test_raw_slope_reads_the_measured_range():
    s = ladder()
    growth = growth_interval(noise_free(-np.log(2) * (s / 16) ** -0.5), s, 0.5, 1e-3, 1e-3, Transient())
    assert growth.lo_raw > 0.1 > 0 >= growth.lo


def test_interval_widens_by_more_transient_and_less_error():
    rng = np.random.default_rng(5)
    s = ladder()
    groups = [0.1 * rng.normal(size=167) for _ in s]
    base = growth_interval(groups, s, 0.9, 1e-2, 1e-2, Transient())
    wider = growth_interval(groups, s, 0.9, 1e-2, 1e-2, Transient(4.0))
    surer = growth_interval(groups, s, 0.9, 1e-4, 1e-4, Transient())
    for other in (wider, surer):
        assert other.lo < base.lo < base.est < base.hi < other.hi


def test_too_few_draws_bound_nothing():
    s = ladder()
    growth = growth_interval([np.arange(5.0)] * 6, s, 0.95, 1e-3, 1e-2, Transient())
    assert (growth.lo, growth.hi) == (-np.inf, np.inf)


def test_uneven_rungs_lean_on_the_full_ones():
    s = ladder()
    rng = np.random.default_rng(6)
    even = growth_interval([rng.normal(size=400) for _ in s], s, 0.5, 1e-2, 1e-2, Transient())
    sizes = [400, 400, 400, 400, 40, 400]
    thin = growth_interval([rng.normal(size=n) for n in sizes], s, 0.5, 1e-2, 1e-2, Transient())
    assert thin.hi - thin.lo < 1.6 * (even.hi - even.lo)


def test_breakdown_factor_of_a_power_and_of_a_transient():
    s = ladder()
    power = noise_free(0.25 * np.log(s))
    assert breakdown_factor(power, s, 0.5, 1e-3, 0.5) == 16
    for factor, explained in ((1.5, {1.1, 1.25}), (3.0, {1.5, 2.0})):
        rise = noise_free(-log(factor) * (s / 16) ** -0.5)
        assert breakdown_factor(rise, s, 0.5, 1e-3, 0.5) in explained
    assert breakdown_factor(noise_free(-0.1 * np.log(s)), s, 0.5, 1e-3, 0.5) == 1


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


def test_promised_draws_exclude_the_exponent():
    rng = np.random.default_rng(9)
    s = ladder()
    few = [0.5 * rng.normal(size=100) for _ in s]
    assert growth_interval(few, s, 0.95, 1e-3, 1e-2, Transient()).hi > 0.25
    n = draws_to_exclude(few, s, 0.95, 0.25, 1e-2, Transient())
    assert n is not None
    hits = sum(
        growth_interval([0.5 * rng.normal(size=n) for _ in s], s, 0.95, 1e-3, 1e-2, Transient()).hi < 0.25
        for _ in range(20)
    )
    assert hits >= 10
    assert draws_to_exclude(few, s, 0.95, 0.001, 1e-2, Transient()) is None  # below the floor of 0.008


@pytest.mark.parametrize("scales", [[1.0], [2.0, 2.0], [3.0, 2.0], [0.0, 1.0], [1.0, np.nan], [1.0, np.inf]])
def test_ladders_must_increase(scales):
    with pytest.raises(ValueError, match="increasing order"):
        contrast(scales, np.ones(len(scales)), Transient())


def test_growth_refuses_what_it_cannot_measure():
    with pytest.raises(ValueError, match="2 for 3 rungs"):
        growth_interval([np.zeros(5)] * 2, [1.0, 2.0, 4.0], 0.5, 0.1, 0.1, Transient())
    with pytest.raises(ValueError, match="finite draws"):
        growth_interval([np.zeros(5), np.zeros(5), np.full(5, np.inf)], [1, 2, 4], 0.5, 0.1, 0.1, Transient())
    for factor, rate in ((0.5, 0.5), (np.inf, 0.5), (2.0, 0.0), (np.nan, 1.0)):
        with pytest.raises(ValueError, match="factor >= 1 and rate > 0"):
            Transient(factor, rate)
    with pytest.raises(ValueError, match="positive, finite standard deviation"):
        contrast([1.0, 2.0, 4.0], [1.0, 0.0, 1.0], Transient())
