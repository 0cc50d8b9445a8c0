r"""Spherical harmonics and the eigenvalues of the kernel $k_0$ on the sphere, by the Funk-Hecke formula.

Let $P_k$ be the Legendre polynomial of degree k in dimension d with $P_k(1) = 1$, and $w$ uniform on $S^{d-1}$. Then
$E_w[\sigma(w^\top x)P_k(v^\top w)] = s_kP_k(v^\top x)$ with $s_k = E[\sigma(t)P_k(t)]$, t a coordinate of $w$. The
operator of $k_0(x, x') = E_w[\sigma(w^\top x)\sigma(w^\top x')]$ has the eigenvalue $s_k^2$ on the harmonics of
degree k.
"""

from __future__ import annotations

from functools import cache
from math import comb, gamma, pi, sqrt

import torch
from torch import Tensor

from lemmata.generators.kernel import Sigma, coordinate_law, homogeneous_slopes


def legendre(k: int, d: int, t: Tensor) -> Tensor:
    """P_k in dimension d at t, same shape; for d = 1, where t is 1 or -1, degrees 0 and 1 only.

    Raises:
        ValueError: for d < 1, a negative degree, or one above 1 where d = 1.
    """
    if d < 1 or k < 0 or multiplicity(k, d) == 0:
        raise ValueError(f"degree {k} in dimension d = {d}: there is no such harmonic")
    before, now = torch.ones_like(t), t
    if k == 0:
        return before
    for j in range(1, k):
        before, now = now, ((2 * j + d - 2) * t * now - j * before) / (j + d - 2)
    return now


def multiplicity(k: int, d: int) -> int:
    """Dimension of the harmonics of degree k on S^{d-1}; E[P_k(v.w)^2] is its inverse."""
    if k <= 1:
        return (1, d)[k]
    return comb(d + k - 1, k) - comb(d + k - 3, k - 2)


def multiplier(k: int, d: int, sigma: Sigma = torch.relu) -> float:
    """s_k: in closed form for a positively homogeneous sigma, else by Gauss quadrature, see `generators.kernel.k_0`."""
    slopes = homogeneous_slopes(sigma)
    if slopes is None:
        t, weights = (torch.from_numpy(part) for part in coordinate_law(d))
        return float(weights @ (sigma(t) * legendre(k, d, t)))
    right, left = slopes  # sigma(t) = (right + left)/2 |t| + (right - left)/2 t
    if k % 2:
        return (right - left) / (2 * d) if k == 1 else 0.0
    s = gamma(d / 2) / (sqrt(pi) * gamma((d + 1) / 2))  # E|t|
    for j in range(0, k, 2):
        s *= -(j - 1) / (j + d + 1)
    return (right + left) / 2 * s


@cache
def eigenvalues(n: int, d: int, sigma: Sigma = torch.relu) -> tuple[float, ...]:
    """The n largest eigenvalues of the operator of k_0 on L^2(S^{d-1}), with multiplicity, from the largest.

    They are sought among degrees that have four times as many in all: fewer than n of them may be positive.
    """
    found: list[float] = []
    k = 0
    while len(found) < 4 * n + 8 and multiplicity(k, d):
        found += [multiplier(k, d, sigma) ** 2] * min(multiplicity(k, d), n)
        k += 1
    return tuple(sorted(found + [0.0] * n, reverse=True)[:n])
