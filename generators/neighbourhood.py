r"""Neighbourhoods of an initialisation: random points, projections, and how far a point reaches.

* per layer Frobenius balls $\{\|W_l - W_l^0\|_F \le \tau\}$ (Frei, Cao, Gu 2019, Theorem 3.5);
* per layer spectral balls $\{\|W_l - W_l^0\|_2 \le \tau\}$ (Lemma B.5 there);
* $I_c(\Theta_0)$: every block a, r, B, C within c/L in Frobenius norm (E, Ma, Wang, Wu 2019, Definition 1).

Random points are a baseline for adversaries: they are far from the worst case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from lemmata.generators.draws import normals, uniforms
from lemmata.generators.initialisation import EmwwParameters


class Blocks(Protocol):
    """Anything with the blocks of :class:`generators.initialisation.EmwwParameters`."""

    @property
    def a(self) -> Tensor:
        """[B, blocks, m]."""

    @property
    def r(self) -> Tensor:
        """[B, blocks, m]."""

    @property
    def B(self) -> Tensor:
        """[B, blocks, m, d]."""

    @property
    def C(self) -> Tensor:
        """[B, blocks, d, m]."""


def random_in_frobenius_balls(
    rngs: Sequence[np.random.Generator], W: Sequence[Tensor], tau: float, on_sphere: bool = True
) -> list[Tensor]:
    """A uniform point of the product of Frobenius balls, or of their spheres.

    Args:
        rngs: one generator per trial.
        W: centres, each [B, in, out].
        tau: radius.
        on_sphere: at distance tau in every layer, instead of inside.

    Raises:
        ValueError: for a negative tau, no layers, or another number of trials.
    """
    _check(W, W, tau)
    return [layer + _random(rngs, layer, 1, tau, on_sphere) for layer in W]


def project_frobenius(W: Sequence[Tensor], W0: Sequence[Tensor], tau: float) -> list[Tensor]:
    """The nearest point of the product of Frobenius balls around W0; tensors [B, in, out]."""
    _check(W, W0, tau)
    return [_project(layer, centre, 1, tau) for layer, centre in zip(W, W0, strict=True)]


def frobenius_distance(W: Sequence[Tensor], W0: Sequence[Tensor]) -> Tensor:
    """max_l ||W_l - W0_l||_F, [B]: W is in the balls of radius tau exactly if this is at most tau."""
    _check(W, W0)
    return torch.stack([_norms(layer - centre, 1) for layer, centre in zip(W, W0, strict=True)]).amax(dim=0)


def random_in_spectral_balls(rngs: Sequence[np.random.Generator], W: Sequence[Tensor], tau: float) -> list[Tensor]:
    """A random extreme point of the product of spectral balls: W_l + tau Q with a uniform isometry Q.

    Args:
        rngs: one generator per trial.
        W: centres, each [B, in, out].
        tau: radius.

    Raises:
        ValueError: for a negative tau, no layers, or another number of trials.
    """
    _check(W, W, tau)
    points = []
    for layer in W:
        left, _, right = torch.linalg.svd(_gaussian(rngs, layer), full_matrices=False)
        points.append(layer + tau * left @ right)
    return points


def project_spectral(W: Sequence[Tensor], W0: Sequence[Tensor], tau: float) -> list[Tensor]:
    """The point of the product of spectral balls around W0 that is nearest in Frobenius norm."""
    _check(W, W0, tau)
    points = []
    for layer, centre in zip(W, W0, strict=True):
        left, values, right = torch.linalg.svd(layer - centre, full_matrices=False)
        nearest = centre + left * values.clamp(max=tau)[..., None, :] @ right
        points.append(torch.where((values[..., 0] <= tau)[..., None, None], layer, nearest))
    return points


def spectral_distance(W: Sequence[Tensor], W0: Sequence[Tensor]) -> Tensor:
    """max_l ||W_l - W0_l||_2, [B]: W is in the spectral balls of radius tau exactly if this is at most tau."""
    _check(W, W0)
    norms = [torch.linalg.matrix_norm(layer - centre, 2) for layer, centre in zip(W, W0, strict=True)]
    return torch.stack(norms).amax(dim=0)


def random_in_I_c(
    rngs: Sequence[np.random.Generator], theta0: Blocks, c: float, L: int, on_sphere: bool = True
) -> EmwwParameters:
    """A uniform point of I_c(theta0), a product of balls, or of their spheres.

    Args:
        rngs: one generator per trial.
        theta0: centre.
        c: positive; the paper soon assumes 1 <= c <= L.
        L: depth: the radius is c/L, whatever number of blocks theta0 has.
        on_sphere: every block at distance c/L, instead of inside.

    Raises:
        ValueError: for a c or L that is not positive, or another number of trials.
    """
    radius = _radius(c, L)
    return EmwwParameters(*(block + _random(rngs, block, 2, radius, on_sphere) for block in _blocks(theta0)))


def project_I_c(theta: Blocks, theta0: Blocks, c: float, L: int) -> EmwwParameters:
    """The nearest point of I_c(theta0)."""
    radius, pairs = _radius(c, L), zip(_blocks(theta), _blocks(theta0), strict=True)
    return EmwwParameters(*(_project(block, centre, 2, radius) for block, centre in pairs))


def distance_I_c(theta: Blocks, theta0: Blocks) -> Tensor:
    """Largest Frobenius distance of a block from its centre, [B]: theta is in I_c exactly if it is at most c/L."""
    pairs = zip(_blocks(theta), _blocks(theta0), strict=True)
    return torch.stack([_norms(block - centre, 2).amax(dim=1) for block, centre in pairs]).amax(dim=0)


def _blocks(theta: Blocks) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """a, r, B, C."""
    return theta.a, theta.r, theta.B, theta.C


def _norms(step: Tensor, leading: int) -> Tensor:
    """Euclidean norms over all but the leading dimensions."""
    return step.flatten(leading).norm(dim=-1)


def _spread(values: Tensor, like: Tensor) -> Tensor:
    """Values of the leading dimensions, shaped to multiply a tensor."""
    return values.reshape(*values.shape, *[1] * (like.ndim - values.ndim))


def _gaussian(rngs: Sequence[np.random.Generator], like: Tensor) -> Tensor:
    """Standard normals in the shape, precision and place of a tensor."""
    if len(rngs) != like.shape[0]:
        raise ValueError(f"{len(rngs)} generators for {like.shape[0]} trials: give one per trial")
    return normals(rngs, *like.shape[1:]).to(like)


def _random(rngs: Sequence[np.random.Generator], like: Tensor, leading: int, radius: float, on_sphere: bool) -> Tensor:
    """A uniform step of length radius, or in the ball, for each entry of the leading dimensions."""
    step = _gaussian(rngs, like)
    length = torch.full_like(_norms(step, leading), radius)
    if not on_sphere:
        dimension = math.prod(like.shape[leading:])
        length = length * uniforms(rngs, *length.shape[1:]).to(like) ** (1 / dimension)
    return step * _spread(length / _norms(step, leading), step)


def _project(point: Tensor, centre: Tensor, leading: int, radius: float) -> Tensor:
    """The point, or where the segment to its centre meets the ball."""
    step = point - centre
    norms = _norms(step, leading)
    shrunk = centre + step * _spread(radius / norms, step)
    return torch.where(_spread(norms <= radius, step), point, shrunk)


def _radius(c: float, L: int) -> float:
    """c/L."""
    if not (0 < c < math.inf and L >= 1):
        raise ValueError(f"c = {c}, L = {L}: I_c has the radius c/L with c > 0 and L >= 1")
    return c / L


def _check(W: Sequence[Tensor], W0: Sequence[Tensor], tau: float = 0.0) -> None:
    """Refuse layers that do not match, and a radius that is none."""
    if not W or [layer.shape for layer in W] != [centre.shape for centre in W0]:
        shapes = [tuple(layer.shape) for layer in W], [tuple(centre.shape) for centre in W0]
        raise ValueError(f"layers have shapes {shapes[0]} and centres {shapes[1]}: they must agree, one at least")
    if not 0 <= tau < math.inf:
        raise ValueError(f"tau = {tau}: a radius is finite and not negative")
