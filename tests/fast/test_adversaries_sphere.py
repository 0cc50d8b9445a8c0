"""Ascent on the sphere against eigenvalues, a fine grid on the circle, and the power steps it replaces."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries.ascent import ascend
from lemmata.adversaries.found import unit
from lemmata.adversaries.simplex import largest_margin
from lemmata.adversaries.sphere import ascend_on_sphere, homogeneous_ascent
from lemmata.networks.fcg import forward


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def rngs(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng(i) for i in range(n)]


def network(B: int, d: int, m: int, L: int) -> list[Tensor]:
    W = [gaussian(0, B, d, m)] + [gaussian(l, B, m, m) for l in range(1, L + 1)]
    return [(2 / m) ** 0.5 * W_l for W_l in W]


@pytest.mark.parametrize("d", [1, 2, 5, 20])
def test_largest_and_smallest_value_of_a_quadratic_form(d):
    A = gaussian(d, 3, d, d)
    A = A + A.mT
    exact = torch.linalg.eigvalsh(A)
    largest = ascend_on_sphere(lambda x: ((x @ A) * x).sum(-1), rngs(3), 8, d, 150)
    smallest = ascend_on_sphere(lambda x: -((x @ A) * x).sum(-1), rngs(3), 8, d, 150)
    torch.testing.assert_close(largest.value, exact[:, -1], rtol=1e-6, atol=0)
    torch.testing.assert_close(-smallest.value, exact[:, 0], rtol=1e-6, atol=0)
    x = largest.point
    torch.testing.assert_close(x.norm(dim=1), torch.ones(3, dtype=torch.float64))
    torch.testing.assert_close(torch.einsum("bi,bij,bj->b", x, A, x), largest.value)
    assert largest.random is not None
    assert (largest.random <= largest.value).all()


@pytest.mark.parametrize("layer", [1, 3, 4])
def test_extreme_norms_of_a_network_on_the_circle(layer):
    W, theta = network(2, 2, 24, 3), 0.5
    angles = torch.linspace(0, 2 * math.pi, 40_001, dtype=torch.float64)
    circle = torch.stack([angles.cos(), angles.sin()], 1).expand(2, -1, -1)
    norms = forward(W, circle, theta).x[layer].norm(dim=-1)
    largest = homogeneous_ascent(lambda x: forward(W, x, theta).x[layer], rngs(2), 16, 2, 60)
    smallest = ascend_on_sphere(lambda x: -forward(W, x, theta).x[layer].norm(dim=-1), rngs(2), 16, 2, 100)
    # The grid's spacing of 1.6e-4 costs it at most that, times a slope below 3 * norm.
    torch.testing.assert_close(largest.value, norms.amax(1), rtol=5e-4, atol=0)
    torch.testing.assert_close(-smallest.value, norms.amin(1), rtol=5e-3, atol=0)


def test_power_steps_are_not_monotone_and_the_ascent_is_better():
    W, theta, d = network(2, 16, 64, 8), 1.0, 16

    def layer(x: Tensor) -> Tensor:
        return forward(W, x, theta).x[-1]

    x = unit(gaussian(1, 2, 32, d))
    norm, worst = layer(x).norm(dim=-1), 1.0
    for _ in range(60):
        x.requires_grad_()
        half = layer(x).square().sum(-1) / 2
        x = unit(torch.autograd.grad(half.sum(), x)[0])
        before, norm = norm, layer(x).norm(dim=-1)
        worst = min(worst, (norm / before).min().item())
    assert worst < 0.99  # a step from one activation cone to another lost more than 1 %
    found = homogeneous_ascent(layer, rngs(2), 32, d, 60)
    assert (found.value > norm.amax(1)).all()
    torch.testing.assert_close(layer(found.point[:, None])[:, 0].norm(dim=-1), found.value)
    assert found.random is not None
    assert (found.random < 0.8 * found.value).all()


def test_ridges_are_climbed_from_single_starts():
    # max over x of min_i <z_i, x> lies where 64 planes meet. Steepest ascent reaches 98 % on average.
    Z = gaussian(2, 12, 64, 64) + 1
    found = ascend_on_sphere(lambda x: (x @ Z.mT).amin(-1), rngs(12), 1, 64, 150)
    share = found.value / largest_margin(Z).upper
    assert share.mean() > 0.99


def test_a_trial_that_is_done_stays_so_however_long_others_go_on():
    # Trial 0 could still climb, but only by steps below 0.7**55; alone it gives up after 50.
    def evaluate(point: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        x = point[0][:, 0]
        narrow = torch.where(x < 0.7**55, x, -1.0)
        return torch.where(torch.arange(2) == 0, narrow, x), [torch.ones_like(point[0])]

    value, _ = ascend(
        evaluate,
        [torch.zeros(2, 1, dtype=torch.float64)],
        lambda point, gradient: gradient,
        lambda point, direction, step: [point[0] + step[:, None] * direction[0]],
        steps=80,
        longest=1.0,
    )
    assert value.tolist() == [0.0, 80.0]


def test_a_trial_does_not_depend_on_its_batch():
    W = network(3, 6, 20, 2)

    def find(trials: slice) -> Tensor:
        own = [W_l[trials] for W_l in W]
        return homogeneous_ascent(lambda x: forward(own, x, 0.5).x[-1], rngs(3)[trials], 8, 6, 40).value

    torch.testing.assert_close(find(slice(0, 3))[1:2], find(slice(1, 2)), rtol=1e-9, atol=0)


def test_float32_stays_float32():
    like = torch.zeros(1, dtype=torch.float32)
    found = ascend_on_sphere(lambda x: x[..., 0], rngs(2), 4, 3, 60, like=like)
    assert found.value.dtype == found.point.dtype == torch.float32
    torch.testing.assert_close(found.value, torch.ones(2))


def test_bad_objectives_and_sizes_are_refused():
    with pytest.raises(ValueError, match="NaN at trial"):
        ascend_on_sphere(lambda x: x[..., 0] * float("nan"), rngs(2), 4, 3, 10)
    with pytest.raises(ValueError, match="no gradient"):
        ascend_on_sphere(lambda x: x[..., 0].detach(), rngs(2), 4, 3, 10)
    with pytest.raises(ValueError, match="not finite"):
        ascend_on_sphere(lambda x: (x[..., 0] * 0).sqrt(), rngs(2), 4, 3, 10)
    with pytest.raises(ValueError, match="must give values"):
        ascend_on_sphere(lambda x: x, rngs(2), 4, 3, 10)
    with pytest.raises(ValueError, match="n_starts = 0"):
        ascend_on_sphere(lambda x: x[..., 0], rngs(2), 0, 3, 10)
    with pytest.raises(ValueError, match="steps = -1"):
        ascend_on_sphere(lambda x: x[..., 0], rngs(2), 4, 3, -1)
