"""Flows against exact solutions and naive loops; step control that can fail."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import integrate, optimize

from lemmata.engine.flow import Measured, StepControlError, refined
from lemmata.engine.skip_flow import gradient_descent, gradient_flow
from lemmata.generators import antipodal_pair, emww_initialisation
from lemmata.networks import emww
from lemmata.networks.activations import identity, relu
from lemmata.networks.emww import Theta
from lemmata.networks.emww_deep import DeepNetwork, depth_first, depth_last


def pair(L: int, batch: int = 2) -> DeepNetwork:
    """ReLU networks of d = m = 1 on the antipodal pair, lambda_n = 1/4."""
    rngs = [np.random.default_rng([9, trial]) for trial in range(batch)]
    x, y = antipodal_pair(1).x.expand(batch, -1, -1), torch.tensor([1.0, -0.5]).double().expand(batch, -1)
    return DeepNetwork(depth_last(emww_initialisation(rngs, 1, 1, L)), x, y, relu)


def test_one_layer_follows_its_exact_solution():
    # f = aB with a^2 - B^2 = -1 kept, so that a = sinh s, B = cosh s and s' = y - sinh(2s)/2.
    one = torch.ones(1, 1, 1).double()
    deep = DeepNetwork(depth_last(Theta(0 * one, 0 * one, one[..., None], 0 * one[..., None])), one, one[0], identity)
    times = [0.5, 1.0, 2.0]
    for state in gradient_flow(deep, times, theta=0.05):
        s = np.arcsinh(float(state.V[0, 0, 0]))
        t = integrate.quad(lambda u: 1 / (1 - np.sinh(2 * u) / 2), 0, s, epsabs=1e-13)[0]
        assert t == pytest.approx(state.t, rel=1e-6)
        assert state.risk.item() == pytest.approx((np.sinh(2 * s) / 2 - 1) ** 2 / 2, rel=5e-6)
    assert s < optimize.brentq(lambda u: np.sinh(2 * u) / 2 - 1, 0, 2)


def test_random_features_follow_their_closed_form():
    deep = pair(64)
    (state,) = gradient_flow(deep, [4 / 64], theta=0.1)
    Phi = deep.features().flatten(2)
    M = Phi @ Phi.mT / 2
    size, U = torch.linalg.eigh(M)
    decay = ((1 - torch.exp(-size * state.t)) / size)[..., None]
    exact = U @ (decay * (U.mT @ deep.y[..., None])) / 2
    assert (state.c - exact[..., 0]).abs().max() <= 1e-7 * exact.abs().max()


def test_the_scheme_is_of_order_four_and_as_accurate_as_stated():
    deep = pair(256)
    t = [1 / (256 * 0.25)]
    risk = [next(iter(gradient_flow(deep, t, theta))).risk[0].item() for theta in (0.02, 0.2, 0.4)]
    # Both eigenvalues are a quarter: theta = 0.2 over the trace is h = 0.1 / (L lambda_max).
    fine, coarse = (abs(other / risk[0] - 1) for other in risk[1:])
    assert fine < 4e-6
    assert 10 < coarse / fine < 25


def test_energy_balance_is_met_and_its_defect_bounds_the_error():
    deep = pair(64)
    times = [0.05, 0.2]
    exact = [state.risk for state in gradient_flow(deep, times, 0.05)]
    for state, risk in zip(gradient_flow(deep, times, 1.0), exact, strict=True):
        start = deep.risk(torch.zeros_like(deep.y))
        assert (state.risk - start + state.energy).abs().max() <= (state.defect * start).max()
        assert ((state.risk / risk).log().abs() <= 4 * state.defect).all()
        assert state.defect.max() > 1e-6  # it can fail


def test_displacement_of_B_is_not_lost_in_deep_networks():
    deep = pair(4096, batch=1)
    (state,) = gradient_flow(deep, [4 / 4096], 0.5)
    a, r, B, C = 4096 * deep.shape.block_norms(state.V).amax((0, 2))
    assert a > 1
    assert all(1e-5 < block < 1e-3 for block in (r, B, C))  # smaller by 1/L


def test_descent_is_that_of_the_loop():
    deep, eta = pair(20), 0.02
    theta = depth_first(deep.theta_0, deep.shape)
    for state in gradient_descent(deep, eta, 30):
        states = emww.forward(theta, deep.x, relu)
        assert torch.allclose(state.risk, emww.risk(states, deep.y), rtol=1e-11)
        gradient = emww.risk_gradient(theta, deep.x, deep.y, relu)
        theta = Theta(*(block - eta * slope for block, slope in zip(theta, gradient, strict=True)))
    assert state.t == 30


def test_divergence_is_infinite_and_leaves_the_others_alone():
    deep = pair(20)
    eta = torch.tensor([0.02, 5.0], dtype=torch.float64)
    together = [state.risk.clone() for state in gradient_descent(deep, eta, 25)]
    alone = [state.risk.clone() for state in gradient_descent(deep, 0.02, 25)]
    assert together[-1][1] == torch.inf
    assert all(risk[1] > 0 for risk in together)
    assert together[-1][0] == pytest.approx(alone[-1][0].item(), rel=1e-12)  # sweeps differ in number


def test_times_must_increase():
    with pytest.raises(ValueError, match="increasing"):
        next(iter(gradient_flow(pair(8), [0.2, 0.1])))


def measured(*values: float, defect: float = 0.0):
    """Quantities of order one in theta, 1 + theta value."""
    return lambda theta: Measured(1 + theta * torch.tensor(values), torch.tensor([defect] * len(values)))


def test_refinement_stops_where_the_error_is_small_against_the_margin():
    assert refined(measured(0.01), 2.0)[0] == pytest.approx(1 + 0.5 * 0.01)
    assert refined(measured(0.1), 2.0)[0] == pytest.approx(1 + 0.1 / 16)  # 0.0125, 0.0063 moved; 0.0099 allowed


def test_a_trial_does_not_depend_on_its_neighbours():
    assert refined(measured(0.01, 0.1), 2.0)[0] == refined(measured(0.01), 2.0)[0]


@pytest.mark.parametrize("measure", [measured(3.0), measured(0.0, defect=0.02)])
def test_a_step_that_never_suffices_is_an_error(measure):
    with pytest.raises(StepControlError, match="trial 0"):
        refined(measure, 1.5)


def test_infinite_quantities_agree():
    assert refined(lambda theta: Measured(torch.tensor([torch.inf]), torch.zeros(1)))[0] == torch.inf
