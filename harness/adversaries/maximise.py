"""The general adversary: maximise any function over a sphere, ball, box, sparse vectors, or a product of them.

Where a proof tells the worst case, or a special adversary of this package fits, take that. Where nothing is known
this searches: along gradients where the objective has them, else by an evolution strategy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lemmata.adversaries.ascent import Blocks, ascend
from lemmata.adversaries.domains import Domain, Product
from lemmata.adversaries.evolution import evolve
from lemmata.adversaries.found import Found, best_of, where
from lemmata.adversaries.objective import UserObjective


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

    What it reaches on average with the default budget. With gradients: smooth maxima, all; maxima on a ridge,
    99 % in 64 dimensions; bilinear forms of 2-sparse vectors, 99 % of what `truncated_power` finds at width 32.
    Without: smooth maxima, 99 % in 32 dimensions; on a ridge, 96 %; linear forms of 4-sparse vectors, 97 % at
    width 64, and bilinear ones of 2-sparse, 91 % at width 32; a count, less. Where there are many local maxima a
    single trial may stop at 75 %. So write the objective with torch where you can, and take a special adversary
    where there is one.

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
    trials = [rngs] if isinstance(rngs, np.random.Generator) else list(rngs)
    if not trials or starts < 1 or steps < 0:
        raise ValueError(f"{len(trials)} generators, {starts} starts, {steps} steps: need 1, 1 and 0 at least")
    space = domain if isinstance(domain, Product) else Product({"": domain})

    def in_dtype(blocks: Blocks) -> Blocks:
        return blocks if like is None else [block.to(like) for block in blocks]

    def draw() -> Blocks:
        return in_dtype(space.draw(trials))

    def explore() -> Blocks:
        return in_dtype(space.directions(trials))

    begins = [draw() for _ in range(starts)]
    names = list(space.factors) if isinstance(domain, Product) else None
    user = UserObjective(objective, names, single, begins[0])
    budget = starts * (steps + 1)
    random = _best(user, chain(begins, (draw() for _ in range(budget - starts))))
    begins[0] = random.point

    found, sighted = _climb(user, space, begins, steps)
    if not bool(sighted.all()):
        few = max(1, starts // 4)  # without gradients a climb takes longer
        climbs = [evolve(user.values, begin, explore, space.move, budget // few) for begin in begins[:few]]
        blind = best_of(*(Found(*climb) for climb in climbs))
        found = Found(where(sighted, found.value, blind.value), where(sighted, found.point, blind.point))
    if single:
        return Found(found.value[0], user.form(found.point), random.value[0])
    return Found(found.value, user.form(found.point), random.value)


def _best(user: UserObjective, points: Iterator[Blocks]) -> Found[Blocks]:
    """The best of some points, trial by trial."""
    first = next(points)
    best = Found(user.values(first), first)
    for point in points:
        found = Found(user.values(point), point)
        if bool((found.value > best.value).any()):
            best = best_of(best, found)
    return best


def _climb(user: UserObjective, space: Product, begins: Sequence[Blocks], steps: int) -> tuple[Found[Blocks], Tensor]:
    """The best of the climbs along gradients, and which trials had a gradient at some start."""
    found = Found(user.values(begins[0]), begins[0])
    sighted = torch.zeros_like(found.value, dtype=torch.bool)
    if user.has_gradient:
        for begin in begins:
            _, gradient = user.values_and_gradients(begin)
            sighted |= torch.stack([(block != 0).flatten(1).any(1) for block in gradient]).any(0)
            climb = ascend(user.values_and_gradients, begin, space.tangent, space.move, steps)
            found = best_of(found, Found(*climb))
    return found, sighted
