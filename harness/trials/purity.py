"""A trial is a function of its parameters and its generator. Here a few trials of every bound are held to that."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np

from lemmata.places.batch import own_generator, run_batch
from lemmata.places.engines import Batch, submit
from lemmata.places.sides import name_of
from lemmata.sampling.plan import Plan
from lemmata.trials.made_generators import watched
from lemmata.vocabulary.parameters import size_of
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial

WORST, SPREAD = 2, 3  # trials that are run again: the worst, and some that are spread over the plan
ALWAYS = 1  # of them, however long it takes
PROBES = 3  # trials that tell whether anything is drawn
MOVED = {"float32": 1e-3, "float64": 1e-6}
"""How far the sides may move, relative to their size: what another order of sums may do to a search."""


def settled(subject: Subject, plan: Plan) -> Subject:
    """The subject as one without randomness, where its trials take a generator and never draw from it."""
    if not subject.is_random or not plan.draws:
        return subject
    ordered = sorted(plan.draws, key=lambda draw: draw.point.key)
    probes = [ordered[round(i * (len(ordered) - 1) / (PROBES - 1))] for i in range(PROBES)]
    return subject if any(_draws(subject, draw) for draw in probes) else replace(subject, never_draws=True)


def impurity(subject: Subject, trials: Sequence[Trial], seconds: float = math.inf) -> str:
    """Why the trials are no functions of parameters and generator; empty where a few of them showed nothing.

    They are run again alone, and together in reverse order; two of them while the makers of generators are watched.

    Args:
        subject: the bound.
        trials: what was run.
        seconds: after which no further trial is run again alone; the smallest always is.
    """
    sample = _sample(subject, trials)
    if not sample:
        return ""
    return _moved(subject, sample, monotonic() + seconds) or _foreign(subject, [trial.draw for trial in sample])


def _sample(subject: Subject, trials: Sequence[Trial]) -> list[Trial]:
    """The smallest trial, the worst, and some that are spread over the plan."""
    ranked = sorted(trials, key=lambda trial: -subject.badness(trial))
    step = max(len(trials) // SPREAD, 1)
    smallest = min(trials, key=lambda trial: size_of(trial.draw.point), default=None)
    chosen = [smallest, *ranked[:WORST], *trials[step // 2 :: step][:SPREAD]]
    return [*{trial.draw: trial for trial in chosen if trial}.values()]


def _moved(subject: Subject, sample: Sequence[Trial], until: float) -> str:
    """Which trial gives other numbers alone, or in another order and batch."""
    precision = subject.claim.precision

    def again(draws: Sequence[Draw]) -> dict[Draw, Trial]:
        found = submit(Batch(subject, draws, precision)).result()
        if precision != "float64":  # what failed or nearly failed was run again in float64
            found = [submit(Batch(subject, [t.draw])).result()[0] if t.draw in close else t for t in found]
        return {trial.draw: trial for trial in found}

    first = {trial.draw: trial for trial in sample}
    close = {draw for draw, trial in first.items() if subject.kind.is_doubtful(trial, 2e-3)}
    alone: dict[Draw, Trial] = {}
    for number, draw in enumerate(first):
        if number < ALWAYS or monotonic() < until:
            alone |= again([draw])
    together: dict[Draw, Trial] = {}
    for batch in Plan([*alone], len(alone)).batches(len(alone), mixed=subject.is_mixed):
        together |= again(batch[::-1])
    for other, how in ((alone, "alone"), (together, "in another batch and order")):
        for draw in alone:
            if _distance(first[draw], other[draw]) > MOVED[precision]:
                return (
                    f"{name_of(draw)} gives {_sides(first[draw])}, and {how} {_sides(other[draw])}: let it depend on "
                    "nothing but its parameters and its own generator, not on the batch, on what ran before, or on time"
                )
    return ""


def _foreign(subject: Subject, draws: Sequence[Draw]) -> str:
    """Which generator a trial makes that does not come from its own."""
    first = draws[0]
    other = next((d for d in draws if d.point == first.point and d != first), replace(first, index=first.index + 1))
    seen = []
    for draw in (first, first, other):
        with watched() as made:
            _run(subject, draw)
        seen.append(made.states)
    once, again, elsewhere = seen
    remedy = "draw from the trial's own generator, or seed it from there: default_rng(rng.integers(2**63))"
    if names := [name for name, state in once if (name, state) not in again]:
        return f"a trial makes a generator with {names[0]} that is seeded afresh each time: {remedy}"
    if names := [name for name, state in once if (name, state) in elsewhere]:
        return f"a trial makes a generator with {names[0]} that is the same in every trial: {remedy}"
    return ""


def _draws(subject: Subject, draw: Draw) -> bool:
    """Does this trial draw from its generator?"""
    submit(Batch(subject, [draw])).result()  # noted, so that a trial that kills its process is named
    given: list[tuple[np.random.Generator, str]] = []

    def handed_out(each: Draw) -> np.random.Generator:
        rng = own_generator(each)
        given.append((rng, repr(rng.bit_generator.state)))
        return rng

    _run(subject, draw, handed_out)
    return any(repr(rng.bit_generator.state) != state for rng, state in given)


def _run(subject: Subject, draw: Draw, generator: Callable[[Draw], Any] = own_generator) -> None:
    run_batch(subject.bound.trial, subject.bound.relation, [draw], generator=generator)


def _distance(a: Trial, b: Trial) -> float:
    """How far the sides are apart, relative to the larger of all; of an equality, the residuals to its size."""
    size = max(map(abs, (a.lhs, a.rhs, b.lhs, b.rhs)))
    if not math.isfinite(size):
        return 0.0 if (a.lhs, a.rhs) == (b.lhs, b.rhs) else math.inf
    return max(abs(a.lhs - b.lhs), abs(a.rhs - b.rhs)) / size if size else 0.0


def _sides(trial: Trial) -> str:
    return f"{trial.lhs:.9g} and {trial.rhs:.9g}"
