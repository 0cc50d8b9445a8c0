"""Search without gradients: an evolution strategy with one parent and one child."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from harness.adversaries.ascent import GROWTH, Blocks, unit_blocks
from harness.adversaries.found import where

# The step keeps its length if one child in five is better.
SHRINK = GROWTH**-0.25
# A child goes along noise plus a share of the path of recent successes, which remembers this much of itself.
PATH_SHARE, MEMORY = 0.5, 0.8


def evolve(
    values: Callable[[Blocks], Tensor],
    start: Sequence[Tensor],
    explore: Callable[[], Blocks],
    move: Callable[[Blocks, Blocks, Tensor], Blocks],
    steps: int,
) -> tuple[Tensor, Blocks]:
    """Climb by trial and error; a child that is as good as its parent takes its place, so that plateaus are crossed.

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
    for i in range(steps):
        leap = i % 4 == 3
        noise = unit_blocks(explore())
        direction = unit_blocks([n + PATH_SHARE * p for n, p in zip(noise, path, strict=True)])
        child = move(point, noise if leap else direction, torch.ones_like(step) if leap else step)
        new_value = values(child)
        better = new_value > value
        longer = [MEMORY * p + (1 - MEMORY**2) ** 0.5 * d for p, d in zip(path, direction, strict=True)]
        path = path if leap else where(better, longer, path)
        step = step if leap else where(better, GROWTH * step, where(new_value < value, SHRINK * step, step))
        point, value = where(new_value >= value, child, point), torch.maximum(value, new_value)
    return value, point
