"""Activations in law, Proposition C.5 and Lemma B.6: shortcuts against weights that are written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from lemmata.claims.fcg.in_law import hidden_activations, preactivations
from lemmata.claims.fcg.lemma_B6 import form, lemma_B6, sample, smallest_form
from lemmata.claims.fcg.proposition_C5 import alpha_of_the_proof, best_alpha, best_alphas, in_the_limit, prop_C5
from lemmata.generators import affine, fcg_gaussian
from lemmata.networks.fcg import forward


def generators(count: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(count)]


@pytest.mark.parametrize("n", [3, 7])  # fewer and more inputs than dimensions
def test_preactivations_have_the_covariance_of_gaussian_weights(n: int) -> None:
    trials, m_in, m_out = 20_000, 5, 2
    x = torch.from_numpy(np.random.default_rng(1).standard_normal((n, m_in)))
    z = preactivations(generators(trials), x.expand(trials, -1, -1), m_out)
    products = z[:, :, None, 0] * z[:, None, :, 0]
    error = products.std(0) / math.sqrt(trials)
    # One unit: 2/m_out <x_i, x_k>. Of at most 28 entries, one beyond 5 sigma has probability below 2e-5.
    assert bool(((products.mean(0) - 2 / m_out * x @ x.T).abs() < 5 * error).all())
    # Units are independent.
    cross = z[:, :, None, 0] * z[:, None, :, 1]
    assert bool((cross.mean(0).abs() < 5 * cross.std(0) / math.sqrt(trials)).all())


def test_equal_inputs_have_equal_preactivations() -> None:
    x = torch.from_numpy(np.random.default_rng(2).standard_normal((4, 3, 6)))
    z = preactivations(generators(4), torch.cat([x, x], dim=1), 10)
    torch.testing.assert_close(z[:, :3], z[:, 3:], rtol=1e-12, atol=1e-13)


def test_last_layer_in_law_and_with_weights() -> None:
    m, L, theta, trials = 12, 4, 0.5, 1500
    x = torch.nn.functional.normalize(torch.from_numpy(np.random.default_rng(3).standard_normal((3, 4))), dim=1)
    x = x.expand(trials, -1, -1)
    net = forward(fcg_gaussian(generators(trials, 1), 4, m, L), x, theta)
    _, layers = hidden_activations(generators(trials, 2), x, m, L, theta)

    def statistics(x_L: torch.Tensor) -> list[torch.Tensor]:
        return [x_L[:, 0].norm(dim=1), (x_L[:, 0] * x_L[:, 1]).sum(1), x_L[:, 1, 0] - x_L[:, 2, 0]]

    # Three tests at 1e-4 each. A layer whose weights differed between inputs would show in the second at once.
    for a, b in zip(statistics(net.x[L]), statistics(layers[-1]), strict=True):
        assert ks_2samp(a.numpy(), b.numpy()).pvalue > 1e-4


def test_form_is_the_sum_of_squares_of_the_lemma(monkeypatch: pytest.MonkeyPatch) -> None:
    p = lemma_B6.params({"family": "linear", "gamma": 0.2, "d": 3, "L": 3, "n": 5}).replace(m=8)
    data = sample(p, generators(2))
    seen = {}

    def recording(rngs: list[np.random.Generator], x: torch.Tensor, m_out: int) -> torch.Tensor:
        seen["x_L"], seen["z"] = x, preactivations(rngs, x, m_out)
        return seen["z"]

    monkeypatch.setattr("lemmata.claims.fcg.lemma_B6.preactivations", recording)
    M = form(p, generators(2, 5), data)
    a = torch.rand(2, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    total = torch.zeros(2, dtype=torch.float64)
    for b in range(2):
        for j in range(8):
            vector = sum(
                (a[b, i] * data.y[b, i] * float(seen["z"][b, i, j] > 0) * seen["x_L"][b, i] for i in range(5)),
                torch.zeros(8, dtype=torch.float64),
            )
            total[b] += (vector / 5).square().sum()
    torch.testing.assert_close(((a / 5)[:, None] @ M @ (a / 5)[..., None])[:, 0, 0], total)


def test_smallest_form_is_below_every_weighting() -> None:
    p = lemma_B6.params({"family": "xor", "gamma": 0.15, "d": 3, "L": 2, "n": 6})
    found = smallest_form(p, generators(4)).lhs
    rngs = generators(4)  # in the state in which the trial had them
    M = form(p, rngs, sample(p, rngs))
    a = torch.from_numpy(np.random.default_rng(0).dirichlet(np.full(6, 0.3), (4, 2000)))
    values = (a @ M * a).sum(-1)
    assert bool((found <= values.amin(1) * (1 + 1e-12)).all())
    assert bool((found >= 0.5 * values.amin(1)).all())


def test_one_alpha_is_no_better_than_one_for_each_layer() -> None:
    p = prop_C5.params({"family": "linear", "gamma": 0.39, "d": 2, "L": 16})
    joint, layerwise = best_alpha(p, generators(8)), best_alphas(p, generators(8))
    assert bool((joint <= layerwise + 1e-12).all())
    assert bool((alpha_of_the_proof(p, generators(8)) <= joint + 1e-12).all())


@pytest.mark.parametrize(("gamma", "fails"), [(0.06, 1), (0.11, 0)])
def test_limit_of_the_witness(gamma: float, fails: int) -> None:
    p = prop_C5.params({"family": "affine", "gamma": gamma, "d": 2, "L": 4})
    assert in_the_limit(p)[0] == fails
    m, family = 400_000, affine(0.8, 0.2)
    level = (-gamma * math.sqrt(2 * math.pi) - 0.2) / 0.8  # x_1 with f(x) = -gamma
    x = torch.tensor([[[level, math.sqrt(1 - level**2)]]], dtype=torch.float64)
    W_1, layers = hidden_activations(generators(1), x, m, p.L, p.theta)
    c = family.c(math.sqrt(m / 2) * W_1.mT)
    margin = -(layers[-1][0, 0] * c[0]).sum() / c.norm()
    # The standard error is about 1/sqrt(m) = 0.0016; both cases are 0.015 or more from gamma/4.
    assert (margin < gamma / 4) == bool(fails)
