"""Trials: (claim, parameters, seed) -> both sides of a bound; pure functions that replay alone.

Trials of equal parameters run as one batch; a mixed trial takes any parameters together. A trial's numbers come from
its own generator, so what else is in the batch cannot change its inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lemmata.places.global_generators import require_unused, states
from lemmata.places.sides import TrialError, row, sides_of, trial_of
from lemmata.sampling.seeds import trial_rng
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.subject import is_batched, is_mixed, is_random
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Relation

if TYPE_CHECKING:
    import torch


Maker = Callable[[Draw], np.random.Generator]


def own_generator(draw: Draw) -> np.random.Generator:
    """The generator of a trial, which its name gives."""
    return trial_rng(draw.root, draw.name, draw.stream, draw.index)


def run_batch(
    function: Callable[..., Any],
    relation: Relation,
    draws: Sequence[Draw],
    dtype: torch.dtype | None = None,
    generator: Maker = own_generator,
) -> list[Trial]:
    """Run trials together.

    Args:
        function: the trial, of ``(p)``, ``(p, rng)``, ``(p, rngs)`` or ``(ps, rngs)``.
        relation: how its two sides are compared.
        draws: names of the trials; same root, name and stream, and same parameters unless the trial is mixed.
        dtype: precision, float64 unless given.
        generator: what is handed out to a trial.

    Raises:
        TrialError: if a side is no real number, a bound is infinite or zero, the shapes do not fit, or a global
            generator was used.
    """
    points = [draw.point if dtype is None else draw.point.at(dtype) for draw in draws]
    before = states()
    trials = [*_trials(function, relation, draws, points, generator)]
    require_unused(before)
    return trials


def _trials(
    function: Callable[..., Any],
    relation: Relation,
    draws: Sequence[Draw],
    points: Sequence[Params],
    generator: Maker,
) -> Iterator[Trial]:
    p = points[0]
    if is_batched(function):
        given = function(points if is_mixed(function) else p, [generator(draw) for draw in draws])
        yield from (_named(draw, relation, given, i, len(draws)) for i, draw in enumerate(draws))
        return
    for draw in draws:
        yield _named(draw, relation, function(p, generator(draw)) if is_random(function) else function(p))


def _named(draw: Draw, relation: Relation, given: Any, i: int | None = None, batch: int = 1) -> Trial:
    """The trial that was given, or the i-th of those that were; what is wrong with it is said with its name."""
    try:
        sides = sides_of(given)
        return trial_of(draw, relation, sides if i is None else row(sides, i, batch))
    except TrialError as error:
        raise TrialError(error.problem, draw) from None
