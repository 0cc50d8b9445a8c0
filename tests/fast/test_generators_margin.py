"""The margin families against Monte Carlo, quadrature and grids; samples that touch their margin."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch import Tensor

from lemmata.generators import (
    KAPPA,
    Family,
    affine,
    band,
    constant,
    cosine,
    linear,
    pair_bound,
    sphere,
    with_margin,
    xor,
)

FAMILIES = [
    constant(0.5), constant(-1.0), linear(), affine(0.6, -0.3), affine(-0.5, 0.5), xor(),
    band(), band(0.6), cosine(), cosine(3.0),
]  # fmt: skip
TWO_LABELS = [linear(), affine(-0.7, 0.2), xor(), band(), band(0.7), cosine(), cosine(2.2)]
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
EVERY_TWO_LABEL_FAMILY = pytest.mark.parametrize("family", TWO_LABELS, ids=lambda family: family.name)


def seeded(trials: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(trials)]


def at(rho: float, d: int = 3) -> Tensor:
    """A unit vector with first coordinate rho."""
    x = torch.zeros(d, dtype=torch.float64)
    x[0], x[1] = rho, math.sqrt(1 - rho**2)
    return x


@EVERY_FAMILY
@pytest.mark.parametrize("d", [2, 4])
def test_value_is_the_expectation(family: Family, d: int):
    x = sphere(seeded(1), 6, d)[0]
    u = torch.from_numpy(np.random.default_rng(1).standard_normal((100_000, d)))
    terms = family.c(u)[:, None] * (u @ x.T).relu()
    error = (terms.mean(dim=0) - family.value(x)).abs()
    # 20 families and dimensions, 6 points, 4.8 standard errors: a false alarm with probability 2e-4.
    assert (error <= 4.8 * terms.std(dim=0) / math.sqrt(len(u))).all()


@EVERY_FAMILY
def test_weight_is_at_most_one(family: Family):
    u = torch.from_numpy(np.random.default_rng(2).standard_normal((10_000, 3)))
    u[:3] = torch.eye(3, dtype=torch.float64)
    assert family.c(u).abs().max() <= 1


@pytest.mark.parametrize(
    "family, c, breaks",
    [
        (band(0.6), lambda a: 1.0 if abs(a) > 0.6 else -1.0, [-0.6, 0.6]),
        (band(), lambda a: 1.0 if abs(a) > 0.931 else -1.0, [-0.931, 0.931]),
        (cosine(), lambda a: math.cos(1.724 * a), None),
        (cosine(3.0), lambda a: math.cos(3 * a), None),
    ],
)
@pytest.mark.parametrize("rho", [0.0, -0.3, 0.9, 0.999])
def test_even_families_against_quadrature(family: Family, c: Callable[[float], float], breaks: list[float], rho: float):
    s = math.sqrt(1 - rho**2)

    def integrand(a: float) -> float:  # E|rho a + s b| over b ~ N(0, 1), weighted
        mean_abs = 2 * s * norm.pdf(rho * a / s) + rho * a * (2 * norm.cdf(rho * a / s) - 1)
        return norm.pdf(a) * c(a) * mean_abs / 2

    expected, _ = quad(integrand, -12, 12, points=breaks, limit=400, epsabs=1e-12)
    # quad is asked for 1e-12; cdf differences near 1 cost it another digit.
    assert float(family.value(at(rho))) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("t", [0.3, 0.931, 2.0])
def test_band_at_its_extremes(t: float):
    family = band(t)
    assert float(family.value(at(1.0))) == pytest.approx(KAPPA * (2 * math.exp(-(t**2) / 2) - 1), abs=1e-15)
    assert float(family.value(at(0.0))) == pytest.approx(KAPPA * (4 * norm.cdf(-t) - 1), abs=1e-15)


def test_xor_in_the_plane():
    phi = torch.linspace(0, 2 * math.pi, 721, dtype=torch.float64)
    p, q = phi.cos(), phi.sin()
    expected = KAPPA * (p.abs() + q.abs() - 1) * (p * q).sign()
    # Not 1e-8, as the same formula with arcsines has it.
    torch.testing.assert_close(xor().value(torch.stack([p, q], dim=1)), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("d", [3, 8])
def test_xor_with_arcsines(d: int):
    x = sphere(seeded(1), 200, d)[0]
    p, q = x[:, 0], x[:, 1]
    expected = (
        2 * KAPPA / math.pi
        * (p * (q / (1 - p**2).sqrt()).arcsin() + q * (p / (1 - q**2).sqrt()).arcsin()
           - (p * q / ((1 - p**2) * (1 - q**2)).sqrt()).arcsin())
    )  # fmt: skip
    # An arcsine near 1 loses up to half the digits; 1e-9 leaves room for the closest of 200 points.
    torch.testing.assert_close(xor().value(x), expected, rtol=0, atol=1e-9)


@EVERY_FAMILY
@pytest.mark.parametrize("d", [2, 3])
def test_lowest_and_highest_are_the_extremes(family: Family, d: int):
    x = sphere(seeded(1, seed=3), 4000, d)[0]
    f = family.value(x)
    assert f.min() >= family.lowest - 1e-15
    assert f.max() <= family.highest + 1e-15
    torch.testing.assert_close(family.value(family.top(x)), torch.full_like(f, family.highest), rtol=0, atol=1e-15)
    torch.testing.assert_close(family.value(family.bottom(x)), torch.full_like(f, family.lowest), rtol=0, atol=1e-15)


@EVERY_TWO_LABEL_FAMILY
def test_top_and_bottom_are_the_nearest(family: Family):
    x = sphere(seeded(1, seed=4), 200, 3)[0]
    others = sphere(seeded(1, seed=5), 400, 3)[0]
    for extreme in (family.top, family.bottom):
        chosen = (x * extreme(x)).sum(dim=1)
        assert (chosen >= (x @ extreme(others).T).amax(dim=1) - 1e-12).all()


def test_balanced_defaults():
    assert band().largest_margin == pytest.approx(0.1182, abs=1e-4)
    assert cosine().largest_margin == pytest.approx(0.0902, abs=1e-4)
    assert xor().largest_margin == pytest.approx(0.16525, abs=1e-5)
    assert linear().largest_margin == pytest.approx(KAPPA)
    assert cosine(1.306).lowest > 0 > cosine(1.308).lowest


@EVERY_TWO_LABEL_FAMILY
@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.parametrize("fraction", [0.01, 0.6, 1.0])
def test_samples_touch_their_margin(family: Family, d: int, fraction: float):
    gamma = fraction * family.largest_margin
    sample = with_margin(seeded(3), family, 13, d, gamma)
    yf = sample.y * family.value(sample.x)
    assert (sample.x.norm(dim=2) - 1).abs().max() < 1e-15
    torch.testing.assert_close(sample.margin, yf.amin(dim=1), rtol=0, atol=0)
    # Bisection ends on neighbouring floats of a value below 0.4, evaluated with a few roundings.
    assert (yf - gamma).min() > -2e-16
    assert ((yf - gamma).abs() < 1e-15).sum(dim=1).min() >= 8
    assert sample.y[:, :4].min() == 1
    assert sample.y[:, 4:8].max() == -1
    assert sample.margin.max() <= pair_bound(sample.x, sample.y).min() + 1e-15


@EVERY_TWO_LABEL_FAMILY
def test_uniform_points_with_the_margin_are_kept(family: Family):
    gamma = 0.3 * family.largest_margin
    sample, uniform = with_margin(seeded(2), family, 40, 3, gamma), sphere(seeded(2), 40, 3)
    free = family.value(uniform).abs() >= gamma
    free[:, :20] = False
    assert free.sum() > 10
    torch.testing.assert_close(sample.x[free], uniform[free], rtol=0, atol=0)
    torch.testing.assert_close(sample.y[free], family.value(uniform[free]).sign(), rtol=0, atol=0)


def test_linear_pairs_attain_the_pair_bound():
    sample = with_margin(seeded(4), linear(), 20, 6, 0.1)
    torch.testing.assert_close(
        pair_bound(sample.x, sample.y), torch.full((4,), 0.1, dtype=torch.float64), rtol=1e-12, atol=0
    )


@pytest.mark.parametrize("family", [affine(0.6, -0.1), band(), cosine()], ids=lambda family: family.name)
def test_pairs_lie_on_one_meridian(family: Family):
    x = with_margin(seeded(4), family, 20, 6, 0.05).x
    plus, minus = x[:, :5, 1:], x[:, 5:10, 1:]
    torch.testing.assert_close(
        plus / plus.norm(dim=2, keepdim=True), minus / minus.norm(dim=2, keepdim=True), rtol=0, atol=1e-13
    )


def test_xor_pairs_are_reflections():
    x = with_margin(seeded(4), xor(), 20, 6, 0.1).x
    plus, minus = x[:, :5], x[:, 5:10]
    torch.testing.assert_close(plus.abs(), minus.abs(), rtol=0, atol=1e-15)
    assert ((plus * minus < 0).sum(dim=2) == 1).all()


def test_few_points():
    single = with_margin(seeded(5), band(), 1, 3, 0.05)
    assert single.margin.tolist() == pytest.approx([0.05] * 5, abs=1e-15)
    pair = with_margin(seeded(5), band(), 2, 3, 0.05)
    assert pair.y.tolist() == [[1.0, -1.0]] * 5


def test_a_constant_labels_one_class():
    sample = with_margin(seeded(2), constant(-0.5), 6, 3, 0.1)
    assert sample.y.unique().tolist() == [-1.0]
    assert sample.margin.tolist() == pytest.approx([KAPPA / 2] * 2)


def test_single_precision_is_certified_in_double_precision():
    sample = with_margin(seeded(2), xor(), 12, 4, 0.1, torch.float32)
    assert sample.x.dtype == sample.y.dtype == torch.float32
    assert sample.margin.dtype == torch.float64
    exact = sample.y.double() * xor().value(sample.x.double())
    torch.testing.assert_close(sample.margin, exact.amin(dim=1), rtol=0, atol=0)
    assert sample.margin.tolist() == pytest.approx([0.1] * 2, abs=1e-7)


@pytest.mark.parametrize(
    "family, gamma, message",
    [
        (linear(), 0.4, r"gamma = 0\.4 .*linear\(\) allows 0 < gamma <= 0\.398942.*kappa = 0\.398942"),
        (xor(), 0.166, r"xor\(\) allows 0 < gamma <= 0\.165247"),
        (band(0.7), 0.2, r"band\(0\.7\) allows"),
        (linear(), 0.0, "0 < gamma"),
        (linear(), math.nan, "gamma = nan"),
        (affine(0.5, 0.5), 0.1, r"affine\(0\.5, 0\.5\) gives no positive margin to both labels"),
        (cosine(1.0), 0.01, r"cosine\(1\) gives no positive margin to both labels"),
        (constant(0.5), 0.3, r"constant\(0\.5\) allows 0 < gamma <= 0\.199471"),
    ],
)
def test_impossible_margins_are_refused(family: Family, gamma: float, message: str):
    with pytest.raises(ValueError, match=message):
        with_margin(seeded(1), family, 4, 3, gamma)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: constant(1.5), r"b = 1\.5"),
        (lambda: constant(0.0), r"b = 0\.0"),
        (lambda: affine(0.8, 0.3), r"a = 0\.8, b = 0\.3"),
        (lambda: affine(0.0, 1.0), r"a = 0\.0"),
        (lambda: band(0.0), r"t = 0\.0"),
        (lambda: cosine(-1.0), r"k = -1\.0"),
        (lambda: with_margin(seeded(1), linear(), 4, 1, 0.1), "d = 1"),
    ],
)
def test_functions_outside_the_class_are_refused(make: Callable[[], object], message: str):
    with pytest.raises(ValueError, match=message):
        make()


def test_each_trial_may_have_a_margin_of_its_own():
    rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    together = with_margin(rngs, linear(), 8, 3, [0.1, 0.3])
    for trial, gamma in enumerate((0.1, 0.3)):
        alone = with_margin([np.random.default_rng(trial + 1)], linear(), 8, 3, gamma)
        assert torch.equal(together.x[trial], alone.x[0])
    with pytest.raises(ValueError, match="2 margins for 1 trials"):
        with_margin(rngs[:1], linear(), 8, 3, [0.1, 0.3])
