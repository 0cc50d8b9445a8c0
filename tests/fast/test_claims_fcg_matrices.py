"""What the claims on Lemmas B.1 to B.5, C.2 and C.4 state of their adversaries and of known limits."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import torch
from torch import Tensor

from lemmata.claims.fcg import (
    eq_35,
    lemma_4_1_const,
    lemma_B2,
    lemma_B2_network,
    lemma_B3,
    lemma_B4_lipschitz,
    lemma_B5,
    lemma_C2,
    lemma_C4,
)
from lemmata.generators import fcg_gaussian, sphere
from lemmata.generators.draws import normals
from lemmata.networks.fcg import forward, interlayer, signs


def rngs(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng([11, i]) for i in range(n)]


def spectral(A: Tensor) -> Tensor:
    return torch.linalg.matrix_norm(A, 2)


def test_signs_of_the_largest_product_against_enumeration():
    # m = 3 and two layers: 64 tuples of signs; smaller diagonals are no better, because the norm is convex in each.
    p = lemma_B2.products.params({"kappa": 0.7, "L": 3, "inverse_t": 1.0})
    W = lemma_B2.residual_weights(p, rngs(40))
    tuples = torch.tensor(list(product([1.0, -1.0], repeat=2 * p.m)), dtype=torch.float64).reshape(-1, 1, 2, p.m)
    exact = torch.stack([spectral(lemma_B2.product_of(W, D.expand(40, -1, -1), p.theta)) for D in tuples]).amax(0)
    found, random = lemma_B2.largest_product(W, p.theta, rngs(40))
    share = found.log() / exact.log()
    assert p.m == 3
    assert (share < 1 + 1e-9).all()
    assert share.mean() > 0.9
    assert share.mean() > 1.3 * (random.log() / exact.log()).mean()


def test_a_sweep_never_lowers_the_product():
    p = lemma_B2.products.params({"kappa": 3.0, "L": 6, "inverse_t": 20.0})
    W = lemma_B2.residual_weights(p, rngs(6))
    D = torch.where(normals(rngs(6), p.L - 1, p.m) < 0, -1.0, 1.0).double()
    U, S, Vh = torch.linalg.svd(lemma_B2.product_of(W, D, p.theta))
    better = lemma_B2.better_diagonals(W, D, p.theta, U[..., 0], Vh[:, 0])
    assert (spectral(lemma_B2.product_of(W, better, p.theta)) > S[:, 0]).all()


def test_the_network_product_is_largest_over_all_layers():
    p = lemma_B2_network.network.params({"kappa": 4.0, "L": 5, "d": 3, "inverse_t": 1.0})
    W = fcg_gaussian(rngs(6), p.d, p.m + p.m % 2, p.L)
    net = forward(W, sphere(rngs(6), 100, p.d), p.theta)
    pairs = [spectral(interlayer(W, net, a, b)).amax(1) for a in range(2, p.L + 1) for b in range(a, p.L + 1)]
    share = lemma_B2_network.largest_network_product(p, rngs(6)).value.log() / torch.stack(pairs).amax(0).log()
    assert (share > 0.75).all()
    assert share.median() > 0.9


def test_exact_chance_of_1_01_is_below_what_is_drawn():
    p = lemma_B2.hundredth.params({"kappa": 1.0, "L": 2, "delta": 0.5, "inverse_t": 1.0})
    chance, _ = lemma_B2.chance_of_more_than_1_01(p)
    w = math.sqrt(2 / p.m) * normals(rngs(1), 4000)[0]
    assert abs((1 + p.theta * w.abs() > 1.01).double().mean().item() - float(chance)) < 0.02
    assert (lemma_B2.below_1_01(p, rngs(50)).lhs > 1.01).double().mean() >= float(chance) - 0.1


def test_quotients_against_pairs_of_the_circle():
    p = lemma_B3.lipschitz.params({"kappa": 1.0, "L": 3, "d": 2})
    W = fcg_gaussian(rngs(4), p.d, p.m, p.L)
    angles = torch.arange(240, dtype=torch.float64) * (2 * math.pi / 240)
    x = torch.stack([angles.cos(), angles.sin()], -1).expand(4, -1, -1)
    layers = forward(W, x, p.theta).x
    distance = torch.cdist(x, x) + torch.eye(240, dtype=torch.float64) * 1e9
    pairs = torch.stack([(torch.cdist(h, h) / distance).flatten(1).amax(1) for h in layers[1:]]).amax(0)
    share = lemma_B3.largest_quotient(p, rngs(4)).lhs / pairs
    assert (share > 0.85).all()
    assert share.mean() > 0.93
    assert (share < 1.05).all()  # the grid misses a little of the close pairs


def test_quotients_of_opposite_points():
    W = fcg_gaussian(rngs(3), 1, 20, 2)
    x = torch.ones(3, 1, 1, dtype=torch.float64)
    layers = zip(forward(W, x, 0.5).x[1:], forward(W, -x, 0.5).x[1:], strict=True)
    expected = torch.stack([(a - b)[:, 0].norm(dim=-1) / 2 for a, b in layers]).amax(0)
    torch.testing.assert_close(lemma_B3.quotients(W, x, 0.5)[:, 0], expected)


def test_chance_of_1_024_is_below_what_is_drawn():
    p = lemma_4_1_const.sphere.params({"m": 2048, "L": 2, "delta": 0.1, "inverse_t": 1.0})
    chance, _ = lemma_4_1_const.chance_of_more_than_1_024(p)
    assert 0.5 < chance < 1
    found, bound = lemma_4_1_const.all_layers(p, rngs(50))
    assert (found > bound).double().mean() >= float(chance)


def test_first_layer_at_both_points_of_the_sphere():
    p = lemma_4_1_const.first.params({"m": 64, "delta": 0.1})
    W = math.sqrt(2 / 64) * normals(rngs(2000), 1, 64)
    written_out = torch.maximum(torch.relu(W).norm(dim=-1), torch.relu(-W).norm(dim=-1)).mean().item()
    drawn = np.mean([lemma_4_1_const.first_layer(p, rng)[0] for rng in rngs(2000)])
    assert abs(drawn / written_out - 1) < 0.01  # standard error 0.3 % each


def test_perturbed_norms_are_those_of_the_balls():
    p = eq_35.perturbed.params({"m": 12, "L": 3, "m_over_d": 4.0})
    W, x = eq_35.weights(p, rngs(4))
    exact = spectral(interlayer(W, forward(W, x, p.theta), 2, p.L + 1))[:, 0]
    torch.testing.assert_close(eq_35.interlayer_norm(W, x, p.theta), exact, rtol=0.05, atol=0)
    for measure in (eq_35.largest_interlayer, eq_35.largest_activation):
        sides = measure(p, rngs(4))
        assert (sides.lhs > 1.2 * sides.random).all()


def test_a_pair_moves_as_its_sensitivity_says():
    p = lemma_B4_lipschitz.used.params({"m": 24, "L": 4})
    W, x = fcg_gaussian(rngs(4), p.d, p.m, p.L), sphere(rngs(4), 1, p.d)
    net = forward(W, x, p.theta)
    for r in (1, 3, 5):
        u = lemma_B4_lipschitz.direction(W, net, r)[:, 0]
        before = net.x[r - 1][:, 0]
        step = 1e-6 * before[:, :, None] * u / before.norm(dim=-1)[:, None, None]
        found = lemma_B4_lipschitz.quotient(W, x, p.theta, r, step)
        torch.testing.assert_close(found, lemma_B4_lipschitz.sensitivity(W, x, p.theta, r), rtol=1e-3, atol=0)


def test_pairs_beat_random_ones_and_the_ball_at_rest():
    p = lemma_B4_lipschitz.used.params({"m": 24, "L": 4})
    sides = lemma_B4_lipschitz.largest_quotient(p, rngs(6))
    at_rest = lemma_B4_lipschitz.largest_quotient(p.replace(tau=1e-3), rngs(6)).lhs
    assert (sides.lhs > 2 * sides.random).all()
    assert (sides.lhs > 1.1 * at_rest).all()


def test_orthogonal_inputs_are_orthogonal():
    for d in (1, 2, 5):
        W_1 = fcg_gaussian(rngs(3), d, 32, 1)[0]
        x = lemma_C2.orthogonal_inputs(W_1)
        torch.testing.assert_close(x.norm(dim=-1), torch.ones_like(x[..., 0]))
        assert (((x @ W_1).abs() < 1e-12).sum(-1) >= d - 1).all()


def test_count_of_one_input_in_the_limit():
    p = lemma_C2.first_layer.params({"m": 512, "inverse_b": 16.0, "d": 4})
    W = math.sqrt(2 / p.m) * normals(rngs(200), p.d, p.m)
    count = ((sphere(rngs(200), 1, p.d) @ W).abs() <= p.beta).sum(-1).double().mean().item()
    assert abs(count / (p.m**1.5 * p.beta / math.sqrt(math.pi)) - 1) < 0.05


def test_sparse_output_against_the_matrix():
    p = lemma_C4.sparse.params({"m": 10, "s": 2, "L": 3})
    W, net = lemma_C4.network(p, rngs(5))
    q = [interlayer(W, net, l, p.L + 1)[:, 0].mT @ signs(p.width) for l in range(2, p.L + 2)]
    exact = torch.stack([torch.stack([a.square().sort().values[:, -2:].sum(-1).sqrt() for a in q])]).amax((0, 1))
    torch.testing.assert_close(lemma_C4.xi_is_interlayer(p, rngs(5))[0], exact)


def test_aligned_patterns_grow_like_the_root_of_the_width():
    values = []
    for m in (128, 512):
        W, v = math.sqrt(2 / m) * normals(rngs(3), m, m), signs(m)
        values.append(lemma_B5.sparse_norms(W, v, lemma_B5.aligned_activations(W, v), 1).amax(1).mean().item())
    assert 1.5 < values[1] / values[0] < 2.3
    assert values[1] > 0.4 * math.sqrt(512 / math.pi)


def test_a_perturbation_of_lemma_B5_flips_nothing_and_is_attained():
    p = lemma_B5.perturbed.params({"m": 20, "tau": 0.5, "s": 2})
    W = fcg_gaussian(rngs(4), 1, p.width, p.L)
    found, unperturbed = lemma_B5.largest_perturbed(p, rngs(4))
    x = torch.tensor([[1.0], [-1.0]], dtype=torch.float64).expand(4, -1, -1)
    net = forward(W, x, p.theta)
    active = signs(p.width) * net.sigma[-1][:, 0]
    # With a free y of norm one the gain would be tau ||Sigma v||: no more can be had.
    assert (found > unperturbed).all()
    assert (found <= unperturbed + p.tau * active.norm(dim=-1) + 1e-9).all()
