r"""Search over inputs $x \in S^{d-1}$, from many starts at once: with gradients, and without.

Inputs are [B, n, d], as the networks take them: the n starts of a trial are n samples of its network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from lemmata.adversaries.ascent import Blocks, ascend, require_number, value_and_gradient
from lemmata.adversaries.found import Found, normals, unit

# Children of a climb begin this far from their parents and come nearer by this factor from round to round.
FIRST_STEP, NEARER = 0.7, 0.7


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
    if not rngs or n_starts < 1 or d < 1:
        raise ValueError(f"{len(rngs)} generators, n_starts = {n_starts}, d = {d}: each must be at least 1")
    start = unit(normals(rngs, (n_starts, d), like))
    random = objective(start).detach()
    if random.shape != start.shape[:2]:
        raise ValueError(f"objective gave shape {tuple(random.shape)}: inputs [B, n, d] must give values [B, n]")
    require_number(random, [start])
    evaluate = partial(value_and_gradient, lambda point: objective(point[0]))
    value, (x,) = ascend(evaluate, [start], _tangent, _move, steps)
    value, best = value.max(1)
    return Found(value, x[torch.arange(len(best), device=best.device), best], random.amax(1))


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

    On each activation cone $h(x) = H(x) x$ with a constant H(x), and the gradient of $\|h(x)\|^2 / 2$ is
    $H(x)^\top h(x)$, the direction of the power step. Power steps never lower the norm inside a cone, but they do
    from one cone to another (by up to 15 % in a network with theta = 1), and they are slow where singular values
    cluster; so here the length of the step is searched.

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

    def half_square(x: Tensor) -> Tensor:
        return layer(x).square().sum(-1) / 2

    found = ascend_on_sphere(half_square, rngs, n_starts, d, steps, like=like)
    norm, random = ((2 * half).sqrt() for half in (found.value, found.random) if half is not None)
    return Found(norm, found.point, random)


def climb_on_sphere(
    objective: Callable[[Tensor], Tensor],
    rngs: Sequence[np.random.Generator],
    n_starts: int,
    d: int,
    rounds: int,
    *,
    like: Tensor | None = None,
) -> Found[Tensor]:
    """Maximise without gradients, for values that are constant on activation cones, as counts of units are.

    Random search first; then as many evaluations again, shared by the rounds. In each the best quarter has children
    around it, nearer from round to round.

    Args:
        objective: inputs [B, n, d] -> values [B, n], for any n; the value of an input depends on that input alone.
        rngs: one generator for each trial.
        n_starts: random points for each trial, at least 4 a round.
        d: dimension.
        rounds: number of generations.
        like: a tensor whose dtype and device the inputs take; float64 on the CPU unless given.

    Returns:
        The largest value [B], its input [B, d], and as `random` the best of the random points.

    Raises:
        ValueError: if a size is out of range, or the objective is NaN.
    """
    if not rngs or d < 1 or rounds < 0 or n_starts < 4 * max(rounds, 1):
        raise ValueError(
            f"{len(rngs)} generators, n_starts = {n_starts}, d = {d}, {rounds} rounds: need 1, 4 a round, 1, 0"
        )
    x = unit(normals(rngs, (n_starts, d), like))
    value = objective(x)
    require_number(value, [x])
    random = value.amax(1)
    parents = n_starts // (4 * max(rounds, 1))
    for i in range(rounds):
        x, value = _best(x, value, parents)
        noise = unit(normals(rngs, (4 * parents, d), like))
        children = unit(x.repeat(1, 4, 1) + FIRST_STEP * NEARER**i * noise)
        x, value = torch.cat([x, children], 1), torch.cat([value, objective(children)], 1)
        require_number(value, [x])
    x, value = _best(x, value, 1)
    return Found(value[:, 0], x[:, 0], random)


def _best(x: Tensor, value: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """The n inputs of largest value of each trial, and their values."""
    value, best = value.topk(n, dim=1)
    return x.gather(1, best[..., None].expand(-1, -1, x.shape[-1])), value


def _tangent(point: Blocks, gradient: Blocks) -> Blocks:
    (x,), (g,) = point, gradient
    return [g - (g * x).sum(-1, keepdim=True) * x]


def _move(point: Blocks, direction: Blocks, step: Tensor) -> Blocks:
    (x,), (t,) = point, direction
    return [unit(x + step[..., None] * t)]
