"""Which parameters are tried, with which seeds; a pure function that can be printed without running anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, product

import numpy as np

from lemmata.sampling.profiles import Profile
from lemmata.sampling.seeds import trial_rng
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.parameters import Number, Params
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw

LEAST_GRID, MOST_GRID_POINTS = 7, 4096  # fewer points say nothing, more cost too much
CELLS = 3  # rungs of an axis for a bound with a probability


@dataclass(frozen=True)
class Reach:
    """How far a condition of the regime was met by what was proposed.

    ``fraction`` is the share of proposals with ratio >= 1 (unspecified constants set to one), ``best`` the largest
    ratio.
    """

    statement: str
    constant: str
    fraction: float
    best: float


@dataclass(frozen=True)
class Plan:
    """Trials to run, and how their parameters relate to the regime."""

    draws: list[Draw]
    proposed: int
    reach: list[Reach] = field(default_factory=list)

    def batches(self, size: int, *, mixed: bool = False) -> Iterator[list[Draw]]:
        """Trials of equal stream and, unless mixed, equal parameters, at most ``size`` together."""

        def shared(draw: Draw) -> tuple[str, ...]:
            return (draw.stream,) if mixed else (draw.stream, draw.point.key)

        ordered = sorted(self.draws, key=lambda draw: (*shared(draw), draw.index))
        for _, group in groupby(ordered, key=shared):
            members = list(group)
            for start in range(0, len(members), size):
                yield members[start : start + size]

    def followed_by(self, other: Plan) -> Plan:
        """Both plans as one."""
        total = max(self.proposed + other.proposed, 1)
        reach = [
            Reach(
                a.statement,
                a.constant,
                (a.fraction * self.proposed + b.fraction * other.proposed) / total,
                max(a.best, b.best),
            )
            for a, b in zip(self.reach, other.reach, strict=True)
        ]
        return Plan([*self.draws, *other.draws], self.proposed + other.proposed, reach)

    def describe(self) -> str:
        """One line a batch: stream, number of trials, parameters."""
        lines = [f"{len(self.draws)} trials of {self.proposed} proposed"]
        lines += [f"  {batch[0].stream:<8}{len(batch):>5}  {batch[0].point}" for batch in self.batches(10**9)]
        return "\n".join(lines)


def make_plan(
    subject: Subject,
    profile: Profile,
    root: int,
    *,
    installment: int = 0,
    first: Mapping[str, int] | None = None,
) -> Plan:
    """Plan the trials of a bound, or of a structural control.

    Statements without randomness are evaluated once at every point of the grid. Others draw the rung of every axis
    independently for each trial, the same number of times a rung, so that every axis uses every draw. A bound with a
    probability has all its draws at a few points. Explicit bounds get a space-filling stream too. Points outside an
    explicit regime are dropped and counted.

    Args:
        subject: the bound, or the twin that a structural control makes of it.
        profile: how many trials.
        root: root seed.
        installment: number of the plan among those whose trials are pooled.
        first: the first index of each stream, 0 where it is not named.
    """
    claim, name = subject.claim, subject.name
    rng = trial_rng(root, name, "plan", installment)
    draws = profile.control_draws if subject.control else profile.draws
    draws = max(int(draws * claim.effort), 1)
    rungs = 3 if subject.control else profile.rungs
    if claim.points:
        points = [dict(point) for point in claim.points]
        per_point = _draws_per_point(subject, profile, draws, len(points))
        iid = [point for point in points for _ in range(per_point)]
    elif subject.is_random and subject.kind.per_point:
        each = max(int((profile.control_draws if subject.control else profile.cell_draws) * claim.effort), 1)
        iid = [cell for cell in _cells(claim, rng) for _ in range(each)]
    elif subject.is_random:
        iid = _factorial(claim, rng, draws, rungs)
    else:
        iid = _grid(claim, profile.rungs)
    covering = max(int(profile.cover * min(claim.effort, 1.0)), 1)
    cover = _cover(claim, rng, covering) if subject.kind.covers and claim.axes and not subject.control else []
    proposals = [("iid", point) for point in iid] + [("cover", point) for point in cover]
    params = [(stream, claim.params(point)) for stream, point in proposals]
    inside = [(stream, p) for stream, p in params if all(c.ratio(p) >= 1 for c in claim.regime if not c.constant)]
    following = dict(first or {})
    planned = []
    for stream, p in inside:
        index = following.get(stream, 0)
        planned.append(Draw(root, name, stream, index, p))
        following[stream] = index + 1
    return Plan(planned, len(proposals), _reach(claim, [p for _, p in params]))


def _draws_per_point(subject: Subject, profile: Profile, draws: int, points: int) -> int:
    if not subject.is_random:
        return 1
    if subject.kind.per_point:
        each = profile.control_draws if subject.control else profile.cell_draws
        return max(int(each * subject.claim.effort), 1)
    return -(-draws // points)


def _factorial(claim: Claim, rng: np.random.Generator, draws: int, rungs: int) -> list[dict[str, Number]]:
    """Random factorial of ladders: balanced rungs on each axis, axes shuffled independently."""
    columns = {}
    for axis in claim.axes:
        ladder = axis.ladder(rungs)
        column = [ladder[i % len(ladder)] for i in range(draws)]
        rng.shuffle(column)
        columns[axis.name] = column
    return [{name: column[i] for name, column in columns.items()} for i in range(draws)]


def _cells(claim: Claim, rng: np.random.Generator) -> list[dict[str, Number]]:
    """Few points, where each needs many draws: the ends and the middle of every axis, each once, matched at random.

    They are chosen before anything is drawn. One more has all axes at their low ends, where most bounds are tight.
    """
    ladders = {axis.name: axis.ladder(CELLS) for axis in claim.axes}
    columns = {name: rng.permutation(len(ladder)) for name, ladder in ladders.items()}
    count = max(map(len, ladders.values()))
    matched = [{name: ladder[columns[name][i % len(ladder)]] for name, ladder in ladders.items()} for i in range(count)]
    low = {name: ladder[0] for name, ladder in ladders.items()}
    return [*matched, *([low] if low not in matched else [])]


def _grid(claim: Claim, rungs: int) -> list[dict[str, Number]]:
    """Every combination of rungs, all of a ladder that is given by its values; fewer where there would be too many."""

    def ladders(rungs: int) -> list[list[float]]:
        return [list(axis.values) or axis.ladder(rungs) for axis in claim.axes]

    while rungs < LEAST_GRID and np.prod([len(ladder) for ladder in ladders(rungs)]) < LEAST_GRID:
        rungs += 1
    while rungs > 2 and np.prod([len(ladder) for ladder in ladders(rungs)]) > MOST_GRID_POINTS:
        rungs -= 1
    names = [axis.name for axis in claim.axes]
    return [dict(zip(names, rung, strict=True)) for rung in product(*ladders(rungs))]


def _cover(claim: Claim, rng: np.random.Generator, draws: int) -> list[dict[str, Number]]:
    """Log-uniform points of the whole box, between the rungs too."""
    points = []
    for _ in range(draws):
        point: dict[str, Number] = {}
        for axis in claim.axes:
            if axis.values:
                point[axis.name] = axis.values[int(rng.integers(len(axis.values)))]
                continue
            value = float(axis.low * (axis.high / axis.low) ** rng.random())
            point[axis.name] = round(value) if axis.is_integer else value
        points.append(point)
    return points


def _reach(claim: Claim, params: list[Params]) -> list[Reach]:
    found = []
    for condition in claim.regime:
        ratios = [condition.ratio(p) for p in params]
        fraction = sum(ratio >= 1 for ratio in ratios) / max(len(ratios), 1)
        found.append(Reach(condition.statement, condition.constant, fraction, max(ratios, default=0.0)))
    return found
