"""Which failures are examined, how many, and which are believed without a look."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from lemmata.arithmetic import Examination
from lemmata.arithmetic.noise import Noise
from lemmata.arithmetic.runs import Run
from lemmata.arithmetic.tensor_rules import operation_of
from lemmata.arithmetic.tensors import ShakenTensors
from lemmata.judging.check import check
from lemmata.judging.kinds import subject_of
from lemmata.sampling.profiles import PROFILES
from lemmata.trials import certificates
from lemmata.trials.certificates import certified
from lemmata.trials.evidence import gather
from lemmata.trials.pooling import Setting
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.error_rates import slack
from lemmata.vocabulary.words import Axis

SMOKE = Setting(PROFILES["smoke"], 0)


@pytest.fixture
def looks(monkeypatch):
    """Every examination: how many trials, at which sizes, with which error."""
    seen, real = [], certificates._examined

    def examined(subject, trials, error, *rest):
        seen.append((len(trials), {trial.draw.point["n"] for trial in trials}, error))
        return real(subject, trials, error, *rest)

    monkeypatch.setattr(certificates, "_examined", examined)
    return seen


def fails(rate, delta=0.1, *, batch=False, **facts):
    """A bound that fails in that share of the draws, by far."""
    claim = Claim("own.fails", axes=[Axis("n", 2, 64)])

    def side(rng):
        return 2.0 if rng.random() < rate else 0.5

    def alone(p, rng):
        return side(rng), 1.0

    def together(p, rngs):
        return torch.tensor([side(rng) for rng in rngs], dtype=p.dtype), 1.0

    claim.at_most("n", delta=delta, **facts)(together if batch else alone)
    return claim, subject_of(claim, claim.bounds[0])


def test_where_failures_are_counted_the_first_that_refute_are_enough(looks):
    subject = fails(1.0)[1]
    evidence = gather(subject, SMOKE)
    assert check(subject, SMOKE)["verdict"] == "VIOLATED"
    assert set(evidence.certified.values()) == {"real"}
    # e >= 3 points/alpha where all fail: (1/0.101)^k, less what the mixture costs, is enough at k = 5
    assert len(evidence.certified) <= 6
    assert {n for _, sizes, _ in looks for n in sizes} == {2}, "the smallest point refutes, and takes the shortest time"
    assert {error for *_, error in looks} == {slack(0.1)}


def test_a_batch_is_examined_together(looks):
    gather(fails(1.0, batch=True)[1], SMOKE)
    assert [count for count, *_ in looks] == [certificates.TOGETHER]


def test_failures_that_are_too_few_to_refute_are_not_examined(looks):
    assert gather(fails(0.02, delta=0.5)[1], SMOKE).certified == {}
    assert looks == []


def test_an_exact_chance_of_failure_is_asked_first(looks):
    def chance(p):
        return Fraction(1), Fraction(1, 10)

    record = check(fails(1.0, exact=chance)[1], SMOKE)
    assert record["verdict"] == "VIOLATED"
    assert looks == []


def test_an_exact_chance_that_is_small_enough_convinces_nobody_of_failures(looks):
    def chance(p):
        return Fraction(1, 20), Fraction(1, 10)

    gather(fails(1.0, exact=chance)[1], SMOKE)
    assert looks


@pytest.mark.parametrize(("taken", "verdict"), [("roundoff", "HOLDS"), ("unclear", "INCONCLUSIVE")])
def test_failures_that_may_be_rounding_refute_nothing(monkeypatch, taken, verdict):
    monkeypatch.setattr(
        certificates,
        "_examined",
        lambda subject, trials, *rest: [Examination(taken, "", trial.margin) for trial in trials],
    )
    assert check(fails(1.0, delta=0.5)[1], SMOKE)["verdict"] == verdict


def twins(looseness):
    """An identity-like bound whose twin is wrong by a part of it."""
    claim = Claim("own.twins", axes=[Axis("n", 2, 64)])

    @claim.at_most("n")
    def below(p, rng):
        return float(np.sqrt(p.n) * 0.5), float(np.sqrt(p.n))

    @claim.control("n")
    def smaller(p, lhs, rhs):
        return lhs, lhs * (1 - looseness)

    return subject_of(claim, claim.bounds[0])


def test_a_twin_that_fails_by_much_is_believed(looks):
    record = check(twins(1e-2), SMOKE)
    assert record["controls"][0]["ok"]
    assert looks == []


def test_a_twin_that_fails_by_little_is_examined(looks):
    record = check(twins(1e-9), SMOKE)
    assert record["controls"][0]["ok"]
    assert looks


def test_what_the_claim_misses_its_tighter_twin_misses_without_a_look(looks):
    claim, subject = fails(1.0)

    @claim.control("n")
    def half(p, lhs, rhs):
        return lhs, rhs / 2

    once = len(looks)
    check(subject, SMOKE)
    assert {n for _, sizes, _ in looks[once:] for n in sizes} == {2}


def test_time_that_is_up_leaves_failures_unclear():
    subject = fails(1.0)[1]
    evidence = gather(subject, SMOKE)
    said = certified(subject, evidence.trials, seconds=0.0)
    assert set(said.labels.values()) == {"unclear"}
    assert "0 s were not enough" in next(iter(said.doubts.values()))


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("shape", [(5,), (3, 4), (0,)])
def test_frequent_operations_are_moved_as_all_others_are(monkeypatch, shape, zeros):
    """The short way and the long one, bit for bit."""
    generator = torch.Generator().manual_seed(1)
    a = torch.randn(shape, dtype=torch.float64, generator=generator)
    b = torch.rand(shape, dtype=torch.float64, generator=generator) + 1.5
    if zeros:
        a, b = a.relu(), b.round()

    frequent = [
        lambda: a + b, lambda: a - b, lambda: a * b, lambda: a / b, lambda: a * 2.5, lambda: 2 - a, a.square,
        b.reciprocal, a.exp, a.tanh, a.sigmoid, a.sin, a.expm1, (-750.5 * b).exp,
        lambda: a.mul(1e-200).mul(1e-200),
    ]  # fmt: skip

    def computed():
        for function in frequent:
            with ShakenTensors(Run(Noise(3))):
                yield function()

    fast = [*computed()]
    assert sum(operation_of(f).entrywise for f in (torch.ops.aten.add.Tensor, torch.ops.aten.exp.default)) == 2
    with monkeypatch.context() as patched:
        patched.setattr("lemmata.arithmetic.tensors._are_plain", lambda args: False)
        slow = [*computed()]
    for i, (x, y) in enumerate(zip(fast, slow, strict=True)):
        assert torch.equal(x, y), i
