r"""Population risks of random feature and kernel flows in closed form, for ReLU and $x \sim \pi_0$.

The target is $f^*(x) = s_kP_k(v^\top x)$, with $a^*(\omega) = P_k(v^\top\omega)$ and $\gamma(f^*) = 1$, see `assumption_3_3`; $v$ is the first
unit vector. The flow is linear, so that an eigendecomposition is the whole path, and
$E_x[\sigma(w^\top x)\sigma(w'^\top x)] = k_0(w, w')$, $E_x[\sigma(w^\top x)f^*(x)] = s_k^2P_k(v^\top w)$.
"""

from functools import cache
from math import ceil, exp, log, sqrt

import torch

from lemmata.generators.draws import normals
from lemmata.generators.harmonics import legendre, multiplicity, multiplier
from lemmata.generators.kernel import k_0

DEGREES = 20  # the squared eigenvalues fall like j^-8 at least: what is left is below 2e-12


def confidence(delta):
    """c(delta) = 1 + sqrt(2 ln(1/delta))."""
    return 1 + sqrt(2 * log(1 / delta))


def zero_risk(k, d):
    """R(0) = E f*^2 / 2, the risk of the zero function, with which the flow starts."""
    return multiplier(k, d) ** 2 / multiplicity(k, d) / 2


@cache
def hardest_dimension(tau):
    """The d in which the risk exp(-2 s_0^2 tau) R(0) of f* = s_0 is largest at time tau of the flow with infinitely many points.

    A degree k > 0 has 1/N(d, k) in R(0), and does no worse than k = 0 does in the dimension where s_0 is as small.
    """
    return max(range(1, ceil(tau) + 2), key=lambda d: exp(-2 * multiplier(0, d) ** 2 * tau) * zero_risk(0, d))


def evolved(M, y, t):
    """M^-1 (I - exp(-M t)) y for symmetric M [B, N, N] and y [B, N]; t y where M is zero."""
    mu, U = torch.linalg.eigh(M)
    u = mu.clamp(min=0) * t
    factor = t * torch.where(u > 0, -torch.expm1(-u) / u.clamp(min=1e-300), 1.0)
    return (U @ (factor * (U.mT @ y[..., None])[..., 0])[..., None])[..., 0]


def feature_flow_risk(w, x, weight, k, t):
    """E(a~_t; B_0) for m = 1, exactly.

    Args:
        w: rows of B_0, one a layer, [B, L, d].
        x: points [B, n, d].
        weight: the share of the sample that is at each point, [B, n].
        k: degree of the target.
        t: time.
    """
    d, s_k = w.shape[-1], multiplier(k, w.shape[-1])
    Phi, y = torch.relu(x @ w.mT), s_k * legendre(k, d, x[..., 0])
    weighted = weight[..., None] * Phi
    a = evolved(weighted.mT @ Phi, (weighted * y[..., None]).sum(1), t)
    G = k_0((w @ w.mT).clamp(-1, 1), d)
    mixed = (a * legendre(k, d, w[..., 0])).sum(1) * s_k**2
    return (a[:, None] @ G @ a[..., None])[:, 0, 0] / 2 - mixed + zero_risk(k, d)


def kernel_flow_risk(x, k, tau):
    """The limit of E(a~_t; B_0) as L grows and t = tau/L, the flow with the kernel k_0 itself; x [B, n, d]."""
    n, d = x.shape[-2:]
    s_k, rho = multiplier(k, d), (x @ x.mT).clamp(-1, 1)
    rho.diagonal(dim1=1, dim2=2).fill_(1.0)
    P = legendre(k, d, x[..., 0])
    c = evolved(k_0(rho, d) / n, s_k * P / n, tau)
    degrees = [j for j in range(DEGREES) if multiplicity(j, d) and multiplier(j, d)]
    G = sum(multiplier(j, d) ** 4 * multiplicity(j, d) * legendre(j, d, rho) for j in degrees)
    return (c[:, None] @ G @ c[..., None])[:, 0, 0] / 2 - s_k**3 * (c * P).sum(1) + zero_risk(k, d)


def clustered(rngs, n, d, dtype, radius=1e-3):
    """n different points of the sphere, all near one that is random, [B, n, d]."""
    g = normals(rngs, n + 1, d, dtype=dtype)
    x = g[:, :1] / g[:, :1].norm(dim=-1, keepdim=True) + radius * g[:, 1:]
    return x / x.norm(dim=-1, keepdim=True)
