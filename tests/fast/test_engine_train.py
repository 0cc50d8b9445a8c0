"""What training promises: the same result in any company, honest ends, and memory that is stated."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lemmata.engine import selftest
from lemmata.engine import train as training
from lemmata.engine.chunks import Shape, TooLargeError, chunk_size
from lemmata.engine.train import Network, Run, train
from tests.fast.test_engine_descent import CPU, as_rows, make_run

ALL = [
    make_run(Network(5, 24, 3, 0.4), 7, key=1),
    make_run(Network(4, 32, 2, 0.5), 9, key=2, steps=13),
    make_run(Network(5, 24, 3, 0.4), 7, key=3, steps=4),
    make_run(Network(5, 24, 3, 0.4), 7, key=4, steps=30),
    make_run(Network(5, 24, 3, 0.3), 7, key=4),
]


def random_shapes(count):
    rng = np.random.default_rng(20261125)
    for _ in range(count):
        d, m, L, n = (int(rng.integers(low, high)) for low, high in ((1, 20), (2, 70), (1, 6), (1, 40)))
        m_out = 2 * int(rng.integers(1, 40))
        yield Network(d, m, L, float(rng.uniform(0.05, 1)), m_out, bool(rng.random() < 0.8)), n


@pytest.mark.skipif(
    not selftest.is_bitwise(), reason="torch on this CPU does not promise equal bits; the report says so"
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_alone_as_in_a_batch_bit_for_bit(dtype):
    for network, n in random_shapes(50):
        runs = [make_run(network, n, key=key, eta=0.5 / network.m, steps=6 + key) for key in range(5)]
        together = train(runs, dtype=dtype, device=CPU)
        for run, trace in zip(runs, together, strict=True):
            alone = train([run], dtype=dtype, device=CPU)[0]
            assert torch.equal(as_rows(alone), as_rows(trace)), (network, n)


def test_the_bucket_does_not_show():
    for run, trace in zip(ALL, train(ALL, device=CPU), strict=True):
        torch.testing.assert_close(as_rows(trace), as_rows(train([run], device=CPU)[0]), rtol=1e-9, atol=1e-12)
        assert len(trace.loss) == run.steps + 1


def test_a_trace_ends_where_the_condition_comes_true():
    whole = train(ALL, device=CPU)
    level = float(whole[0].surrogate[9])
    stopped = train(ALL, device=CPU, stop=lambda row: row.surrogate <= level)
    for full, cut in zip(whole, stopped, strict=True):
        below = (full.surrogate <= level).nonzero()
        end = int(below[0]) if len(below) else len(full.loss) - 1
        assert len(cut.loss) == end + 1
        assert cut.stopped == bool(len(below))
        torch.testing.assert_close(as_rows(cut), as_rows(full)[: end + 1], rtol=1e-12, atol=1e-14)
    assert [trace.stopped for trace in stopped].count(True) >= 1


def test_one_that_stops_leaves_the_others_alone(monkeypatch):
    monkeypatch.setattr("lemmata.engine.segments.LENGTH", 4)
    runs = [make_run(Network(5, 24, 3, 0.4), 7, key=key, steps=40) for key in (1, 2)]
    free = train(runs, device=CPU)
    level = float(free[0].loss[3])  # reached by the first one, not by the second
    stopped = train(runs, device=CPU, stop=lambda row: (row.loss <= level) & (torch.arange(2) == 0))
    assert len(stopped[0].loss) == 4
    torch.testing.assert_close(as_rows(stopped[1]), as_rows(free[1]), rtol=0, atol=0)


def test_bounds_between_exact_distances():
    # engine.md: the length of the path exceeds the distance by a factor of at most 1.14 within 500 steps
    exact, bound = (train(ALL[3:4], device=CPU, distance_every=k)[0].distance for k in (1, 7))
    assert torch.equal(bound[::7], exact[::7])
    assert (bound >= exact * (1 - 1e-12)).all()
    assert (bound <= 1.14 * exact + 1e-15).all()
    assert not torch.equal(bound, exact)


def test_divergence_is_a_result():
    wild = make_run(Network(5, 24, 3, 0.4), 7, key=1, eta=1e60)
    tame, diverged = train([ALL[0], wild], device=CPU)
    assert diverged.diverged
    assert not tame.diverged
    first = int((~diverged.loss.isfinite()).nonzero()[0])
    assert first > 0
    assert (as_rows(diverged)[first:] == math.inf).all()
    assert as_rows(diverged)[:first].isfinite().all()
    torch.testing.assert_close(as_rows(tame), as_rows(train([ALL[0]], device=CPU)[0]), rtol=1e-9, atol=1e-12)


def test_out_of_memory_halves_the_chunk_and_goes_on(monkeypatch):
    runs = [make_run(Network(5, 24, 3, 0.4), 7, key=key) for key in range(7)]
    want, sizes, real = train(runs, device=CPU), [], training._train_chunk

    def tight(chunk, *rest):
        sizes.append(len(chunk))
        if len(chunk) > 2:
            raise torch.OutOfMemoryError("not enough")
        return real(chunk, *rest)

    monkeypatch.setattr(training, "_train_chunk", tight)
    have = train(runs, device=CPU)
    assert sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    for a, b in zip(want, have, strict=True):
        torch.testing.assert_close(as_rows(a), as_rows(b), rtol=1e-9, atol=1e-12)


def test_another_error_is_no_lack_of_memory(monkeypatch):
    def broken(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr(training, "_train_chunk", broken)
    with pytest.raises(RuntimeError, match="something else"):
        train(ALL[:1], device=CPU)


def test_a_network_that_cannot_fit_is_reported(monkeypatch):
    with pytest.raises(TooLargeError, match=r"m = 32, L = 3, n = 7 needs .* GiB to train, and 0\.00 GiB are left"):
        train(ALL[:1], device=CPU, budget=1000)

    def exhausted(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(training, "_train_chunk", exhausted)
    with pytest.raises(TooLargeError, match="out of memory with a single"):
        train(ALL[:1], device=CPU)


def test_the_budget_bounds_the_chunk():
    shape = Network(20, 256, 8, 0.1).shape(100)
    each = shape.bytes(4, 100)
    assert chunk_size(shape, 4, 100, 3 * each, gpu=True) == 3
    assert chunk_size(shape, 4, 100, 10**12, gpu=False) == 2
    assert chunk_size(Network(10, 64, 4, 0.1).shape(32), 4, 100, 10**12, gpu=False) > 20
    # P = d m + L m^2 with d padded to 32; the trace is small
    P = 32 * 256 + 8 * 256**2
    assert shape == Shape(((32, 256), *[(256, 256)] * 8), 100)
    assert each == 4 * (3 * P + 256**2 + 100 * 256 * 19 + 101 * 21)


def test_fewer_bits_are_refused():
    torch.set_float32_matmul_precision("high")
    try:
        with pytest.raises(RuntimeError, match="set_float32_matmul_precision"):
            train(ALL[:1], device=CPU)
    finally:
        torch.set_float32_matmul_precision("highest")


def test_a_switch_that_forces_fewer_bits_is_refused(monkeypatch):
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")
    with pytest.raises(RuntimeError, match="NVIDIA_TF32_OVERRIDE=1"):
        train(ALL[:1], device=CPU)


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("LEMMATA_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="a GPU was asked for"):
        train(ALL[:1])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"y": torch.zeros(7)}, "labels y hold 0.0"),
        ({"y": torch.ones(6)}, "y has shape"),
        ({"x": torch.full((7, 5), math.nan)}, r"x\[0, 0\] is nan"),
        ({"x": torch.ones(7, 4)}, "x has shape"),
        ({"eta": math.inf}, "eta = inf"),
        ({"eta": 0.0}, "eta = 0.0"),
        ({"steps": -1}, "steps = -1"),
        ({"network": Network(5, 0, 3, 0.4)}, "must be at least 1"),
    ],
)
def test_what_is_no_run_is_refused(change, problem):
    facts = {"network": ALL[0].network, "key": 1, "x": ALL[0].x, "y": ALL[0].y, "eta": 0.1, "steps": 3} | change
    with pytest.raises(ValueError, match=problem):
        Run(**facts)


def test_no_runs_are_refused():
    with pytest.raises(ValueError, match="0 runs"):
        train([])


def test_steps_that_vanish_in_float32_are_refused():
    tiny = make_run(Network(5, 24, 3, 0.4), 7, eta=1e-13)
    with pytest.raises(ValueError, match="eta = 1e-13: in float32"):
        train([tiny], dtype=torch.float32, device=CPU)
    assert (train([tiny], device=CPU)[0].distance[-1] > 0).all()
