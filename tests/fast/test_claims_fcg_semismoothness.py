"""The remainder of Lemma 4.2 against autograd, and its adversaries against random search."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries import edge_perturbation
from lemmata.claims.fcg.lemma_4_2 import across_kinks, near, nearest, remainder, terms
from lemmata.claims.fcg.lemma_4_2_far import far, farthest
from lemmata.generators import fcg_gaussian, random_in_frobenius_balls, sphere
from lemmata.networks.fcg import backward, forward, h_distance

NEAR = near.params({"inverse_tau": 10.0, "units": 20.0, "L": 4, "d": 3, "inverse_t": 2.0})
FAR = far.params({"inverse_tau": 1.0, "m": 60, "L": 4, "d": 3, "inverse_t": 2.0})


def by_autograd(W_hat: list[Tensor], W_tilde: list[Tensor], x: Tensor, theta: float) -> Tensor:
    """The left side of the lemma at one input x [d], written as the paper defines the network."""

    def f(W: list[Tensor]) -> Tensor:
        first, *middle, last = W
        h = torch.relu(first.T @ x)
        for W_l in middle:
            h = h + theta * torch.relu(W_l.T @ h)
        top = torch.relu(last.T @ h)
        half = len(top) // 2
        return top[:half].sum() - top[half:].sum()

    leaves = [W_l.clone().requires_grad_() for W_l in W_tilde]
    value = f(leaves)
    gradients = torch.autograd.grad(value, leaves)
    trace = sum(((hat - tilde) * g).sum() for hat, tilde, g in zip(W_hat, W_tilde, gradients, strict=True))
    return f(W_hat) - value.detach() - trace


def test_remainder_is_what_autograd_gives():
    rngs = [np.random.default_rng(seed) for seed in (0, 1)]
    W, x = fcg_gaussian(rngs, 3, 10, 4), sphere(rngs, 1, 3)
    hat, tilde = (random_in_frobenius_balls(rngs, W, 0.8) for _ in range(2))
    tilde[2] = hat[2]  # a layer that does not move
    found = remainder(hat, tilde, x, 0.3)[:, 0]
    for b in range(2):
        expected = by_autograd([w[b] for w in hat], [w[b] for w in tilde], x[b, 0], 0.3)
        assert abs(expected) > 1e-3
        assert found[b].item() == pytest.approx(expected.item(), rel=1e-10)


@pytest.mark.parametrize("layer", [1, 3, 5])
def test_what_a_near_pair_promises_it_has(layer):
    rngs = [np.random.default_rng(5)]
    W, x = fcg_gaussian(rngs, 3, 80, 4), sphere(rngs, 1, 3)
    net, tau, theta = forward(W, x, 0.1), 0.3, 0.1
    q = backward(W, net)[layer]
    tilde, hat = list(W), list(W)
    tilde[layer - 1], hat[layer - 1], _ = edge_perturbation(
        W[layer - 1], net.x[layer - 1][:, 0], q[:, 0], tau, tau / 100
    )
    h = h_distance(hat, tilde, theta)
    assert h.item() == pytest.approx(tau / 100 * (theta if 1 < layer < 5 else 1), rel=1e-9)
    # Moving the units onto the kink changes q a little, and the step takes 1 % of the budget.
    promise = across_kinks(W[layer - 1], net.x[layer - 1], q, tau)[0, 0] * h
    assert remainder(hat, tilde, x, theta).item() == pytest.approx(promise.item(), rel=0.3)


def test_near_pairs_beat_random_ones_and_come_close_to_the_bound():
    for seed in range(5):
        found, random, bound = nearest(NEAR, np.random.default_rng(seed), sides=(1,))
        # A random step of 1 % of the radius crosses few kinks, if any.
        assert found > 100 * abs(random)
        assert 0.2 * bound < found < 3 * bound


def test_two_sides_are_both_reached():
    for side in (1, -1):
        found, _, bound = nearest(NEAR, np.random.default_rng(0), sides=(side,))
        assert side * found > 0.2 * bound


def test_far_pairs_beat_random_ones_and_are_of_second_order():
    rngs = [np.random.default_rng(seed) for seed in range(10)]
    found, random = farthest(FAR, rngs, sides=(1, -1))
    assert (found[:, 0] > 0).all()
    assert (found[:, 1] < 0).all()
    assert found.abs().median() > 5 * random.abs().median()
    first, second = terms(FAR, 4 * FAR.tau)
    assert second == pytest.approx(sqrt(60) * 16)
    assert second > first
    assert (found.abs() > 0.05 * second).all()
