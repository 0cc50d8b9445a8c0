"""Evidence of many nights: seeds are never used twice, errors are shared out, and code decides what is pooled."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
from ledger_sample import item
from ledger_sample import run as run_facts

from lemmata.doors.session import _check
from lemmata.judging.kinds import kind_of
from lemmata.ledger import Ledger, Sample
from lemmata.nights.night import Night
from lemmata.nights.regression import Kind, bound_events
from lemmata.places.blackbox import BlackBox
from lemmata.trials.pins import MOST, SPREAD, WORST
from lemmata.trials.pooling import FIRST, Past, judged, look_at
from lemmata.vocabulary.claim import Claim, forget
from lemmata.vocabulary.epochs import code_of
from lemmata.vocabulary.error_rates import ALPHA
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Axis

HEAD = """
import numpy as np
from lemmata import Axis, Claim

claim = Claim("own.a", statement="A statement.", axes=[Axis("d", 4, 256)])

@claim.at_most("norm", up_to_constant=True, delta=0.1)
def norm(p, rng):
    return {quantity}, p.d**0.5

@claim.control("norm")
def smaller(p, lhs, rhs):
    return lhs, rhs / p.d**0.5
"""
NORM = "np.linalg.norm(rng.standard_normal(p.d))"
SAME = "np.sqrt((rng.standard_normal(p.d) ** 2).sum())"  # other code, the same numbers up to rounding
OTHER = "2 * " + NORM
TAIL = """
from lemmata import Claim

claim = Claim("own.a", statement="A statement.", points=[{"d": 1}, {"d": 2}])

@claim.at_most("norm", delta=0.05)
def norm(p, rng):
    return abs(rng.standard_normal()), 2.1

@claim.control("norm")
def smaller(p, lhs, rhs):
    return lhs, 0.5
"""
SAMPLE = Sample("own.a", "literal", "norm")


class Nights:
    """A claim file, a ledger, and nights that follow one another in this process."""

    def __init__(self, folder: Path) -> None:
        self.file, self.ledger = folder / "own_a.py", Ledger(folder / "ledger.sqlite")
        self.number = 0

    def night(self, text: str, installments: int = 1, profile: str = "nightly", root: int = 0) -> dict:
        """Check the claim as a night does, and write what comes."""
        self.file.write_text(text)
        for module in [name for name in sys.modules if name.startswith("lemmata_claim_")]:
            del sys.modules[module]  # a night is a process of its own
            forget(module)
        self.number += 1
        name = str(self.number)
        with self.ledger.begin(run_facts(name, day=self.number)) as writer:
            night = Night(self.ledger.path, name, installments)
            box = BlackBox(self.file.with_suffix(".box"))
            done = _check(str(self.file), "own.a", "norm", "literal", profile, root, code_of(self.file), night, box)
            record, rows, code, continues = done
            record |= {"as_expected": True}
            writer.add_bound(record, rows, code, continues=continues)
            writer.finish(run_facts(name, day=self.number) | {"finished": "2026-02-01T00:00:00+00:00"})
        return record


@pytest.fixture
def nights(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Nights(tmp_path)


def text(quantity=NORM):
    return HEAD.format(quantity=quantity)


def test_each_night_has_fresh_seeds_and_growth_is_judged_when_installments_have_doubled(nights):
    records = [nights.night(text()) for _ in range(4)]
    assert [record["evidence"]["look"] for record in records] == [0, 1, 1, 2]
    assert [record["scope"]["draws"] for record in records] == [720, 1440, 1440, 2880]
    assert [record["draws"]["executed"] for record in records] == [720] * 4
    positions = [row.position for row in nights.ledger.trials(SAMPLE, 1)]
    assert positions == list(range(FIRST, FIRST + 4 * 720))
    assert len({row.lhs for row in nights.ledger.trials(SAMPLE, 1)}) == 4 * 720


def test_many_nights_give_the_verdict_that_one_night_with_all_of_it_gives(nights, tmp_path):
    for _ in range(3):
        parts = nights.night(text())
    parts = nights.night(text())
    (tmp_path / "one").mkdir()
    whole = Nights(tmp_path / "one").night(text(), installments=4)
    for key in ("verdict", "why", "constant", "interval", "axes", "power", "controls"):
        assert parts[key] == whole[key], key
    assert parts["evidence"]["sizes"] == whole["evidence"]["sizes"]


def test_runs_of_other_profiles_are_neither_pooled_nor_disturbed(nights):
    smoke = nights.night(text(), profile="smoke")
    assert "evidence" not in smoke
    first = nights.night(text())
    assert nights.night(text(), profile="smoke")["constant"] == smoke["constant"]
    second = nights.night(text())
    assert first["scope"]["draws"] == 720
    assert second["scope"]["draws"] == 1440, "and not 141 more"


def test_another_root_seed_is_other_evidence(nights):
    nights.night(text())
    assert nights.night(text(), root=1)["scope"]["draws"] == 720
    assert nights.night(text())["scope"]["draws"] == 1440


def test_code_that_gives_the_pinned_numbers_goes_on_with_the_epoch(nights):
    nights.night(text())
    record = nights.night(text(SAME))
    assert (record["evidence"]["epoch"], record["scope"]["draws"]) == (1, 1440)


def test_code_that_does_not_begins_an_epoch_with_less_alpha_and_seeds_of_its_own(nights):
    nights.night(text())
    record = nights.night(text(OTHER))
    assert (record["evidence"]["epoch"], record["scope"]["draws"]) == (2, 720)
    assert record["evidence"]["next"]["iid"] == FIRST + 2 * 720
    assert record["scope"]["alpha"] == pytest.approx(ALPHA * 6 / (math.pi * 2) ** 2 / 2)
    again = nights.night(text())
    assert (again["evidence"]["epoch"], again["scope"]["draws"]) == (1, 1440), "code that returns has its epoch back"


def test_pinned_trials_outlive_their_epoch_so_that_moved_numbers_are_an_event(nights):
    first, second = nights.night(text()), nights.night(text(OTHER))
    kinds = [event.kind for event in bound_events(first, second, 0.0)]
    assert kinds.count(Kind.REPLAY) >= len(first["pinned"])


def test_pinned_trials_are_the_worst_and_some_that_are_spread_and_stay(nights):
    first, second = nights.night(text()), nights.night(text())
    pins = {pin["id"]: pin for pin in first["pinned"]}
    assert WORST + SPREAD - 4 <= len(pins) <= WORST + SPREAD, "some of the spread ones may be among the worst"
    again = {pin["id"]: pin for pin in second["pinned"]}
    assert pins.items() <= again.items(), "the same numbers, bit for bit"
    assert len(again) <= len(pins) + 1 <= MOST
    worst = max(nights.ledger.trials(SAMPLE, 1), key=lambda row: row.lhs / row.rhs)
    assert worst.position in {pin["index"] for pin in second["pinned"]}


def test_a_bound_that_rests_keeps_its_verdict_and_still_runs_its_pins(nights):
    first = nights.night(text())
    second = nights.night(text(), installments=0)
    assert second["rested"] == "1"
    assert (second["verdict"], second["constant"]) == (first["verdict"], first["constant"])
    assert second["draws"]["executed"] == second["draws"]["planned"] == 0
    assert second["pinned"] == first["pinned"]
    third = nights.night(text(), installments=0)
    assert third["rested"] == "1", "it was measured on the first night"
    assert nights.night(text())["scope"]["draws"] == 1440


def test_a_bound_that_was_never_measured_or_whose_numbers_changed_cannot_rest(nights):
    assert nights.night(text(), installments=0)["draws"]["executed"] == 720
    record = nights.night(text(OTHER), installments=0)
    assert "rested" not in record
    assert record["draws"]["executed"] == 720


def test_failures_are_counted_over_the_nights_even_when_the_trials_are_gone(nights):
    first = nights.night(TAIL)
    nights.ledger.prune(0)
    second = nights.night(TAIL)
    totals = [sum(n for *_, n in record["evidence"]["counts"].values()) for record in (first, second)]
    assert totals == [720, 1440]
    assert second["scope"]["draws"] == 1440
    failures = [sum(failed for _, _, failed, _ in record["evidence"]["counts"].values()) for record in (first, second)]
    assert failures[1] > failures[0], "those of both nights"


def test_an_epoch_ends_where_the_claim_changes_how_it_is_judged(nights):
    # The numbers are the same, and the data were seen: with another resolution they would be judged twice.
    nights.night(text())
    assert nights.night(text() + "# a remark\n")["evidence"]["epoch"] == 1
    edited = nights.night(text().replace("delta=0.1", "delta=0.1, resolution=0.2"))
    assert edited["evidence"]["epoch"] == 2
    assert edited["evidence"]["sizes"] == [720]
    axis = nights.night(text().replace('Axis("d", 4, 256)', 'Axis("d", 4, 256, toward="both")'))
    assert axis["evidence"]["epoch"] == 3


# ---- looks ----


def trials(count, start=FIRST):
    claim = Claim("own.a", statement="x", axes=[Axis("d", 4, 256)])
    point = claim.params({"d": 4})
    return [Trial(Draw(0, "own.a", "iid", start + i, point), 1.0, 1.0, 0.0) for i in range(count)]


def of_kind(kind):
    claim = Claim("own.b", statement="x", axes=[Axis("d", 4, 256)])
    rest = {"up_to_constant": True} if kind == "up_to_constant" else {}
    claim.at_most("b", **rest)(lambda p, rng: (1, 1))
    return kind_of(claim.bounds[0])


def test_the_errors_of_all_looks_and_epochs_sum_to_no_more_than_was_promised():
    growth = of_kind("up_to_constant")
    looks = [look_at(growth, epoch, 2**k) for epoch in range(1, 200) for k in range(200)]
    assert 0.95 < sum(look.share for look in looks) < 1
    assert 0.95 < sum(look.share_pass for look in looks) < 1, "the pass side has its share of an epoch too"
    assert sum(look_at(of_kind("explicit"), epoch, 7).share for epoch in range(1, 2000)) < 1


def test_a_look_rests_on_the_first_installments_whatever_came_later():
    kind, sizes = of_kind("up_to_constant"), [3, 2, 4]
    look = look_at(kind, 1, len(sizes))
    assert (look.number, look.installments) == (1, 2)
    assert [t.draw.index for t in judged(look, sizes, trials(9))] == [FIRST + i for i in range(5)]


def test_after_a_prune_each_night_is_a_look_of_its_own_at_what_is_left():
    kind, looked, numbers = of_kind("up_to_constant"), (2, 4, 0), []
    for night in range(5, 40):  # one installment a night, of which the oldest is pruned
        look = look_at(kind, 1, night, missing=10 * (night - 4), looked=looked)
        assert len(judged(look, [10] * night, trials(40, FIRST + 10 * (night - 4)))) == 40
        again = look_at(kind, 1, night, look.missing, (look.number, look.installments, look.missing))
        assert (again.number, again.share) == (look.number, look.share), "the same trials are the same look"
        looked = look.number, look.installments, look.missing
        numbers.append(look.number)
    assert numbers == sorted(set(numbers)), "a number is never used for other trials"
    assert numbers[0] > 2


def test_the_ledger_has_no_past_for_a_bound_that_is_new(nights):
    assert nights.ledger.states(SAMPLE, 0) == []
    assert nights.ledger.standings() == {}
    with pytest.raises(KeyError, match="has no verdict on"):
        nights.ledger.record(SAMPLE, "1")
    with nights.ledger.begin(run_facts("1")) as writer:
        writer.finish(run_facts("1"), [item()])
    assert nights.ledger.standings() == {}, "a run that does not pool leaves no evidence"
    assert Past().next["iid"] == FIRST
