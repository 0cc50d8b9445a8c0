"""The path norm of the residual network (A.1), against networks with signs and other activations."""

from __future__ import annotations

import numpy as np
import pytest

from lemmata.claims.emww import eq_A2_pathnorm as claims
from lemmata.vocabulary.parameters import Params

ACTIVATIONS = {"relu": lambda u: np.maximum(u, 0), "tanh": np.tanh, "identity": lambda u: u}


def output(weights, x, sigma):
    h = np.append(x, 0.0)
    for U, V in weights:
        h = h + U @ sigma(V @ h)
    return h[-1]


@pytest.mark.parametrize("sigma", ACTIVATIONS.values(), ids=ACTIVATIONS)
@pytest.mark.parametrize(("d", "m", "L"), [(1, 1, 3), (2, 1, 4), (3, 2, 4)])
def test_no_signs_and_no_input_have_a_larger_output(d, m, L, sigma):
    p, rng = Params({"d": d, "m": m, "L": L}), np.random.default_rng(3)
    weights = claims.blocks(p, rng)
    largest = claims.largest_output(p, weights)
    for _ in range(300):
        signed = [tuple(rng.choice([-1.0, 1.0], A.shape) * A.astype(float) for A in pair) for pair in weights]
        assert abs(output(signed, rng.uniform(-1, 1, d), sigma)) <= largest + 1e-9
    assert output([(U.astype(float), V.astype(float)) for U, V in weights], np.ones(d), lambda u: u) == largest


def test_the_counterexample_is_a_network():
    one, zero = [[1], [0]], [[0], [1]]
    weights = [(np.array(U, dtype=object), np.array([[1, 0]], dtype=object)) for U in (one, zero)]
    p = Params({"d": 1, "m": 1, "L": 3})
    factors = claims.factors(p, weights)
    assert (claims.largest_output(p, weights), claims.norm(p, factors)) == claims.two_blocks(p) == (2, 1)
    assert claims.norm(p, factors[::-1]) == claims.path_norm(p, weights) == 2
