"""Minima over the simplex against closed forms, enumeration of supports, and their own certificates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries.simplex import largest_margin, simplex_minimum


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def margin_by_supports(z: Tensor) -> float:
    """The nearest point of the hull, from every subset of the points: least-norm affine combinations."""
    best = np.inf
    for size in range(1, len(z) + 1):
        for subset in itertools.combinations(range(len(z)), size):
            Z = z[list(subset)].numpy()
            system = np.vstack([np.hstack([Z @ Z.T, np.ones((size, 1))]), np.append(np.ones(size), 0)])
            a = np.linalg.lstsq(system, np.append(np.zeros(size), 1), rcond=None)[0][:size]
            if (a >= -1e-12).all() and abs(a.sum() - 1) < 1e-9:
                best = min(best, np.linalg.norm(a @ Z))
    return best


@pytest.mark.parametrize(("n", "m", "shift"), [(3, 2, 1.0), (5, 3, 0.7), (6, 4, 0.3), (7, 2, 0.0), (6, 9, 0.0)])
def test_margin_is_that_of_the_best_support(n, m, shift):
    Z = gaussian(n, 6, n, m) + shift
    margin = largest_margin(Z)
    exact = torch.tensor([margin_by_supports(z) for z in Z], dtype=torch.float64)
    torch.testing.assert_close(margin.upper, exact, rtol=0, atol=1e-9)  # 1e-9: slack of the enumeration
    torch.testing.assert_close(margin.value, exact, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("n", "m", "shift"), [(20, 50, 0.0), (100, 20, 0.0), (100, 20, 0.5), (300, 100, 0.3)])
def test_both_bounds_are_certified_and_meet(n, m, shift):
    Z = gaussian(n, 2, n, m) + shift
    margin = largest_margin(Z)
    attained = (Z @ margin.alpha[..., None])[..., 0].amin(1)
    torch.testing.assert_close(margin.value, attained, rtol=0, atol=1e-13)
    assert (margin.weights >= 0).all()
    torch.testing.assert_close(margin.weights.sum(1), torch.ones(2, dtype=torch.float64))
    hull = torch.einsum("bn,bnm->bm", margin.weights, Z)
    torch.testing.assert_close(margin.upper, hull.norm(dim=1), rtol=1e-13, atol=1e-14)
    assert (margin.upper - margin.value).abs().max() < 1e-12 * Z.norm(dim=2).max()


def test_no_direction_separates_antipodal_points():
    Z = torch.tensor([[[1.0, 0.0], [-1.0, 0.0], [0.3, 1.0]]], dtype=torch.float64)
    margin = largest_margin(Z)
    assert margin.value.item() == 0
    assert margin.upper.item() < 1e-15
    assert margin.alpha.norm() == 0


@pytest.mark.parametrize("e", [1e-2, 1e-5, 1e-8, 1e-12])
def test_tiny_margins_keep_their_digits(e):
    # The nearest point of the hull is (0, e), a difference of vectors of norm 1.
    Z = torch.tensor([[[1.0, e], [-1.0, e], [0.3, 1.0]]], dtype=torch.float64)
    margin = largest_margin(Z)
    assert margin.value.item() == pytest.approx(e, rel=1e-3)
    assert margin.upper.item() == pytest.approx(e, rel=1e-3)


def test_one_point_separates_itself_and_zero_never():
    z = gaussian(1, 2, 1, 4)
    z[1] = 0
    margin = largest_margin(z)
    assert margin.value.tolist() == pytest.approx([z[0].norm().item(), 0.0])
    assert not margin.value.isnan().any()


def test_simplex_minimum_closed_forms():
    # diag(k): weights proportional to 1/k, minimum 1 / sum(1/k).
    M = torch.diag(torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64))[None]
    found = simplex_minimum(M)
    assert found.value.item() == pytest.approx(1 / 1.75, rel=1e-14)
    torch.testing.assert_close(found.weights[0] * 1.75, torch.tensor([1.0, 0.5, 0.25], dtype=torch.float64))


def test_simplex_minimum_is_the_square_of_the_margin_and_certified():
    Z = gaussian(2, 3, 12, 8) + 0.5
    found = simplex_minimum(Z @ Z.mT)
    torch.testing.assert_close(found.value, largest_margin(Z).upper ** 2, rtol=1e-10, atol=1e-13)
    assert (found.lower <= found.value).all()
    assert (found.value - found.lower).max() < 1e-12 * (Z @ Z.mT).abs().max()
    gap = 2 * torch.einsum("bij,bj->bi", Z @ Z.mT, found.weights).amin(1) - found.value
    torch.testing.assert_close(found.lower, torch.minimum(gap.clamp(min=0), found.value), rtol=1e-12, atol=1e-13)
    # It is a lower bound: no random weights go below.
    a = torch.from_numpy(np.random.default_rng(3).dirichlet(np.full(12, 0.3), size=(3, 2000)))
    assert (torch.einsum("bki,bij,bkj->bk", a, Z @ Z.mT, a).amin(1) >= found.lower).all()


def test_certificates_stay_true_when_the_solver_does_not_solve(monkeypatch):
    Z = gaussian(5, 3, 12, 8) + 0.5
    M = Z @ Z.mT
    exact, margin = simplex_minimum(M), largest_margin(Z)
    monkeypatch.setattr("scipy.optimize.nnls", lambda A, b, **options: (np.linspace(1, 2, A.shape[1]), 0.0))
    wrong = simplex_minimum(M)
    assert (wrong.lower <= exact.value).all()
    assert (wrong.value >= exact.value).all()
    assert (largest_margin(Z).value <= margin.value * (1 + 1e-12)).all()
    assert (largest_margin(Z).upper >= margin.upper).all()
    # Close to the minimum the lower bound is no longer 0, and still one.
    rows = iter((0.999 * exact.weights + 0.001 / 12).numpy())
    monkeypatch.setattr("scipy.optimize.nnls", lambda A, b, **options: (next(rows), 0.0))
    near = simplex_minimum(M)
    assert ((near.lower > 0) & (near.lower <= exact.value)).all()


def test_a_trial_does_not_depend_on_its_batch():
    Z = gaussian(4, 3, 10, 5) + 0.5
    torch.testing.assert_close(largest_margin(Z).value[1:2], largest_margin(Z[1:2]).value, rtol=1e-13, atol=0)


@pytest.mark.parametrize("Z", [torch.ones(3, 3), torch.ones(1, 0, 3), torch.full((1, 2, 2), float("inf"))])
def test_bad_points_are_refused(Z):
    with pytest.raises(ValueError, match="Z of shape"):
        largest_margin(Z)


def test_bad_matrices_are_refused():
    with pytest.raises(ValueError, match="not symmetric"):
        simplex_minimum(torch.tensor([[[1.0, 2.0], [0.0, 1.0]]]))
    with pytest.raises(ValueError, match="positive semidefinite"):
        simplex_minimum(torch.tensor([[[1.0, 2.0], [2.0, 1.0]]]))
