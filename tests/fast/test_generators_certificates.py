"""Upper bounds on the margin: exact cases, a linear program as twin, and samples of margin zero."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from lemmata.generators import (
    KAPPA,
    Family,
    affine,
    band,
    contradictory,
    cosine,
    dual_margin,
    dual_value,
    is_antipodally_odd,
    linear,
    odd_parity,
    pair_bound,
    random_labels,
    sphere,
    with_margin,
    xor,
)


def seeded(trials: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(trials)]


def test_pair_bound_is_the_smallest_over_opposite_labels():
    sample = random_labels(seeded(3), 9, 4)
    for x, y, bound in zip(sample.x.numpy(), sample.y.numpy(), pair_bound(sample.x, sample.y), strict=True):
        pairs = [np.linalg.norm(x[i] - x[j]) for i in range(9) for j in range(9) if y[i] > y[j]]
        assert float(bound) == pytest.approx(KAPPA / 2 * min(pairs), rel=1e-14)


def test_pair_bound_of_one_label_is_the_cap():
    x = sphere(seeded(2), 5, 3)
    assert pair_bound(x, torch.ones(2, 5).double()).tolist() == [KAPPA, KAPPA]


def test_two_points_have_half_their_distance_times_kappa():
    x = sphere(seeded(4, seed=1), 2, 5)
    y = torch.tensor([[1.0, -1.0]]).double().expand(4, 2)
    dual = dual_value(x, y, torch.full_like(y, 0.5), seeded(4), draws=20_000)
    # Four estimates within 4.5 standard errors: fails by chance with probability 3e-5.
    assert ((dual.value - pair_bound(x, y)).abs() < 4.5 * dual.standard_error).all()
    best = dual_margin(x, y, seeded(4), draws=4_000, steps=300)
    torch.testing.assert_close(best.weights, torch.full_like(y, 0.5), rtol=0, atol=0.05)


@pytest.mark.parametrize(
    "family", [linear(), affine(0.6, 0.2), xor(), band(), cosine()], ids=lambda family: family.name
)
def test_the_dual_is_above_the_margin(family: Family):
    gamma = 0.8 * family.largest_margin
    sample = with_margin(seeded(2), family, 24, 5, gamma)
    dual = dual_margin(sample.x, sample.y, seeded(2, seed=1), draws=4_000, steps=200)
    assert (dual.upper_bound() >= gamma).all()
    # Ten estimates, 4.5 standard errors above a true upper bound: fails by chance with probability 3e-5.
    assert (dual.value <= pair_bound(sample.x, sample.y) + 4.5 * dual.standard_error + 0.01).all()


def test_weights_are_as_good_as_a_linear_program_on_the_same_draws():
    n, d, draws, steps = 12, 6, 400, 300
    sample = random_labels(seeded(1), n, d)
    dual = dual_margin(sample.x, sample.y, seeded(1, seed=9), draws, steps)
    u = np.random.default_rng([9, 0]).standard_normal((draws, d))
    A = (sample.y * (torch.from_numpy(np.concatenate([u, -u])) @ sample.x.mT).relu())[0].numpy()
    N = len(A)
    # minimise mean(t) subject to -t <= A lambda <= t on the simplex
    best = linprog(
        np.concatenate([np.zeros(n), np.full(N, 1 / N)]),
        A_ub=np.block([[A, -np.eye(N)], [-A, -np.eye(N)]]),
        b_ub=np.zeros(2 * N),
        A_eq=np.concatenate([np.ones(n), np.zeros(N)])[None],
        b_eq=[1.0],
    ).fun
    found = np.abs(A @ dual.weights[0].numpy()).mean()
    gap = math.sqrt((A**2).mean(axis=0).max() * 2 * math.log(n + 1)) / steps
    assert best - 1e-9 <= found <= best + gap


def test_the_standard_error_is_that_of_independent_pairs():
    x, y = (
        sphere(seeded(1), 3, 4).expand(400, -1, -1),
        torch.tensor([[1.0, -1.0, 1.0]]).double().expand(400, -1),
    )
    dual = dual_value(x, y, torch.full_like(y, 1 / 3), seeded(400), draws=50)
    # The spread of 400 estimates has a relative error of 1/sqrt(800) = 0.035; 5 of those.
    assert float(dual.value.std() / dual.standard_error.mean()) == pytest.approx(1.0, abs=0.18)


@pytest.mark.parametrize("d", [3, 5])
def test_odd_parity_has_margin_zero(d: int):
    sample = odd_parity(d, batch=2)
    assert sample.x.shape == (2, 2**d, d)
    assert is_antipodally_odd(sample.x, sample.y).all()
    assert (sample.y[..., None] * sample.x).sum(dim=1).abs().max() < 1e-14  # no half-space separates the labels
    assert sample.margin is not None
    assert sample.margin.tolist() == [0.0, 0.0]
    # Exact cancellation for every draw, up to the rounding of a sum of 2^d terms of size 1/2^d.
    assert dual_margin(sample.x, sample.y, seeded(2), draws=500, steps=50).value.max() < 1e-15


@pytest.mark.parametrize("d", [1, 2, 4])
def test_other_parities_are_refused(d: int):
    with pytest.raises(ValueError, match=f"d = {d}.*odd d"):
        odd_parity(d)


def test_antipodal_oddness_is_exact():
    sample = odd_parity()
    flipped, moved, half = sample.y.clone(), sample.x.clone(), slice(0, 4)
    flipped[0, 0] *= -1
    moved[0, 0, 0] = moved[0, 0, 0].nextafter(torch.tensor(2.0).double())
    assert not is_antipodally_odd(sample.x, flipped)
    assert not is_antipodally_odd(moved, sample.y)
    assert not is_antipodally_odd(sample.x[:, half], sample.y[:, half])
    both = torch.cat([sample.x, sample.x], dim=1), torch.cat([sample.y, -sample.y], dim=1)
    assert not is_antipodally_odd(*both)


def test_contradictory_points_carry_both_labels():
    sample = contradictory(seeded(2), 6, 4)
    assert pair_bound(sample.x, sample.y).tolist() == [0.0, 0.0]
    assert sample.y.sum(dim=1).tolist() == [0.0, 0.0]
    # Mirror descent stays at the uniform weights, where every draw cancels.
    assert dual_margin(sample.x, sample.y, seeded(2), draws=100, steps=20).value.max() < 1e-16
    with pytest.raises(ValueError, match="n = 5"):
        contradictory(seeded(2), 5, 4)


def test_random_labels_are_fair_and_uncertified():
    sample = random_labels(seeded(1), 10_000, 2)
    assert sample.margin is None
    assert sample.y.abs().unique().tolist() == [1.0]
    assert abs(float(sample.y.mean())) < 0.045  # 4.5 standard errors of 10 000 coins


@pytest.mark.parametrize(
    "act, message",
    [
        (lambda x, y: pair_bound(x, 2 * y), "labels must be ±1, not 2"),
        (lambda x, y: pair_bound(x, y[:, :2]), r"\(1, 3, 4\) and y \(1, 2\)"),
        (lambda x, y: dual_value(x, y, y, seeded(1)), "minimum -1 and sums"),
        (lambda x, y: dual_value(x, y, y.abs(), seeded(1)), r"sums \[3\.0\]"),
        (lambda x, y: dual_margin(x, y, seeded(2)), "2 generators for 1 samples"),
        (lambda x, y: dual_margin(x, y, seeded(1), draws=1), "draws = 1"),
    ],
)
def test_bad_samples_are_refused(act: Callable[..., object], message: str):
    x, y = sphere(seeded(1), 3, 4), torch.tensor([[1.0, -1.0, 1.0]]).double()
    with pytest.raises(ValueError, match=message):
        act(x, y)
