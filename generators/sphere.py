"""Uniform data on the unit sphere, as Frei, Cao, Gu (2019) and E, Ma, Wang, Wu (2019) assume."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lemmata.generators.draws import normals


def sphere(rngs: Sequence[np.random.Generator], n: int, d: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Independent points, uniform on the sphere S^{d-1}; for d = 1 the signs ±1.

    Args:
        rngs: one generator per trial.
        n: points per trial.
        d: dimension.
        dtype: of the result; norms are 1 up to its rounding.

    Returns:
        Points as rows, [B, n, d].

    Raises:
        ValueError: without trials, or when n or d is below one.
    """
    g = normals(rngs, n, d)
    return (g / g.norm(dim=-1, keepdim=True)).to(dtype)
