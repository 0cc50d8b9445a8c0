"""What an adversary hands back: the worst case of each trial, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import torch
from torch import Tensor

P = TypeVar("P")


@dataclass(frozen=True)
class Found(Generic[P]):
    """The largest value that a search found: a lower bound of the supremum, attained at `point`.

    Attributes:
        value: [B], one for each trial.
        point: where; tensors with leading dimension B, in the form that the objective takes.
        random: what random search found, [B]: the score to compare with; None where there was no such search.
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
        randoms = [r for r in (best.random, other.random) if r is not None]
        best = Found(
            torch.where(better, other.value, best.value),
            cast(P, where(better, other.point, best.point)),
            torch.stack(randoms).amax(0) if randoms else None,
        )
    return best


def expand_as(number: Tensor, block: Tensor) -> Tensor:
    """One number for each trial [B], shaped to multiply a block [B, ...]."""
    return number.reshape(*number.shape, *[1] * (block.ndim - number.ndim))


def where(mask: Tensor, yes: Any, no: Any) -> Any:
    """torch.where with one truth value for each trial, [B], on a tensor or on each tensor of a list, tuple or dict."""
    if isinstance(yes, Tensor):
        return torch.where(expand_as(mask, yes), yes, no)
    if isinstance(yes, dict):
        return {key: where(mask, yes[key], no[key]) for key in yes}
    return type(yes)(where(mask, a, b) for a, b in zip(yes, no, strict=True))
