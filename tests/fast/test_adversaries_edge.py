"""Worst perturbations of a ReLU layer against enumeration of subsets, and their promises in a real network."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries.balls import frank_wolfe
from lemmata.adversaries.edge import aligned_rank_one, edge_perturbation, worst_flips, worst_flips_between
from lemmata.networks.fcg import backward, forward, gradient, output


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def rows(x: Tensor, W: Tensor) -> Tensor:
    return torch.einsum("bi,bio->bo", x, W)


def test_worst_flips_is_the_largest_affordable_subset():
    z, norm = gaussian(0, 40, 8), torch.linspace(0.5, 2, 40, dtype=torch.float64)
    tau = torch.linspace(0, 2, 40, dtype=torch.float64)
    subsets = torch.tensor(list(itertools.product([0.0, 1.0], repeat=8)), dtype=torch.float64)
    cost = (z / norm[:, None]).square() @ subsets.T
    best = torch.where(cost <= tau[:, None] ** 2, subsets.sum(1), 0).amax(1)
    assert worst_flips(z, norm, tau).tolist() == best.tolist()


def test_worst_flips_is_reached_by_a_perturbation_and_by_none_of_many_others():
    x, W, tau = gaussian(1, 5, 6), gaussian(2, 5, 6, 30), 0.7
    z, norm = rows(x, W), x.norm(dim=1)
    count = worst_flips(z, norm, tau)
    k = count.max().item()
    for b in range(5):
        units = z[b].abs().argsort()[: count[b]]
        change = torch.zeros(6, 30, dtype=torch.float64)
        change[:, units] = -(1 + 1e-9) * torch.outer(x[b], z[b, units]) / norm[b] ** 2
        assert change.norm() <= tau * (1 + 1e-8)
        flipped = ((x[b] @ (W[b] + change)) > 0) != (z[b] > 0)
        assert flipped.sum() == count[b]
    rng = np.random.default_rng(3)
    for _ in range(300):
        change = torch.from_numpy(rng.standard_normal((5, 6, 30)))
        change *= tau / change.flatten(1).norm(dim=1)[:, None, None]
        assert (((rows(x, W + change) > 0) != (z > 0)).sum(1) <= count).all()
    assert k > 3


def test_flips_between_two_is_the_best_split_or_one_less():
    z, norm = gaussian(4, 30, 7), torch.ones(30, dtype=torch.float64)
    owners = torch.tensor(list(itertools.product([0, 1, 2], repeat=7)))
    for tau in (0.3, 0.8, 1.5):
        first, second = (z.square() @ (owners == k).double().T for k in (1, 2))
        affordable = (first <= tau**2) & (second <= tau**2)
        best = torch.where(affordable, (owners > 0).sum(1), 0).amax(1)
        short = best - worst_flips_between(z, norm, tau)
        assert set(short.tolist()) <= {0, 1}
        assert (best <= worst_flips(z, norm, tau * 2**0.5)).all()


def test_flips_of_a_gaussian_layer_grow_like_tau_to_the_two_thirds():
    # Density of |z| / |x| at 0 is sqrt(2 / pi) * sqrt(m / 2): k^3 = 3 tau^2 * (that * m)^2, so k = .985 m tau^(2/3).
    m = 20_000
    x = gaussian(5, 1, 3)
    z = rows(x, gaussian(6, 1, 3, m) * (2 / m) ** 0.5)
    for tau in (0.01, 0.1):
        count = worst_flips(z, x.norm(dim=1), tau).item()
        assert count / (m * tau ** (2 / 3)) == pytest.approx(0.985, abs=0.05)  # 3 deviations of a count of 1000


def test_edge_takes_a_set_of_units_close_to_the_best():
    x, W, q, tau, step = gaussian(7, 20, 4), gaussian(8, 20, 4, 9), gaussian(9, 20, 9), 0.6, 1e-6
    edge = edge_perturbation(W, x, q, tau, step)
    value = (q.square() * edge.units).sum(1)
    z = rows(x, W)
    subsets = torch.tensor(list(itertools.product([0.0, 1.0], repeat=9)), dtype=torch.float64)
    cost = (z / x.norm(dim=1, keepdim=True)).square() @ subsets.T
    best = torch.where(cost <= tau**2, q.clamp(min=0).square() @ subsets.T, 0).amax(1)
    next_unit = torch.where(edge.units, 0, q.clamp(min=0).square()).amax(1)
    assert (value >= best - next_unit).all()
    assert value.sum() > 0.95 * best.sum()
    for weights in (edge.tilde, edge.hat):
        assert ((weights - W).flatten(1).norm(dim=1) <= tau).all()


@pytest.mark.parametrize("layer", [1, 2, 4])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_edge_finds_the_remainder_it_promises_in_a_network(layer, sign):
    # f(hat) - f(tilde) - <grad f(tilde), hat - tilde> is theta step |x| |q_E|, theta in the middle layers only.
    m, theta, tau, step = 200, 0.2, 0.05, 1e-7
    W = [gaussian(10, 2, 5, m), gaussian(11, 2, m, m), gaussian(12, 2, m, m), gaussian(13, 2, m, m)]
    W = [(2 / m) ** 0.5 * W_l for W_l in W]
    x = torch.nn.functional.normalize(gaussian(14, 2, 1, 5), dim=-1)
    before = forward(W, x, theta)
    x_in, q = before.x[layer - 1][:, 0], sign * backward(W, before)[layer][:, 0]
    edge = edge_perturbation(W[layer - 1], x_in, q, tau, step)

    def network(weights: Tensor) -> list[Tensor]:
        return [weights if l == layer else W_l for l, W_l in enumerate(W, start=1)]

    tilde = network(edge.tilde)
    at = forward(tilde, x, theta)
    slope = (gradient(tilde, at, layer)[:, 0] * (edge.hat - edge.tilde)).sum((1, 2))
    remainder = (output(forward(network(edge.hat), x, theta)) - output(at))[:, 0] - slope
    q_at = sign * backward(tilde, at)[layer][:, 0]
    scale = theta if 2 <= layer <= 3 else 1.0
    promised = scale * step * x_in.norm(dim=1) * (q * edge.units).norm(dim=1)
    # Later layers change a few of their patterns between W and tilde, so that q at tilde is not quite q.
    share = torch.nn.functional.cosine_similarity(q * edge.units, q_at * edge.units)
    torch.testing.assert_close(sign * remainder / promised, share, rtol=0.2, atol=0)
    assert (edge.units.sum(1) > 5).all()
    # Random pairs as far apart find next to nothing.
    noise = gaussian(15, *W[layer - 1].shape)
    noise *= tau / 2 / noise.flatten(1).norm(dim=1)[:, None, None]
    near, far = network(W[layer - 1] + noise), network(W[layer - 1] + noise * (1 + 2 * step / tau))
    at_near = forward(near, x, theta)
    slope = (gradient(near, at_near, layer)[:, 0] * (far[layer - 1] - near[layer - 1])).sum((1, 2))
    random = (output(forward(far, x, theta)) - output(at_near))[:, 0] - slope
    assert (random.abs() < 0.01 * promised).all()


def test_both_edge_weights_fit_into_a_budget_without_slack():
    # To reach the one kink takes all of tau, and leaves nothing for the step beyond.
    x, W, q = torch.ones(1, 1), torch.full((1, 1, 1), 0.3), torch.ones(1, 1)
    x, W, q = x.double(), W.double(), q.double()
    assert not edge_perturbation(W, x, q, 0.3, 1e-3).units.any()
    edge = edge_perturbation(W, x, q, 0.3 + 1.002e-3, 1e-3)
    assert edge.units.all()
    assert (edge.tilde - W).abs().item() <= 0.3 + 1.002e-3


def test_edge_with_no_kink_in_reach_says_so_and_still_steps():
    W, x = torch.eye(3, dtype=torch.float64)[None], torch.ones(1, 3, dtype=torch.float64)
    edge = edge_perturbation(W, x, torch.ones(1, 3, dtype=torch.float64), 1e-3, 1e-5)
    assert not edge.units.any()
    assert torch.equal(edge.tilde, W)
    assert (edge.hat - edge.tilde).norm().item() == pytest.approx(1e-5)


def test_aligned_move_is_the_gradient_and_the_vertex_of_frank_wolfe():
    m, theta, tau = 12, 0.3, 0.1
    W = [gaussian(16, 2, 4, m), gaussian(17, 2, m, m), gaussian(18, 2, m, m)]
    x = gaussian(19, 2, 1, 4)
    at = forward(W, x, theta)
    q = backward(W, at)
    moves = [aligned_rank_one(at.x[l - 1][:, 0], q[l][:, 0], at.sigma[l][:, 0], tau) for l in (1, 2, 3)]
    for l, move in enumerate(moves, start=1):
        g = gradient(W, at, l)[:, 0]
        torch.testing.assert_close(move, tau * g / g.flatten(1).norm(dim=1)[:, None, None])
    found = frank_wolfe(lambda V: output(forward(V, x, theta))[:, 0], W, tau, steps=1)
    for moved, W_l, move in zip(found.point, W, moves, strict=True):
        torch.testing.assert_close(moved, W_l + move)


def test_bad_input_is_refused():
    z, norm = gaussian(20, 2, 5), torch.ones(2, dtype=torch.float64)
    with pytest.raises(ValueError, match="positive norms"):
        worst_flips(z, torch.zeros(2), 0.1)
    with pytest.raises(ValueError, match="positive norms"):
        worst_flips(torch.full_like(z, float("nan")), norm, 0.1)
    with pytest.raises(ValueError, match="tau"):
        worst_flips(z, norm, -1.0)
    W, x, q = gaussian(21, 2, 3, 5), gaussian(22, 2, 3), gaussian(23, 2, 5)
    with pytest.raises(ValueError, match="2 step <= tau"):
        edge_perturbation(W, x, q, 0.1, 0.2)
    with pytest.raises(ValueError, match="shapes"):
        edge_perturbation(W, q, x, 0.1, 0.01)
    with pytest.raises(ValueError, match="x is zero"):
        edge_perturbation(W, torch.zeros_like(x), q, 0.1, 0.01)
