"""Lemma 4.2 (loss), Lemma 4.3, (10) and A.2: shortcuts against written-out weights, adversaries against the ball."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries import frank_wolfe, worst_flips
from lemmata.claims.fcg import eq_10, lemma_4_2_LS, lemma_4_3_proof
from lemmata.claims.fcg.A2_linearisation import best_of_last_layer
from lemmata.claims.fcg.lemma_4_2 import outer, remainder
from lemmata.claims.fcg.lemma_4_3 import flipped, form, lemma_4_3, smallest_gradient, weights
from lemmata.generators import fcg_gaussian, linear, random_in_frobenius_balls, sphere, with_margin
from lemmata.networks.fcg import forward, gradient, loss, loss_gradient, surrogate


def generators(count: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(count)]


def norm_of_change(x: Tensor, moves: Tensor) -> Tensor:
    """Smallest Frobenius norm of a change of the weights that moves x W by the given [B, n, m]: [B]."""
    return (torch.linalg.pinv(x) @ moves).flatten(1).norm(dim=1)


def sample_and_layers(n: int = 6, m: int = 40) -> tuple[Tensor, Tensor, list[Tensor], Tensor]:
    data = with_margin(generators(4), linear(), n, 4, 0.2)
    W = fcg_gaussian(generators(4, 1), 4, m, 3)
    return data.x, data.y, W, forward(W, data.x, 1 / 3).x[3]


def test_form_gives_the_gradient_of_the_last_layer() -> None:
    x, y, W, x_L = sample_and_layers()
    net, z = forward(W, x, 1 / 3), x_L @ W[-1]
    a = weights(z, y)
    square = (a[:, None] @ form(z, y, x_L @ x_L.mT) @ a[..., None])[:, 0, 0] / y.shape[1] ** 2
    torch.testing.assert_close(a.mean(1), surrogate(net, y))
    torch.testing.assert_close(square, loss_gradient(W, net, y)[-1].flatten(1).square().sum(1))


@pytest.mark.parametrize("tau", [0.05, 0.5, 3.0])
def test_flips_are_in_the_ball_and_save(tau: float) -> None:
    _, y, W, x_L = sample_and_layers()
    z, K = x_L @ W[-1], x_L @ x_L.mT
    a = weights(z, y)

    def ratio(z: Tensor) -> Tensor:
        return (a[:, None] @ form(z, y, K) @ a[..., None])[:, 0, 0]

    for after in flipped(z, a * y, K, tau):
        assert bool((norm_of_change(x_L, after - z) <= tau * (1 + 1e-9)).all())
        assert bool(((after > 0) != (z > 0)).any())
    best = torch.minimum(*(ratio(after) for after in flipped(z, a * y, K, tau)))
    assert bool((best < ratio(z)).all())
    if tau == 3.0:  # enough to switch every unit off on every sample
        assert bool((best == 0).all())


def test_hidden_layers_would_not_make_the_gradient_much_smaller() -> None:
    p = lemma_4_3.params({"family": "linear", "gamma": 0.3, "d": 3, "L": 2, "n": 8})
    data = with_margin(generators(4), linear(), p.n, p.d, p.gamma)
    W = fcg_gaussian(generators(4, 1), p.d, p.m, p.L)

    def negative(W: list[Tensor]) -> Tensor:
        net = forward(W, data.x, p.theta)
        return -(loss_gradient(W, net, data.y)[-1].flatten(1).norm(dim=1) / surrogate(net, data.y)).log()

    moved = frank_wolfe(negative, W, p.tau, 4, rngs=generators(4, 2), n_starts=2).value
    assert bool((moved - negative(W) < 0.1).all())


def test_smallest_gradient_is_below_random_search() -> None:
    p = lemma_4_3.params({"family": "linear", "gamma": 0.39, "d": 2, "L": 2, "n": 8})
    found = smallest_gradient(p, generators(30))
    assert bool((found.lhs <= found.random * 1.05).all())
    assert found.lhs.mean() < 0.95 * found.random.mean()


def test_cheapest_changes_are_those_of_worst_flips() -> None:
    p = lemma_4_3_proof.card_A_prime.params({"n": 1, "inverse_tau": 32.0, "units": 8.0})
    cost = lemma_4_3_proof.costs(p, generators(3))
    expected = worst_flips(cost[:, 0].sqrt(), torch.ones(3, dtype=torch.float64), p.tau)
    assert lemma_4_3_proof.most(cost, p.tau)[:, 0].tolist() == expected.tolist()
    # One change for a unit that crosses the kinks of two samples; the cheaper one is paid.
    shared = torch.tensor([[[0.04, 0.01, 0.3], [0.01, 0.09, 0.2]]], dtype=torch.float64)
    assert lemma_4_3_proof.most(shared.amin(1), 0.15).tolist() == [2]


@pytest.mark.parametrize("tau", [0.1, 1.0])
def test_best_moves_of_the_last_layer(tau: float) -> None:
    W, x = fcg_gaussian(generators(3), 4, 60, 2), sphere(generators(3, 1), 1, 4)
    x_L = forward(W, x, 0.3).x[2][:, 0]
    gain, side, moves = best_of_last_layer((x_L[:, None] @ W[-1])[:, 0], x_L.norm(dim=1), tau)
    change = outer(x_L / x_L.square().sum(1, keepdim=True), moves)
    torch.testing.assert_close(change.flatten(1).norm(dim=1), torch.full((3,), tau, dtype=torch.float64))
    there = remainder([*W[:-1], W[-1] + change], W, x, 0.3)[:, 0]
    torch.testing.assert_close(side * there, gain)

    def off(last: list[Tensor]) -> Tensor:
        return remainder([*W[:-1], *last], W, x, 0.3)[:, 0].abs()

    searched = frank_wolfe(off, W[-1:], tau, 6, rngs=generators(3, 2), n_starts=2).value
    assert bool((searched <= gain * (1 + 1e-9)).all())


def test_left_side_of_the_loss_is_what_autograd_gives() -> None:
    W, x = fcg_gaussian(generators(2), 3, 12, 2), sphere(generators(2, 1), 1, 3)
    y = torch.tensor([[1.0], [1.0]], dtype=torch.float64)
    hat, tilde = (random_in_frobenius_balls(generators(2, seed), W[-1:], 1.0)[0] for seed in (3, 4))
    x_L = forward(W, x, 0.5).x[2]
    found, E_S = lemma_4_2_LS.left_side((x_L @ hat)[:, 0], (x_L @ tilde)[:, 0], 1)
    at = [W[0], W[1], tilde.clone().requires_grad_()]
    value = loss(forward(at, x, 0.5), y)
    (slope,) = torch.autograd.grad(value.sum(), at[-1:])
    expected = loss(forward([*W[:-1], hat], x, 0.5), y) - value - ((hat - tilde) * slope).sum((1, 2))
    torch.testing.assert_close(found, expected.detach())
    torch.testing.assert_close(E_S, surrogate(forward([*W[:-1], tilde], x, 0.5), y))


@pytest.mark.parametrize("inverse_E", [2.0, 64.0])
def test_near_pair_is_in_the_ball_with_the_surrogate_error_asked_for(inverse_E: float) -> None:
    p = lemma_4_2_LS.near.params({"inverse_E": inverse_E, "inverse_tau": 2.0, "L": 4})
    z, norm = lemma_4_2_LS.last_layer(p, generators(5))
    hat, tilde, step = lemma_4_2_LS.at_kinks(p, z, norm)
    for end in (hat, tilde):
        assert bool(((end - z).norm(dim=1) <= p.tau * norm[:, 0]).all())
    torch.testing.assert_close((hat - tilde).norm(dim=1), step[:, 0], rtol=1e-6, atol=0)
    _, E_S = lemma_4_2_LS.left_side(hat, tilde, -1)
    # Lifting stops short where f has to rise: units below zero do not follow.
    assert bool(((E_S * inverse_E - 1).abs() < 0.2).all())


def test_linear_part_of_the_complexity_is_what_gradients_give() -> None:
    p = eq_10.linear_part.params({"n": 5, "m": 10, "L": 4, "d": 3})
    found = eq_10.linear_complexity(p, generators(2))
    rngs = generators(2)  # in the state in which the trial had them
    W = fcg_gaussian(rngs, p.d, p.m, p.L)
    net = forward(W, sphere(rngs, p.n, p.d), p.theta)
    xi = torch.from_numpy(np.stack([np.where(rng.random((eq_10.SIGNS, p.n)) < 0.5, 1.0, -1.0) for rng in rngs]))
    total = torch.zeros(2, eq_10.SIGNS, dtype=torch.float64)
    for l in range(1, p.L + 2):
        total += torch.einsum("bsn,bnij->bsij", xi, gradient(W, net, l)).flatten(2).norm(dim=2)
    torch.testing.assert_close(found, total.mean(1) / p.n)


def test_far_pair_goes_from_end_to_end() -> None:
    p = lemma_4_2_LS.far.params({"m": 4096, "L": 2})
    found, E_S, tau, h = lemma_4_2_LS.along_a_line(p, generators(6))
    torch.testing.assert_close(E_S, torch.full_like(E_S, 1 / (1 + math.exp(3))), rtol=0.1, atol=0)
    straight = math.log1p(math.exp(2)) - math.log1p(math.exp(-3)) - 5 / (1 + math.exp(3))
    assert bool(((found / straight - 1).abs() < 0.1).all())
    assert bool((h <= 2 * tau * (1 + 1e-12)).all())
