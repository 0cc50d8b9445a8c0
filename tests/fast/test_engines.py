"""One seam for batches: whatever runs them, and wherever, the numbers are the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from patience import PATIENCE

from lemmata.engine.memory import GIBIBYTE
from lemmata.judging.kinds import subject_of
from lemmata.places.blackbox import BlackBox, black_box
from lemmata.places.engines import Batch, ChildProcesses, InProcess, Names, submit, using
from lemmata.places.isolation import DiedError
from lemmata.sampling.plan import make_plan
from lemmata.sampling.profiles import profile_named
from lemmata.trials.evidence import gather, gather_arithmetic, gather_control
from lemmata.trials.pooling import Setting
from lemmata.vocabulary.discovery import load_claims
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.verdict import NotMeasuredError
from lemmata.vocabulary.words import Bound

TEXT = '''"""Statement."""
import os
from lemmata import Axis, Claim
claim = Claim("own.seam", axes=[Axis("m", 16, 512)], derived={"half": lambda p: p.m / 2}, precision="float32", batch=8)
@claim.at_most("bound")
def trial(p, rngs):
    import torch
    noise = torch.tensor([rng.standard_normal() for rng in rngs], dtype=p.dtype)
    return noise.abs().sqrt(), p.half
@claim.equal("same")
def same(p, rng):
    x = rng.random()
    return x * p.m, p.m * x
@claim.control("bound")
def structural(p):
    return p.replace(half=0.5)
@claim.control("same")
def arithmetic(p, lhs, rhs):
    return lhs, rhs + 1.0
@claim.at_most("deadly")
def deadly(p, rng):
    os._exit(5)
@claim.control("deadly")
def never(p, lhs, rhs):
    return lhs, rhs
'''
SETTING = Setting(profile_named("smoke"), 0)


@pytest.fixture(scope="module")
def claim(tmp_path_factory):
    file = tmp_path_factory.mktemp("seam") / "seam.py"
    file.write_text(TEXT)
    return load_claims(file)[0]


@pytest.fixture(scope="module")
def children():
    with ChildProcesses(2, seconds=PATIENCE, memory=4 * GIBIBYTE) as engine:
        yield engine


def all_evidence(claim):
    """The trials of both bounds, and of a control of each sort; float32, and what float64 convicts."""
    bound, same = (subject_of(claim, claim.find(name)) for name in ("bound", "same"))
    evidence = [gather(each, SETTING) for each in (bound, same)]
    structural = gather_control(bound, *claim.controls_of(bound.bound), SETTING)[1]
    arithmetic = gather_arithmetic(same, *claim.controls_of(same.bound), evidence[1], SETTING)[1]
    return [each.trials for each in (*evidence, structural, arithmetic)]


def test_children_give_the_numbers_of_this_process(claim, children):
    """Catches: a batch that loses its control, precision, stream or root on the way; trials in another order."""
    here = all_evidence(claim)
    with using(children):
        there = all_evidence(claim)
    assert there == here
    assert any(trial.margin < 0 for trial in here[2])
    assert all(trial.margin < -0.5 for trial in here[3])


def batch_of(claim, name, control="", size=4):
    subject = subject_of(claim, claim.find(name))
    draws = make_plan(subject, SETTING.profile, 3).draws[:size]
    return Batch(replace(subject, control=control), draws)


def test_a_batch_travels_as_plain_values(claim):
    """Catches: a batch that takes functions with it, which another machine cannot have."""
    for name, control in (("bound", ""), ("bound", "structural"), ("same", "arithmetic")):
        batch = batch_of(claim, name, control, size=1)
        arrived = Names(**json.loads(json.dumps(batch.names._asdict())))
        assert Batch.found(arrived).names == batch.names


def test_a_child_that_dies_costs_its_batch_and_no_other(claim, children):
    """Catches: a pool that breaks as a whole, a future that never ends."""
    with using(children):
        futures = [submit(batch_of(claim, name)) for name in ("same", "deadly", "same", "deadly", "same")]
        for number, future in enumerate(futures):
            if number % 2:
                with pytest.raises(DiedError, match="exit code 5"):
                    future.result()
            else:
                assert len(future.result()) == 4


def test_what_a_trial_raises_comes_back_in_words(claim, children):
    """Catches: an error that is lost between two processes."""
    batch = batch_of(claim, "same")
    lost = Batch(replace(batch.subject, control="no such control"), batch.draws)
    with pytest.raises(NotMeasuredError, match="KeyError: 'no such control'"):
        children.submit(lost).result()


def test_a_batch_is_noted_while_it_runs_and_only_then(claim, tmp_path):
    """Catches: blame for what came before."""
    box, seen = BlackBox(tmp_path / "box"), []
    batch = batch_of(claim, "same")
    bound = Bound("same", "equal", lambda p, rng: seen.append(box.read()) or (1, 1))
    looking = Batch(Subject(claim, bound), batch.draws)
    InProcess(box).submit(looking).result()
    assert [Names(**note.what).trials for note in seen] == [[[d.index, d.point.free] for d in batch.draws]] * 4
    assert box.read() is None


def test_a_box_that_cannot_be_made_or_written_stops_nothing(monkeypatch):
    """Catches: a bound that is lost for a full disk."""
    monkeypatch.setattr("tempfile.TemporaryDirectory", lambda **_: (_ for _ in ()).throw(OSError("no space")))
    with black_box() as box, box.noted({"file": "a.py"}):
        assert box.read() is None
