"""Moves are as large as roundings are, or a little larger: small ones accuse, large ones let pass.

Each case is computed in more digits too; its errors, over many draws, are compared with the changes that noise makes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import numpy as np
import pytest
import torch

from tests.arithmetic_sample import results

DRAWS = 24


def spread_over_error(
    compute: Callable[[np.random.Generator], Any], exact: Callable[[np.random.Generator], Any]
) -> float:
    """Root mean square of the changes in units of that of the errors."""
    changes, errors = [], []
    for seed in range(DRAWS):
        plain = np.ravel(compute(np.random.default_rng(seed)))
        for moved in results(partial(lambda key: compute(np.random.default_rng(key)), seed), 4):
            changes.append(np.mean((np.ravel(moved) - plain) ** 2))
        with mpmath.workdps(40):
            difference = [
                float(mpmath.mpf(float(a)) - b) for a, b in zip(plain, exact(np.random.default_rng(seed)), strict=True)
            ]
        errors.append(np.mean(np.square(difference)))
    return float(np.sqrt(np.mean(changes) / np.mean(errors)))


def matrix(a: np.ndarray) -> Any:
    """For mpmath."""
    return mpmath.matrix(a.tolist())


def single(a: np.ndarray) -> np.ndarray:
    """In float32, where float64 is exact enough to compare with."""
    return a.astype(np.float32).astype(float)


def long_sum(rng):
    return sum(rng.random(300).tolist())


def product(rng):
    a = rng.random((40, 40)).astype(np.float32)
    return (a @ a).astype(float)


def product_of_tensors(rng):
    a = torch.from_numpy(rng.standard_normal((40, 40))).float()
    return (a @ a).double()


def sorted_sum(rng):
    return np.sort(rng.standard_normal(2000).astype(np.float32)).sum().astype(float)


def rows(rng):
    return rng.random((400, 5)).astype(np.float32).mean(axis=0).astype(float)


def solution(rng):
    return np.linalg.solve(rng.standard_normal((8, 8)), rng.standard_normal(8))


def smallest_eigenvalue(rng):
    a = rng.standard_normal((8, 8))
    return np.linalg.eigvalsh(a @ a.T)[0]


def variance(rng):
    return np.var(rng.standard_normal(50) + 1e4)


def one_pass(rng):
    x = torch.from_numpy(rng.standard_normal(50)) + 1e4
    return ((x * x).mean() - x.mean() ** 2).item()


def exact_variance(rng):
    x = [mpmath.mpf(v) + 10**4 for v in rng.standard_normal(50).tolist()]
    mean = mpmath.fsum(x) / 50
    return [mpmath.fsum((v - mean) ** 2 for v in x) / 50]


def squared(matrix):
    return (matrix @ matrix).ravel()


CASES = {
    "numbers added": (long_sum, lambda rng: [mpmath.fsum(rng.random(300).tolist())]),
    "numbers multiplied": (
        lambda rng: [a * b for a, b in rng.random((50, 2))],
        lambda rng: [mpmath.mpf(float(a)) * float(b) for a, b in rng.random((50, 2))],
    ),
    "exponentials": (lambda rng: np.exp(rng.random(50)), lambda rng: map(mpmath.exp, rng.random(50).tolist())),
    "product of positive matrices": (product, lambda rng: squared(single(rng.random((40, 40))))),
    "product of matrices": (product_of_tensors, lambda rng: squared(single(rng.standard_normal((40, 40))))),
    "sorted sum": (sorted_sum, lambda rng: [single(rng.standard_normal(2000)).sum()]),
    "rows": (rows, lambda rng: single(rng.random((400, 5))).mean(axis=0)),
    "solution": (
        solution,
        lambda rng: mpmath.lu_solve(matrix(rng.standard_normal((8, 8))), matrix(rng.standard_normal(8))),
    ),
    "smallest eigenvalue": (
        smallest_eigenvalue,
        lambda rng: [mpmath.eigsy((a := matrix(rng.standard_normal((8, 8)))) * a.T, eigvals_only=True)[0]],
    ),
    "variance": (variance, exact_variance),
    "variance in one pass": (one_pass, exact_variance),
}


@pytest.mark.parametrize("name", CASES)
def test_changes_are_as_large_as_errors(name):
    """Between one and a dozen times: a real margin is 11 spreads, and must be found at 100 errors."""
    compute, exact = CASES[name]
    assert 0.9 < spread_over_error(compute, exact) < 9
