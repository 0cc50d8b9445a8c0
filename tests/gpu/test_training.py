"""The engine on a GPU: the same networks, the same traces, no waiting for the host, and graphs that change nothing."""

from __future__ import annotations

import math

import pytest
import torch

from lemmata.engine import segments
from lemmata.engine import train as training
from lemmata.engine.chunks import TooLargeError
from lemmata.engine.train import Network, Run, train
from lemmata.generators.addressed import normals_at

CPU = torch.device("cpu")
SMALL = Network(20, 128, 6, 1 / 6)


def make_runs(network, n=32, count=5, steps=60, eta=None):
    runs = []
    for key in range(count):
        x = torch.nn.functional.normalize(normals_at([key], 99, n, network.d)[0], dim=-1)
        y = torch.where(x[:, 0] >= 0, 1.0, -1.0).double()
        runs.append(Run(network, key, x, y, 0.1 / network.m if eta is None else eta, steps - 7 * key))
    return runs


def as_rows(trace):
    return torch.cat([trace.loss[:, None], trace.surrogate[:, None], trace.gradient, trace.distance], 1)


def test_the_same_numbers_are_drawn(gpu):
    # The integers are the same by construction. The inverse of the normal distribution function may differ in the last
    # bits of float64, which a rounding to float32 shows about once in 2^29 / 8 numbers.
    here, there = (normals_at([3, 4], 1, 500, 501, str(device)) for device in (CPU, gpu))
    torch.testing.assert_close(there.cpu(), here, rtol=1e-13, atol=1e-15)
    assert (there.cpu().float() != here.float()).sum() <= 5


@pytest.mark.parametrize(
    "network", [SMALL, Network(3, 33, 1, 0.5, m_out=18), Network(5, 64, 4, 0.3, skip=False)], ids=str
)
def test_float64_agrees_with_the_cpu(gpu, network):
    runs = make_runs(network)
    for here, there in zip(train(runs, device=CPU), train(runs, device=gpu), strict=True):
        torch.testing.assert_close(as_rows(there), as_rows(here), rtol=1e-9, atol=1e-12)


def test_float32_displacement_is_within_its_promise(gpu):
    runs = make_runs(SMALL, eta=0.004 / SMALL.m, steps=300)
    exact = train(runs, device=CPU)
    for here, there in zip(exact, train(runs, dtype=torch.float32, device=gpu), strict=True):
        assert ((there.distance - here.distance).abs() <= 2e-3 * here.distance + 1e-12).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("every", [1, 5])
def test_a_graph_computes_what_single_steps_do(gpu, monkeypatch, dtype, every):
    runs = make_runs(SMALL, steps=80)
    graph = train(runs, dtype=dtype, device=gpu, distance_every=every)
    monkeypatch.setattr(segments, "_captured", lambda *_: segments._eager)
    eager = train(runs, dtype=dtype, device=gpu, distance_every=every)
    for a, b in zip(graph, eager, strict=True):
        assert torch.equal(as_rows(a), as_rows(b))


def test_nothing_waits_for_the_host_inside_a_segment(gpu, monkeypatch):
    real = segments._eager

    def watched(*arguments):
        torch.cuda.set_sync_debug_mode("error")
        try:
            real(*arguments)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(segments, "_eager", watched)
    train(make_runs(SMALL), device=gpu, stop=lambda row: row.surrogate < 0.3)


def test_the_stop_condition_holds_inside_graphs(gpu):
    runs = make_runs(SMALL, steps=200, eta=0.5 / SMALL.m)
    whole = train(runs, device=gpu)
    level = float(whole[0].surrogate[100])
    for full, cut in zip(whole, train(runs, device=gpu, stop=lambda row: row.surrogate <= level), strict=True):
        below = (full.surrogate <= level).nonzero()
        end = int(below[0]) if len(below) else len(full.loss) - 1
        assert len(cut.loss) == end + 1


def test_divergence_is_a_result(gpu):
    diverged = train(make_runs(SMALL, eta=1e60, count=1), device=gpu)[0]
    assert diverged.diverged
    assert diverged.loss[-1] == math.inf


def test_running_out_of_memory_halves_the_chunk(gpu, monkeypatch):
    runs = make_runs(Network(64, 1024, 4, 0.25), n=64, count=12, steps=8)
    sizes, real = [], training._train_chunk

    def counted(chunk, *rest):
        sizes.append(len(chunk))
        return real(chunk, *rest)

    monkeypatch.setattr(training, "_train_chunk", counted)
    torch.cuda.empty_cache()
    needed = runs[0].network.shape(64).bytes(4, 8)
    total = torch.cuda.get_device_properties(gpu).total_memory
    torch.cuda.set_per_process_memory_fraction(min(5 * needed / total, 1.0))
    try:
        traces = train(runs, dtype=torch.float32, device=gpu, budget=100 * needed)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert sizes[0] == 12
    assert min(sizes) < 12
    alone = train(runs[:1], dtype=torch.float32, device=gpu)[0]
    torch.testing.assert_close(traces[0].loss, alone.loss, rtol=1e-4, atol=0)


def test_a_network_that_cannot_fit_is_reported(gpu):
    with pytest.raises(TooLargeError, match="GiB are left"):
        train(make_runs(SMALL, count=1), device=gpu, budget=1000)


def test_full_precision_is_on(gpu):
    assert torch.get_float32_matmul_precision() == "highest"
    a = normals_at([1], 0, 512, 512, str(gpu))[0]
    product = (a.float() @ a.float()).double()
    # float32 sums of 512 products err by some 1e-7 of their size, TF32 by 1e-4 and more
    assert ((product - a @ a).norm() / (a @ a).norm()) < 1e-5
