"""The tensor program against autograd, and against the same descent in higher precision."""

from __future__ import annotations

import math

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from lemmata.engine import products as kernels
from lemmata.engine.descent import Descent
from lemmata.engine.products import BATCHED, Batched, OneDnn, OpenBlas, choose
from lemmata.engine.train import Network, Run, train
from lemmata.generators.addressed import normals_at
from lemmata.networks import fcg

CPU = torch.device("cpu")
NEEDS_ONEDNN = pytest.mark.skipif(
    not hasattr(torch.ops.mkldnn, "_linear_pointwise"), reason="this torch was built without oneDNN"
)


def make_run(network, n, key=7, eta=None, steps=20):
    """A run on fixed data with labels of both signs."""
    x = torch.nn.functional.normalize(normals_at([key], 99, n, network.d)[0], dim=-1)
    y = torch.where(x[:, 0] >= 0, 1.0, -1.0).double()
    return Run(network, key, x, y, 0.3 / network.m if eta is None else eta, steps)


def initial(run):
    """W_1 .. W_{L+1} of a run, drawn here by the definition: N(0, 2/m_l), rounded to float32."""
    return [
        (normals_at([run.key], layer, rows, columns)[0] * math.sqrt(2 / columns)).float().double()
        for layer, (rows, columns) in enumerate(run.network.layers)
    ]


def by_autograd(run):
    """Loss, surrogate error, gradient norms and distances by torch's autograd on the formulas of Section 2."""
    net, W_0 = run.network, initial(run)
    W = [w.clone().requires_grad_() for w in W_0]
    v = torch.ones(W[-1].shape[1], dtype=torch.float64)
    v[len(v) // 2 :] = -1
    rows = []
    for k in range(run.steps + 1):
        x = torch.relu(run.x @ W[0])
        for w in W[1:-1]:
            x = x + net.theta * torch.relu(x @ w) if net.skip else torch.relu(x @ w)
        margin = run.y * (torch.relu(x @ W[-1]) @ v)
        loss = torch.log1p(torch.exp(-margin)).mean()
        gradients = torch.autograd.grad(loss, W)
        distances = [(w - start).norm().item() for w, start in zip(W, W_0, strict=True)]
        surrogate = (1 / (1 + margin.exp())).mean().item()
        rows.append([loss.item(), surrogate, *(g.norm().item() for g in gradients), *distances])
        if k < run.steps:
            with torch.no_grad():
                for w, g in zip(W, gradients, strict=True):
                    w -= run.eta * g
    return torch.tensor(rows, dtype=torch.float64)


def as_rows(trace):
    return torch.cat([trace.loss[:, None], trace.surrogate[:, None], trace.gradient, trace.distance], 1)


NETWORKS = [
    Network(5, 24, 3, 0.4),
    Network(3, 33, 1, 0.5, m_out=18),
    Network(2, 16, 5, 0.2, m_out=40),
    Network(4, 20, 4, 0.7, skip=False),
    Network(1, 2, 2, 1.0),
]


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_agreement_with_autograd(network):
    # Autograd's descent subtracts from W, which loses eps |W| / |V| of the displacement: 1e-12 at these large steps.
    run = make_run(network, 7)
    want, have = by_autograd(run), as_rows(train([run], device=CPU)[0])
    assert have.shape == want.shape
    torch.testing.assert_close(have, want, rtol=1e-12, atol=1e-13)


def descent_of(run, dtype, products=BATCHED, copies=1, **rest):
    """The tensor program of a run whose widths need no padding, on so many equal networks."""
    W = []
    for w in initial(run):
        W.append(products.weights(copies, *w.shape, like=torch.empty(0, dtype=dtype)).copy_(w))
    x, y = (part.expand(copies, *part.shape).to(dtype).contiguous() for part in (run.x, run.y))
    eta = torch.full((copies,), run.eta, dtype=dtype)
    width, theta = run.network.layers[-1][1], run.network.theta
    return Descent(W, x, y, eta, theta=theta, m_out=width, products=products, **rest)


def displacement(run, dtype, products=BATCHED):
    """W^(K) - W^(0), all layers in one vector, float64."""
    descent = descent_of(run, dtype, products)
    for _ in range(run.steps):
        descent.step()
    return torch.cat([V[0].flatten().double() for V in descent.V])


def plain_displacement(run, dtype):
    """The same where W itself is the state, as in the usual program."""
    W = start = [w[None].to(dtype) for w in initial(run)]
    x, y = run.x[None].to(dtype), run.y[None].to(dtype)
    for _ in range(run.steps):
        gradients = fcg.loss_gradient(W, fcg.forward(W, x, run.network.theta), y)
        W = [w - run.eta * g for w, g in zip(W, gradients, strict=True)]
    return torch.cat([(w - s).flatten().double() for w, s in zip(W, start, strict=True)])


def test_float32_measures_the_displacement_that_plain_descent_loses():
    # At eta = 0.0004/m a step is below the rounding of W. The state V is promised to be within 2e-3.
    run = make_run(Network(16, 64, 4, 0.25), 16, eta=0.0004 / 64, steps=300)
    exact = displacement(run, torch.float64)
    assert (displacement(run, torch.float32) - exact).norm() <= 2e-3 * exact.norm()
    assert (plain_displacement(run, torch.float32) - exact).norm() > 1e-2 * exact.norm()
    assert (plain_displacement(run, torch.float64) - exact).norm() <= 1e-9 * exact.norm()


@pytest.mark.parametrize("kernel", [pytest.param(OneDnn, marks=NEEDS_ONEDNN), OpenBlas])
@pytest.mark.parametrize("skip", [True, False])
def test_every_kernel_computes_the_same(kernel, skip):
    # Two float32 kernels differ in the order of their sums: by some eps of the displacement.
    run = make_run(Network(16, 32, 3, 0.4, skip=skip), 20)
    public = displacement(run, torch.float32)
    assert (displacement(run, torch.float32, kernel()) - public).norm() <= 1e-5 * public.norm()


@pytest.mark.parametrize(
    ("m", "dtype", "onednn", "openblas", "chosen"),
    [
        (4096, torch.float32, 2.0, 1.1, OneDnn),
        (256, torch.float32, 2.0, 9.9, OneDnn),  # OpenBLAS is not even tried
        (128, torch.float32, 2.0, 9.9, Batched),
        (4096, torch.float64, 2.0, 1.1, Batched),
        (4096, torch.float32, 1.29, 1.1, OpenBlas),
        (4096, torch.float32, 1.29, 1.04, Batched),
        (2048, torch.float32, 1.29, 1.1, Batched),
        (4096, torch.float32, 0.0, 0.0, Batched),  # neither works here
    ],
)
def test_another_kernel_is_used_only_where_it_was_faster(monkeypatch, m, dtype, onednn, openblas, chosen):
    speeds = {OneDnn: onednn, OpenBlas: openblas}
    monkeypatch.setattr(kernels, "speed_up", lambda kernel, n, m: speeds[type(kernel)])
    kernels._fastest.cache_clear()
    assert type(choose(100, m, dtype, CPU)) is chosen
    kernels._fastest.cache_clear()


@pytest.mark.parametrize("problem", [RuntimeError("no such operator"), AttributeError("mkldnn")])
def test_a_kernel_that_does_not_work_is_never_chosen(monkeypatch, problem):
    def absent(*_):
        raise problem

    monkeypatch.setattr(kernels, "_linear", absent)
    assert kernels.speed_up(OneDnn(), 16, 32) == 0.0


def test_a_kernel_that_does_not_agree_is_never_chosen(monkeypatch):
    monkeypatch.setattr(kernels, "_linear", lambda x, W, activation="none": 1.001 * (x @ W.t()).relu())
    assert kernels.speed_up(OneDnn(), 16, 32) == 0.0
    monkeypatch.undo()
    assert kernels.speed_up(OpenBlas(), 16, 32) > 0


def test_gradients_in_blocks_of_rows_are_the_same(monkeypatch):
    whole = as_rows(train([make_run(NETWORKS[0], 7)], device=CPU)[0])
    monkeypatch.setattr("lemmata.engine.products.BLOCK_BYTES", 5 * 32 * 8)  # five rows of 32 numbers
    blocks = as_rows(train([make_run(NETWORKS[0], 7)], device=CPU)[0])
    torch.testing.assert_close(blocks, whole, rtol=1e-13, atol=1e-14)


class NoHostSync(TorchDispatchMode):
    """Fails at every operation that reads a number back from the device."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # ruff: ignore[bad-dunder-method-name]
        name = func.overloadpacket.__name__
        assert name not in {"_local_scalar_dense", "nonzero", "is_nonzero", "equal", "masked_select"}, name
        return func(*args, **(kwargs or {}))


def test_a_step_reads_nothing_back_to_the_host():
    run = make_run(Network(16, 32, 3, 0.4), 20)
    descent = descent_of(run, torch.float64, stop=lambda row: row.distance.amax(0) > 0.1)
    with NoHostSync():
        descent.step()
        descent.step(measure_distance=False)
    with pytest.raises(AssertionError, match="_local_scalar_dense"), NoHostSync():
        descent.now.sum().item()
