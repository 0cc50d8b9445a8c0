r"""Training sets with a known $\lambda_n = \lambda_{\min}(K)$ (E, Ma, Wang, Wu 2019, Assumption 2.1).

When all inner products of different points are $\rho$, $nK = (k(1) - k(\rho)) I + k(\rho) \mathbf 1\mathbf 1^\top$
with $k(\rho) = k_0$ has the eigenvalues $k(1) - k(\rho)$ and $k(1) + (n - 1) k(\rho)$. For ReLU:

    n = 1                          lambda_n = 1 / (2 d)
    antipodal pair                 1 / (4 d)
    pair at an angle               (kappa(1) - kappa(cos angle)) / 2, any value in (0, 1 / (4 d)]
    orthonormal, n <= d            (1 - 1/pi) / (2 n d) for n >= 2
    simplex, n = d + 1             (kappa(1) - kappa(-1/d)) / n
    cross-polytope, n = 2 d        (1 - 2/pi) / (4 d^2) for d >= 2
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lemmata.generators.kernel import Sigma, homogeneous_slopes, k_0, kernel_matrix, lambda_min

COINCIDE = 1e-12


@dataclass(frozen=True, eq=False)
class PointSet:
    """A training set that satisfies Assumption 2.1.

    Attributes:
        x: unit vectors as rows, float64, [n, d].
        lambda_n: smallest eigenvalue of its kernel matrix.
        name: what it is.
    """

    x: Tensor
    lambda_n: float
    name: str


def single_point(d: int, sigma: Sigma = torch.relu) -> PointSet:
    """One unit vector."""
    return _equiangular(_basis(1, d), 1.0, sigma, f"single point, d={d}")


def antipodal_pair(d: int, sigma: Sigma = torch.relu) -> PointSet:
    """Two opposite points; for ReLU no pair has a larger lambda_n."""
    e = _basis(1, d)
    return _equiangular(torch.cat([e, -e]), -1.0, sigma, f"antipodal pair, d={d}")


def pair_at_angle(d: int, angle: float, sigma: Sigma = torch.relu) -> PointSet:
    """Two points at an angle in (0, pi), d >= 2; for ReLU lambda_n increases with it.

    Raises:
        ValueError: for another angle or d, or when lambda_n is too small for float64.
    """
    if not 0 < angle < math.pi:
        raise ValueError(f"angle = {angle:g} is not in (0, pi); antipodal_pair has the angle pi")
    e = _basis(2, d)
    x = torch.stack([e[0], math.cos(angle) * e[0] + math.sin(angle) * e[1]])
    return _equiangular(x, math.cos(angle), sigma, f"pair at angle {angle:g}, d={d}")


def orthonormal(n: int, d: int, sigma: Sigma = torch.relu) -> PointSet:
    """The first n <= d unit vectors."""
    return _equiangular(_basis(n, d), 0.0, sigma, f"orthonormal, n={n}, d={d}")


def simplex(d: int, sigma: Sigma = torch.relu) -> PointSet:
    """The n = d + 1 corners of the regular simplex."""
    return _equiangular(_corners(d + 1), -1 / d, sigma, f"simplex, d={d}")


def contracted_simplex(n: int, d: int, s: float, sigma: Sigma = torch.relu) -> PointSet:
    """Points s v_i + sqrt(1 - s^2) e around a pole e, with the corners v_i of a simplex orthogonal to it.

    Args:
        n: number of points, 2 <= n <= d.
        d: dimension.
        s: distance to the axis, in (0, 1]. For ReLU lambda_n increases with s: a ladder at fixed n and d.
        sigma: activation.

    Raises:
        ValueError: for another n or s, or when lambda_n is too small for float64.
    """
    if not (2 <= n <= d and 0 < s <= 1):
        raise ValueError(f"n = {n}, d = {d}, s = {s:g}: 2 <= n <= d and 0 < s <= 1 are needed")
    x = torch.zeros(n, d, dtype=torch.float64)
    x[:, : n - 1], x[:, n - 1] = s * _corners(n), math.sqrt(1 - s**2)
    return _equiangular(x, 1 - s**2 * n / (n - 1), sigma, f"contracted simplex, n={n}, d={d}, s={s:g}")


def cross_polytope(d: int, sigma: Sigma = torch.relu) -> PointSet:
    """The n = 2 d points ± e_i."""
    e = _basis(d, d)
    same, right, opposite = k_0(e.new_tensor([1.0, 0.0, -1.0]), d, sigma).tolist()
    eigenvalues = [same - opposite, same + opposite + 2 * (d - 1) * right]
    if d > 1:
        eigenvalues.append(same + opposite - 2 * right)
    return _certified(torch.cat([e, -e]), min(eigenvalues) / (2 * d), sigma, f"cross-polytope, d={d}")


def training_set(x: Tensor, sigma: Sigma = torch.relu, name: str = "given") -> PointSet:
    """Any points, with lambda_n computed.

    Args:
        x: unit vectors as rows, float64, [n, d].
        sigma: activation.
        name: what the points are.

    Raises:
        ValueError: if K is singular, with the reason, or lambda_n is too small for float64.
    """
    if x.ndim != 2 or x.numel() == 0:
        raise ValueError(f"points have shape {tuple(x.shape)}: give [n, d], not empty")
    refuse_singular(x, sigma)
    return PointSet(x, float(lambda_min(kernel_matrix(x, sigma))), name)


def refuse_singular(x: Tensor, sigma: Sigma = torch.relu) -> None:
    r"""Refuse points whose kernel matrix is singular for a reason that can be named.

    Write $\sigma = \sigma_{odd} + \sigma_{even}$. On the differences of p antipodal pairs only the odd part acts;
    it is linear if $\sigma$ is positively homogeneous, of rank at most d, so that p > d makes K singular.

    Args:
        x: unit vectors as rows, [n, d].
        sigma: activation.

    Raises:
        ValueError: naming the points and the reason.
    """
    (n, d), why = x.shape, "so K is singular, against Assumption 2.1"
    gap = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") + 2 * torch.eye(n).to(x)
    if gap.min() < COINCIDE:
        i, j = divmod(int(gap.argmin()), n)
        raise ValueError(f"points {i} and {j} coincide, {why}; remove one")
    pairs = (torch.cdist(x, -x, compute_mode="donot_use_mm_for_euclid_dist") < COINCIDE).triu()
    antipodal, (odd, even) = int(pairs.sum()), _parity(sigma)
    slopes = homogeneous_slopes(sigma)
    if antipodal and (odd or even):
        i, j = pairs.nonzero()[0].tolist()
        kind = "odd" if odd else "even"
        raise ValueError(f"points {i} and {j} are antipodal and sigma is {kind}, {why}; remove one")
    if slopes and antipodal > d:
        raise ValueError(f"{antipodal} antipodal pairs in dimension d = {d}, {why}; at most {d} are possible")
    if slopes and odd and n > d:
        raise ValueError(f"n = {n} points in dimension d = {d} for a linear sigma, {why}; take n <= d")


def _equiangular(x: Tensor, rho: float, sigma: Sigma, name: str) -> PointSet:
    """The points x, whose inner products are all rho."""
    n, d = x.shape
    same, other = k_0(x.new_tensor([1.0, rho]), d, sigma).tolist()
    return _certified(x, min(same - other, same + (n - 1) * other) / n if n > 1 else same, sigma, name)


def _certified(x: Tensor, lambda_n: float, sigma: Sigma, name: str) -> PointSet:
    """The points x, unless K is singular or too close to it."""
    refuse_singular(x, sigma)
    lambda_min(x.new_tensor([[lambda_n]]))  # refuses a value that is too small
    return PointSet(x, lambda_n, name)


def _basis(n: int, d: int) -> Tensor:
    """The first n unit vectors of R^d.

    Raises:
        ValueError: unless 1 <= n <= d.
    """
    if not 1 <= n <= d:
        raise ValueError(f"{n} orthonormal vectors in dimension d = {d}: 1 <= n <= d is needed")
    return torch.eye(d, dtype=torch.float64)[:n]


def _corners(n: int) -> Tensor:
    """Corners of the regular simplex in R^{n-1} as unit vectors, [n, n - 1].

    Raises:
        ValueError: for n < 2.
    """
    if n < 2:
        raise ValueError(f"a simplex with {n} corners in dimension {n - 1}: d >= 1 is needed")
    from scipy.linalg import helmert

    return torch.from_numpy(helmert(n).T.copy()) * math.sqrt(n / (n - 1))


def _parity(sigma: Sigma) -> tuple[bool, bool]:
    """Is sigma odd, is it even? On a grid of [-1, 1], where the kernel looks."""
    z = torch.linspace(0, 1, 129, dtype=torch.float64)
    right, left = sigma(z), sigma(-z)
    odd, even = (torch.allclose(left, side * right, rtol=1e-12, atol=0.0) for side in (-1, 1))
    return odd, even
