"""Claims about trajectories: a trace gives what descent written out gives, and formulas give hand values."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from lemmata.claims.fcg import eq_8, theorem_3_5, theorem_3_5_free
from lemmata.claims.fcg.trajectory import (
    descend,
    labelled,
    largest_distance,
    largest_step_length,
    runs,
    slowest_surrogate,
    smallest_decrease,
    step_length,
    steps_to,
    with_network,
)
from lemmata.engine.train import train
from lemmata.generators import KAPPA
from lemmata.generators.addressed import normals_at
from lemmata.networks.fcg import forward, h_distance, loss, loss_gradient, signs, surrogate
from lemmata.sampling.seeds import trial_rngs

POINT = {"family": "linear", "gamma": 0.3, "d": 3, "m": 12, "L": 3, "n": 5, "theta": 1 / 3, "step": 0.7, "K": 6}


def point(**changes):
    return SimpleNamespace(**(POINT | changes), dtype=torch.float64)


def rngs(number=1):
    return trial_rngs(0, "test", "iid", range(number))


def written_out(run):
    """W^(0) .. W^(K), L_S and E_S at each, by the readable network; one run."""
    layers = run.network.layers
    W = [
        (normals_at([run.key], l, *layers[l]) * math.sqrt(2 / layers[l][1])).float().double()
        for l in range(len(layers))
    ]
    weights, losses, errors = [], [], []
    for _ in range(run.steps + 1):
        net = forward(W, run.x[None], run.network.theta, run.network.skip)
        weights.append(W)
        losses.append(float(loss(net, run.y[None])))
        errors.append(float(surrogate(net, run.y[None])))
        W = [w - run.eta * g for w, g in zip(W, loss_gradient(W, net, run.y[None]), strict=True)]
    return weights, losses, errors


@pytest.mark.parametrize("changes", [{}, {"n": 1}, {"L": 1}, {"step": 3.0}])
def test_what_is_read_off_a_trace_is_what_descent_written_out_gives(changes):
    p = point(**changes)
    (run,) = runs([p], rngs())
    (trace,) = train([run])
    weights, losses, errors = written_out(run)
    eta = p.step / p.m
    assert run.eta == eta
    assert run.steps == p.K
    decreases = [(losses[k] - losses[k + 1]) / (eta * p.m * errors[k] ** 2) for k in range(p.K)]
    # 1e-9: float64 descent twice, in different orders of summation
    assert smallest_decrease(p, trace) == pytest.approx(max(min(decreases), 0), rel=1e-9)
    distances = [
        max(float((w - w0).norm()) for w, w0 in zip(weights[k], weights[0], strict=True)) / math.sqrt(k * eta)
        for k in range(1, p.K + 1)
    ]
    assert largest_distance(p, trace) == pytest.approx(max(distances), rel=1e-9)
    slowest = max(math.sqrt(K * p.step) * min(errors[:K]) for K in range(1, p.K + 1))
    assert slowest_surrogate(p, trace) == pytest.approx(slowest, rel=1e-9)


@pytest.mark.parametrize("n", [1, 5])
def test_the_step_length_bounds_the_spectral_one_and_equals_it_for_one_sample(n):
    p = point(n=n)
    (run,) = runs([p], rngs())
    (trace,) = train([run])
    weights, _, errors = written_out(run)
    h = [float(h_distance(weights[k + 1], weights[k], p.theta)) for k in range(p.K)]
    bound = run.eta * step_length(run.network, trace)
    for k in range(p.K):
        if n == 1:
            assert float(bound[k]) == pytest.approx(h[k], rel=1e-7)
        else:
            assert h[k] < float(bound[k]) < 2 * h[k]
    assert largest_step_length(run, trace) >= max(
        h_k / (run.eta * math.sqrt(p.m) * e) for h_k, e in zip(h, errors[:-1], strict=True)
    ) * (1 - 1e-7)


def test_without_skips_every_layer_counts_fully():
    (run,) = runs([point()], rngs())
    (bare,) = with_network([run], skip=False)
    (trace,) = train([bare])
    assert torch.allclose(step_length(bare.network, trace), trace.gradient.sum(1))
    assert bare.key == run.key
    assert bare.x is run.x


def test_a_run_that_diverged_satisfies_no_bound():
    p = point(step=1e4, K=40, L=8, theta=1.0)
    (run,) = runs([p], rngs())
    (trace,) = train([run])
    assert trace.diverged
    assert largest_step_length(run, trace) == largest_distance(p, trace) == math.inf
    assert smallest_decrease(p, trace) == 0
    assert steps_to(1e-3, trace) == math.inf or float(trace.surrogate.min()) <= 1e-3


def test_steps_are_counted_from_one():
    (trace,) = descend([point(K=40)], rngs())
    first = steps_to(0.25, trace)
    assert trace.surrogate[first - 1] <= 0.25 < trace.surrogate[: first - 1].min()
    assert steps_to(1.0, trace) == 1
    assert steps_to(1e-12, trace) == math.inf


@pytest.mark.parametrize("family", ["linear", "level", "contradictory"])
def test_samples_of_mixed_trials_are_those_that_each_gets_alone(family):
    ps = [point(family=family, gamma=gamma, n=n) for gamma, n in ((0.1, 4), (0.3, 4), (0.3, 6), (0.2, 4))]
    together = labelled(ps, rngs(4))
    for i, p in enumerate(ps):
        ((x, y),) = labelled([p], [rngs(4)[i]])
        assert torch.equal(x, together[i][0])
        assert torch.equal(y, together[i][1])
        assert x.shape == (p.n, p.d)
        assert family == "linear" or y.sum() == 0


def test_level_data_are_pairs_on_the_level_set():
    gamma, n = 0.12, 8
    ((x, y),) = labelled([point(family="level", gamma=gamma, n=n)], rngs())
    # f(x) = kappa w^T x with w the first unit vector; 1e-9 from the bisection that finds the level
    assert torch.allclose(y * x[:, 0], torch.full((n,), gamma / KAPPA, dtype=torch.float64), atol=1e-9)
    assert y.sum() == 0


def test_the_right_sides_of_theorem_3_5_by_hand():
    p = theorem_3_5.near.params(theorem_3_5.near.points[0]).replace(gamma=0.5, m=100, n=8, delta=0.1)
    assert theorem_3_5.radius(p) == pytest.approx(0.5**12 * math.log(100) ** -1.5)
    q = p.replace(tau=1.0)
    assert theorem_3_5.total_time(q) == pytest.approx(0.0625 / math.sqrt(math.log(80)))
    time = p.replace(time=0.25)
    assert theorem_3_5.right_side(time) == pytest.approx(0.1 * 2 * math.log(80) ** 0.25 * 4)
    free = theorem_3_5_free.near.params(theorem_3_5_free.near.points[0])
    assert free.K == math.floor(32 / math.sqrt(math.log(80))) == 15
    assert free.step == pytest.approx(0.39**4)
    assert all(condition.ratio(free) >= 1 for condition in theorem_3_5_free.near.regime)


def test_outputs_in_law_have_the_variance_of_wide_networks():
    p = SimpleNamespace(n=2, d=4, m=256, L=1, theta=1.0)
    f = eq_8.outputs(p, rngs(2000), signs(p.m))
    # Var f = (1 - 1/pi) |x_1|^2 and |x_1| -> 1; 2000 draws have a relative error of 3 %
    assert float(f.var(0).mean()) == pytest.approx(1 - 1 / math.pi, rel=0.1)


def test_output_loss_and_bound_of_equation_8_by_hand():
    p = SimpleNamespace(n=3, d=4, m=16, L=2, theta=0.5, delta=0.1)
    f = eq_8.outputs(p, rngs(4), signs(p.m))
    assert torch.equal(eq_8.largest_output(p, rngs(4), signs(p.m)), f.abs().max(1).values)
    losses = torch.log1p(torch.exp(f)).mean(1)  # labels +1 and -f, or -1 and f
    assert torch.allclose(eq_8.initial_loss(p, rngs(4), signs(p.m)), losses, rtol=1e-12)
    assert eq_8.right_side(p) == pytest.approx(2 * math.sqrt(math.log(30)))


@pytest.mark.parametrize("C", [1, 7, 10**6])
def test_the_edge_of_equation_8_in_floats_and_in_fifty_digits(C):
    lhs, rhs = eq_8.loss_of_wide_networks(SimpleNamespace(C=C))
    exact_lhs, exact_rhs = eq_8.loss_at_the_edge(SimpleNamespace(C=C))
    assert lhs == pytest.approx(float(exact_lhs), rel=1e-12)
    assert rhs == pytest.approx(float(exact_rhs), rel=1e-12)
    assert lhs > rhs
