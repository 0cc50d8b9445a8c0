"""Monotone ascent with a step size for each trial: the loop that gradient searches share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from harness.adversaries.found import where

Blocks = list[Tensor]
Objective = Callable[[Blocks], Tensor]
Move = Callable[[Blocks, Blocks, Tensor], Blocks]

# A step that grows slower than it shrinks stays close to the longest useful one; doubling overshoots every
# second time.
GROWTH, SHRINK = 1.5, 0.5
# Halved this often in a row, a step is below a relative 1e-9 and moves the value by no more than rounding.
PATIENCE = 30


def ascend(
    objective: Objective, start: Sequence[Tensor], move: Move, steps: int, longest: float = float("inf")
) -> tuple[Tensor, Blocks]:
    """Climb: a candidate is kept where it is better, and the next step is longer; else it is shorter.

    A trial that failed `PATIENCE` times in a row is done and stays as it is, so that what becomes of a trial
    does not depend on how long the others of its batch go on.

    Args:
        objective: blocks [B, ...] -> values [B], or more leading dimensions; the value of a trial depends on
            its own blocks alone.
        start: where to begin; counts as a candidate.
        move: (blocks, gradient, step [B]) -> the candidate. The first step is 1.
        steps: number of candidates.
        longest: largest step.

    Returns:
        The best values [B], and the blocks that attain them.

    Raises:
        ValueError: if steps < 0, or the objective or its gradient is NaN or missing.
    """
    if steps < 0:
        raise ValueError(f"steps = {steps}: must be 0 or more")
    point = [block.detach() for block in start]
    value, gradient = value_and_gradient(objective, point)
    step = torch.ones_like(value)
    failures = torch.zeros_like(value, dtype=torch.long)
    for _ in range(steps):
        candidate = move(point, gradient, step)
        new_value, new_gradient = value_and_gradient(objective, candidate)
        better = (new_value > value) & (failures < PATIENCE)
        point, gradient = where(better, candidate, point), where(better, new_gradient, gradient)
        value = where(better, new_value, value)
        step = where(better, (GROWTH * step).clamp(max=longest), SHRINK * step)
        failures = where(better, torch.zeros_like(failures), failures + 1)
        if bool((failures >= PATIENCE).all()):
            break
    return value, point


def value_and_gradient(objective: Objective, point: Sequence[Tensor]) -> tuple[Tensor, Blocks]:
    """Values [B] and the gradient of each in its own blocks; zero in a block that plays no part.

    Raises:
        ValueError: if a value or a gradient is NaN, or the values have no gradient at all.
    """
    with torch.enable_grad():
        leaves = [block.detach().requires_grad_() for block in point]
        value = objective(leaves)
        require_number(value, point)
        if not value.requires_grad:
            raise ValueError("the objective has no gradient: compute it with torch and without detach()")
        gradient = torch.autograd.grad(value.sum(), leaves, allow_unused=True, materialize_grads=True)
    for i, block in enumerate(gradient):
        if bool(block.isnan().any()):
            trial = tuple(block.isnan().nonzero()[0].tolist())[: value.ndim]
            at = describe(point, trial)
            raise ValueError(f"the gradient in block {i} is NaN at {at}: a sqrt or norm of 0 has none")
    return value.detach(), list(gradient)


def require_number(value: Tensor, point: Sequence[Tensor]) -> None:
    """Refuse a NaN among the values [B] of an objective.

    Raises:
        ValueError: with the trial and its point.
    """
    if bool(value.isnan().any()):
        trial = tuple(value.isnan().nonzero()[0].tolist())
        raise ValueError(f"the objective is NaN at {describe(point, trial)}")


def describe(point: Sequence[Tensor], trial: tuple[int, ...]) -> str:
    """The point of one trial in words: first entries, shape and norm of each block."""
    parts = []
    for block in point:
        own = block.detach()[trial]
        first = ", ".join(f"{x:.6g}" for x in own.flatten()[:4].tolist())
        dots = ", ..." if own.numel() > 4 else ""
        parts.append(f"[{first}{dots}] (shape {tuple(own.shape)}, norm {own.norm().item():.6g})")
    return f"trial {list(trial)}, point " + " and ".join(parts)
