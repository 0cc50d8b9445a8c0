r"""Ascent over inputs $x \in S^{d-1}$, from many starts at once.

Inputs are [B, n, d], as the networks take them: the n starts of a trial are n samples of its network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from harness.adversaries.ascent import Blocks, Move, ascend, require_number
from harness.adversaries.found import Found, normals, unit


def ascend_on_sphere(
    objective: Callable[[Tensor], Tensor],
    rngs: Sequence[np.random.Generator],
    n_starts: int,
    d: int,
    steps: int,
    *,
    like: Tensor | None = None,
) -> Found[Tensor]:
    """Maximise over the unit sphere by gradient ascent; a minimum is the maximum of the negative.

    Args:
        objective: inputs [B, n, d] -> values [B, n], differentiable by torch; the value of an input depends on
            that input alone.
        rngs: one generator for each trial.
        n_starts: uniform random starts for each trial.
        d: dimension.
        steps: gradients taken from each start.
        like: a tensor whose dtype and device the inputs take; float64 on the CPU unless given.

    Returns:
        The largest value [B], its input [B, d], and as `random` the best start before any step.

    Raises:
        ValueError: if a size is out of range, or the objective is NaN, has no gradient or another shape.
    """

    def tangent_step(point: Blocks, gradient: Blocks, step: Tensor) -> Blocks:
        (x,), (g,) = point, gradient
        return [unit(x + step[..., None] * unit(_tangential(x, g)))]

    return _climb(objective, tangent_step, rngs, n_starts, d, steps, like)


def homogeneous_ascent(
    layer: Callable[[Tensor], Tensor],
    rngs: Sequence[np.random.Generator],
    n_starts: int,
    d: int,
    steps: int,
    *,
    like: Tensor | None = None,
) -> Found[Tensor]:
    r"""The largest $\|h(x)\|$ on the unit sphere, for a positively homogeneous h such as $x \mapsto x_l$.

    On each activation cone $h(x) = H(x) x$ with a constant H(x), and the power step is $x \leftarrow H(x)^\top h(x)$,
    normalised. Inside a cone it never lowers the norm; from one cone to another it does (by up to 15 % in a
    network with theta = 1). So a step is shortened until it climbs, and where it climbs the next may be longer
    than a power step, which helps where singular values cluster.

    Args:
        layer: inputs [B, n, d] -> h(x), [B, n, m], differentiable by torch.
        rngs: one generator for each trial.
        n_starts: uniform random starts for each trial; 32 to 64 do for d <= 16.
        d: dimension.
        steps: gradients taken from each start.
        like: a tensor whose dtype and device the inputs take; float64 on the CPU unless given.

    Returns:
        The largest norm [B], its input [B, d], and as `random` the best start before any step.

    Raises:
        ValueError: as `ascend_on_sphere`.
    """

    def power_step(point: Blocks, gradient: Blocks, step: Tensor) -> Blocks:
        (x,), (g,) = point, gradient
        # With g = H^T h(x), a step of 1 lands on g / |g|, the power step; <g, x> = |h(x)|^2.
        radial = (g * x).sum(-1, keepdim=True)
        tangential = _tangential(x, g)
        return [unit(x + step[..., None] * tangential / torch.where(radial > 0, radial, 1))]

    def half_square(x: Tensor) -> Tensor:
        return layer(x).square().sum(-1) / 2

    found = _climb(half_square, power_step, rngs, n_starts, d, steps, like)
    norms = [(2 * half).sqrt() for half in (found.value, found.random) if half is not None]
    return Found(norms[0], found.point, norms[1])


def _climb(
    objective: Callable[[Tensor], Tensor],
    move: Move,
    rngs: Sequence[np.random.Generator],
    n_starts: int,
    d: int,
    steps: int,
    like: Tensor | None,
) -> Found[Tensor]:
    if not rngs or n_starts < 1 or d < 1:
        raise ValueError(f"{len(rngs)} generators, n_starts = {n_starts}, d = {d}: each must be at least 1")
    start = unit(normals(rngs, (n_starts, d), like))
    with torch.no_grad():
        random = objective(start)
    if random.shape != start.shape[:2]:
        raise ValueError(
            f"objective gave shape {tuple(random.shape)}: inputs [B, n, d] must give values [B, n]"
        )
    require_number(random, [start])
    value, (x,) = ascend(lambda point: objective(point[0]), [start], move, steps)
    value, best = value.max(1)
    return Found(value, x[torch.arange(len(best), device=best.device), best], random.amax(1))


def _tangential(x: Tensor, g: Tensor) -> Tensor:
    return g - (g * x).sum(-1, keepdim=True) * x
