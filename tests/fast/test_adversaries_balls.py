"""Block Frank-Wolfe on products of balls against maxima in closed form."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries.balls import frank_wolfe
from lemmata.adversaries.found import Found, best_of


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def rngs(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng(i) for i in range(n)]


def test_a_linear_function_takes_one_step():
    G = [gaussian(0, 3, 4, 5), gaussian(1, 3, 6)]
    centre = [gaussian(2, 3, 4, 5), gaussian(3, 3, 6)]
    radius = torch.tensor([0.1, 1.0, 0.0], dtype=torch.float64)

    def linear(W: list[Tensor]) -> Tensor:
        return sum((g * w).flatten(1).sum(1) for g, w in zip(G, W, strict=True))

    found = frank_wolfe(linear, centre, radius, steps=1)
    norms = sum(g.flatten(1).norm(dim=1) for g in G)
    torch.testing.assert_close(found.value, linear(centre) + radius * norms)
    assert found.random is None


def test_per_layer_balls_are_those_of_separate_tensors():
    G, centre = gaussian(4, 2, 3, 4, 5), gaussian(5, 2, 3, 4, 5)
    together = frank_wolfe(lambda W: (G * W[0]).flatten(1).sum(1), [centre], 0.3, 1, per_layer=True)
    layers = list(centre.unbind(1))
    apart = frank_wolfe(lambda W: sum((G[:, l] * w).flatten(1).sum(1) for l, w in enumerate(W)), layers, 0.3, 1)
    torch.testing.assert_close(together.value, apart.value)
    torch.testing.assert_close(together.point[0], torch.stack(apart.point, 1))
    distances = (together.point[0] - centre).flatten(2).norm(dim=2)
    torch.testing.assert_close(distances, torch.full_like(distances, 0.3))


def test_a_bilinear_function_from_random_starts_though_its_centre_is_a_saddle():
    # sup |u^T A B w| over |A|, |B| <= r is r^2 |u| |w|.
    u, w, r = gaussian(6, 3, 4), gaussian(7, 3, 6), 0.5

    def bilinear(W: list[Tensor]) -> Tensor:
        return torch.einsum("bi,bij,bjk,bk->b", u, W[0], W[1], w)

    centre = [torch.zeros(3, 4, 5, dtype=torch.float64), torch.zeros(3, 5, 6, dtype=torch.float64)]
    exact = r**2 * u.norm(dim=1) * w.norm(dim=1)
    assert (frank_wolfe(bilinear, centre, r, 20).value == 0).all()
    found = frank_wolfe(bilinear, centre, r, 40, rngs=rngs(3), n_starts=2)
    torch.testing.assert_close(found.value, exact, rtol=1e-6, atol=0)
    assert found.random is not None
    assert (found.random < 0.3 * exact).all()


def test_depth_two_chain_reaches_the_product_of_the_radii():
    # d = m = 1: sup |(w_1 + t)(w_2 + s)| = (|w_1| + r)(|w_2| + r), the sign of w_1 w_2 kept by the start.
    W = [gaussian(8, 4, 1, 1), gaussian(9, 4, 1, 1)]
    found = frank_wolfe(lambda V: (V[0] * V[1]).flatten(1).abs().sum(1), W, 0.2, 5)
    exact = (W[0].abs() + 0.2) * (W[1].abs() + 0.2)
    torch.testing.assert_close(found.value, exact[:, 0, 0])


def test_a_maximum_inside_the_ball_is_found_by_partial_steps():
    # Full steps alone jump from side to side of the ball for ever.
    target = 0.3 * torch.nn.functional.normalize(gaussian(10, 3, 5), dim=1)
    found = frank_wolfe(lambda W: -(W[0] - target).square().sum(1), [torch.zeros_like(target)], 1.0, 200)
    assert (found.value > -1e-3).all()


def test_points_stay_inside_and_values_belong_to_them():
    centre = [gaussian(11, 3, 4, 4)]
    M = gaussian(12, 3, 4, 4)

    def wild(W: list[Tensor]) -> Tensor:
        return torch.sin(3 * W[0] @ M).flatten(1).sum(1)

    found = frank_wolfe(wild, centre, 0.7, 50, rngs=rngs(3))
    assert ((found.point[0] - centre[0]).flatten(1).norm(dim=1) <= 0.7 * (1 + 1e-12)).all()
    torch.testing.assert_close(wild(found.point), found.value)
    assert (found.value > wild(centre)).all()


def test_a_block_that_plays_no_part_stays_at_the_centre():
    centre = [gaussian(13, 2, 3), gaussian(14, 2, 4)]
    found = frank_wolfe(lambda W: W[0].sum(1), centre, 0.1, 3)
    assert torch.equal(found.point[1], centre[1])


def test_more_steps_and_starts_never_lower_the_value():
    centre, M = [gaussian(15, 2, 6)], gaussian(16, 2, 6, 6)

    def objective(W: list[Tensor]) -> Tensor:
        return torch.tanh((W[0][:, None] @ M)[:, 0]).sum(1)

    values = [frank_wolfe(objective, centre, 1.0, steps).value for steps in (0, 1, 2, 5, 20)]
    assert torch.equal(values[0], objective(centre))
    assert all((b >= a).all() for a, b in itertools.pairwise(values))
    assert (frank_wolfe(objective, centre, 1.0, 20, rngs=rngs(2)).value >= values[-1]).all()


def test_a_trial_does_not_depend_on_its_batch():
    centre, M = gaussian(17, 3, 6), gaussian(18, 3, 6, 6)

    def find(trials: slice) -> Tensor:
        own = M[trials]
        search = frank_wolfe(
            lambda W: torch.sin((W[0][:, None] @ own)[:, 0]).sum(1),
            [centre[trials]],
            1.0,
            40,
            rngs=rngs(3)[trials],
        )
        return search.value

    torch.testing.assert_close(find(slice(0, 3))[1:2], find(slice(1, 2)), rtol=1e-12, atol=0)


def test_best_of_chooses_trial_by_trial():
    a = Found(torch.tensor([1.0, 5.0]), {"x": torch.tensor([[1.0], [5.0]])}, torch.tensor([0.5, 0.0]))
    b = Found(torch.tensor([2.0, 4.0]), {"x": torch.tensor([[2.0], [4.0]])}, torch.tensor([0.0, 0.1]))
    best = best_of(a, b)
    assert best.value.tolist() == [2.0, 5.0]
    assert best.point["x"].tolist() == [[2.0], [5.0]]
    assert best.random is not None
    assert best.random.tolist() == [0.5, pytest.approx(0.1)]
    with pytest.raises(ValueError, match="nothing to choose"):
        best_of()


def test_bad_input_is_refused():
    centre = [torch.zeros(2, 3)]

    def objective(W: list[Tensor]) -> Tensor:
        return W[0].sum(1)

    with pytest.raises(ValueError, match="one B for all"):
        frank_wolfe(objective, [], 1.0, 1)
    with pytest.raises(ValueError, match="one B for all"):
        frank_wolfe(objective, [torch.zeros(2, 3), torch.zeros(3, 3)], 1.0, 1)
    with pytest.raises(ValueError, match="one B for all"):
        frank_wolfe(objective, centre, 1.0, 1, per_layer=True)
    with pytest.raises(ValueError, match="radius"):
        frank_wolfe(objective, centre, -1.0, 1)
    with pytest.raises(ValueError, match="radius"):
        frank_wolfe(objective, centre, float("nan"), 1)
    with pytest.raises(ValueError, match="outside"):
        frank_wolfe(objective, centre, 0.1, 1, start=[torch.ones(2, 3)])
    with pytest.raises(ValueError, match="start has shapes"):
        frank_wolfe(objective, centre, 0.1, 1, start=[torch.ones(2, 4)])
    with pytest.raises(ValueError, match="1 generators for 2 trials"):
        frank_wolfe(objective, centre, 0.1, 1, rngs=rngs(1))
    with pytest.raises(ValueError, match="NaN at trial"):
        frank_wolfe(lambda W: W[0].sum(1) / 0 * 0, centre, 0.1, 1)
