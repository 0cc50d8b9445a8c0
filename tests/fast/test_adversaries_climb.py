"""The climb on the sphere without gradients, on counts whose maximum is planted or known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lemmata.adversaries import climb_on_sphere


def rngs(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng([7, i]) for i in range(n)]


def test_a_planted_cap_is_found_where_random_search_misses_it():
    # A cap of half-angle 0.25 in 4 dimensions: a random point is inside with probability 0.0033. Rings of caps around
    # it, as counts have them, lead there.
    pole = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.float64)

    def rings(x: torch.Tensor) -> torch.Tensor:
        return -((x @ pole).clamp(-1, 1).acos() / 0.25).floor()

    found = climb_on_sphere(rings, rngs(20), 64, 4, rounds=8)
    assert found.random is not None
    assert (found.value == 0).double().mean() >= 0.9
    assert (found.random < found.value).double().mean() >= 0.5
    assert torch.equal(rings(found.point[:, None])[:, 0], found.value)


def test_the_value_is_never_below_random_search_and_points_are_on_the_sphere():
    W = torch.from_numpy(np.random.default_rng(0).standard_normal((6, 5, 40)))
    found = climb_on_sphere(lambda x: (x @ W > 0).sum(-1), rngs(6), 16, 5, rounds=4)
    assert found.random is not None
    assert (found.value >= found.random).all()
    torch.testing.assert_close(found.point.norm(dim=-1), torch.ones(6, dtype=torch.float64), rtol=1e-12, atol=0)


def test_a_trial_does_not_depend_on_its_batch():
    W = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 5, 40)))

    def search(trials: slice) -> torch.Tensor:
        return climb_on_sphere(lambda x: (x @ W[trials] > 0).sum(-1), rngs(3)[trials], 16, 5, rounds=4).point

    assert torch.equal(search(slice(0, 3))[1:2], search(slice(1, 2)))


def test_one_dimension_and_no_rounds_are_fine():
    found = climb_on_sphere(lambda x: x[..., 0], rngs(2), 8, 1, rounds=0)
    assert found.value.tolist() == [1.0, 1.0]


def test_too_few_starts_and_a_nan_are_refused():
    with pytest.raises(ValueError, match="n_starts = 8"):
        climb_on_sphere(lambda x: x[..., 0], rngs(1), 8, 3, rounds=4)
    with pytest.raises(ValueError, match="NaN"):
        climb_on_sphere(lambda x: x[..., 0] * float("nan"), rngs(1), 8, 3, rounds=2)
