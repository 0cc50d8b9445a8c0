r"""Block Frank-Wolfe on products of Frobenius balls: $\max f(W)$ over $\|W_l - W_l^{(0)}\|_F \le \tau$ for all l.

The linear maximiser over a product of balls is closed form, block by block: $W_l^{(0)} + \tau G_l / \|G_l\|_F$ with the
gradient $G_l$. A step goes there, or part of the way where going there would not help. For a convex f the full steps are
a generalised power method; they need one to ten gradients from an aligned start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from harness.adversaries.ascent import Blocks, ascend
from harness.adversaries.found import Found, best_of, expand_as


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

    A centre with zero gradient (a saddle, as an initialisation often is) is no good start: give an aligned one, or
    generators for random ones.

    Args:
        objective: list of tensors, shaped as `centre`, -> values [B], differentiable by torch. A point on a sphere can
            be searched along: add a block with centre 0 and normalise it inside the objective.
        centre: tensors [B, ...]; each is the centre of one ball.
        radius: of all balls; a number, or one for each trial [B].
        steps: gradients taken from each start.
        start: where to begin, inside the balls; the centre unless given.
        rngs: one generator for each trial; if given, n_starts random points of the spheres are tried as well.
        n_starts: number of random starts.
        per_layer: the second dimension counts layers, [B, K, ...], and each layer is a ball of its own.

    Returns:
        The best point of all starts; `random` is the best random start before any step.

    Raises:
        ValueError: if there are no balls, the radius is negative or NaN, shapes do not fit, the start is outside, or
            the objective is NaN or has no gradient.
    """
    centre = list(centre)
    radius = _check(centre, radius, start, rngs, per_layer)
    balls = [expand_as(radius, block) for block in centre]

    def move(point: Blocks, gradient: Blocks, step: Tensor) -> Blocks:
        vertex = [
            torch.where(size > 0, c + r * g / size, p)
            for p, c, r, g in zip(point, centre, balls, gradient, strict=True)
            for size in [_norm(g, per_layer)]
        ]
        return [p + expand_as(step, p) * (v - p) for p, v in zip(point, vertex, strict=True)]

    def climb(begin: Sequence[Tensor]) -> Found[Blocks]:
        return Found(*ascend(objective, begin, move, steps, longest=1.0))

    found = climb(centre if start is None else start)
    if not rngs:
        return found
    randoms = []
    for _ in range(n_starts):
        direction = [_gaussian(rngs, block) for block in centre]
        begin = [c + r * g / _norm(g, per_layer) for c, r, g in zip(centre, balls, direction, strict=True)]
        with torch.no_grad():
            randoms.append(objective(begin))
        found = best_of(found, climb(begin))
    return Found(found.value, found.point, torch.stack(randoms).amax(0))


def _norm(block: Tensor, per_layer: bool) -> Tensor:
    """Frobenius norm of each ball's block, with dimensions kept."""
    first = 2 if per_layer else 1
    return block.flatten(first).norm(dim=-1).reshape(*block.shape[:first], *[1] * (block.ndim - first))


def _gaussian(rngs: Sequence[np.random.Generator], block: Tensor) -> Tensor:
    draws = np.stack([rng.standard_normal(block.shape[1:]) for rng in rngs])
    return torch.from_numpy(draws).to(block)


def _check(
    centre: Blocks,
    radius: float | Tensor,
    start: Sequence[Tensor] | None,
    rngs: Sequence[np.random.Generator],
    per_layer: bool,
) -> Tensor:
    """The radius as one number for each trial [B]."""
    least = 3 if per_layer else 2
    if not centre or any(block.ndim < least or len(block) != len(centre[0]) for block in centre):
        shapes = [tuple(block.shape) for block in centre]
        raise ValueError(
            f"centre has shapes {shapes}: give [B, {'K, ' if per_layer else ''}...] with one B for all"
        )
    if rngs and len(rngs) != len(centre[0]):
        raise ValueError(f"{len(rngs)} generators for {len(centre[0])} trials: give one for each")
    radius = torch.as_tensor(radius).to(centre[0]).expand(len(centre[0]))
    if not bool((radius >= 0).all()):
        raise ValueError(f"radius = {radius.tolist()}: must be 0 or more")
    for i, (block, c) in enumerate(zip(start or [], centre, strict=bool(start))):
        if block.shape != c.shape:
            raise ValueError(f"start[{i}] has shape {tuple(block.shape)}: it must be {tuple(c.shape)}")
        excess = (_norm(block - c, per_layer) - expand_as(radius, c)).max().item()
        if not excess <= 1e-9 * (1 + radius.max().item()):
            raise ValueError(f"start[{i}] is outside of its ball by {excess:.3g}: move it inside")
    return radius
