"""Adversaries and known limits that the claims on Lemmas 4.1, B.4 and C.3 state in their texts."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from lemmata.claims.fcg import lemma_4_1, lemma_B4, lemma_C3
from lemmata.generators import fcg_gaussian, sphere
from lemmata.networks.fcg import forward, interlayer


def rngs(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng([5, i]) for i in range(n)]


def circle(n: int) -> Tensor:
    angles = torch.arange(n, dtype=torch.float64) * (2 * math.pi / n)
    return torch.stack([angles.cos(), angles.sin()], -1)


def limit_of_norm(L: int, theta: float) -> float:
    """The norm of x_L for one input as m grows: N^2 = |x_l|^2 and s = sum_j x_{l,j} / sqrt(m), layer by layer."""
    s, N = 1 / math.sqrt(math.pi), 1.0
    for _ in range(2, L + 1):
        s, N = (
            s + theta * N / math.sqrt(math.pi),
            math.sqrt((1 + theta**2) * N**2 + 2 * theta * s * N / math.sqrt(math.pi)),
        )
    return N


def test_norm_of_one_input_in_the_limit():
    t = 1 / math.sqrt(math.pi)
    assert abs(limit_of_norm(10**5, 1e-5) - (math.cosh(t) + t * math.sinh(t))) < 1e-4
    assert abs(limit_of_norm(10**5, 1e-5) - 1.4989) < 1e-4
    # At this width |x_{L+1}| of one network is off by 10 % (standard deviation), the mean over 40 by 1.6 %.
    m, L = 256, 16
    W = fcg_gaussian(rngs(40), 3, m, L)
    *_, x_L, x_out = forward(W, sphere(rngs(40), 1, 3), 1 / L).x
    for x in (x_L, x_out):
        assert abs(x.norm(dim=-1).mean().item() / limit_of_norm(L, 1 / L) - 1) < 0.05


def test_extreme_norms_against_all_inputs_of_a_circle_and_all_layers():
    p = lemma_4_1.activations.params({"kappa": 2.0, "L": 5, "d": 2, "inverse_t": 1.0})
    W = fcg_gaussian(rngs(8), p.d, p.m, p.L)
    x = circle(4000).expand(8, -1, -1)
    norms = torch.stack([layer.norm(dim=-1) for layer in forward(W, x, p.theta).x[1:]])
    largest = lemma_4_1.largest_norm(p, rngs(8)).lhs / norms.amax((0, 2))
    smallest = lemma_4_1.smallest_norm(p, rngs(8)).lhs / norms.amin((0, 2))
    assert (largest < 1 + 1e-4).all()  # the grid misses 1e-6 of a smooth maximum
    assert (largest > 0.97).all()
    assert (smallest > 1 - 1e-2).all()  # a minimum may lie on a kink, where the grid misses more
    assert (smallest < 1.05).all()


def test_interlayer_norms_against_dense_svd_of_all_pairs():
    p = lemma_4_1.interlayers.params({"kappa": 1.0, "L": 5, "d": 3, "inverse_t": 1.0})
    W = fcg_gaussian(rngs(6), p.d, p.m, p.L)
    net = forward(W, sphere(rngs(6), 200, p.d), p.theta)
    pairs = {
        (l, l2): torch.linalg.matrix_norm(interlayer(W, net, l, l2), ord=2).amax(1)
        for l in range(1, p.L + 2)
        for l2 in range(l, p.L + 2)
    }
    first = torch.stack([norm for (l, _), norm in pairs.items() if l == 1]).amax(0)
    later = torch.stack([norm for (l, _), norm in pairs.items() if l > 1]).amax(0)
    # 200 inputs against 64 and 16: what the claim finds may be a little more or less.
    for found, reference in (
        (lemma_4_1.norm_from_input(p, rngs(6)).lhs, first),
        (lemma_4_1.norm_between_layers(p, rngs(6)).lhs, later),
    ):
        assert (found / reference > 0.85).all()
        assert (found / reference).median() > 0.93


def test_twelve_lanczos_steps_reach_the_norm():
    p = lemma_4_1.interlayers.params({"kappa": 3.0, "L": 6, "d": 4, "inverse_t": 10.0})
    W = fcg_gaussian(rngs(3), p.d, p.m, p.L)
    x = sphere(rngs(3), 4, p.d)
    exact = torch.linalg.matrix_norm(interlayer(W, forward(W, x, p.theta), 2, p.L + 1), ord=2)
    share = lemma_4_1.interlayer_norm(W, x, p.theta) / exact
    assert (share > 0.98).all()
    assert (share < 1 + 1e-9).all()


def test_worst_count_of_one_input_in_the_limit():
    # Law of large numbers over 2e6 units: the count is known to 0.1 %, small tau costs tau^(4/3).
    tau = 0.05
    z = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 1, 2_000_000))) * math.sqrt(2 / 2_000_000)
    count = lemma_B4.flips(z, torch.eye(1, 3, dtype=torch.float64)[None], tau).item()
    assert abs(count / (2_000_000 * tau ** (2 / 3)) / (6 / math.pi) ** (1 / 3) - 1) < 0.01


def test_random_directions_flip_few():
    # The text says tau sqrt(m) / pi on average; over 200 trials its standard error is 4 %.
    p = lemma_B4.sparsity.params({"m": 128, "inverse_tau": 1.0, "L": 2, "d": 2})
    counts = lemma_B4.worst_count(p, rngs(200)).random
    assert abs(counts.double().mean().item() / (p.m**0.5 / math.pi) - 1) < 0.15


def test_sparse_form_against_enumeration():
    p = lemma_C3.sparse.params({"m": 10, "s": 2, "L": 4})
    M = lemma_C3.last_layer(p, rngs(5)).mT
    supports = list(combinations(range(p.m), p.s))
    exact = torch.stack(
        [
            torch.stack([torch.linalg.matrix_norm(one[list(b)][:, list(a)], ord=2) for a in supports for b in supports])
            for one in M
        ]
    ).amax(1)
    torch.testing.assert_close(lemma_C3.xi_is_identity(p, rngs(5)).lhs, exact, rtol=1e-6, atol=0)
