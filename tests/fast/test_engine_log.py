"""What the record says of how networks were trained."""

from __future__ import annotations

import pytest
import torch

from lemmata.engine import selftest
from lemmata.engine.log import logged, note, summary
from lemmata.engine.train import Network, train
from tests.fast.test_engine_descent import CPU, make_run

RUNS = [make_run(Network(5, 24, 3, 0.4), 7, key=key, steps=2) for key in range(3)]


def test_networks_are_counted_while_somebody_asks():
    train(RUNS, device=CPU)
    with logged() as log:
        train(RUNS, device=CPU)
        train(RUNS[:2], dtype=torch.float32, device=CPU)
    train(RUNS, device=CPU)
    told = summary(log, selftest.is_bitwise)
    assert told["networks"] == 5
    assert told["kernel"] == "torch.bmm"
    assert told["dtype"] == "float32, float64"
    assert told["device"] == "cpu"
    assert told["tf32"] == "off"
    assert told["bitwise"] == ("yes" if selftest.is_bitwise() else "no")


def test_nothing_trained_is_nothing_told():
    with logged() as log:
        pass
    assert summary(log, selftest.is_bitwise) is None


def test_one_question_inside_another_does_not_disturb_it():
    with logged() as outer:
        note("a", "float64", "cpu", 1)
        with logged() as inner:
            note("b", "float64", "cpu", 2)
        note("a", "float64", "cpu", 1)
    assert (outer.total(), inner.total()) == (2, 2)


def test_a_gpu_makes_no_promise_of_equal_bits():
    with logged() as log:
        note("torch.bmm", "float32", "cuda", 7)
    assert summary(log, selftest.is_bitwise)["bitwise"] == "no"


@pytest.mark.parametrize("part", ["loss", "distance"])
def test_the_self_test_sees_a_difference(monkeypatch, part):
    real = selftest.train

    def disturbed(runs, **rest):
        traces = real(runs, **rest)
        if len(runs) == 1:
            getattr(traces[0], part)[-1] *= 1 + 1e-15
        return traces

    monkeypatch.setattr(selftest, "train", disturbed)
    assert not selftest._agrees(*selftest.SHAPES[0], torch.float64)
