"""What an adversary hands back, and the batch helpers that all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import numpy as np
import torch
from torch import Tensor

P = TypeVar("P")


@dataclass(frozen=True)
class Found(Generic[P]):
    """The largest value that a search found: a lower bound of the supremum, attained at `point`.

    Attributes:
        value: one for each trial, [B].
        point: where; tensors with leading dimension B, in the form that the objective takes.
        random: what random search found, [B], the score to compare with; None where there was none.
    """

    value: Tensor
    point: P
    random: Tensor | None = None


def best_of(*found: Found[P]) -> Found[P]:
    """The best of several searches, trial by trial; `random` is the best that any of them has.

    Raises:
        ValueError: if there is none.
    """
    if not found:
        raise ValueError("best_of() has nothing to choose from: give at least one Found")
    best = found[0]
    for other in found[1:]:
        better = other.value > best.value
        randoms = [random for random in (best.random, other.random) if random is not None]
        best = Found(
            where(better, other.value, best.value),
            cast(P, where(better, other.point, best.point)),
            torch.stack(randoms).amax(0) if randoms else None,
        )
    return best


def where(mask: Tensor, yes: Any, no: Any) -> Any:
    """torch.where with one truth value for each trial, on a tensor [B, ...] or a list, tuple or dict of them."""
    if isinstance(yes, Tensor):
        return torch.where(expand_as(mask, yes), yes, no)
    if isinstance(yes, dict):
        return {key: where(mask, yes[key], no[key]) for key in yes}
    chosen = [where(mask, a, b) for a, b in zip(yes, no, strict=True)]
    return type(yes)(*chosen) if hasattr(yes, "_fields") else type(yes)(chosen)


def expand_as(number: Tensor, block: Tensor) -> Tensor:
    """One number for each trial, [B], in a shape that multiplies a block [B, ...]."""
    return number.reshape(*number.shape, *[1] * (block.ndim - number.ndim))


def unit(x: Tensor) -> Tensor:
    """Rows of norm 1 in the direction of x, however small x is; zero where x is zero."""
    largest = x.abs().amax(-1, keepdim=True)
    scaled = x / torch.where(largest > 0, largest, 1)
    norm = scaled.norm(dim=-1, keepdim=True)
    return scaled / torch.where(norm > 0, norm, 1)


def normals(rngs: Sequence[np.random.Generator], shape: Sequence[int], like: Tensor | None) -> Tensor:
    """Standard normals [B, *shape], trial by trial, in the dtype and on the device of `like`."""
    draws = torch.from_numpy(np.stack([rng.standard_normal(tuple(shape)) for rng in rngs]))
    return draws if like is None else draws.to(like)


def check_trials(rngs: Sequence[np.random.Generator], trials: int) -> None:
    """Refuse another number of generators than trials.

    Raises:
        ValueError: with both numbers.
    """
    if len(rngs) != trials:
        raise ValueError(f"{len(rngs)} generators for {trials} trials: give one for each")
