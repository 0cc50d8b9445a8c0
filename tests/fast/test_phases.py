"""Phase maps: the shares match a known boundary, what is fixed stays fixed, and nothing is lost in silence."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from lemmata.judging.check import check
from lemmata.judging.kinds import subject_of
from lemmata.places.batch import run_batch
from lemmata.sampling.profiles import PROFILES, Profile
from lemmata.trials.phases import measure_map
from lemmata.trials.pooling import Setting
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.trial import Draw
from lemmata.vocabulary.words import Axis, Condition

SMOKE = PROFILES["smoke"]


GRID = (Axis("a", 1, 1000), Axis("b", 1.0, 10.0))


def toy(trial=lambda p: (p.a, p.b), over=GRID, at=None, **facts):
    """A claim of a <= b, whose regime is a <= b / 3, with derived parameters and a map."""
    claim = Claim(
        "own.toy",
        axes=[Axis("a", 2, 32), Axis("b", 100.0, 400.0), Axis("c", 3, 48)],
        derived={"half": lambda p: p.a / 2, "quarter": lambda p: p.half / 2},
        regime=[
            Condition("a <= b/3", lambda p: p.b / (3 * p.a)),
            Condition("c >= C a", lambda p: p.c / p.a, constant="C"),
        ],
    )
    claim.at_most("order", **facts)(trial)
    claim.control("order")(lambda p, lhs, rhs: (lhs, rhs / 1e6))
    claim.phase_map("order", over=over, at=at)
    claim.validate()
    return claim


def mapped(claim: Claim, profile: Profile = SMOKE, root: int = 0, **rest):
    (bound,) = claim.bounds
    record = measure_map(subject_of(claim, bound), claim.phase_maps[0], profile, root, **rest)
    json.dumps(record, allow_nan=False)
    return record


def test_the_shares_match_the_exact_boundary():
    record = mapped(toy())
    assert [axis["name"] for axis in record["axes"]] == ["a", "b"]
    assert record["axes"][0]["scales"] == [1, 10, 100, 1000]
    assert len(record["cells"]) == 16
    for cell in record["cells"]:
        a, b = cell["at"]["a"], cell["at"]["b"]
        assert cell["share"] == (a <= b)
        assert cell["ratio"] == pytest.approx(a / b)
        assert cell["inside"] == (3 * a <= b)
        assert cell["reach"] == [pytest.approx(b / (3 * a)), pytest.approx(12 / a)]
        assert (cell["trials"], cell["measured"], cell["lost"]) == (1, 1, []), "without randomness once is enough"
    assert {cell["share"] for cell in record["cells"]} == {0, 1}


def test_what_is_not_named_stays_in_the_middle_and_what_is_named_stays_where_it_is_put():
    seen = []

    def trial(p):
        seen.append((p.a, p.b, p.c))
        return p.a, p.b

    assert mapped(toy(trial, over=Axis("a", 1, 100)))["fixed"] == {"b": 200.0, "c": 12}
    assert {(b, c) for _, b, c in seen} == {(200.0, 12)}
    assert sorted(a for a, _, _ in seen) == Axis("a", 1, 100).ladder(8), "a map over one axis has twice the rungs"
    seen.clear()
    record = mapped(toy(trial, over=Axis("a", 1, 100), at={"b": 7.0}))
    assert record["fixed"] == {"b": 7.0, "c": 12}
    assert {(b, c) for _, b, c in seen} == {(7.0, 12)}
    assert [cell["share"] for cell in record["cells"]] == [float(cell["at"]["a"] <= 7) for cell in record["cells"]]


def test_points_give_the_coordinates_of_the_first_one():
    claim = Claim("own.points", points=[{"m": 5, "k": 2}, {"m": 6, "k": 3}])
    claim.at_most("b")(lambda p: (p.m, p.k))
    claim.control("b")(lambda p, lhs, rhs: (lhs, rhs / 10))
    claim.phase_map("b", over=Axis("k", values=(8, 4)))
    record = mapped(claim)
    assert record["fixed"] == {"m": 5}
    assert [(cell["at"]["k"], cell["share"]) for cell in record["cells"]] == [(4, 0), (8, 1)]


def test_a_derived_parameter_is_fixed_and_what_follows_from_it_follows():
    seen = []
    record = mapped(toy(lambda p: seen.append((p.a, p.half, p.quarter)) or (1, 2), over=Axis("half", 1.0, 64.0)))
    assert record["axes"][0]["name"] == "half"
    assert all(a == 8 and quarter == half / 2 for a, half, quarter in seen)
    assert sorted(half for _, half, _ in seen) == record["axes"][0]["scales"]


def test_trials_have_a_stream_of_their_own_and_can_be_run_again():
    claim = toy(lambda p, rng: (rng.random(), 1.0), over=Axis("a", 1, 100))
    (bound,) = claim.bounds
    record = mapped(claim)
    number, cell = next((i, c) for i, c in enumerate(record["cells"]) if c["at"]["a"] == 100)
    assert cell["trials"] == SMOKE.map_draws == 2
    p = claim.params(record["fixed"] | cell["at"])
    draws = [Draw(0, subject_of(claim, bound).name, "map", 2 * number + i, p) for i in range(2)]
    ratios = [trial.lhs for trial in run_batch(bound.trial, "at_most", draws)]
    assert cell["ratio"] == pytest.approx(np.median(ratios))
    assert len({cell["ratio"] for cell in record["cells"]}) == len(record["cells"]), "cells share no trial"
    assert mapped(claim) == record
    assert mapped(claim, root=1) != record
    iid = Draw(0, subject_of(claim, bound).name, "iid", 2 * number, p)
    assert run_batch(bound.trial, "at_most", [iid])[0].lhs not in ratios


def test_the_share_is_of_the_trials_and_the_ratio_their_median():
    def trial(p, rngs):
        return np.arange(1.0, len(rngs) + 1), np.full(len(rngs), 2.5)

    cell = mapped(toy(trial, over=Axis("a", values=(1,))), PROFILES["standard"])["cells"][0]
    assert (cell["trials"], cell["share"], cell["ratio"]) == (4, 0.5, 1.0)


def test_a_lower_bound_holds_from_above():
    claim = Claim("own.lower", axes=[Axis("a", 1, 100)])
    claim.at_least("b", delta=0.1)(lambda p: (float(p.a), 10.0))
    claim.control("b")(lambda p, lhs, rhs: (lhs, rhs * 1e6))
    claim.phase_map("b", over=Axis("a", 1, 100))
    for cell in mapped(claim)["cells"]:
        assert (cell["share"], cell["ratio"]) == (cell["at"]["a"] >= 10, pytest.approx(10 / cell["at"]["a"]))


def test_what_raises_is_lost_with_its_reason_and_the_others_of_its_cell_are_kept():
    def trial(p, rngs):
        if p.a == 100:
            raise FloatingPointError("overflow\nin step 3")
        if p.a == 10 and len(rngs) > 1:
            raise RuntimeError("too many at once")
        return np.full(len(rngs), math.nan if p.a == 1000 else float(p.a)), 1e3

    cells = {c["at"]["a"]: c for c in mapped(toy(trial, over=Axis("a", values=(1, 10, 100, 1000))))["cells"]}
    assert [(c["trials"], c["measured"], c["share"]) for c in cells.values()] == [
        (2, 2, 1), (2, 2, 1), (2, 0, None), (2, 0, None),
    ]  # fmt: skip
    assert cells[100]["lost"] == ["FloatingPointError: overflow in step 3"]
    assert "NaN" in cells[1000]["lost"][0], "NaN is never a trial that holds"
    assert cells[10]["lost"] == [], "alone its trials do give numbers"


def test_cells_of_a_mixed_trial_run_together_and_a_bad_cell_costs_itself_only():
    batches = []

    def trial(ps, rngs):
        batches.append(len(ps))
        if any(p.a == 10 for p in ps):
            raise ValueError("no network of width 10")
        return np.array([float(p.a) for p in ps]), np.full(len(ps), 50.0)

    cells = mapped(toy(trial, over=Axis("a", values=(1, 10, 100))))["cells"]
    assert [(cell["share"], cell["measured"]) for cell in cells] == [(1, 2), (None, 0), (0, 2)]
    assert cells[1]["lost"] == ["ValueError: no network of width 10"]
    assert batches[0] == 6, "all cells at once"
    assert sorted(batches[1:]) == [1, 1, 2, 2, 2], "then each cell, and of the bad one each trial"


def test_float32_is_enough_but_near_the_bound():
    seen = []

    def trial(p, rngs):
        seen.append((p.a, str(p.dtype), len(rngs)))
        return np.full(len(rngs), {1: 0.5, 2: 1.0001, 3: 1e30}[p.a]), 1.0

    claim = toy(trial, over=Axis("a", values=(1, 2, 3)))
    claim.precision = "float32"
    assert [cell["share"] for cell in mapped(claim)["cells"]] == [1, 0, 0]
    again = [("torch.float64", 1)] * 2
    assert sorted(seen) == sorted([(a, "torch.float32", 2) for a in (1, 2, 3)] + [(2, *each) for each in again])


def test_divergence_is_a_failure_with_an_infinite_ratio():
    cell = mapped(toy(lambda p: (math.inf, 1.0), over=Axis("a", values=(1,))))["cells"][0]
    assert (cell["share"], cell["ratio"]) == (0, "inf")


@pytest.mark.parametrize(("lhs", "rhs", "share"), [(-1.0, -2.0, 0), (-3.0, -2.0, 1), (0, Fraction(0), 1)])
def test_signs_of_which_a_ratio_says_nothing_give_none(lhs, rhs, share):
    cell = mapped(toy(lambda p: (lhs, rhs), over=Axis("a", values=(1,))))["cells"][0]
    assert (cell["share"], cell["ratio"]) == (share, None)


def test_a_negative_quantity_is_below_a_lower_bound_and_has_no_ratio():
    claim = Claim("own.lower", axes=[Axis("a", 1, 100)])
    claim.at_least("b")(lambda p: (-1.0, 2.0))
    claim.control("b")(lambda p, lhs, rhs: (lhs, rhs * 1e6))
    claim.phase_map("b", over=Axis("a", values=(1,)))
    cell = mapped(claim)["cells"][0]
    assert (cell["share"], cell["ratio"], cell["lost"]) == (0, None, [])


def test_round_off_is_no_failure_of_an_explicit_bound():
    def tight(p):
        third = np.asarray(1 / 3, dtype=str(p.dtype).removeprefix("torch."))
        return float(third * 3 + np.finfo(third.dtype).eps), 1.0

    assert mapped(toy(tight, over=Axis("a", values=(1,))))["cells"][0]["share"] == 1
    really = toy(lambda p: (1 + 1e-9, 1.0), over=Axis("a", values=(1,)))
    assert mapped(really)["cells"][0]["share"] == 0


def test_a_rule_or_condition_that_is_not_defined_out_there_costs_its_cell_only():
    claim = toy(over=Axis("c", values=(1, 3)))
    claim.derived = {"root": lambda p: 1 / (p.c - 1)}
    claim.regime = [Condition("log", lambda p: math.log(2 - p.c))]
    first, second = mapped(claim)["cells"]
    assert first["lost"] == ["ZeroDivisionError: division by zero"]
    assert (first["inside"], second["inside"], second["reach"], second["share"]) == (None, False, [None], 1)


def test_the_distance_to_the_regime_is_the_smallest_missing_factor():
    record = mapped(toy(over=(Axis("a", 100, 1000), Axis("b", 1.0, 30.0))))
    assert record["nearest"] == {"at": {"a": 100, "b": 30.0}, "factor": pytest.approx(10)}
    record = mapped(toy(over=(Axis("a", 100, 1000), Axis("b", 1.0, 3000.0))))
    assert record["nearest"]["factor"] == 1
    assert record["nearest_at_one"]["factor"] == pytest.approx(100 / 12)
    assert not any(cell["inside_at_one"] for cell in record["cells"])
    assert any(cell["inside"] for cell in record["cells"])


def test_when_the_time_is_up_the_other_cells_say_so():
    record = mapped(toy(), seconds=-1.0)
    assert {cell["measured"] for cell in record["cells"]} == {0}
    assert all("were used up" in cell["lost"][0] for cell in record["cells"])
    assert record["nearest"]["factor"] == 1, "the regime is known all the same"


def test_effort_scales_the_draws_of_a_cell():
    claim = toy(lambda p, rng: (rng.random(), 1.0), over=Axis("a", values=(1,)))
    claim.effort = 0.5
    assert mapped(claim, PROFILES["standard"])["cells"][0]["trials"] == 2
    assert mapped(claim)["cells"][0]["trials"] == 1


def test_a_map_takes_no_part_in_the_verdict():
    def trial(p, rng):
        return p.a * (1 + rng.random()), p.b

    with_map, without = toy(trial), toy(trial)
    without.phase_maps.clear()
    records = [check(subject_of(claim, claim.bounds[0]), Setting(SMOKE, 0)) for claim in (with_map, without)]
    for record in records:
        record.pop("seconds")
    (phases,), none = (record.pop("phase_maps") for record in records)
    assert none == []
    assert any(cell["share"] == 0 for cell in phases["cells"])
    assert records[0] == records[1]
    assert records[0]["verdict"] == "HOLDS"


def test_a_map_belongs_to_every_reading_of_its_bound():
    claim = toy()
    claim.readings = {"other": "as meant"}
    claim.at_most("order", reading="other")(lambda p: (p.a, 10 * p.b))
    shares = [
        sum(
            cell["share"]
            for cell in measure_map(subject_of(claim, bound), *claim.phase_maps_of(bound), SMOKE, 0)["cells"]
        )
        for bound in claim.bounds
    ]
    assert shares[0] < shares[1]


def test_params_of_a_cell_are_those_of_replace():
    claim = toy()
    base = Params({"a": 8, "b": 200.0, "c": 12}, claim.derived)
    assert claim.params({"a": 8, "b": 200.0, "c": 12, "half": 3.0}) == base.replace(half=3.0)
