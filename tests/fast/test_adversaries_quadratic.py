"""The largest quadratic on a ball against a grid, closed forms, and a multiplier that is an eigenvalue."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lemmata.adversaries import largest_quadratic


def values(A, b, a):
    return torch.einsum("bij,pi,pj->bp", A, a, a) / 2 + b @ a.T


def test_it_is_the_best_of_a_grid_of_the_disc():
    rng = np.random.default_rng(2)
    A, b = (torch.from_numpy(rng.standard_normal(shape)) for shape in ((50, 2, 2), (50, 2)))
    A, b = (A + A.mT) / 2, 0.3 * b
    angle = torch.linspace(0, 2 * math.pi, 721, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()], 1)
    grid = torch.cat([1.5 * s * circle for s in torch.linspace(0, 1, 101)])
    best = values(A, b, grid).amax(1)
    found = largest_quadratic(A, b, 1.5)
    assert (found >= best - 1e-12).all()  # never below a point
    assert (found - best).max() < 1e-3  # the grid is that fine


@pytest.mark.parametrize(
    "A, b, radius, expected",
    [
        ([[2.0]], [0.0], 3.0, 9.0),
        ([[-1.0]], [0.5], 3.0, 0.125),  # inside
        ([[-1.0]], [5.0], 2.0, 8.0),  # on the border
        ([[-1.0, 0.0], [0.0, -4.0]], [0.0, 0.0], 1.0, 0.0),
        ([[1.0, 0.0], [0.0, 0.0]], [0.0, 0.5], 1.0, 0.625),  # the multiplier is the eigenvalue 1
    ],
)
def test_closed_forms(A, b, radius, expected):
    found = largest_quadratic(torch.tensor([A]).double(), torch.tensor([b]).double(), radius)
    assert found.item() == pytest.approx(expected, abs=1e-9)


def test_bad_input_is_refused():
    A, b = torch.eye(2)[None], torch.zeros(1, 2)
    with pytest.raises(ValueError, match="radius = 0"):
        largest_quadratic(A, b, 0)
    with pytest.raises(ValueError, match="finite"):
        largest_quadratic(A, b + math.nan, 1.0)
