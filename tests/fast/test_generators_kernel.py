"""The kernel against Monte Carlo and quadrature; point sets against the eigenvalues of their matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.integrate import dblquad
from torch import Tensor

from lemmata.generators import (
    PointSet,
    antipodal_pair,
    contracted_simplex,
    cross_polytope,
    homogeneous_slopes,
    k_0,
    kernel_matrix,
    lambda_min,
    orthonormal,
    pair_at_angle,
    simplex,
    single_point,
    sphere,
    training_set,
)

RHO = torch.tensor([-1.0, -0.7, 0.0, 0.4, 0.99, 1.0]).double()


def identity(z: Tensor) -> Tensor:
    return z


def leaky(z: Tensor) -> Tensor:
    return F.leaky_relu(z, 0.2)


def points(n: int, d: int, seed: int = 0) -> Tensor:
    return sphere([np.random.default_rng(seed)], n, d)[0]


def directions(d: int) -> tuple[Tensor, Tensor]:
    """Unit vectors whose inner products are RHO (±1 in dimension one)."""
    rho = RHO if d > 1 else RHO[[0, -1]]
    x = torch.zeros(len(rho), d, dtype=torch.float64)
    x[:, 0] = rho
    if d > 1:
        x[:, 1] = (1 - rho**2).sqrt()
    return rho, x


@pytest.mark.parametrize("sigma", [torch.relu, torch.abs, leaky, torch.tanh, F.elu, F.softshrink])
@pytest.mark.parametrize("d", [1, 2, 3, 5, 10])
def test_kernel_is_the_expectation(sigma: Callable[[Tensor], Tensor], d: int):
    rho, x = directions(d)
    w = points(100_000, d, seed=d)
    terms = sigma(w[:, :1]) * sigma(w @ x.T)
    error = (terms.mean(dim=0) - k_0(rho, d, sigma)).abs()
    # 150 averages within 4.8 standard errors: a false alarm with probability 2e-4. The second term is rounding,
    # for the cases without variance, and the error of quadrature at a kink.
    assert (error <= 4.8 * terms.std(dim=0) / math.sqrt(len(w)) + 3e-4 * float(k_0(rho[-1:], d, sigma))).all()


@pytest.mark.parametrize("d", [1, 2, 7])
def test_closed_forms(d: int):
    rho, _ = directions(d)
    relu = ((1 - rho**2).sqrt() + (math.pi - rho.arccos()) * rho) / (2 * math.pi * d)
    for sigma, expected in [
        (torch.relu, relu),
        (identity, rho / d),
        (torch.abs, 4 * relu - rho / d),
        (leaky, 0.2 * rho / d + 0.64 * relu),
    ]:
        torch.testing.assert_close(k_0(rho, d, sigma), expected, rtol=0, atol=1e-15)


def test_relu_values():
    values = k_0(torch.tensor([1.0, 0.0, -1.0]).double(), 5)
    assert values.tolist() == pytest.approx([1 / 10, 1 / (10 * math.pi), 0.0], abs=1e-16)


@pytest.mark.parametrize(
    "sigma, tolerance", [(torch.tanh, 1e-14), (F.elu, 1e-7), (F.softshrink, 3e-4), (torch.relu, 1e-4)]
)
def test_quadrature_in_the_plane(sigma: Callable[[Tensor], Tensor], tolerance: float):
    # The trapezoidal rule on a circle: exact to rounding for tanh, to 1e-10 with the kinks.
    phi = torch.arange(200_000).double() * (2 * math.pi / 200_000)
    expected = torch.stack([(sigma(phi.cos()) * sigma((phi - r.arccos()).cos())).mean() for r in RHO])
    by_nodes = k_0(RHO, 2, lambda z: sigma(z) + 0 * z.square()) if sigma is not torch.relu else k_0(RHO, 2)
    assert ((by_nodes - expected).abs() / expected[-1]).max() < tolerance


@pytest.mark.parametrize("rho", [-0.7, 0.4])
def test_quadrature_on_the_sphere(rho: float):
    s = math.sqrt(1 - rho**2)

    def integrand(phi: float, z: float) -> float:
        return math.tanh(z) * math.tanh(rho * z + s * math.sqrt(1 - z**2) * math.cos(phi)) / (4 * math.pi)

    expected, _ = dblquad(integrand, -1, 1, 0, 2 * math.pi, epsabs=1e-10)
    # The square root at the ends costs dblquad more than it says.
    assert float(k_0(torch.tensor([rho]).double(), 3, torch.tanh)) == pytest.approx(expected, abs=1e-8)


def test_homogeneous_activations_are_recognised():
    assert homogeneous_slopes(torch.relu) == (1.0, 0.0)
    assert homogeneous_slopes(identity) == (1.0, -1.0)
    assert homogeneous_slopes(torch.abs) == (1.0, 1.0)
    assert homogeneous_slopes(leaky) == (1.0, -0.2)
    assert homogeneous_slopes(torch.tanh) is None
    # Linear up to 1 and down to -1, and not beyond
    assert homogeneous_slopes(F.hardtanh) is None


@pytest.mark.parametrize(
    "sigma, message", [(F.gelu, "slope 1.1"), (torch.sigmoid, r"sigma\(0\) = 0.5"), (torch.exp, "= 1:")]
)
def test_activations_outside_the_assumption_are_refused(sigma: Callable[[Tensor], Tensor], message: str):
    with pytest.raises(ValueError, match=message):
        k_0(RHO, 3, sigma)


def test_kernel_matrix_is_the_kernel_over_n():
    x = points(4, 3)
    K = kernel_matrix(x.expand(2, -1, -1))
    for i in range(4):
        for j in range(4):
            rho = (x[i] @ x[j]).reshape(1)
            assert float(K[1, i, j]) == pytest.approx(float(k_0(rho, 3)) / 4, abs=1e-15)
    assert K.diagonal(dim1=1, dim2=2).unique().tolist() == [1 / 24]


@pytest.mark.parametrize(
    "act, message",
    [
        (lambda: kernel_matrix(2 * points(3, 3)), "norms between 2 and 2"),
        (lambda: k_0(torch.tensor([1.1]), 3), r"rho = \[1\.1"),
        (lambda: k_0(torch.tensor([math.nan]), 3), "nan"),
        (lambda: k_0(RHO, 0), "d = 0"),
        (lambda: lambda_min(torch.eye(2)), "float32.*needs float64"),
        (
            lambda: lambda_min(torch.diag(torch.tensor([1.0, 5e-14]).double())),
            "lambda_n = 5e-14 is below 1e-13",
        ),
    ],
)
def test_bad_input_is_refused(act: Callable[[], object], message: str):
    with pytest.raises(ValueError, match=message):
        act()


POINT_SETS: dict[str, Callable[[Callable[[Tensor], Tensor]], PointSet]] = {
    "single": lambda sigma: single_point(3, sigma),
    "right angle": lambda sigma: pair_at_angle(4, math.pi / 2, sigma),
    "narrow": lambda sigma: pair_at_angle(2, 0.1, sigma),
    "orthonormal": lambda sigma: orthonormal(3, 5, sigma),
    "one": lambda sigma: orthonormal(1, 5, sigma),
    "contracted": lambda sigma: contracted_simplex(4, 6, 0.3, sigma),
    "uncontracted": lambda sigma: contracted_simplex(4, 6, 1.0, sigma),
    "antipodal": lambda sigma: antipodal_pair(3, sigma),
    "signs": lambda sigma: antipodal_pair(1, sigma),
    "triangle": lambda sigma: simplex(2, sigma),
    "simplex": lambda sigma: simplex(5, sigma),
    "cross": lambda sigma: cross_polytope(3, sigma),
    "cross line": lambda sigma: cross_polytope(1, sigma),
}
SINGULAR_IF_EVEN_OR_ODD = {"antipodal", "signs", "cross", "cross line"}


@pytest.mark.parametrize("name", POINT_SETS)
@pytest.mark.parametrize("sigma", [torch.relu, leaky, F.elu, identity, torch.tanh, torch.abs])
def test_lambda_n_is_the_smallest_eigenvalue(name: str, sigma: Callable[[Tensor], Tensor]):
    refused = sigma in {identity, torch.tanh, torch.abs} and name in SINGULAR_IF_EVEN_OR_ODD
    refused |= sigma is identity and name in {"triangle", "simplex", "uncontracted"}
    if refused:
        with pytest.raises(ValueError, match=r"singular|lambda_n"):
            POINT_SETS[name](sigma)
        return
    found = POINT_SETS[name](sigma)
    assert (found.x.norm(dim=1) - 1).abs().max() < 1e-15
    K = kernel_matrix(found.x, sigma)
    # eigvalsh errs by a few units of 1e-16 ||K||, and the inner products by 1e-16.
    assert found.lambda_n == pytest.approx(float(torch.linalg.eigvalsh(K)[0]), abs=1e-15)
    assert training_set(found.x, sigma).lambda_n == pytest.approx(found.lambda_n, abs=1e-15)


@pytest.mark.parametrize("d", [2, 3, 6])
def test_table_of_lambda_n(d: int):
    assert single_point(d).lambda_n == pytest.approx(1 / (2 * d))
    assert antipodal_pair(d).lambda_n == pytest.approx(1 / (4 * d))
    assert orthonormal(2, d).lambda_n == pytest.approx((1 - 1 / math.pi) / (4 * d))
    assert orthonormal(d, d).lambda_n == pytest.approx((1 - 1 / math.pi) / (2 * d**2))
    assert cross_polytope(d).lambda_n == pytest.approx((1 - 2 / math.pi) / (4 * d**2))


@pytest.mark.parametrize("n, share", [(3, 0.89), (4, 0.83), (5, 0.80), (8, 0.75)])
def test_simplex_as_a_share_of_the_largest_possible(n: int, share: float):
    assert simplex(n - 1).lambda_n * 2 * n * (n - 1) == pytest.approx(share, abs=0.005)


def test_lambda_n_grows_with_the_angle_and_the_spread():
    angles = [pair_at_angle(3, angle).lambda_n for angle in np.linspace(0.01, 3.14, 30)]
    spreads = [contracted_simplex(5, 5, s).lambda_n for s in np.linspace(0.01, 1, 30)]
    for ladder in (angles, spreads):
        assert all(low < high for low, high in pairwise(ladder))
        assert ladder[0] < 1e-3 * ladder[-1]
    assert angles[-1] < antipodal_pair(3).lambda_n < 1.001 * angles[-1]


def on_circle(n: int) -> Tensor:
    phi = torch.arange(n).double() * (2 * math.pi / n)
    return torch.stack([phi.cos(), phi.sin()], dim=1)


FOUR_PAIRS = torch.cat([points(4, 3, seed=1), -points(4, 3, seed=1)])
SINGULAR = [
    (points(3, 3)[[0, 1, 0]], torch.relu, "points 0 and 2 coincide"),
    (on_circle(6), torch.relu, "3 antipodal pairs in dimension d = 2.*at most 2"),
    (FOUR_PAIRS, torch.relu, "4 antipodal pairs in dimension d = 3"),
    (FOUR_PAIRS, leaky, "4 antipodal pairs in dimension d = 3"),
    (on_circle(4), torch.tanh, "points 0 and 2 are antipodal and sigma is odd"),
    (on_circle(4), torch.abs, "points 0 and 2 are antipodal and sigma is even"),
    (points(4, 3), identity, "n = 4 points in dimension d = 3 for a linear sigma"),
]


@pytest.mark.parametrize("x, sigma, message", SINGULAR, ids=[message for _, _, message in SINGULAR])
def test_singular_sets_are_refused_with_the_reason(x: Tensor, sigma: Callable[[Tensor], Tensor], message: str):
    with pytest.raises(ValueError, match=message):
        training_set(x, sigma)
    assert abs(float(torch.linalg.eigvalsh(kernel_matrix(x, sigma))[0])) < 1e-15  # the reason is one


def test_regular_sets_next_to_singular_ones_are_accepted():
    assert training_set(FOUR_PAIRS[[0, 1, 2, 4, 5, 6]]).lambda_n > 1e-6
    assert training_set(on_circle(5)).lambda_n > 1e-6
    assert training_set(FOUR_PAIRS, F.elu).lambda_n > 1e-9  # not homogeneous: the odd part is not linear
    assert training_set(points(3, 3), identity).lambda_n > 1e-6


@pytest.mark.parametrize(
    "act, message",
    [
        (lambda: pair_at_angle(2, 1e-6), "lambda_n = .*below 1e-13"),
        (lambda: pair_at_angle(2, 3.2), r"angle = 3\.2"),
        (lambda: pair_at_angle(1, 1.0), "2 orthonormal vectors in dimension d = 1"),
        (lambda: orthonormal(4, 3), "4 orthonormal vectors in dimension d = 3"),
        (lambda: contracted_simplex(4, 3, 0.5), "n = 4, d = 3"),
        (lambda: contracted_simplex(4, 4, 0.0), "s = 0"),
        (lambda: simplex(0), "1 corners in dimension 0"),
        (lambda: contracted_simplex(4, 4, 1e-9), "lambda_n = .*below 1e-13"),
        (lambda: training_set(torch.zeros(0, 3).double()), r"shape \(0, 3\)"),
    ],
)
def test_impossible_point_sets_are_refused(act: Callable[[], object], message: str):
    with pytest.raises(ValueError, match=message):
        act()
