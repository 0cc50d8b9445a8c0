"""Random numbers of a batch. Every trial has its own generator: its numbers do not depend on the batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def normals(rngs: Sequence[np.random.Generator], *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Independent standard normals.

    Args:
        rngs: one generator per trial.
        *shape: shape of one trial's numbers.
        dtype: of the result; the draws are made in float64 and rounded.

    Returns:
        Shape [B, *shape].

    Raises:
        ValueError: without trials, or when a size is below one.
    """
    check_sizes(len(rngs), shape)
    draws = np.empty((len(rngs), *shape))
    for rng, trial in zip(rngs, draws, strict=True):
        rng.standard_normal(out=trial)
    return torch.from_numpy(draws).to(dtype)


def uniforms(rngs: Sequence[np.random.Generator], *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Independent numbers uniform on [0, 1), shape [B, *shape]; see :func:`normals`."""
    check_sizes(len(rngs), shape)
    return torch.from_numpy(np.stack([rng.random(shape) for rng in rngs])).to(dtype)


def check_sizes(trials: int, shape: Sequence[int]) -> None:
    """Refuse an empty batch and empty tensors, which would pass every check.

    Raises:
        ValueError: naming the trials or the shape.
    """
    if trials < 1:
        raise ValueError("no trials: give at least one random generator")
    if any(size < 1 for size in shape):
        raise ValueError(f"cannot draw an array of shape {tuple(shape)}: every size must be at least 1")
