r"""Training sets with a known $\lambda_n = \lambda_{\min}(K)$ (E, Ma, Wang, Wu 2019, Assumption 2.1).

When all inner products of different points are $\rho$, $nK = (k(1) - k(\rho)) I + k(\rho) \mathbf 1\mathbf 1^\top$
with $k(\rho) = k_0$ has the eigenvalues $k(1) - k(\rho)$ and $k(1) + (n - 1) k(\rho)$. For ReLU:

    n = 1                          lambda_n = 1 / (2 d)
    antipodal pair                 1 / (4 d)
    pair at an angle               (kappa(1) - kappa(cos angle)) / 2, any value in (0, 1 / (4 d)]
    orthonormal, n <= d            (1 - 1/pi) / (2 n d) for n >= 2
    regular simplex, n = d + 1     (kappa(1) - kappa(-1/d)) / n
    cross-polytope, n = 2 d        (1 - 2/pi) / (4 d^2) for d >= 2
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from generators.kernel import SMALLEST_LAMBDA, Activation, homogeneous_slopes, k_0, kernel_matrix, lambda_min


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


def single_point(d: int, sigma: Activation = torch.relu) -> PointSet:
    """The first unit vector."""
    return _equiangular(1, d, 1.0, sigma, f"single point, d={d}")


def antipodal_pair(d: int, sigma: Activation = torch.relu) -> PointSet:
    """Two opposite points, of all pairs the one with the largest lambda_n for ReLU."""
    return _equiangular(2, d, 1.0, sigma, f"antipodal pair, d={d}")


def pair_at_angle(d: int, angle: float, sigma: Activation = torch.relu) -> PointSet:
    """Two points at an angle in (0, pi); for ReLU lambda_n increases with it.

    Raises:
        ValueError: for an angle outside (0, pi), d < 2, or an angle too small for float64.
    """
    if not 0 < angle < math.pi:
        raise ValueError(f"angle = {angle:g} is not in (0, pi); antipodal_pair has the angle pi")
    return _equiangular(2, d, math.sin(angle / 2), sigma, f"pair at angle {angle:g}, d={d}")


def orthonormal(n: int, d: int, sigma: Activation = torch.relu) -> PointSet:
    """The first n <= d unit vectors, up to a rotation."""
    return _equiangular(n, d, math.sqrt((n - 1) / n), sigma, f"orthonormal, n={n}, d={d}")


def simplex(d: int, sigma: Activation = torch.relu) -> PointSet:
    """The n = d + 1 corners of the regular simplex."""
    return _equiangular(d + 1, d, 1.0, sigma, f"simplex, d={d}")


def contracted_simplex(n: int, d: int, s: float, sigma: Activation = torch.relu) -> PointSet:
    """Corners s v_i + sqrt(1 - s^2) e of a simplex contracted to the pole e, a ladder of lambda_n at fixed n and d.

    Args:
        n: number of points, 2 <= n <= d; n = d + 1 for s = 1 only.
        d: dimension.
        s: distance to the axis, in (0, 1]; for ReLU lambda_n increases with it.
        sigma: activation.
    """
    if n < 2:
        raise ValueError(f"n = {n}: a simplex to be contracted has at least 2 corners")
    return _equiangular(n, d, s, sigma, f"contracted simplex, n={n}, d={d}, s={s:g}")


def cross_polytope(d: int, sigma: Activation = torch.relu) -> PointSet:
    """The n = 2 d points ± e_i."""
    eye = torch.eye(d, dtype=torch.float64)
    same, right, opposite = k_0(eye.new_tensor([1.0, 0.0, -1.0]), d, sigma).tolist()
    eigenvalues = [same - opposite, same + opposite + 2 * (d - 1) * right]
    if d > 1:
        eigenvalues.append(same + opposite - 2 * right)
    return _certified(torch.cat([eye, -eye]), min(eigenvalues) / (2 * d), f"cross-polytope, d={d}", sigma)


def training_set(x: Tensor, sigma: Activation = torch.relu, name: str = "given") -> PointSet:
    """Any points, with lambda_n computed.

    Args:
        x: unit vectors as rows, float64, [n, d].
        sigma: activation.
        name: what the points are.

    Raises:
        ValueError: if K is singular, with the reason, or lambda_n is too small for float64.
    """
    _refuse_singular(x, sigma)
    return PointSet(x, float(lambda_min(kernel_matrix(x, sigma))), name)


def _equiangular(n: int, d: int, s: float, sigma: Activation, name: str) -> PointSet:
    """The points s v_i + sqrt(1 - s^2) e_n for the corners v_i of a regular simplex in R^{n-1}, as rows in R^d."""
    needed = n - 1 if s == 1 and n > 1 else n
    if not (n >= 1 and 0 < s <= 1) and n != 1:
        raise ValueError(f"n = {n}, s = {s:g}: n >= 1 points at 0 < s <= 1 are needed")
    if d < needed:
        raise ValueError(f"{name}: {n} such points need d >= {needed}, not d = {d}")
    x = torch.zeros(n, d, dtype=torch.float64)
    x[:, : n - 1] = s * _simplex_corners(n)
    if needed == n:
        x[:, n - 1] = math.sqrt(1 - s**2) if n > 1 else 1.0
    rho = 1 - s**2 * n / (n - 1) if n > 1 else 1.0
    same, other = k_0(x.new_tensor([1.0, rho]), d, sigma).tolist()
    eigenvalues = [same - other, same + (n - 1) * other] if n > 1 else [same]
    return _certified(x, min(eigenvalues) / n, name, sigma)
