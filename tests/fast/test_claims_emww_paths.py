"""What the emww claims about paths compute: closed forms against other computations, and what their texts state."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lemmata.claims.emww import (
    lemma_3_1,
    lemma_6_2,
    lemma_6_5,
    lemma_7_2,
    lemma_7_3,
    prop_5_1,
    thm_3_2,
    thm_6_6,
    thm_7_1,
)
from lemmata.claims.emww.corners import OneStep
from lemmata.claims.emww.paths import hardest_labels, lambda_of_the_network, network, sample
from lemmata.engine.skip_flow import gradient_descent, gradient_flow
from lemmata.generators import emww_initialisation
from lemmata.generators.kernel import kernel_matrix
from lemmata.networks import emww
from lemmata.networks.activations import Activation, relu
from lemmata.networks.emww import Theta
from lemmata.networks.emww_deep import DeepNetwork, depth_first, depth_last
from lemmata.vocabulary.parameters import Params


def seeded(trials: int, seed: int = 5) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(trials)]


def softshrink(s: float, scale: float = 1.0) -> Activation:
    """Soft-shrink at s, with its argument divided and its value multiplied by a scale."""
    return Activation(
        "softshrink",
        lambda u: scale * torch.nn.functional.softshrink(u / scale, s),
        lambda u: (u.abs() > scale * s).to(u),
        homogeneous=False,
    )


def units(sigma: Activation, m: int, L: int) -> DeepNetwork:
    """Networks on one sample x = y = 1, rows of norm 1/sqrt(m)."""
    theta_0 = depth_last(emww_initialisation(seeded(1), 1, m, L))
    one = torch.ones(1, 1, 1).double()
    return DeepNetwork(theta_0, one, one[0], sigma)


def test_softshrink_never_moves_whatever_the_depth():
    # Theorems 3.2 and 7.1: |B_0 x| = 1/2 is where soft-shrink begins.
    p = SimpleNamespace(m=4, delta=0.1)
    assert thm_3_2.never_moves(p) == thm_7_1.never_moves(p) == (1, Fraction(0.1))
    for L in (2, 300):
        net = units(softshrink(0.5), 4, L)
        for path in (gradient_flow(net, [10.0]), gradient_descent(net, 1.0, 50)):
            *_, last = path
            assert not last.V.any()
            assert last.risk.item() == 0.5
    assert thm_3_2.never_moves(SimpleNamespace(m=1, delta=0.1))[0] == 0


def test_soft_shrink_leaves_the_neighbourhood_of_proposition_5_1():
    # Four units that differ in sign only are one unit with sigma_4(u) = 2 sigma(u/2).
    four, one = units(softshrink(0.49), 4, 40), units(softshrink(0.49, 2.0), 1, 40)
    pair = [next(iter(gradient_flow(net, [1.0], 0.2))) for net in (four, one)]
    norms = [net.shape.block_norms(state.V) for net, state in zip((four, one), pair, strict=True)]
    assert torch.allclose(*norms, rtol=1e-9)
    p = prop_5_1.lipschitz.params({"L": 600_000, "s": 0.49})
    assert prop_5_1.growth_while_inside(p)[0] == prop_5_1.by_hand(p)[0] > 0
    # In the flow itself, at the smallest depth of the regime.
    L, lambda_1 = 170_500, 0.51**2
    assert 3000 / lambda_1**3 < L
    net = units(softshrink(0.49, 2.0), 1, L)
    (state,) = gradient_flow(net, [3 / (L * 0.02**2)], 1.0)
    assert L * net.shape.block_norms(state.V).amax() > 8 / lambda_1


@pytest.mark.parametrize(("sigma", "m"), [("relu", 4), ("identity", 3), ("tanh", 1)])
def test_kernel_of_the_network_is_that_of_the_paper_where_it_must(sigma, m):
    p = Params({"sigma": sigma, "data": "orthonormal", "d": 2, "m": m})
    assert lambda_of_the_network(p) == pytest.approx(sample(p).lambda_n, rel=1e-9)


def test_pair_has_the_lambda_that_was_asked_for():
    p = Params({"sigma": "relu", "data": "pair", "d": 2, "m": 1, "inv_lambda": 20.0})
    K = kernel_matrix(sample(p).x)
    y = hardest_labels(sample(p).x, "relu")
    assert sample(p).lambda_n == pytest.approx(1 / 20, rel=1e-9)
    assert torch.allclose(K @ y, y / 20, rtol=1e-8)
    assert y.abs().max() == 1


def test_random_feature_path_of_lemma_6_2_is_the_limit_of_small_steps():
    p = lemma_6_2.norm.params({"tau": 2.0, "L": 4, "s": 0.5})
    model = lemma_6_2.RandomFeatures(p, seeded(3))
    a, steps = model.a_0, 4000
    for _ in range(steps):
        error = model.Phi @ a - model.y
        a = a - (model.t / steps)[:, None, None] * (model.Phi.mT @ error) / error.shape[1]
    assert (a - model.path()).abs().max() < 1e-3 * (model.path() - model.a_0).abs().max()


def test_best_coefficients_of_lemma_6_2_are_not_improved():
    p = lemma_6_2.risk.params({"tau": 1.0, "L": 4, "s": 1.0})
    _, best = lemma_6_2.with_2t(p, seeded(3))
    model = lemma_6_2.RandomFeatures(p, seeded(3))
    rng = np.random.default_rng(0)
    a_best = model.move(model.times(lambda mu, t: 1 / (mu + 1 / t), model.e_0))
    for size in (1e-3, 0.1):
        a = a_best + size * torch.from_numpy(rng.normal(size=a_best.shape))
        side = model.E(a) + lemma_6_2.norm_of(model.a_0 - a) ** 2 / (2 * model.t)
        assert (side > best).all()


@pytest.mark.parametrize("tau", [0.01, 1.0, 100.0])
def test_one_unit_refutes_lemma_6_2_at_all_times(tau):
    moved, bound = lemma_6_2.one_unit(SimpleNamespace(tau=tau))
    assert moved > bound


def test_the_unused_block_moves_in_the_random_feature_model_only():
    p = lemma_6_5.lemma_6_5.params({"L": 64, "d": 1})
    net, features = network(p, seeded(2), p.L)
    assert (net.theta_0.shape[-1], features.shape[-1]) == (63, 64)
    (state,) = gradient_flow(net, [1 / (p.L * p.lambda_n)], 0.5, features)
    last = torch.einsum("bnm,bn->bm", features[..., -1], state.c).norm(dim=1)
    assert (p.L * last > 0.5).all()
    printed, net_only = lemma_6_5.as_printed(p, seeded(2))[0], lemma_6_5.blocks_of_the_network(p, seeded(2))[0]
    assert (printed > 10 * net_only).all()


@pytest.mark.parametrize("d", [1, 2, 3])
def test_grid_of_theorem_6_6_is_on_the_sphere_and_dense(d):
    x = thm_6_6.grid(d)
    assert torch.allclose(x.norm(dim=1), torch.ones(len(x)).double())
    assert torch.equal(x[x[:, 0] > 1 - 1e-12].round(), torch.eye(d).double()[:1])
    points = torch.randn(500, d, generator=torch.Generator().manual_seed(0)).double()
    points /= points.norm(dim=1, keepdim=True)
    assert torch.cdist(points, x).amin(1).max() < 0.35


def test_step_from_a_corner_is_that_of_the_loop():
    p = lemma_7_3.lemma_7_3.params({"c": 2, "kappa": 4.0, "u": 0.5})
    theta_0 = emww_initialisation(seeded(1), 1, 1, p.L)
    step = OneStep(p, theta_0)
    theta = depth_first(step.net.theta_0 + step.V, step.net.shape)
    gradient = emww.risk_gradient(theta, step.net.x, step.net.y, relu)
    after = Theta(*(block - p.eta * slope for block, slope in zip(theta, gradient, strict=True)))
    risk = emww.risk(emww.forward(after, step.net.x, relu), step.net.y)
    assert torch.allclose(step.risk_after, risk, rtol=1e-10)
    distance = step.net.shape.block_norms(step.V).amax((1, 2)) * p.L
    assert distance.max() == pytest.approx(p.c)
    assert len(risk) == 16 * 2 * 4


def test_corners_of_lemma_7_2_hold_the_extremal_network():
    p = lemma_7_2.lemma_7_2.params({"c": 2, "ratio": 10.0, "u": 0.01})
    step = OneStep(p, emww_initialisation(seeded(1), 1, 1, p.L))
    most = emww.extremal(2.0, p.L)
    reached = step.net.units(step.V).abs().amax((1, 2, 3))
    assert reached.max().item() == pytest.approx(1 + max(most.g), rel=1e-12)
    assert step.counted[reached.argmax()] or step.counted[reached.sort().indices[-2]]  # with y = 1 or with y = -1


def test_path_of_lemma_3_1_outside_of_the_ball():
    twin = lemma_3_1.flat_outside_of_a_small_ball
    theta, dt = 1.0, 1e-4
    for _ in range(20_000):
        theta -= dt * (theta if theta > 0.5 else max(5 * (theta - 0.4), 0.0))
    J = theta**2 / 2 if theta > 0.5 else 0.1 + 2.5 * (theta - 0.4) ** 2
    assert twin(SimpleNamespace(tau=4.0))[0] == pytest.approx(J / 0.5, rel=1e-3)
