"""Refusals that all networks share: an empty or non-finite input, or a shape that does not fit."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def require_finite(name: str, tensor: Tensor) -> None:
    """Refuse an input that is empty or holds a NaN or an infinity.

    Raises:
        ValueError: with the shape, or the first offending value and its index.
    """
    if tensor.numel() == 0:
        raise ValueError(f"{name} is empty, shape {tuple(tensor.shape)}: every dimension must be at least 1")
    if math.isfinite(tensor.detach().sum()):  # one pass; whatever is not finite makes the sum not finite
        return
    offending = (~torch.isfinite(tensor)).nonzero()
    if len(offending):
        index = tuple(offending[0].tolist())
        raise ValueError(f"{name}{list(index)} is {tensor[index].item()}: inputs must be finite")


def require_shape(name: str, tensor: Tensor, *shape: int | None) -> None:
    """Refuse a tensor of another shape; None stands for any size.

    Raises:
        ValueError: with the shape found and the shape wanted.
    """
    found = tuple(tensor.shape)
    fits = len(found) == len(shape) and all(want in {None, size} for size, want in zip(found, shape, strict=True))
    if not fits:
        wanted = ", ".join("*" if want is None else str(want) for want in shape)
        raise ValueError(f"{name} has shape {found}: it must be ({wanted})")
