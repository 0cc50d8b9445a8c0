"""Exact claims of fcg: elimination by linear programming, derivatives by autograd, laws by enumeration."""

from __future__ import annotations

from fractions import Fraction
from math import comb, log, sqrt
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from lemmata.claims.fcg.appendix_A2 import minus_slope
from lemmata.claims.fcg.const_activations import theta_one_over_L
from lemmata.claims.fcg.const_gradient import chance, printed_condition
from lemmata.claims.fcg.coordinatewise_monotone import monotone, smallest_rise
from lemmata.claims.fcg.cor_3_7_algebra import PRINTED, SIGNS, THEOREM_3_5, THEOREM_3_6, eliminate, least
from lemmata.claims.fcg.eq_16 import one_active_unit
from lemmata.claims.fcg.eq_18 import left_over_right, residual, worst_pair
from lemmata.claims.fcg.L_S_second_order import remainder
from lemmata.claims.fcg.linearly_separable import mean
from lemmata.generators import KAPPA, fcg_gaussian, sphere
from lemmata.networks.fcg import forward, output


def generators(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng([0, trial]) for trial in range(count)]


UNKNOWNS = "MNKHT"


@pytest.mark.parametrize("jointly", [False, True])
@pytest.mark.parametrize("unknown", ["M", "N", "K"])
def test_elimination_agrees_with_linear_programming(unknown: str, jointly: bool) -> None:
    forms = [*THEOREM_3_5, *THEOREM_3_6, *SIGNS, *(PRINTED if jointly else [])]
    A = [[-float(f.get(name, 0)) for name in UNKNOWNS] for f in forms]
    objective = [float(name == unknown) for name in UNKNOWNS]
    for D, E, G in np.random.default_rng(0).integers(0, 50, (20, 3)).tolist():
        p = {"D": D, "E": E, "G": G}
        b = [float(sum(f.get(name, 0) * p[name] for name in p)) for f in forms]
        solved = linprog(objective, A_ub=A, b_ub=b, bounds=[(None, None)] * len(UNKNOWNS))
        assert solved.status == 0
        assert solved.fun == pytest.approx(float(least(unknown, p, jointly=jointly)))


def test_every_larger_width_will_do() -> None:
    forms = [*THEOREM_3_5, *THEOREM_3_6, *SIGNS, *PRINTED]
    for name in "HTKN":
        forms = eliminate(forms, name)
    assert all(f.get("M", 0) >= 0 for f in forms)


def test_derivative_of_the_loss_by_autograd() -> None:
    for r in (Fraction(1, 2), Fraction(3), Fraction(1)):
        x = torch.tensor(log(r), dtype=torch.float64, requires_grad=True)
        torch.log(1 + torch.exp(-x)).backward()
        assert -x.grad.item() == pytest.approx(float(minus_slope(r)))


def test_an_eighth_is_the_supremum_of_the_second_order_part() -> None:
    z = torch.linspace(-8, 8, 81, dtype=torch.float64)
    Delta = torch.cat([-torch.logspace(-2, 2, 40), torch.logspace(-2, 2, 40)]).double()
    rows = [t.reshape(-1, 1) for t in torch.meshgrid(z, Delta, indexing="ij")]
    largest = remainder(torch.ones_like(rows[0]), *rows).max().item()
    assert 0.12499 < largest <= 0.125


def test_worst_pair_attains_the_bound_on_the_residual() -> None:
    for m, L in ((2, 1), (7, 1), (8, 4)):
        p = residual.params({"d": 3, "m": m, "L": L, "ratio": 2, "theta": 0.5}).at(torch.float64)
        hat, tilde = worst_pair(p, generators(5))
        assert bool((hat.net.sigma[2] & ~tilde.net.sigma[2]).all())
        ratio = left_over_right([hat, tilde])
        assert bool((ratio > 0.99).all() and (ratio <= 1).all())


@pytest.mark.parametrize(("L", "theta"), [(2, 1.0), (4, 0.25)])
def test_network_with_one_active_unit(L: int, theta: float) -> None:
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    W = [one.clone() for _ in range(L)] + [torch.tensor([[[1.0, 0.0]]], dtype=torch.float64)]
    W[1].requires_grad_()
    f = output(forward(W, one, theta))
    f.sum().backward()
    printed, gradient = one_active_unit(SimpleNamespace(theta=theta, L=L))
    assert W[1].grad.item() == pytest.approx(float(gradient))
    assert theta * f.item() == pytest.approx(float(printed))  # x_1 = 1, so that v^T H_2 x_1 = f


def test_limit_of_wide_networks_is_that_of_a_wide_network() -> None:
    L, m = 3, 500
    net = forward(fcg_gaussian(generators(8), 2, m, L, 2), sphere(generators(8), 1, 2), 1 / L)
    ratio = (net.x[L].norm(dim=-1) / net.x[1].norm(dim=-1)).mean()
    assert ratio.item() == pytest.approx(theta_one_over_L(SimpleNamespace(L=L))[0], rel=0.02)


def test_least_coordinate_is_attained_by_an_inactive_unit() -> None:
    p = monotone.params({"d": 2, "m": 3, "L": 4, "sixteenths": 8})
    assert {smallest_rise(p, rng, p.theta)[0] for rng in generators(20)} == {0}
    assert min(smallest_rise(p, rng, -p.theta)[0] for rng in generators(20)) < 0


def test_chance_of_a_low_average_by_enumeration() -> None:
    p = SimpleNamespace(n=3, inverse_delta=5)
    m = 341  # ceil(100 log 30)
    exact = 3 * sum(comb(m, k) for k in range(m + 1) if 100 * k < 49 * m) / 2**m
    assert chance(p, 100) == pytest.approx((exact, 1 / 10))


def test_a_constant_that_serves_all_margins_does_not_serve_a_third() -> None:
    # C_3 nu gamma^3 < 134^(-1/2) - 1/16 for all gamma <= kappa; at gamma = 1/3 the conclusion of (33) needs less.
    room = 134**-0.5 - 1 / 16
    assert room / KAPPA**3 / 27 > room / 3
    lhs, rhs = printed_condition(SimpleNamespace(inverse_gamma=3))
    assert sqrt(lhs) - 0.0238 == pytest.approx(0.0050, abs=5e-5)
    assert lhs < rhs


def test_half_space_functions_by_sampling() -> None:
    p = SimpleNamespace(rho=0.6, dtype=torch.float64)
    u = torch.from_numpy(np.random.default_rng(0).standard_normal((400_000, 2)))
    for t in (0.0, 0.7):
        exact = mean(lambda a, t=t: a.sign() - t, p)
        for x, value in zip(([0.6, 0.8], [-0.6, 0.8]), exact, strict=True):
            sampled = ((u[:, 0].sign() - t) * torch.relu(u @ torch.tensor(x, dtype=torch.float64))).mean()
            assert sampled.item() == pytest.approx(value.item(), abs=0.01)
