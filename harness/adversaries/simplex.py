r"""Exact minima over the simplex by non-negative least squares: does a separating direction exist?

By duality, $\max_{\|\alpha\| \le 1} \min_i \langle\alpha, z_i\rangle = \min_{a \in \Delta} \|\sum_i a_i z_i\|$:
any unit $\alpha$ bounds the value from below, any a from above. Both are handed back, so "no witness exists" is a
proof up to rounding and not the failure of a search.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lemmata.adversaries.found import unit


class SimplexMinimum(NamedTuple):
    r"""Bounds of $\min_{a \in \Delta} a^\top M a$.

    Attributes:
        value: [B]; attained by `weights`, so an upper bound.
        lower: [B]; a lower bound, by convexity: $2 \min_i (Ma)_i - a^\top M a$, and 0.
        weights: a, [B, n]; non-negative with sum 1.
    """

    value: Tensor
    lower: Tensor
    weights: Tensor


class Margin(NamedTuple):
    r"""Bounds of $\max_{\|\alpha\| \le 1} \min_i \langle\alpha, z_i\rangle$.

    Attributes:
        value: [B]; attained by `alpha`; 0 where no direction separates.
        upper: [B]; $\|\sum_i a_i z_i\|$, which no direction exceeds.
        alpha: [B, m]; of norm 1, or zero where no direction separates.
        weights: a, [B, n]; non-negative with sum 1, positive on the support vectors.
    """

    value: Tensor
    upper: Tensor
    alpha: Tensor
    weights: Tensor


def largest_margin(Z: Tensor) -> Margin:
    r"""The largest margin with which a direction alpha has $\langle\alpha, z_i\rangle \ge$ margin for all i.

    For labelled points $z_i = y_i x_i$. Margins down to about 1e-13 of the largest $\|z_i\|$ can be told from 0.

    Args:
        Z: rows z_i, [B, n, m].

    Raises:
        ValueError: if Z is empty or not finite.
    """
    _check("Z", Z)
    a = _nearest_to_origin(Z)
    nearest = _combine(a, Z)
    alphas = torch.stack([unit(nearest), _equal_margins(Z, a > 0), torch.zeros_like(nearest)], 1)
    value, best = (alphas @ Z.mT).amin(-1).max(1)
    alpha = alphas[torch.arange(len(Z), device=Z.device), best]
    return Margin(value, nearest.norm(dim=-1), alpha, a)


def simplex_minimum(M: Tensor) -> SimplexMinimum:
    r"""$\min a^\top M a$ over $a \ge 0$, $\sum_i a_i = 1$, for symmetric positive semidefinite M.

    Args:
        M: matrices [B, n, n]. Where M is a Gram matrix of known vectors, `largest_margin` loses no digits to a
            square root.

    Raises:
        ValueError: if M is empty, not finite, not symmetric, or has an eigenvalue below rounding of zero.
    """
    _check("M", M)
    scale = M.abs().amax((1, 2))
    if M.shape[1] != M.shape[2] or bool(((M - M.mT).abs().amax((1, 2)) > 1e-12 * scale).any()):
        raise ValueError(f"M of shape {tuple(M.shape)} is not symmetric")
    values, vectors = torch.linalg.eigh(M)
    if bool((values[:, 0] < -1e-10 * scale).any()):
        raise ValueError(f"M has the eigenvalue {values[:, 0].min().item():.3g}: it must be positive semidefinite")
    a = _nearest_to_origin(vectors * values.clamp(min=0).sqrt()[:, None])
    Ma = _combine(a, M)
    value = (a * Ma).sum(-1)
    return SimplexMinimum(value, torch.minimum((2 * Ma.amin(-1) - value).clamp(min=0), value), a)


def _nearest_to_origin(Z: Tensor) -> Tensor:
    r"""Weights a of the point $\sum_i a_i z_i$ of the convex hull that is nearest to the origin, [B, n].

    $\min_{a \ge 0} \|Z^\top a\|^2 + \rho^2 (\mathbf 1^\top a - 1)^2$ is attained at a multiple of the a that is wanted,
    for every rho > 0.
    """
    from scipy.optimize import nnls  # here, because it takes half a second to load

    weights = []
    for z in Z.detach().double().cpu():
        scale = z.norm(dim=1).max().clamp(min=torch.finfo(z.dtype).tiny)
        system = torch.cat([z.T / scale, torch.ones(1, len(z), dtype=z.dtype)])
        target = torch.zeros(len(system), dtype=z.dtype)
        target[-1] = 1
        # The default, three changes of the active set a point, is too few where points almost repeat.
        weights.append(torch.from_numpy(nnls(system.numpy(), target.numpy(), maxiter=100 * len(z))[0]))
    a = torch.stack(weights).to(Z)
    return a / a.sum(-1, keepdim=True)


def _equal_margins(Z: Tensor, support: Tensor) -> Tensor:
    r"""Unit directions with one margin on all support vectors, [B, m].

    The same direction as the nearest point, where that exists; but a small $\sum_i a_i z_i$ loses its digits by
    cancellation, and the least-norm solution of $\langle w, z_i\rangle = 1$ does not.
    """
    solutions = [
        torch.linalg.pinv(z[on], rtol=torch.finfo(z.dtype).eps).sum(-1) for z, on in zip(Z, support, strict=True)
    ]
    return unit(torch.stack(solutions))


def _combine(a: Tensor, Z: Tensor) -> Tensor:
    return (a[:, None] @ Z)[:, 0]


def _check(name: str, x: Tensor) -> None:
    if x.ndim != 3 or x.numel() == 0 or not bool(x.isfinite().all()):
        raise ValueError(f"{name} of shape {tuple(x.shape)} must be a batch of matrices, not empty, all finite")
