"""Harmonics against scipy's polynomials, Monte Carlo and the kernel that their eigenvalues sum up to."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate
from scipy.special import eval_chebyt, eval_gegenbauer

from lemmata.generators import k_0, sphere
from lemmata.generators.harmonics import eigenvalues, legendre, multiplicity, multiplier
from lemmata.networks.activations import ACTIVATIONS

T = torch.linspace(-1, 1, 41, dtype=torch.float64)


@pytest.mark.parametrize("d", [2, 3, 5, 10])
@pytest.mark.parametrize("k", [0, 1, 2, 7])
def test_legendre_polynomials_are_normalised_gegenbauer(k: int, d: int):
    t = T.numpy()
    scipys = eval_chebyt(k, t) if d == 2 else eval_gegenbauer(k, d / 2 - 1, t) / eval_gegenbauer(k, d / 2 - 1, 1.0)
    assert np.allclose(legendre(k, d, T), scipys, rtol=0, atol=1e-13)


@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize("sigma", ["relu", "absolute", "leaky_relu(0.1)", "tanh"])
def test_funk_hecke_by_monte_carlo(sigma: str, d: int):
    act = ACTIVATIONS[sigma].value
    v, x = torch.eye(d, dtype=torch.float64)[0], sphere([np.random.default_rng(5)], 1, d)[0, 0]
    w = sphere([np.random.default_rng(d)], 200_000, d)[0]
    for k in range(2 if d == 1 else 5):
        terms = act(w @ x) * legendre(k, d, w @ v)
        exact = multiplier(k, d, act) * float(legendre(k, d, v @ x))
        # 44 averages within 4.5 standard errors: a false alarm with probability 3e-4, and the seeds are fixed.
        assert abs(float(terms.mean()) - exact) <= 4.5 * float(terms.std()) / math.sqrt(len(w)) + 1e-12


@pytest.mark.parametrize("d", [3, 6])
@pytest.mark.parametrize("k", [0, 1, 2, 4, 8])
def test_closed_form_of_relu_is_its_integral(k: int, d: int):
    density = math.gamma(d / 2) / (math.sqrt(math.pi) * math.gamma((d - 1) / 2))

    def integrand(t: float) -> float:
        return t * float(legendre(k, d, torch.tensor(t, dtype=torch.float64))) * density * (1 - t * t) ** ((d - 3) / 2)

    assert multiplier(k, d) == pytest.approx(integrate.quad(integrand, 0, 1)[0], abs=1e-10)


@pytest.mark.parametrize("d", [2, 3, 7])
@pytest.mark.parametrize("sigma", ["relu", "tanh"])
def test_eigenvalues_sum_up_to_the_kernel(sigma: str, d: int):
    act = ACTIVATIONS[sigma].value
    terms = [multiplier(k, d, act) ** 2 * multiplicity(k, d) * legendre(k, d, T) for k in range(60)]
    # What is left out of ReLU is a sum of k^-4 (d = 2) and less, from 60 on.
    assert torch.allclose(torch.stack(terms).sum(0), k_0(T, d, act), rtol=0, atol=1e-6)


def test_eigenvalues_on_the_circle():
    pi2 = math.pi**2
    table = [1 / pi2, 1 / 16, 1 / 16, *(1 / (pi2 * (k * k - 1) ** 2) for k in (2, 2, 4, 4, 6, 6))]
    assert eigenvalues(9, 2) == pytest.approx(table, rel=1e-12)


def test_eigenvalues_come_with_multiplicity_and_zeros():
    assert eigenvalues(3, 1) == pytest.approx([0.25, 0.25, 0.0])
    assert eigenvalues(5, 3, lambda z: z) == pytest.approx([1 / 9] * 3 + [0, 0])
    assert [multiplicity(k, 3) for k in range(4)] == [1, 3, 5, 7]
    assert [multiplicity(k, 1) for k in range(4)] == [1, 1, 0, 0]


@pytest.mark.parametrize("k, d", [(-1, 2), (2, 1), (0, 0)])
def test_degrees_without_harmonics_are_refused(k: int, d: int):
    with pytest.raises(ValueError, match=f"degree {k} in dimension d = {d}"):
        legendre(k, d, T)
