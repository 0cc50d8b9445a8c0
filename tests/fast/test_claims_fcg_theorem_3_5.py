"""Theorem 3.5: how far away its regime is, and that its trial really trains."""

from __future__ import annotations

import pytest

from lemmata.claims.fcg.theorem_3_5 import (
    farthest,
    least_surrogate_error,
    near,
    needed_width,
    right_side,
    smallest_width,
    theorem,
)
from lemmata.sampling.seeds import trial_rngs


@pytest.mark.parametrize(("gamma", "width", "informative"), [(0.2, 2.9e16, 1.2e29), (0.39, 2.1e11, 1.9e19)])
def test_the_widths_in_the_docstring(gamma, width, informative):
    p = theorem.params(next(point for point in theorem.points if point["gamma"] == gamma))
    # printed to two digits, computed to 0.1 %
    assert smallest_width(p, informative=False) == pytest.approx(width, rel=0.03)
    assert smallest_width(p, informative=True) == pytest.approx(informative, rel=0.03)


def test_the_smallest_width_is_where_the_conditions_begin_to_hold():
    p = theorem.params(theorem.points[0])
    m = smallest_width(p, informative=True)
    assert m >= needed_width(p.replace(m=m))
    assert right_side(p.replace(m=m)) <= 0.5 < right_side(p.replace(m=m / 1.01))


def test_longer_training_finds_a_smaller_surrogate_error():
    p = theorem.params(theorem.points[0]).replace(m=32, K=20)
    still, trained = (
        least_surrogate_error([p.replace(time=time)] * 4, trial_rngs(0, "test", "iid", range(4)))
        for time in (1e-9, 2.0)
    )
    assert all(after < 0.5 * before for after, before in zip(trained, still, strict=True))


def test_the_radius_bounds_the_distance_until_the_time_is_about_its_square():
    p = near.params(near.points[0]).replace(tau=0.5, K=40)
    inside, outside = (
        farthest([p.replace(time=time)] * 4, trial_rngs(0, "test", "iid", range(4))) for time in (0.1, 4.0)
    )
    assert max(inside) < 0.5 < min(outside)
