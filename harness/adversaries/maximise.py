"""The general adversary: maximise any function over a sphere, ball, box, sparse vectors, or a product of them.

Where a proof tells the worst case, or a special adversary of this package fits, take that. Where nothing is known
this searches: along gradients where the objective has them, else by an evolution strategy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    smooth maxima, 98 % in 32 dimensions; the margin, 94 % in 16; linear forms of sparse vectors, 97 % in 64, and
    bilinear ones, 70 %; a count, less. So write the objective with torch where you can, and take a special
    adversary where there is one.

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
        raise ValueError(
            f"{len(trials)} generators, {starts} starts, {steps} steps: need 1, 1 and 0 at least"
        )
    space = domain if isinstance(domain, Product) else Product({"": domain})

    def in_dtype(blocks: Blocks) -> Blocks:
        return blocks if like is None else [block.to(like) for block in blocks]

    begins = [in_dtype(space.draw(trials)) for _ in range(starts)]
    names = list(space.factors) if isinstance(domain, Product) else None
    user = UserObjective(objective, names, single, begins[0])
    budget = starts * (steps + 1)
    random = _best(user, (begins[i] if i < starts else in_dtype(space.draw(trials)) for i in range(budget)))
    begins[0] = random.point

    found, sighted = _climb(user, space, begins, steps)
    if not bool(sighted.all()):
        few = max(1, starts // 4)
        blind = best_of(
            *(
                Found(
                    *evolve(
                        user.values,
                        begin,
                        lambda: in_dtype(space.directions(trials)),
                        space.move,
                        budget // few,
                    )
                )
                for begin in begins[:few]
            )
        )
        found = Found(where(sighted, found.value, blind.value), where(sighted, found.point, blind.point))
    if single:
        return Found(found.value[0], user.form(found.point), random.value[0])
    return Found(found.value, user.form(found.point), random.value)


def _best(user: UserObjective, points: Iterable[Blocks]) -> Found[Blocks]:
    """The best of some points, trial by trial."""
    best: Found[Blocks] | None = None
    for point in points:
        found = Found(user.values(point), point)
        if best is None:
            best = found
        elif bool((found.value > best.value).any()):
            best = best_of(best, found)
    if best is None:
        raise ValueError("no points to choose from")
    return best


def _climb(
    user: UserObjective, space: Product, begins: Sequence[Blocks], steps: int
) -> tuple[Found[Blocks], Tensor]:
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
