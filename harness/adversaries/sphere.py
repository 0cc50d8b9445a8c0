r"""Ascent over inputs $x \in S^{d-1}$, from many starts at once.

Inputs are [B, n, d], as the networks take them: the n starts of a trial are n samples of its network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from harness.adversaries.ascent import Blocks, Move, ascend
from harness.adversaries.found import Found


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
        objective: inputs [B, n, d] -> values [B, n], differentiable by torch; the value of an input depends on that
            input alone.
        rngs: one generator for each trial.
        n_starts: uniform random starts for each trial.
        d: dimension, at least 2.
        steps: gradients taken from each start.
        like: tensor whose dtype and device the inputs take; float64 on the CPU unless given.

    Returns:
        The largest value [B], its input [B, d], and as `random` the best start before any step.

    Raises:
        ValueError: if a size is out of range, or the objective is NaN, has no gradient or another shape.
    """

    def tangent_step(point: Blocks, gradient: Blocks, step: Tensor) -> Blocks:
        (x,), (g,) = point, gradient
        return [F.normalize(x + step[..., None] * F.normalize(_tangential(x, g), dim=-1), dim=-1)]

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

    Where h is differentiable, $h(x) = H(x) x$ with the Jacobian H(x), constant on each activation cone, and the power
    step is $x \leftarrow H(x)^\top h(x)$, normalised. Inside a cone it never lowers the norm. Across cones it may, so a
    step is shortened until it climbs; where it does climb, the next may be longer than a power step, which helps when
    singular values cluster.

    Args:
        layer: inputs [B, n, d] -> h(x), [B, n, m], differentiable by torch.
        rngs: one generator for each trial.
        n_starts: uniform random starts for each trial; 32 to 64 do for d <= 16.
        d: dimension, at least 2.
        steps: gradients taken from each start.
        like: tensor whose dtype and device the inputs take; float64 on the CPU unless given.

    Returns:
        The largest norm [B], its input [B, d], and as `random` the best start before any step.

    Raises:
        ValueError: as `ascend_on_sphere`.
    """

    def power_step(point: Blocks, gradient: Blocks, step: Tensor) -> Blocks:
        (x,), (g,) = point, gradient
        # With g = H^T h(x) a step of 1 lands on g / |g|, the power step; <g, x> = |h(x)|^2.
        radial = (g * x).sum(-1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
        return [F.normalize(x + step[..., None] * _tangential(x, g) / radial, dim=-1)]

    def half_square(x: Tensor) -> Tensor:
        return layer(x).square().sum(-1) / 2

    found = _climb(half_square, power_step, rngs, n_starts, d, steps, like)
    random = None if found.random is None else (2 * found.random).sqrt()
    return Found((2 * found.value).sqrt(), found.point, random)


def _climb(
    objective: Callable[[Tensor], Tensor],
    move: Move,
    rngs: Sequence[np.random.Generator],
    n_starts: int,
    d: int,
    steps: int,
    like: Tensor | None,
) -> Found[Tensor]:
    if not rngs or n_starts < 1 or d < 2:
        raise ValueError(f"{len(rngs)} generators, n_starts = {n_starts}, d = {d}: need 1, 1 and 2 at least")
    draws = torch.from_numpy(np.stack([rng.standard_normal((n_starts, d)) for rng in rngs]))
    start = F.normalize(draws if like is None else draws.to(like), dim=-1)
    with torch.no_grad():
        random = objective(start)
    if random.shape != start.shape[:2]:
        raise ValueError(
            f"the objective gave shape {tuple(random.shape)}: inputs [B, n, d] must give values [B, n]"
        )
    value, (x,) = ascend(lambda point: objective(point[0]), [start], move, steps)
    best = value.argmax(1)
    trial = torch.arange(len(best), device=best.device)
    return Found(value[trial, best], x[trial, best], random.amax(1))


def _tangential(x: Tensor, g: Tensor) -> Tensor:
    return g - (g * x).sum(-1, keepdim=True) * x
