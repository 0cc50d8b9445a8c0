"""Exact claims of fcg by enumeration; norms of Lemma 4.4 and of the depth claims by dense matrices."""

from __future__ import annotations

from itertools import product
from math import comb, factorial

import numpy as np
import pytest
import torch

from lemmata.claims.fcg.depth import largest_activation, largest_interlayer
from lemmata.claims.fcg.eq_19 import diagonal, eq_19, vector
from lemmata.claims.fcg.lemma_4_4 import lemma_4_4, sizes, worst_gradient
from lemmata.claims.fcg.lemma_C3_netcount import ratio
from lemmata.generators import fcg_gaussian, sphere
from lemmata.networks.fcg import forward, interlayer, loss_gradient, surrogate


def generators(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng([0, trial]) for trial in range(count)]


@pytest.mark.parametrize("half", [1, 2, 3])
def test_dual_step_by_enumeration(half: int) -> None:
    m = 2 * half
    v = [1] * half + [-1] * half
    for s in range(1, m + 1):
        p = eq_19.params({"s": s, "half": half})
        signs = [a for a in product((-1, 0, 1), repeat=m) if sum(map(abs, a)) == s]
        # A linear form is largest at a vertex of the cube of its support.
        assert vector(p) == (max(sum(x * y for x, y in zip(v, a, strict=True)) ** 2 for a in signs), s)
        assert diagonal(p)[0] == s


@pytest.mark.parametrize(("s", "first"), [(15, 27), (16, 33), (21, 283)])
def test_first_failures_of_the_net_count(s: int, first: int) -> None:
    assert all(comb(m, s) * 9**s <= m**s for m in range(s, first))
    assert comb(first, s) * 9**s > first**s
    assert ratio(s, first)[0] > 1 >= ratio(s, first - 1)[0]


def test_net_count_holds_from_22_on() -> None:
    # binom(m, s) s! <= m^s, so 9^s <= s! is enough, and the next factor s + 1 is above 9.
    assert factorial(22) >= 9**22
    assert factorial(21) < 9**21


@pytest.mark.parametrize("skip", [True, False])
def test_largest_interlayer_is_attained_by_a_dense_matrix(skip: bool) -> None:
    L, m = 6, 9
    W = fcg_gaussian(generators(2), 3, m, L, 2)
    net = forward(W, sphere(generators(2), 1, 3), 0.3, skip)
    dense = {l: torch.linalg.matrix_norm(interlayer(W, net, l, L)[:, 0], ord=2) for l in range(2, L + 1)}
    expected = torch.stack([dense[l] for l in (6, 5, 3, 2)]).amax(0)  # 1, 2, 4 and L - 1 factors
    torch.testing.assert_close(largest_interlayer(W, net), expected)
    norms = torch.stack([x[:, 0].norm(dim=1) for x in net.x[1 : L + 1]]).amax(0)
    torch.testing.assert_close(largest_activation(W, net), norms)


def test_gradient_of_one_sample_is_a_product_of_two_norms() -> None:
    L, theta = 4, 0.3
    W = fcg_gaussian(generators(3), 3, 10, L)
    x = sphere(generators(3), 1, 3)
    net = forward(W, x, theta)
    y = torch.ones(3, 1, dtype=torch.float64)
    E_S = surrogate(net, y)
    found = sizes(W, x, theta, range(1, L + 2))
    for l, gradient in enumerate(loss_gradient(W, net, y), start=1):
        scale = theta if 2 <= l <= L else 1.0
        torch.testing.assert_close(gradient.flatten(1).norm(dim=1), scale * found[:, l - 1] * E_S)


def test_worst_gradient_beats_the_initialisation_and_random_points() -> None:
    p = lemma_4_4.params({"m": 32, "L": 4, "d": 3, "inverse_t": 2.0})
    layers = range(2, p.L + 1)
    norms, E_S, random = worst_gradient(p, generators(6), layers)
    rngs = generators(6)
    W = fcg_gaussian(rngs, p.d, p.m, p.L, p.m)
    start = sizes(W, sphere(rngs, 1, p.d), p.theta, layers).amax(1)
    found = norms / (p.theta * E_S)
    # At tau = 1 the aligned change is as large as a weight matrix acting on one vector.
    assert bool((found > 1.5 * start).all())
    assert bool((found > 1.5 * random).all())
