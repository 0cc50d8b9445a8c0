r"""Labelled samples, and those on which Assumption 3.2 of Frei, Cao, Gu (2019) fails: margin zero.

The best margin of a sample over the class $\mathcal F$ is
$\gamma^* = \min_{\lambda \in \Delta} E_u |\sum_i \lambda_i y_i \sigma(u^\top x_i)|$. It vanishes

* when a point carries both labels: $\lambda = (1/2, 1/2)$ on the two;
* when the labels are antipodally odd, $y(-x) = -y(x)$, and no half-space separates them. Then
  $\sum_i \lambda_i y_i x_i = 0$ for some $\lambda$, which may be taken equal on $\pm x$, and the sum is
  $\frac12 u^\top \sum_i \lambda_i y_i x_i = 0$, because $\sigma(z) - \sigma(-z) = z$.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lemmata.generators.draws import check_sizes, uniforms
from lemmata.generators.sphere import sphere


@dataclass(frozen=True, eq=False)
class Labelled:
    """Samples of labelled points, one per trial.

    Attributes:
        x: unit vectors as rows, [B, n, d].
        y: labels ±1, [B, n].
        margin: certified margin of each sample, [B]; None where nothing is certified.
    """

    x: Tensor
    y: Tensor
    margin: Tensor | None


def odd_parity(d: int = 3, batch: int = 1, dtype: torch.dtype = torch.float64) -> Labelled:
    """The d-parity y = x_1 ... x_d / |x_1 ... x_d| on the 2^d corners of the cube, scaled to the sphere.

    Args:
        d: dimension, odd and at least 3.
        batch: number of copies B, because nothing is random.
        dtype: of the result.

    Returns:
        2^d antipodally odd points that no half-space separates; margin 0.

    Raises:
        ValueError: for even d (the labels are even), d = 1 (they are linear), or no copies.
    """
    if d < 3 or d % 2 == 0:
        raise ValueError(f"d = {d}: parity has margin zero for odd d of at least 3 only; choose 3, 5, ...")
    check_sizes(batch, ())
    corners = torch.tensor(list(itertools.product((1.0, -1.0), repeat=d)), dtype=torch.float64)
    x, y = (corners / math.sqrt(d)).to(dtype), corners.prod(dim=1).to(dtype)
    return Labelled(x.repeat(batch, 1, 1), y.repeat(batch, 1), torch.zeros(batch, dtype=dtype))


def contradictory(rngs: Sequence[np.random.Generator], n: int, d: int, dtype: torch.dtype = torch.float64) -> Labelled:
    """Uniform points, each once with label +1 and once with label -1; margin 0.

    Args:
        rngs: one generator per trial.
        n: points per trial, even; the first n/2 carry +1, the others repeat them with -1.
        d: dimension.
        dtype: of the result.

    Raises:
        ValueError: for odd n.
    """
    if n % 2:
        raise ValueError(f"n = {n}: points with both labels come in pairs; choose an even n")
    half = sphere(rngs, n // 2, d, dtype)
    ones = torch.ones(len(rngs), n // 2, dtype=dtype)
    return Labelled(
        torch.cat([half, half], dim=1), torch.cat([ones, -ones], dim=1), torch.zeros(len(rngs), dtype=dtype)
    )


def random_labels(rngs: Sequence[np.random.Generator], n: int, d: int, dtype: torch.dtype = torch.float64) -> Labelled:
    """Uniform points labelled by fair coins; their margin is unknown, see :mod:`generators.certificates`."""
    x = sphere(rngs, n, d, dtype)
    y = torch.where(uniforms(rngs, n) < 0.5, 1.0, -1.0).to(dtype)
    return Labelled(x, y, None)


def is_antipodally_odd(x: Tensor, y: Tensor) -> Tensor:
    """Is -x in the sample with label -y whenever x is with label y? Compared bit for bit.

    Args:
        x: points [B, n, d].
        y: labels [B, n].

    Returns:
        One truth value per trial, [B].
    """
    opposite = (x[:, :, None] == -x[:, None]).all(dim=-1)
    flipped = y[:, :, None] == -y[:, None]
    return (opposite & flipped).any(dim=2).all(dim=1) & (~opposite | flipped).all(dim=(1, 2))
