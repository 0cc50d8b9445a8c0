"""A trial is a function of its parameters and its generator: what is not is found, whatever its numbers are."""

from __future__ import annotations

import math
import random
import textwrap
import time

import numpy as np
import pytest
import torch

from lemmata.judging.kinds import subject_of
from lemmata.places.sides import TrialError
from lemmata.sampling.plan import make_plan
from lemmata.sampling.profiles import PROFILES
from lemmata.trials.evidence import gather
from lemmata.trials.made_generators import MAKERS
from lemmata.trials.pooling import Setting
from lemmata.trials.purity import impurity, settled
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.discovery import load_claims
from lemmata.vocabulary.words import Axis

SMOKE = PROFILES["smoke"]


def verdict(trial, **facts):
    """Why a trial is refused; empty where it is not."""
    claim = Claim("own.pure", statement="x", axes=[Axis("d", 4, 64)])
    claim.at_most("b", **facts)(trial)
    subject = subject_of(claim, claim.bounds[0])
    try:
        return impurity(subject, gather(subject, Setting(SMOKE, 0)).trials)
    except TrialError as error:
        return str(error)


GLOBAL = {
    "numpy.random": lambda p, rng: (np.random.standard_normal(), 50.0),  # ruff: ignore[numpy-legacy-random]
    "random": lambda p, rng: (random.random(), 50.0),
    "torch": lambda p, rng: (torch.randn(()), 50.0),
}


@pytest.mark.parametrize("name", GLOBAL)
def test_a_global_generator_is_named_with_the_remedy(name):
    """Catches: a trial that cannot be replayed."""
    assert f"the global generator of {name}," in verdict(GLOBAL[name])
    assert "draw from the trial's own generator" in verdict(GLOBAL[name])


def test_a_global_generator_is_noticed_even_where_it_decides_nothing():
    assert "the global generator of torch" in verdict(lambda p, rng: (0 * torch.rand(()) + rng.random(), 2.0))


def counter():
    calls = []

    def trial(p, rng):
        calls.append(1)
        return 1.0 + 1e-3 * len(calls), 50.0

    return trial


def batch_mean(p, rngs):
    x = np.array([rng.standard_normal() for rng in rngs])
    return abs(x - x.mean()), np.full(len(x), 50.0)


IMPURE = {
    "batch_mean": batch_mean,
    "place_in_batch": lambda p, rngs: ([r.random() + 0.1 * i for i, r in enumerate(rngs)], [50.0] * len(rngs)),
    "size_of_batch": lambda p, rngs: ([r.random() for r in rngs], [50.0 + len(rngs)] * len(rngs)),
    "neighbour": lambda ps, rngs: ([r.random() * ps[0].d for r in rngs], [500.0] * len(rngs)),
    "calls": counter(),
    "clock": lambda p, rng: (time.perf_counter() % 1, 50.0),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPURE)
def test_a_trial_that_depends_on_its_company_or_on_time_is_refused(name):
    """Catches: numbers that another batch, another order or another moment changes, in trials that pass."""
    why = verdict(IMPURE[name])
    assert "gives" in why
    assert " alone " in why or "in another batch and order" in why


def sum_in_another_order(p, rngs):
    return np.stack([rng.standard_normal(p.d) for rng in rngs]) @ np.ones(p.d) + 100, [500.0] * len(rngs)


def torch_from_its_own(p, rng):
    own = torch.Generator().manual_seed(int(rng.integers(2**62)))
    return torch.rand((), generator=own), 2.0


PURE = {
    "sum_in_another_order": sum_in_another_order,
    "one": lambda p, rng: (rng.random(), 2.0),
    "mixed": lambda ps, rngs: ([r.random() * p.d for p, r in zip(ps, rngs, strict=True)], [500.0] * len(ps)),
    "no_generator": lambda p: (1.0, 2.0),
    "from_its_own": lambda p, rng: (np.random.default_rng(rng.integers(2**63)).random(), 2.0),
    "torch_from_its_own": torch_from_its_own,
}  # fmt: skip


@pytest.mark.parametrize("name", PURE)
def test_a_pure_trial_is_not_accused(name):
    assert verdict(PURE[name]) == ""


MADE = {
    "constant": ("import numpy as np", "np.random.default_rng(0).random()"),
    "constant_by_name": ("from numpy.random import default_rng", "default_rng(3).random()"),
    "class_by_name": ("from numpy.random import Generator, PCG64", "Generator(PCG64(5)).random()"),
    "legacy": ("import numpy as np", "np.random.RandomState(1).rand()"),
    "fresh": ("import numpy as np", "np.random.default_rng().random()"),
    "python": ("from random import Random", "Random(4).random()"),
    "torch_constant": ("import torch", "torch.rand((), generator=torch.Generator().manual_seed(1))"),
    "torch_default": ("import torch", "torch.rand((), generator=torch.Generator())"),
    "in_a_helper": ("from helper_of_mine import number", "number()"),
}


@pytest.mark.parametrize("name", MADE)
def test_a_generator_that_does_not_come_from_the_trials_own_is_refused(name, tmp_path, monkeypatch):
    """Catches: 1,000 draws that are one."""
    head, number = MADE[name]
    (tmp_path / "helper_of_mine.py").write_text(
        "from numpy.random import default_rng\ndef number():\n    return default_rng(9).random()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / f"made_{name}.py"
    file.write_text(
        textwrap.dedent(f"""\
        {head}
        from lemmata import Axis, Claim
        claim = Claim("own.{name}", axes=[Axis("d", 4, 64)])
        @claim.at_most("b")
        def b(p, rng):
            return {number} + 1e-9 * rng.random(), 2.0
        @claim.control("b")
        def c(p, lhs, rhs):
            return lhs, -1.0
        """)
    )
    (claim,) = load_claims(file)
    subject = subject_of(claim, claim.bounds[0])
    why = impurity(subject, gather(subject, Setting(SMOKE, 0)).trials)
    assert "makes a generator" in why or "gives" in why
    assert ("seeded afresh" in why or "gives" in why) if name == "fresh" else "the same in every trial" in why


def test_nothing_is_left_behind_by_watching():
    """Catches: a maker of generators that stays replaced, after a trial that raises too."""
    originals = [getattr(module, name) for module, name, _ in MAKERS.values()]
    verdict(lambda p, rng: (np.random.default_rng(0).random(), 50.0))
    with pytest.raises(ZeroDivisionError):
        verdict(lambda p, rng: (1 / 0, 1.0))
    assert [getattr(module, name) for module, name, _ in MAKERS.values()] == originals
    assert all(value is original for value, (_, _, original) in zip(originals, MAKERS.values(), strict=True))


def test_a_trial_that_never_draws_is_deterministic():
    """Catches: a hundred equal numbers that are taken for a hundred draws."""
    claim = Claim("own.still", statement="x", axes=[Axis("d", 4, 64), Axis("n", 2, 8)])
    claim.at_most("still")(lambda p, rng: (math.sqrt(p.d), float(p.d)))
    claim.at_most("drawn")(lambda p, rng: (rng.random(), float(p.d)))
    claim.at_most("batch")(lambda p, rngs: ([1.0] * len(rngs), [2.0] * len(rngs)))
    found = {}
    for bound in claim.bounds:
        subject = subject_of(claim, bound)
        found[bound.name] = settled(subject, make_plan(subject, SMOKE, 0))
    assert [found[name].is_random for name in ("still", "drawn", "batch")] == [False, True, False]
    draws = make_plan(found["still"], SMOKE, 0).draws
    grid = [draw for draw in draws if draw.stream == "iid"]
    assert len(grid) == len({draw.point.key for draw in grid}) == 9, "one draw a point"
