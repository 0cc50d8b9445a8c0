"""The general adversary: maximise any function over a sphere, ball, box, sparse vectors, or a product of them.

Where a proof tells the worst case, or a special adversary of this package fits, take that. Where nothing is known
this searches: along gradients where the objective has them, else by an evolution strategy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.adversaries.ascent import Blocks, ascend
from harness.adversaries.domains import Domain, Product
from harness.adversaries.evolution import evolve
from harness.adversaries.found import Found, best_of, where
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

    It first tries starts * (steps + 1) random points, and then climbs from the best of them and from some others,
    with about as many evaluations again. Numpy functions, and trials whose gradient is zero or not finite at
    every start, as that of a count is, are searched without gradients, from a quarter of the starts.

    What it reaches with the default budget. With gradients: smooth maxima, all; the largest margin, a maximum on
    a ridge, 99 % in 64 dimensions; bilinear forms of sparse vectors, 96 % of what `truncated_power` finds. Without:
    smooth maxima, 98 % in 32 dimensions; the margin, 94 % in 16; sparse vectors, 70 %; a count, less. So write the
    objective with torch where you can, and take a special adversary where there is one.

    Args:
        objective: a torch or numpy function. With several generators: of points [B, *shape], to values [B] of which
            each depends on its own point alone. With a single generator: of one point, to a number. The points of
            a `Product` are dicts.
        domain: where to search.
        rngs: one generator for each trial, or a single one.
        starts: number of searches.
        steps: evaluations of each search after its start.
        like: a tensor whose dtype and device the points take; float64 on the CPU unless given.

    Returns:
        Values [B], or a number for a single generator; the points in the form that the objective takes; and as
        `random` what the random points reached. The value is never below that.

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

    def for_each(draw: Callable[[Domain, np.random.Generator], Any]) -> Blocks:
        blocks = [torch.from_numpy(np.stack([draw(domain, rng) for rng in generators])) for domain in domains]
        return blocks if like is None else [block.to(like) for block in blocks]

    def tangent(point: Blocks, gradient: Blocks) -> Blocks:
        return [domain.tangent(x, g) for domain, x, g in zip(domains, point, gradient, strict=True)]

    def move(point: Blocks, direction: Blocks, step: Tensor) -> Blocks:
        return [domain.move(x, t, step) for domain, x, t in zip(domains, point, direction, strict=True)]

    def draw() -> Blocks:
        return for_each(lambda domain, rng: domain.draw(rng))

    def explore() -> Blocks:
        return for_each(lambda domain, rng: domain.direction(rng))

    begins = [draw() for _ in range(starts)]
    user = UserObjective(objective, list(factors) if isinstance(domain, Product) else None, single, begins[0])
    budget = starts * (steps + 1)
    random = Found(user.values(begins[0]), begins[0])
    for i in range(1, budget):
        point = begins[i] if i < starts else draw()
        value = user.values(point)
        if bool((value > random.value).any()):
            random = best_of(random, Found(value, point))
    begins[0] = random.point

    found, sighted = random, torch.zeros_like(random.value, dtype=torch.bool)
    if user.has_gradient:
        for begin in begins:
            _, gradient = user.values_and_gradients(begin)
            sighted |= torch.stack([(block != 0).flatten(1).any(1) for block in gradient]).any(0)
            found = best_of(found, Found(*ascend(user.values_and_gradients, begin, tangent, move, steps)))
    if not bool(sighted.all()):
        few = max(1, starts // 4)
        evolved = [
            Found(*evolve(user.values, begin, explore, move, budget // few - 1)) for begin in begins[:few]
        ]
        best = best_of(*evolved)
        found = Found(where(sighted, found.value, best.value), where(sighted, found.point, best.point))
    if single:
        return Found(found.value[0], user.form(found.point), random.value[0])
    return Found(found.value, user.form(found.point), random.value)
