r"""The kernel of E, Ma, Wang, Wu (2019), equation 2.6, and its matrix on a training set.

$k_0(x, x') = E_{w \sim \pi_0}[\sigma(w^\top x)\sigma(w^\top x')]$ with $w$ uniform on $S^{d-1}$ depends on
$\rho = x^\top x'$ only. For ReLU it is the Gaussian arc-cosine kernel of order one, divided by $E|g|^2 = d$:
$\kappa(\rho) = \frac{1}{2\pi d}\left(\sqrt{1 - \rho^2} + (\pi - \arccos\rho)\rho\right)$.
Every positively homogeneous activation is $\sigma(z) = \alpha z_+ + \beta z_-$ with $\alpha = \sigma(1)$ and
$\beta = \sigma(-1)$, so that $k_0 = (\alpha^2 + \beta^2)\kappa(\rho) + 2\alpha\beta\kappa(-\rho)$.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Sigma = Callable[[Tensor], Tensor]

NODES = 256
SMALLEST_LAMBDA = 1e-13


def k_0(rho: Tensor, d: int, sigma: Sigma = torch.relu) -> Tensor:
    """The kernel as a function of the inner product.

    Args:
        rho: inner products in [-1, 1], any shape.
        d: dimension of the inputs.
        sigma: activation, 1-Lipschitz with sigma(0) = 0. In closed form if positively homogeneous (ReLU,
            leaky ReLU, identity, absolute value), else by Gauss quadrature with 256 nodes a dimension.
            Its error, relative to k_0(x, x) and for d <= 10, is 1e-12 for a smooth sigma (tanh), 1e-7 where
            the second derivative jumps (ELU) and 3e-4 where the first does (soft-shrink).

    Returns:
        Same shape, dtype and device as rho.

    Raises:
        ValueError: for rho outside [-1, 1], d < 1, or a sigma that the paper does not assume.
    """
    if d < 1 or not bool((rho.abs() <= 1 + 1e-9).all()):
        raise ValueError(f"d = {d}, rho = {rho.flatten().tolist()}: d >= 1 and |rho| <= 1 are needed")
    slopes = homogeneous_slopes(sigma)
    rho = rho.clamp(-1, 1)
    if slopes is None:
        return _by_quadrature(rho, d, sigma)
    alpha, beta = slopes
    return (alpha**2 + beta**2) * _relu_kernel(rho, d) + 2 * alpha * beta * _relu_kernel(-rho, d)


def kernel_matrix(x: Tensor, sigma: Sigma = torch.relu) -> Tensor:
    """K = (k_0(x_i, x_j))/n of a training set.

    Args:
        x: unit vectors, [..., n, d].
        sigma: activation, see :func:`k_0`.

    Returns:
        Shape [..., n, n].

    Raises:
        ValueError: if a point is not of norm one; see also :func:`k_0`.
    """
    norms = x.norm(dim=-1)
    if not bool(((norms - 1).abs() <= 1e-6).all()):
        raise ValueError(f"points have norms between {norms.min():g} and {norms.max():g}: normalise them to 1")
    rho = x @ x.mT
    # A point has inner product one with itself, whatever rounding says.
    rho.diagonal(dim1=-2, dim2=-1).fill_(1.0)
    return k_0((rho + rho.mT) / 2, x.shape[-1], sigma) / x.shape[-2]


def lambda_min(K: Tensor) -> Tensor:
    """Smallest eigenvalue of kernel matrices, which Assumption 2.1 wants positive.

    Args:
        K: symmetric matrices in float64, [..., n, n].

    Returns:
        Shape [...].

    Raises:
        ValueError: if K is not float64 or an eigenvalue is below 1e-13, where rounding could have made it.
    """
    if K.dtype != torch.float64:
        raise ValueError(f"K has dtype {K.dtype}: an eigenvalue near zero needs float64")
    smallest = torch.linalg.eigvalsh(K)[..., 0]
    if not bool((smallest >= SMALLEST_LAMBDA).all()):
        raise ValueError(
            f"lambda_n = {smallest.min():.3g} is below {SMALLEST_LAMBDA:g}, where float64 cannot tell it from "
            "zero: Assumption 2.1 (K positive definite) is not certified; spread the points or take fewer"
        )
    return smallest


def homogeneous_slopes(sigma: Sigma) -> tuple[float, float] | None:
    """The values sigma(1), sigma(-1) of a positively homogeneous activation, None for another one.

    Raises:
        ValueError: unless sigma(0) = 0 and sigma is 1-Lipschitz, both checked on a grid of [-8, 8].
    """
    z = torch.linspace(-8, 8, 4097, dtype=torch.float64)
    values = sigma(z)
    if values[2048] != 0:
        raise ValueError(f"sigma(0) = {values[2048]:g}: the paper assumes sigma(0) = 0")
    steepest = float((values.diff().abs() / z.diff()).max())
    if not steepest <= 1 + 1e-9:
        raise ValueError(f"sigma has slope {steepest:.6g}: the paper assumes a 1-Lipschitz activation")
    alpha, beta = float(sigma(z.new_ones(()))), float(sigma(-z.new_ones(())))
    homogeneous = torch.allclose(values, alpha * z.relu() + beta * (-z).relu(), rtol=1e-12, atol=0.0)
    return (alpha, beta) if homogeneous else None


def _relu_kernel(rho: Tensor, d: int) -> Tensor:
    """kappa(rho)."""
    return ((1 - rho**2).sqrt() + (math.pi - rho.arccos()) * rho) / (2 * math.pi * d)


def _by_quadrature(rho: Tensor, d: int, sigma: Sigma) -> Tensor:
    """Quadrature over w.x = s and w.x' = rho s + sqrt((1 - rho^2)(1 - s^2)) v, v a coordinate on S^{d-2}."""
    (s, s_weights), (v, v_weights) = (
        tuple(torch.from_numpy(part).to(rho) for part in coordinate_law(k)) for k in (d, d - 1)
    )
    other = (1 - s**2).clamp(min=0).sqrt()[:, None] * v
    left = s_weights * sigma(s)

    def at(r: Tensor) -> Tensor:
        inner = sigma(r * s[:, None] + (1 - r**2).sqrt() * other) @ v_weights
        return left @ inner

    return torch.stack([at(r) for r in rho.flatten()]).reshape(rho.shape)


@functools.cache
def coordinate_law(k: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes and weights for a coordinate of a uniform point of S^{k-1}: density (1 - s^2)^{(k-3)/2}."""
    if k <= 1:
        nodes = np.array([0.0]) if k == 0 else np.array([-1.0, 1.0])
        return nodes, np.full(len(nodes), 1 / len(nodes))
    from scipy.special import roots_chebyt, roots_gegenbauer

    nodes, weights = roots_chebyt(NODES) if k == 2 else roots_gegenbauer(NODES, (k - 2) / 2)
    return nodes, weights / weights.sum()
