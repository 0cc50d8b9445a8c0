"""Largest singular values against the dense decomposition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries.spectral import Singular, lanczos, largest_singular_value, pseudo_random_start


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def by_lanczos(A: Tensor, steps: int) -> Singular:
    products = [lambda x, M=M: (x[:, None] @ M)[:, 0] for M in (A.mT, A)]
    return lanczos(products[0], products[1], pseudo_random_start(A), steps)


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 5, 7), (3, 7, 5), (2, 40, 40), (1, 1, 9), (2, 600, 3)])
def test_dense_is_the_svd(shape):
    A = gaussian(0, *shape)
    found = largest_singular_value(A)
    torch.testing.assert_close(found.value, torch.linalg.svdvals(A)[:, 0], rtol=1e-13, atol=0)
    bilinear = torch.einsum("bp,bpq,bq->b", found.left, A, found.right)
    torch.testing.assert_close(bilinear, found.value, rtol=1e-13, atol=0)
    assert (found.residual < 1e-12 * found.value).all()


@pytest.mark.parametrize("scale", [1e-160, 1.0, 1e160])
def test_squares_of_entries_neither_vanish_nor_overflow(scale):
    A = gaussian(1, 2, 6, 4)
    found = largest_singular_value(scale * A).value / scale
    torch.testing.assert_close(found, torch.linalg.svdvals(A)[:, 0], rtol=1e-13, atol=0)


def test_zero_matrix_has_norm_zero_beside_one_that_is_not():
    A = torch.stack([torch.zeros(5, 3, dtype=torch.float64), gaussian(2, 5, 3)])
    for found in (largest_singular_value(A), by_lanczos(A, 10)):
        assert found.value[0] == 0
        assert found.value[1] == pytest.approx(torch.linalg.svdvals(A[1])[0].item(), rel=1e-13)


@pytest.mark.parametrize(
    ("p", "q", "rank"), [(30, 30, 30), (50, 20, 20), (20, 50, 20), (30, 30, 4), (1, 8, 1), (8, 1, 1)]
)
def test_lanczos_is_exact_once_its_space_is_full(p, q, rank):
    # Rank 4 exhausts the Krylov space early: what follows must be zeros, not normalised rounding.
    A = gaussian(3, 2, p, rank) @ gaussian(4, 2, rank, q)
    found = by_lanczos(A, 60)
    torch.testing.assert_close(found.value, torch.linalg.svdvals(A)[:, 0], rtol=1e-12, atol=0)
    torch.testing.assert_close(found.left.norm(dim=1), torch.ones(2, dtype=torch.float64))


def test_lanczos_is_a_lower_bound_whose_residual_tells_the_error():
    A = gaussian(5, 2, 200, 200)
    exact = torch.linalg.svdvals(A)[:, 0]
    for steps in (1, 3, 10, 20):
        found = by_lanczos(A, steps)
        assert (found.value <= exact * (1 + 1e-13)).all()
        # Some singular value is within the residual, and the error of the value is of second order in it.
        nearest = (torch.linalg.svdvals(A) - found.value[:, None]).abs().amin(1)
        assert (nearest <= found.residual).all()


def test_clustered_values_where_power_iteration_fails():
    # A residual branch with theta = 0.01: singular values within 8 % of each other.
    A = torch.eye(300, dtype=torch.float64) + 0.01 * (2 / 300) ** 0.5 * gaussian(6, 1, 300, 300)
    exact = torch.linalg.svdvals(A)[:, 0]
    x = pseudo_random_start(A)
    for _ in range(80):
        x = ((x[:, None] @ A.mT) @ A)[:, 0]
        x = x / x.norm(dim=1, keepdim=True)
    power = (x[:, None] @ A.mT)[:, 0].norm(dim=1)
    growth = torch.log(power) / torch.log(exact)
    assert growth.item() < 0.9
    torch.testing.assert_close(by_lanczos(A, 80).value, exact, rtol=1e-10, atol=0)


def test_above_the_dense_size_lanczos_takes_over():
    A = gaussian(7, 1, 520, 530)
    found = largest_singular_value(A)
    torch.testing.assert_close(found.value, torch.linalg.svdvals(A)[:, 0], rtol=1e-10, atol=0)


def test_a_trial_does_not_depend_on_its_batch():
    A = gaussian(8, 3, 20, 30)
    for find in (largest_singular_value, lambda M: by_lanczos(M, 8)):
        together, alone = find(A), find(A[1:2])
        torch.testing.assert_close(together.value[1:2], alone.value, rtol=1e-13, atol=0)


def test_float32_stays_float32():
    found = largest_singular_value(gaussian(9, 2, 5, 5).float())
    assert found.value.dtype == found.right.dtype == torch.float32


@pytest.mark.parametrize("A", [torch.ones(3, 3), torch.ones(2, 0, 3), torch.full((2, 2, 2), float("nan"))])
def test_bad_matrices_are_refused(A):
    with pytest.raises(ValueError, match="A"):
        largest_singular_value(A)


def test_bad_starts_and_steps_are_refused():
    A = gaussian(10, 1, 4, 4)
    with pytest.raises(ValueError, match="steps = 0"):
        by_lanczos(A, 0)
    with pytest.raises(ValueError, match="start is zero"):
        lanczos(lambda x: x, lambda y: y, torch.zeros(1, 4))
    with pytest.raises(ValueError, match="NaN"):
        lanczos(lambda x: x * float("nan"), lambda y: y, torch.ones(1, 4))
