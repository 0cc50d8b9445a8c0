r"""Block Frank-Wolfe on products of Frobenius balls: $\max f(W)$ over $\|W_l - W_l^{(0)}\|_F \le \tau$, all l.

The linear maximiser over a product of balls is closed form, block by block: $W_l^{(0)} + \tau G_l / \|G_l\|_F$ with
the gradient $G_l$. A step goes there, or part of the way where all of it would not climb. For a convex f the full
steps are a generalised power method, and one to ten of them from an aligned start are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from lemmata.adversaries.ascent import Blocks, ascend, require_number, value_and_gradient
from lemmata.adversaries.found import Found, best_of, check_trials, expand_as, normals


def frank_wolfe(
    objective: Callable[[Blocks], Tensor],
    centre: Sequence[Tensor],
    radius: float | Tensor,
    steps: int,
    *,
    start: Sequence[Tensor] | None = None,
    rngs: Sequence[np.random.Generator] = (),
    n_starts: int = 4,
    per_layer: bool = False,
) -> Found[Blocks]:
    """Maximise over a product of Frobenius balls, from a given start and from random ones.

    A centre with zero gradient is no good start, and an initialisation often is such a saddle: give an aligned
    start, or generators for random ones.

    Args:
        objective: list of tensors, shaped as `centre`, -> values [B], differentiable by torch. To move an input
            on the unit sphere too, add it as a block with centre 0 and normalise it inside the objective.
        centre: tensors [B, ...], the centres of the balls.
        radius: of all balls; a number, or one for each trial [B].
        steps: gradients taken from each start.
        start: where to begin, inside the balls; the centre unless given.
        rngs: one generator for each trial; if given, random points of the spheres are starts as well.
        n_starts: number of random starts.
        per_layer: if set, tensors are [B, K, ...] and each of the K layers has a ball of its own.

    Returns:
        The best of all starts; `random` is the best random start before any step, if there are some.

    Raises:
        ValueError: if there are no balls, a radius is negative or NaN, shapes do not fit, the start is outside,
            or the objective is NaN or has no gradient.
    """
    centre = list(centre)
    begins = [centre if start is None else list(start)]
    _check(centre, begins[0], rngs, n_starts, per_layer)
    radius = torch.as_tensor(radius, dtype=centre[0].dtype, device=centre[0].device).expand(len(centre[0]))
    if not bool((radius >= 0).all()):
        raise ValueError(f"radius = {radius.tolist()}: must be 0 or more")
    _check_inside(begins[0], centre, radius, per_layer)

    def vertex(point: Tensor, c: Tensor, gradient: Tensor) -> Tensor:
        norm = _norm(gradient, per_layer)
        # A block that plays no part stays where it is.
        return torch.where(norm > 0, c + expand_as(radius, c) * gradient / norm, point)

    def move(point: Blocks, gradient: Blocks, step: Tensor) -> Blocks:
        vertices = [vertex(*block) for block in zip(point, centre, gradient, strict=True)]
        return [p + expand_as(step, p) * (v - p) for p, v in zip(point, vertices, strict=True)]

    randoms = []
    for _ in range(n_starts if rngs else 0):
        begins.append([vertex(c, c, normals(rngs, c.shape[1:], c)) for c in centre])
        randoms.append(objective(begins[-1]).detach())
        require_number(randoms[-1], begins[-1])
    evaluate = partial(value_and_gradient, objective)
    found = best_of(*(Found(*ascend(evaluate, begin, _any, move, steps, longest=1.0)) for begin in begins))
    return Found(found.value, found.point, torch.stack(randoms).amax(0) if randoms else None)


def _any(point: Blocks, gradient: Blocks) -> Blocks:
    """No direction is ruled out: steps towards a vertex cannot leave the balls."""
    return gradient


def _norm(block: Tensor, per_layer: bool) -> Tensor:
    """Frobenius norm of each ball's block, with dimensions kept."""
    first = 2 if per_layer else 1
    norm = block.flatten(first).norm(dim=-1)
    return expand_as(norm, block)


def _check(
    centre: Blocks,
    start: Blocks,
    rngs: Sequence[np.random.Generator],
    n_starts: int,
    per_layer: bool,
) -> None:
    form = "[B, K, ...]" if per_layer else "[B, ...]"
    shapes = [tuple(block.shape) for block in centre]
    if not shapes or any(len(shape) < 2 + per_layer or shape[0] != shapes[0][0] for shape in shapes):
        raise ValueError(f"centre has shapes {shapes}: give tensors {form} with one B for all")
    if [tuple(block.shape) for block in start] != shapes:
        raise ValueError(f"start has shapes {[tuple(block.shape) for block in start]}: must be {shapes}")
    if rngs:
        check_trials(rngs, shapes[0][0])
        if n_starts < 1:
            raise ValueError(f"n_starts = {n_starts}: must be 1 or more where there are generators")


def _check_inside(start: Blocks, centre: Blocks, radius: Tensor, per_layer: bool) -> None:
    for i, (block, c) in enumerate(zip(start, centre, strict=True)):
        # A start on the sphere is as far out as rounding leaves it.
        slack = 100 * torch.finfo(c.dtype).eps * (expand_as(radius, c) + _norm(c, per_layer))
        excess = _norm(block - c, per_layer) - expand_as(radius, c)
        if not bool((excess <= slack).all()):
            raise ValueError(f"start[{i}] is outside of its ball by {excess.max().item():.3g}: move it inside")
