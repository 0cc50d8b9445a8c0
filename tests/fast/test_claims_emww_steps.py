"""The emww claims of proof steps and set-up: their formulas against the network, simulation and exact laws."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats

from lemmata.claims.emww import (
    appendix_C,
    assumption_3_3,
    eq_2_2,
    eq_4_8,
    eq_6_2,
    init_variants,
    lemma_4_5,
    lemma_4_6,
    lemma_6_4,
    prop_4_1_proof,
    prop_4_2_lower,
    remark_1,
    thm_6_1,
)
from lemmata.claims.emww.eq_4_3 import network
from lemmata.generators import emww_initialisation, k_0, sphere
from lemmata.generators.harmonics import eigenvalues, legendre
from lemmata.networks.activations import ACTIVATIONS, identity, relu
from lemmata.networks.emww import Theta, backward, forward, gradients, gram, risk, risk_gradient
from lemmata.vocabulary.parameters import Params


def seeded(trials: int, seed: int = 4) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(trials)]


def case(claim, **wanted) -> Params:
    """The parameters of the first point of a claim that has these values."""
    return claim.params(next(dict(p) for p in claim.points if all(p[k] == v for k, v in wanted.items())))


@pytest.mark.parametrize("L, same", [(3, True), (4, False)])
def test_the_usual_residual_network_differs_from_depth_four_on(L, same):
    theta, x, sigma = network(Params({"sigma": "tanh", "L": L, "m": 2, "d": 2}), seeded(2))
    h, usual = (eq_2_2.in_one_state(theta, x, sigma, usual) for usual in (False, True))
    assert torch.equal(h[..., 1, :], usual[..., 1, :])
    assert torch.allclose(h[..., -1, -1], usual[..., -1, -1], rtol=1e-13) == same


@pytest.mark.parametrize("sigma", ["relu", "tanh"])
def test_one_block_more_is_seen_by_hand(sigma):
    p, feature = SimpleNamespace(sigma=sigma, L=2), float(ACTIVATIONS[sigma].value(torch.tensor(1.0).double()))
    assert [float(side) for side in eq_6_2.one_block_more(p)] == pytest.approx([feature, 2 * feature])
    assert [float(side) for side in eq_4_8.one_block_more(p)] == pytest.approx([feature**2 / 2, feature**2])


def test_steps_of_the_proof_of_4_1_by_hand():
    for c, L in ((1, 4), (2, 16), (3, 36)):
        p = SimpleNamespace(c=c, L=L)
        assert prop_4_1_proof.first_step(p) == prop_4_1_proof.simplified(p)
        assert prop_4_1_proof.inserted_by_hand(p) == prop_4_1_proof.inserted(p)
        for left, right in zip(prop_4_1_proof.sum_by_hand(p), prop_4_1_proof.as_printed(p), strict=True):
            assert float(left) == pytest.approx(right, rel=1e-12)


def test_the_proof_of_4_1_is_complete_for_c_of_three():
    for c, L in ((3, 36), (3, 1000), (16, 1024)):
        p = SimpleNamespace(c=c, L=L)
        for step in (prop_4_1_proof.simplified, prop_4_1_proof.inserted):
            lhs, rhs = step(p)
            assert lhs <= rhs


@pytest.mark.parametrize("pattern", [0, 5, 10, 15])
def test_alpha_by_signs_is_that_of_the_network(pattern):
    c, L = 2.0, 30
    signs = [1.0 if bit == "0" else -1.0 for bit in f"{pattern:04b}"]
    a, r, B, C = (torch.full((1, L - 1, 1), sign * c / L, dtype=torch.float64) for sign in signs)
    theta, x = Theta(a, r, 1 + B[..., None], C[..., None]), torch.ones(1, 1, 1).double()
    states = forward(theta, x, relu)
    alpha = backward(theta, states, relu).alpha[0, 0, 0]
    assert prop_4_2_lower.alpha_by_signs(c, L)[pattern] == pytest.approx(alpha.item(), rel=1e-13)


def test_lemma_6_4_is_that_of_the_extremal_network():
    c, L = 1.0, 6
    p, eps = SimpleNamespace(c=c, L=L), torch.full((1, 5, 1), 1 / 6, dtype=torch.float64)
    theta, x = Theta(eps, eps, 1 + eps[..., None], eps[..., None]), torch.ones(1, 1, 1).double()
    states = forward(theta, x, relu)
    assert lemma_6_4.farthest(p) == pytest.approx(states.f.item() - 5 / 6, rel=1e-13)
    squares = [sqrt(side) for side in lemma_6_4.by_hand(p)]
    assert squares == pytest.approx(lemma_6_4.stacked(p), rel=1e-12)
    of_a = gradients(states, backward(theta, states, relu)).a.flatten() - 1
    assert lemma_6_4.steepest(p) == pytest.approx(of_a.max().item(), rel=1e-13)
    assert float(lemma_6_4.slope_by_hand(p)[0]) == pytest.approx(of_a[0].item(), rel=1e-13)


def test_sixteen_is_enough_for_lemma_6_4():
    s = Fraction(1, 6)  # (1 + 5s) 6s + 5s <= 16s is 30s <= 5
    assert (1 + 5 * s) * 6 * s + 5 * s <= 16 * s


def test_mu_n_by_hand_is_the_eigenvalue():
    for n in (2, 4, 5, 128):
        k = 2 * ((n - 2) // 2)
        mu = 1 / (np.pi * (k**2 - 1)) ** 2 if n > 3 else 1 / 16
        assert eigenvalues(n, 2)[-1] == pytest.approx(mu, rel=1e-11)


def test_chance_of_a_close_pair_by_simulation():
    n = 128
    chance, half = remark_1.close_pair(SimpleNamespace(n=n))
    assert half == 0.5
    assert float(chance) == pytest.approx(0.69, abs=0.005)
    angles = np.sort(np.random.default_rng(1).uniform(0, 2 * np.pi, (20_000, n)), axis=1)
    gaps = np.diff(angles, axis=1, append=angles[:, :1] + 2 * np.pi).min(axis=1)
    rho = torch.from_numpy(np.cos(gaps))
    below = (0.25 - k_0(rho, 2)) / n < eigenvalues(n, 2)[-1] / 2  # v^T K v for the two points
    assert stats.binomtest(int(below.sum()), len(gaps), float(chance)).pvalue > 1e-3


def test_two_points_are_enough_for_the_smallest_eigenvalue():
    lambda_n, half_mu = remark_1.smallest_of_a_sample(Params({"n": 128, "d": 2}), seeded(20))
    assert (lambda_n < half_mu).all()


def test_targets_are_multiples_of_their_coefficients():
    p = case(assumption_3_3.assumption, sigma="relu", d=5, k=1)
    w, x = sphere(seeded(1), 100_000, 5)[0], sphere(seeded(1, 9), 1, 5)[0, 0]
    terms = legendre(1, 5, w[:, 0]) * torch.relu(w @ x)
    assert float(terms.mean()) == pytest.approx(p.s_k * float(x[0]), abs=4.5 * float(terms.std()) / len(w) ** 0.5)
    assert assumption_3_3.zero_function(case(assumption_3_3.assumption, sigma="relu", d=2, k=3))[1] == 0.5
    with pytest.raises(ValueError, match="not zero"):
        assumption_3_3.zero_function(case(assumption_3_3.assumption, sigma="relu", d=2, k=2))


def test_quantities_of_lemmas_4_5_and_4_6_are_those_of_the_network():
    x, y = sphere(seeded(3), 2, 2), sphere(seeded(3, 8), 2, 1)[..., 0]
    theta = emww_initialisation(seeded(3), 2, 3, 6)
    theta = Theta(theta.a + 0.1, theta.r + 0.05, theta.B, theta.C - 0.05)
    states = forward(theta, x, relu)
    back = backward(theta, states, relu)
    H = gram(theta, x, relu)
    assert torch.allclose(lemma_4_5.lambda_min(states, back), torch.linalg.eigvalsh(H)[:, 0], rtol=1e-10)
    smallest = lemma_4_6.slowest(states, back)
    squared = sum(block.flatten(1).square().sum(1) for block in risk_gradient(theta, x, y, relu))
    assert (squared / risk(states, y) >= smallest * (1 - 1e-12)).all()
    J = torch.cat([block.flatten(2) for block in gradients(states, back)], 2)
    worst = states.f - torch.linalg.eigh(J @ J.mT)[1][:, :, 0]  # labels with which the error is the bottom eigenvector
    squared = sum(block.flatten(1).square().sum(1) for block in risk_gradient(theta, x, worst, relu))
    assert torch.allclose(squared / risk(states, worst), smallest, rtol=1e-9)


def test_unit_rows_change_nothing_for_homogeneous_activations_or_one_unit():
    u = torch.linspace(-2, 2, 9, dtype=torch.float64)
    for sigma, m in ((relu, 4), (identity, 3), (ACTIVATIONS["tanh"], 1)):
        unit = lemma_4_5.of_unit_rows(sigma, m)
        assert torch.allclose(unit.value(u), sigma.value(u), rtol=1e-14)
        assert torch.equal(unit.derivative(u), sigma.derivative(u))
    assert not torch.allclose(lemma_4_5.of_unit_rows(ACTIVATIONS["tanh"], 4).value(u), u.tanh())


@pytest.mark.parametrize("sigma", ["identity", "relu"])
def test_chi_squared_law_by_simulation(sigma):
    p = case(init_variants.gram, sigma=sigma, m=1, d=1)
    chance, _ = init_variants.chi_squared(p)
    smallest, bound = init_variants.same_constants(p, seeded(3000))
    assert stats.binomtest(int((smallest < bound).sum()), 3000, float(chance)).pvalue > 1e-3
    if sigma == "identity":
        assert (p.L, float(chance)) == (24, pytest.approx(stats.chi2.cdf(18, 24)))


@pytest.mark.parametrize("sigma, d", [("relu", 2), ("absolute", 5), ("tanh", 1)])
def test_population_risk_by_monte_carlo(sigma, d):
    p = case(thm_6_1.risk, sigma=sigma, d=d)
    w, a = thm_6_1.witness(p, seeded(1))
    x = sphere(seeded(1, 6), 30_000, d)[0]
    f = ACTIVATIONS[sigma].value(x @ w[0].T / sqrt(p.m)) @ a[0]
    losses = (f - p.s_k * legendre(p.k, d, x[:, 0])).square() / 2
    error = 4.5 * float(losses.std()) / len(x) ** 0.5
    assert float(losses.mean()) == pytest.approx(thm_6_1.population_risk(p, seeded(1), False).item(), abs=error)


def test_largest_gap_is_above_that_of_any_coefficients():
    p = case(appendix_C.generalization, sigma="relu", d=2)
    gap, bound = appendix_C.largest_gap(p, seeded(3))
    rngs = seeded(3)
    w, x = sphere(rngs, p.m * p.L, 2), sphere(rngs, p.n, 2)
    fresh = sphere(seeded(1, 12), 20_000, 2).expand(3, -1, -1)
    for a in p.c * sphere(seeded(5, 13), 3, p.m * p.L):  # [3, mL] of norm c
        risks = [
            ((torch.relu(z @ w.mT) / sqrt(p.m) @ a[..., None])[..., 0] - z[..., 0]).square().mean(1) / 2
            for z in (x, fresh)
        ]
        assert ((risks[0] - risks[1]).abs() <= gap + 0.01).all()
    assert (gap < bound).all()


def test_complexity_of_one_point_by_hand():
    for L, c in ((64, 1.0), (4, 0.25)):
        p = SimpleNamespace(L=L, c=c)
        assert float(appendix_C.one_point_by_hand(p)[0]) == pytest.approx(appendix_C.one_point(p))
