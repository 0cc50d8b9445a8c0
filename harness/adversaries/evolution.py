"""Search without gradients: an evolution strategy with one parent and one child."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lemmata.adversaries.ascent import GROWTH, Blocks, unit_blocks
from lemmata.adversaries.found import where

# The step keeps its length if one child in five is better.
SHRINK = GROWTH**-0.25
# A child goes along noise plus a share of the path of recent successes, which remembers this much of itself.
PATH_SHARE, MEMORY = 0.5, 0.8
# Every so many children one goes as far as the domain is wide: it may find another hill, or exchange an entry of a
# sparse vector.
LEAP = 8


def evolve(
    values: Callable[[Blocks], Tensor],
    start: Sequence[Tensor],
    explore: Callable[[], Blocks],
    move: Callable[[Blocks, Blocks, Tensor], Blocks],
    steps: int,
) -> tuple[Tensor, Blocks]:
    """Climb by trial and error; a child as good as its parent takes its place, so that plateaus are crossed.

    Args:
        values: blocks [B, ...] -> values [B].
        start: where to begin.
        explore: random directions, blocks [B, ...].
        move: (blocks, direction of norm 1 over all blocks, step [B]) -> the child. The first step is 1.
        steps: number of children.

    Returns:
        The best values [B], and the blocks that attain them.
    """
    point = list(start)
    value = values(point)
    step = torch.ones_like(value)
    path = [torch.zeros_like(block) for block in point]
    for i in range(1, steps + 1):
        noise = unit_blocks(explore())
        if i % LEAP == 0:
            child = move(point, noise, torch.ones_like(step))
            new_value = values(child)
        else:
            direction = unit_blocks([n + PATH_SHARE * p for n, p in zip(noise, path, strict=True)])
            child = move(point, direction, step)
            new_value = values(child)
            path = where(new_value > value, _longer(path, direction), path)
            step = torch.where(new_value > value, GROWTH * step, step)
            step = torch.where(new_value < value, SHRINK * step, step)
        point = where(new_value >= value, child, point)
        value = torch.maximum(value, new_value)
    return value, point


def _longer(path: Blocks, direction: Blocks) -> Blocks:
    """The path after one more success; independent directions keep its norm near 1."""
    return [MEMORY * p + (1 - MEMORY**2) ** 0.5 * d for p, d in zip(path, direction, strict=True)]
