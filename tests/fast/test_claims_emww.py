"""What the emww claims compute beside networks: exact laws against simulation, and facts that their texts state."""

from __future__ import annotations

from fractions import Fraction
from math import exp, floor, sqrt
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from lemmata.adversaries.skip_network import suprema
from lemmata.claims.emww import appendix_B, eq_4_3, grad_formulas, lemma_4_3, lemma_4_4, prop_4_2
from lemmata.claims.emww.at_initialisation import gram, training_set
from lemmata.generators import emww_initialisation, random_in_I_c, simplex, sphere
from lemmata.networks.activations import ACTIVATIONS, identity, relu
from lemmata.networks.emww import Theta, backward, forward, gradients, risk, risk_gradient
from lemmata.networks.emww import gram as gram_by_network
from lemmata.vocabulary.parameters import Params


def seeded(trials: int, seed: int = 3) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(trials)]


def cell(claim, **wanted) -> Params:
    """The parameters of the point of a claim that has these values."""
    (point,) = [dict(p) for p in claim.points if all(p[k] == v for k, v in wanted.items())]
    return claim.params(point)


@pytest.mark.parametrize(("c", "L"), [(5, 150), (6, 216), (4, 96), (1, 6)])
def test_alpha_by_hand_is_the_supremum(c, L):
    alpha, bound = prop_4_2.by_hand(SimpleNamespace(c=c, L=L))
    assert 0 <= suprema(c, L).alpha - alpha < Fraction(2, 10**30)
    assert (alpha > bound) == (c >= 5)


@pytest.mark.parametrize("L", [216, 10**4, 10**8])
def test_alpha_fails_for_c_of_6_at_every_depth(L):
    assert suprema(6, L).alpha > Fraction(5 * 6, L)


def test_corrected_constants_of_lemma_4_3():
    # (1 + 5s)^2 (1 + 6s)^2 <= 1 + 50s on the whole regime: the difference is convex in s and negative at both ends.
    for s in (Fraction(1, 100), Fraction(1, 10**6)):
        assert (1 + 5 * s) ** 2 * (1 + 6 * s) ** 2 <= 1 + 50 * s


@pytest.mark.parametrize("sigma", [relu, identity])
def test_risk_gradients_stay_below_the_products_of_suprema(sigma):
    c, L, n = 1.0, 100, 3
    rngs = seeded(8)
    theta = random_in_I_c(rngs, emww_initialisation(rngs, 2, 2, L), c, L)
    x, y = sphere(rngs, n, 2), sphere(rngs, n, 1)[..., 0]
    gradient = risk_gradient(theta, x, y, sigma)
    R = risk(forward(theta, x, sigma), y)
    p = SimpleNamespace(c=c, L=L, ratio=100.0)
    most = {
        "a": lemma_4_3.twice_the_bound(p)[0],
        "r": lemma_4_3.products_r(p)[0],
        "B": lemma_4_3.products_B(p)[0],
        "C": lemma_4_3.products_C(p)[0],
    }
    for block, bound in most.items():
        ratio = getattr(gradient, block).flatten(2).square().sum(-1).amax(1) / R
        assert (ratio <= float(bound)).all()


def test_counterexample_of_lemma_4_3_by_the_network():
    L = 100
    zero, one = torch.zeros(1, L - 1, 1).double(), torch.ones(1, L - 1, 1, 1).double()
    theta, x, y = Theta(zero, zero, one, 0 * one), one[:, :1, :, 0], torch.ones(1, 1).double()
    ratio = risk_gradient(theta, x, y, relu).a[0, 0].square() / risk(forward(theta, x, relu), y)
    assert (ratio.item(), 1.5) == lemma_4_3.by_hand(SimpleNamespace(c=1, L=L)) == (2, 1.5)


@pytest.mark.parametrize("block", ["a", "r", "B", "C"])
def test_extremal_gradients_are_those_of_the_extremal_network(block):
    c, L = 2.0, 40
    eps = torch.full((1, L - 1, 1), c / L, dtype=torch.float64)
    theta, x = Theta(eps, eps, 1 + eps[..., None], eps[..., None]), torch.ones(1, 1, 1).double()
    states = forward(theta, x, relu)
    of_f = getattr(gradients(states, backward(theta, states, relu)), block).amax().item()
    assert lemma_4_3.extremal_norm(SimpleNamespace(c=c, L=L), block) == pytest.approx(of_f, rel=1e-13)


@pytest.mark.parametrize("point", eq_4_3.POINTS, ids=lambda p: f"{p['sigma']}-{p['L']}")
def test_formulas_of_section_4_agree_with_autograd(point):
    p = eq_4_3.eq_4_3.params(point)
    for claim in (eq_4_3.with_slope, grad_formulas.chain_rule):
        autograd, formula = claim(p, seeded(3))
        assert autograd.shape[0] == 3
        assert (autograd - formula).abs().max() <= 1e-13 * (1 + autograd.abs().max())  # sums of < 100 terms


@pytest.mark.parametrize("sigma", ["relu", "absolute", "tanh"])
def test_smallest_counterexamples_fail_by_hand(sigma):
    p = SimpleNamespace(sigma=sigma)
    hands = [eq_4_3.beta_by_hand, eq_4_3.total_by_hand, grad_formulas.a_by_hand, grad_formulas.B_by_hand]
    for by_hand in hands:
        true, printed = by_hand(p)
        assert abs(true - printed) > 0.05
    slope = float(ACTIVATIONS[sigma].derivative(torch.tensor(-1.0, dtype=torch.float64)))
    assert float(grad_formulas.B_by_hand(p)[0]) == pytest.approx(slope)


def test_gram_matrix_is_that_of_the_network():
    p = Params({"sigma": "tanh", "data": "simplex", "d": 2, "m": 3, "L": 5})
    theta = emww_initialisation(seeded(4), 2, 3, 5)
    x = training_set(p).x.expand(4, -1, -1)
    assert torch.allclose(gram(p, seeded(4), unit=False), gram_by_network(theta, x, ACTIVATIONS["tanh"]), rtol=1e-13)


def test_rows_of_norm_one_change_nothing_for_relu():
    p = Params({"sigma": "relu", "data": "simplex", "d": 2, "m": 3, "L": 5})
    assert torch.allclose(gram(p, seeded(2), unit=False), gram(p, seeded(2), unit=True), rtol=1e-13)


def test_regime_of_lemma_4_4_has_the_smallest_depth():
    p = cell(lemma_4_4.lemma_4_4, sigma="relu", data="one", m=1, delta=0.1)
    assert (p.L, p.lambda_n) == (74, 0.5)
    assert stats.binom.cdf(27, 74, 0.5) == pytest.approx(0.013, abs=5e-4)  # 27 < 74 * 3/8 < 28


def test_binomial_law_of_the_narrow_and_the_wide_network():
    for point in ({"m": 1, "delta": 0.1}, {"m": 64}):
        p = cell(lemma_4_4.lemma_4_4, sigma="relu", data="one", **point)
        chance, delta = lemma_4_4.binomial_law(p)
        N = p.m * (p.L - 1)
        below = floor(3 * p.m * p.L / 8 - 1e-9)
        assert float(chance) == pytest.approx(stats.binom.cdf(below, N, 0.5), rel=1e-12)
        assert (chance > delta) == (p.m == 64)


@pytest.mark.parametrize(("sigma", "data"), [("softshrink", "one"), ("elu", "antipodal")])
def test_gram_matrix_is_too_small_for_every_initialisation(sigma, data):
    p = cell(lemma_4_4.lemma_4_4, sigma=sigma, data=data)
    assert lemma_4_4.same_for_every_theta_0(p)[0] == 1
    smallest, bound = lemma_4_4.rows_of_the_network(p, seeded(5))
    assert (smallest < bound).all()
    assert lemma_4_4.same_for_every_theta_0(Params({**p, "m": 1}))[0] == 0


def test_three_points_and_tanh_fail_for_every_initialisation():
    # v^T H v, v = (1, 1, 1)/sqrt(3), is a mean over rows w of (sum_i sqrt(m) tanh(w.x_i/sqrt(m)))^2 / 9.
    m, angles = 4, 2 * np.pi / 3 * np.arange(3)
    phi = np.linspace(0, 2 * np.pi, 30_001)[:, None]
    form = (sqrt(m) * np.tanh(np.cos(phi - angles) / sqrt(m)).sum(1)) ** 2 / 9
    lambda_3 = simplex(2, torch.tanh).lambda_n
    exact = integrate.quad(lambda t: np.tanh(np.cos(t - angles)).sum() ** 2 / 9, 0, 2 * np.pi)[0] / (2 * np.pi)
    assert lambda_3 == pytest.approx(exact, rel=1e-9)
    assert lambda_3 == pytest.approx(0.00147, abs=5e-6)
    assert form.max() < 0.00035 < 0.75 * lambda_3


@pytest.mark.parametrize("law", [appendix_B.law_of_L_blocks, appendix_B.law_of_the_net])
@pytest.mark.parametrize(("m", "L", "t"), [(1, 3, 0.16), (4, 10, 0.15), (20, 2, 0.14)])
def test_laws_of_appendix_B_agree_with_simulation(law, m, L, t):
    p = cell(appendix_B.event, data="one", m=m, L=L, t=t)
    trial = appendix_B.with_L_blocks if law is appendix_B.law_of_L_blocks else appendix_B.with_the_blocks_of_the_network
    chance, allowed = (float(v) for v in law(p))
    assert allowed == pytest.approx(exp(-2 * m * L * t**2)) == pytest.approx(p.delta)
    distance, bound = trial(p, seeded(2000))
    # Two-sided binomial test: errs once in a thousand per case, and the seeds are fixed.
    assert stats.binomtest(int((distance > bound).sum()), 2000, min(chance, 1.0)).pvalue > 1e-3


def test_event_of_appendix_B_is_certain_in_three_narrow_blocks():
    p = cell(appendix_B.event, data="one", m=1, L=3)
    chance, allowed = appendix_B.law_of_L_blocks(p)
    assert chance == 1
    assert float(allowed) == pytest.approx(0.858, abs=5e-4)
