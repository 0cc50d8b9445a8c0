"""What the emww claims about population risks compute, against other ways to the same numbers."""

from __future__ import annotations

from math import exp, pi

import numpy as np
import pytest
import torch

from lemmata.claims.emww import cor_3_5, prop_6_7, thm_3_4, thm_6_3
from lemmata.claims.emww.population import clustered, feature_flow_risk, hardest_dimension, kernel_flow_risk, zero_risk
from lemmata.engine.skip_flow import gradient_flow
from lemmata.generators.harmonics import legendre, multiplicity, multiplier
from lemmata.generators.sphere import sphere
from lemmata.networks import emww
from lemmata.networks.activations import relu
from lemmata.networks.emww_deep import depth_first
from lemmata.vocabulary.parameters import Params


def seeded(trials: int, seed: int = 7) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(trials)]


def equal_shares(x: torch.Tensor) -> torch.Tensor:
    return torch.full(x.shape[:2], 1 / x.shape[1], dtype=x.dtype)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_risk_of_the_features_is_that_of_small_steps_and_of_a_grid(k):
    w, x, t, steps = sphere(seeded(1), 12, 2), sphere(seeded(1, 8), 5, 2), 1.5, 1000
    s_k = multiplier(k, 2)
    Phi, y = torch.relu(x @ w.mT)[0], s_k * legendre(k, 2, x[0, :, 0])
    a = torch.zeros(12, dtype=torch.float64)
    for _ in range(steps):  # midpoint rule: its error is of order steps^-2
        middle = a - t / steps / 2 * Phi.T @ (Phi @ a - y) / 5
        a = a - t / steps * Phi.T @ (Phi @ middle - y) / 5
    angle = 2 * pi * (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000  # kinks: error of order 1e-8
    grid = torch.stack([angle.cos(), angle.sin()], 1)
    risk = (torch.relu(grid @ w[0].T) @ a - s_k * legendre(k, 2, grid[:, 0])).square().mean() / 2
    assert feature_flow_risk(w, x, equal_shares(x), k, t).item() == pytest.approx(risk.item(), rel=1e-5)


def test_shares_are_repeated_points():
    w, x = sphere(seeded(3), 9, 3), sphere(seeded(3, 8), 2, 3)
    often = torch.cat([x[:, :1], x[:, :1], x[:, :1], x[:, 1:]], 1)
    share = torch.tensor([[0.75, 0.25]], dtype=torch.float64).expand(3, 2)
    both = feature_flow_risk(w, x, share, 1, 0.7), feature_flow_risk(w, often, equal_shares(often), 1, 0.7)
    assert torch.allclose(*both, rtol=1e-10)


@pytest.mark.parametrize(("d", "k"), [(1, 0), (2, 2), (3, 1), (6, 0)])
def test_many_features_are_the_kernel(d, k):
    # Error of order L^-1/2 in the kernel, of which tau = 4 makes a few per cent at most.
    x, L = sphere(seeded(1), 10, d), 1500
    features = feature_flow_risk(sphere(seeded(1, 9), L, d), x, equal_shares(x), k, 4.0 / L)
    assert kernel_flow_risk(x, k, 4.0).item() == pytest.approx(features.item(), rel=0.05)
    assert kernel_flow_risk(x, k, 1e-12).item() == pytest.approx(zero_risk(k, d), rel=1e-9)


def test_many_points_leave_what_the_eigenvalue_says():
    x = sphere(seeded(1), 400, 2)
    assert kernel_flow_risk(x, 0, 4.0).item() == pytest.approx(
        exp(-8 * multiplier(0, 2) ** 2) * zero_risk(0, 2), rel=0.05
    )


@pytest.mark.parametrize("tau", [2.0, 10.0, 30.0])
def test_no_degree_does_worse_than_the_hardest_dimension(tau):
    def left(k, d):
        return exp(-2 * multiplier(k, d) ** 2 * tau) * zero_risk(k, d)

    worst = max(left(k, d) for d in range(1, 60) for k in range(9) if multiplicity(k, d))
    assert left(0, hardest_dimension(tau)) == pytest.approx(worst)


def test_one_point_teaches_nothing_about_the_other():
    p = thm_6_3.thm_6_3.params({"n": 1024, "u": 1.0, "L": 64})
    risk, bound = thm_6_3.one_point(p, seeded(5))
    assert (risk >= 1 / 16 - 1e-15).all()
    later = p.replace(n=10**8, L=10**6, d=1)  # the bound goes to zero
    assert sum(thm_6_3.terms(later)) < bound / 100


def test_a_cluster_is_of_different_points_at_one_place():
    x = clustered(seeded(2), 6, 3, torch.float64)
    rho = x @ x.mT
    assert rho.min() > 1 - 1e-4
    assert (rho - torch.eye(6).double() < 1).all()


def test_a_cluster_teaches_what_one_point_does():
    # s_0 (1 - kappa/kappa(1)) is left at last, and 0.0245 is half of its mean square; the cluster is 1e-3 wide.
    p = cor_3_5.cor_3_5.params({"n": 256})
    left = [cor_3_5.at_one_place(p.replace(n=n), seeded(3))[0] for n in (16, 256)]
    assert (left[0] > left[1]).all()
    assert (left[1] > 0.0244).all()
    angle = pi * (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    kappa = (angle.sin() + (pi - angle) * angle.cos()) / pi
    assert (1 - kappa).square().mean().item() / (2 * pi**2) == pytest.approx(0.0245, rel=0.01)


def test_on_the_line_the_sample_is_two_numbers():
    p = Params({"d": 1, "n": 10**6})
    x, share = thm_6_3.sample(p, seeded(4))
    assert torch.allclose(share.sum(1), torch.ones(4).double())
    assert x[0, :, 0].tolist() == [1.0, -1.0]
    assert (share - 0.5).abs().max() < 0.005  # ten standard deviations


def test_both_models_of_proposition_6_7_are_what_they_are_called():
    p = prop_6_7.unit.params({"d": 2, "L": 40, "s": 1.0})
    models = prop_6_7.Models(p, seeded(2))
    (state,) = gradient_flow(models.net, [p.t], 0.2)
    theta = depth_first(models.net.theta_0 + state.V, models.net.shape)
    assert torch.allclose(models.f(state), emww.forward(theta, models.x, relu).f, rtol=1e-10)
    B_0 = depth_first(models.net.theta_0, models.net.shape).B.flatten(1, 2)
    a = torch.relu(models.net.x @ B_0.mT).mT @ state.c[..., None]
    assert torch.allclose(models.tilde(state.c), (torch.relu(models.x @ B_0.mT) @ a)[..., 0], rtol=1e-10)
    assert torch.equal(models.net.y[0], models.net.x[0] @ models.net.x[0, 0])
    R, E = prop_6_7.risks(p, seeded(2))
    assert torch.allclose(
        E, (models.tilde(state.c) - models.y).square().mean(1) / 2, rtol=1e-4
    )  # Runge-Kutta, theta 0.2
    assert torch.allclose(R, E, atol=1 / 40**2)
    assert prop_6_7.zero_risk(p) == pytest.approx(0.25)  # half of the mean square of a coordinate on the circle


def test_the_limit_of_theorem_3_4_is_that_of_all_its_terms():
    p = thm_3_4.thm_3_4.params({"n": 64, "u": 0.5})
    deep = Params({**p, "L": 1e14, "lambda_n": 1e-3, "gamma": 1, "t": 4.0 / 1e14})
    assert thm_3_4.all_terms(deep) == pytest.approx(thm_3_4.in_the_limit(p, 1.0), rel=1e-6)
    printed = 1 + (deep.L * deep.t) ** 0.5 / 8
    assert thm_3_4.in_the_limit(p, printed) == pytest.approx(thm_3_4.in_the_limit(p, 1 + 0.5**0.5 * 64**-0.25))
