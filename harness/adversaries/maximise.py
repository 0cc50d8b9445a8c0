"""The general adversary: maximise any function over a sphere, ball, box, sparse vectors, or a product of them.

Where a proof tells the worst case, or a special adversary of this package fits, take that. Where nothing is known,
this searches: ascent along gradients where the objective has them, and an evolution strategy (one parent, one
child, step size by success) where it does not. It always says what random search found with as many evaluations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.adversaries.ascent import Blocks, ascend
from harness.adversaries.domains import Domain, Product
from harness.adversaries.found import Found, best_of
from harness.adversaries.objective import UserObjective


def maximise(
    objective: Callable[[Any], Any],
    domain: Domain | Product,
    rngs: np.random.Generator | Sequence[np.random.Generator],
    *,
    starts: int = 16,
    steps: int = 200,
    like: Tensor | None = None,
) -> Found[Any]:
    """The largest value of an objective that a search finds; for the smallest, give the negative.

    The search starts from the best random point and from others. A trial whose gradient is zero or not finite
    tries random directions instead, so that counts and numpy functions are searched too. What it reaches: all of
    a smooth maximum; 97 % of a largest margin (a maximum on a ridge) in 64 dimensions; without gradients, 95 % of
    the largest value of a quadratic form up to 16 dimensions at the default budget, and less above.

    Args:
        objective: a torch or numpy function of a point. With several generators: points [B, *shape] -> values
            [B], trial b of which depends on point b alone. With a single generator: one point -> a number. Points
            of a `Product` are dicts.
        domain: where to search.
        rngs: one generator for each trial, or a single one.
        starts: number of searches.
        steps: evaluations of each search after its start.
        like: a tensor whose dtype and device the points take; float64 on the CPU unless given.

    Returns:
        Values [B] (a number for a single generator), the points in the form that the objective takes, and as
        `random` the best of starts * (steps + 1) random points. The value is never below that.

    Raises:
        TypeError: if the objective takes neither tensors nor arrays.
        ValueError: if a size is out of range, values have another shape or are NaN, or the objective gives
            different numbers for a tensor and for the same array.
    """
    single = isinstance(rngs, np.random.Generator)
    generators = [rngs] if isinstance(rngs, np.random.Generator) else list(rngs)
    if not generators or starts < 1 or steps < 0:
        raise ValueError(
            f"{len(generators)} generators, {starts} starts, {steps} steps: need 1, 1, 0 at least"
        )
    factors = dict(domain.factors) if isinstance(domain, Product) else {"": domain}
    domains = list(factors.values())

    def stack(points: Sequence[Sequence[Any]]) -> Blocks:
        blocks = [torch.from_numpy(np.stack(factor)) for factor in zip(*points, strict=True)]
        return blocks if like is None else [block.to(like) for block in blocks]

    def draw() -> Blocks:
        return stack([[domain.draw(rng) for domain in domains] for rng in generators])

    def explore(blind: Tensor) -> Blocks:
        return stack(
            [
                [domain.direction(rng) if is_blind else np.zeros(domain.shape) for domain in domains]
                for rng, is_blind in zip(generators, blind.tolist(), strict=True)
            ]
        )

    def tangent(point: Blocks, gradient: Blocks) -> Blocks:
        return [domain.tangent(x, g) for domain, x, g in zip(domains, point, gradient, strict=True)]

    def move(point: Blocks, direction: Blocks, step: Tensor) -> Blocks:
        return [domain.move(x, t, step) for domain, x, t in zip(domains, point, direction, strict=True)]

    begins = [draw() for _ in range(starts)]
    user = UserObjective(objective, list(factors) if isinstance(domain, Product) else None, single, begins[0])
    random = Found(user.values(begins[0]), begins[0])
    for i in range(1, starts * (steps + 1)):
        point = begins[i] if i < starts else draw()
        random = best_of(random, Found(user.values(point), point))
    begins[0] = random.point
    found = best_of(
        *(
            Found(*ascend(user.values_and_gradients, begin, tangent, move, steps, explore=explore))
            for begin in begins
        )
    )
    if single:
        return Found(found.value[0], user.form(found.point), random.value[0])
    return Found(found.value, user.form(found.point), random.value)
