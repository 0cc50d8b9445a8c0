"""From changes of a margin to a word, with the error that is stated."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from lemmata.arithmetic import examine
from lemmata.arithmetic.decision import FLIPS, MOVES, UNDERSTATED, Sides, log_error, runs_for, spread
from lemmata.arithmetic.decision import decided as decided_when
from lemmata.arithmetic.examination import TARGET


def decided(plain: Sides, found: list[Sides], target: float, unseen: tuple[str, ...] = ()) -> tuple[str, str]:
    return decided_when(plain, found, target, decides=True, unseen=unseen)


RUNS = runs_for(TARGET, decides=True)


@pytest.mark.parametrize(("alike", "decides"), [(1 - FLIPS, True), (1 - MOVES, False)])
@pytest.mark.parametrize("runs", [3, 12, 49])
@pytest.mark.parametrize("t", [2.0, 8.0, 1e3, 1e9])
def test_the_error_is_a_bound_of_the_tail_that_is_named(runs, t, alike, decides):
    """Of Student's t with so many degrees of freedom, and of no flip in all runs; at most twice it far out."""
    exact = stats.t.sf(t, runs) + alike**runs
    found = math.exp(log_error(-t * UNDERSTATED, 1.0, runs, decides=decides))
    assert exact <= found * (1 + 1e-9)
    assert found <= 2 * exact or t == 2.0


def test_a_target_says_how_many_runs_it_takes():
    for alike, decides in ((1 - FLIPS, True), (1 - MOVES, False)):
        for target in (1e-2, 1e-4, 2e-6, 1e-9):
            runs = runs_for(math.log(target), decides=decides)
            assert alike**runs <= target / 2 < alike ** (runs - 1)


def test_words():
    plain = (1.0, 0.0, -1.0)

    def found(change: float, runs: int = RUNS) -> list[tuple[float, float, float]]:
        return [(1.0, 0.0, -1.0 + change * (-1) ** i) for i in range(runs)]

    assert decided(plain, found(1e-3), TARGET)[0] == "real"
    assert decided(plain, found(0.0), TARGET)[0] == "real"
    assert decided(plain, found(0.5), TARGET)[0] == "roundoff"
    assert decided(plain, found(0.15), TARGET)[0] == "unclear"
    assert decided(plain, found(1e-3, 12), TARGET)[0] == "unclear"  # too few runs for the error that is asked for
    assert decided(plain, [*found(1e-3), (1.0, 0.0, math.nan)], TARGET)[0] == "unclear"
    assert decided(plain, found(1e-3), TARGET, ("f",)) == ("unclear", "the code of f cannot be read")


def test_a_margin_within_the_last_place_of_its_sides_is_not_real():
    """The subtraction of the sides is no operation of the trial, and rounds too."""
    sides = (1e9, 1e9 - 1.2e-7, -1.2e-7)
    assert spread(sides, [sides] * RUNS) > 1e-7
    assert decided(sides, [sides] * RUNS, TARGET)[0] == "roundoff"


def test_the_size_of_an_error_is_not_real_because_it_hardly_varies():
    """Mutation: spreads around the mean of the runs. The norm of 10^4 errors is all error, and varies by a percent."""
    rng = np.random.default_rng(0)
    errors = rng.standard_normal(10_000)

    def margin(noise: float) -> tuple[float, float, float]:
        size = float(np.linalg.norm(errors + noise * rng.standard_normal(10_000)))
        return size, 0.0, -size

    for noise in (1.0, 2.4):
        assert decided(margin(0.0), [margin(noise) for _ in range(RUNS)], TARGET)[0] == "roundoff"


def test_errors_of_the_size_of_the_changes_are_never_called_real():
    """A thousand margins whose true value is zero; even if all changes were half as large as errors are."""
    rng = np.random.default_rng(1)
    for scale in (1.0, 0.5):
        for error in rng.standard_normal(1000):
            found = [(0.0, 0.0, error + scale * z) for z in rng.standard_normal(RUNS)]
            assert decided((0.0, 0.0, error), found, TARGET)[0] != "real"


def cauchy_and_schwarz(x, y):
    """|<x, y>| and |x| |y|."""
    return abs(np.sum(x * y)), np.sqrt(np.sum(x * x)) * np.sqrt(np.sum(y * y))


def test_cases_of_equality_of_true_bounds_are_never_accused():
    rng = np.random.default_rng(0)
    labels = []
    for _ in range(100):
        x = rng.integers(-8, 9, 50) + 0.1

        def compute(_, x=x):
            left, right = cauchy_and_schwarz(x, 3 * x)
            return [(float(left), float(right), float(right - left))]

        if compute(0)[0][2] < 0:
            labels += [examine(compute, 1, [cauchy_and_schwarz])[0].label]
    assert len(labels) > 20
    assert set(labels) == {"roundoff"}


def test_small_but_real_violations_are_convicted():
    """A bound that is false by 1e-9, on both sides of the place where rounding would hide it."""

    def thirds(gap):
        return 1 / 3 * (1 + gap), sum([1 / 9] * 3)

    def label(gap):
        return examine(lambda _: [(*(s := thirds(gap)), s[1] - s[0])], 1, [thirds])[0].label

    assert [label(gap) for gap in (1e-9, 1e-13, 2e-15)] == ["real", "real", "unclear"]


def test_what_goes_wrong_in_a_run_makes_it_unclear():
    """Each with its reason, and no error for who asks."""

    def examined(function, margin=-1.0):
        return examine(lambda _: [(value := function(), 0.0, margin * value)], 1, [function])[0]

    def unstable():
        return [1.0, 2.0][int(0.1 * 10)] if 0.1 * 3 != 0.30000000000000004 else 1.0

    def endless():
        x, steps = 2.0, 0
        while x * 0.1 != 0.2:
            steps += 1
            x = x * 1.1 / 1.1
        return 1.0

    def broken():
        raise ValueError("never works")

    assert examined(broken).reason == "it fails when it is run again: ValueError: never works"
    assert examined(endless).label == "unclear"
    assert "does not end" in examined(endless).reason
    assert examined(lambda: 1.0, margin=1.0).label == "roundoff"
    answers = iter([1.0, *[2.0] * 100])
    assert "run again it gives (2.0, 0.0)" in examined(lambda: next(answers)).reason


def test_one_that_fails_does_not_take_the_others_with_it():
    """Of several margins that are examined together, each has its own word."""

    def first():
        return math.exp(1.1)

    def second():
        return [0.0] * 3 if math.exp(1.1) == 3.0041660239464334 else []

    def compute(numbers):
        values = [first() if i != 1 else second()[2] for i in numbers]
        return [(value, 0.0, -3.0 if i == 0 else -1e-16) for i, value in zip(numbers, values, strict=True)]

    found = examine(compute, 3, [compute])
    assert [each.label for each in found] == ["real", "unclear", "roundoff"]


EDGES = {
    "torch": lambda x: (1 - torch.tensor(x, dtype=torch.float64) ** 2).sqrt().item(),
    "numpy": lambda x: float(np.sqrt(1 - np.array([x]) ** 2)[0]),
    "python": lambda x: math.sqrt(1 - x * x),
    "power": lambda x: (1 - x * x) ** 0.5,
    "logarithm": lambda x: math.exp(math.log(max(x, 0.1))) - 1,
    "angle": lambda x: math.acos(x * (1 / x)),
}


@pytest.mark.parametrize("name", EDGES)
def test_noise_does_not_leave_the_domain_of_a_function(name):
    """Catches: a square root of -1e-16, which the code as written never takes: nothing could be said of the failure."""
    edge = EDGES[name]
    (seen,) = examine(lambda _: [(1.0 + edge(1.0), 0.5, -0.5 - edge(1.0))], 1, [edge])
    assert seen.label == "real", seen.reason
