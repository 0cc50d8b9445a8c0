"""Rows of trials: stored once under what they are, numbers as they were measured, and NaN never."""

from __future__ import annotations

import csv
import json
import math
import sqlite3

import numpy as np
import pytest
from ledger_sample import item, run

from lemmata.ledger import Ledger, LedgerError, Sample
from lemmata.ledger.export import export
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.rows import TrialRow
from lemmata.vocabulary.trial import Draw, Trial

SAMPLE = Sample("own.a", "literal", "b")


def row(position=0, **facts):
    facts = {"params": '{"m": 2}', "lhs": 1.0, "rhs": 2.0, "margin": 1.0} | facts
    return TrialRow(0, "iid", position, **facts)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.sqlite")


@pytest.fixture
def writer(ledger):
    with ledger.begin(run("1")) as writer:
        yield writer


def test_trials_come_back_as_they_were_measured(ledger, writer):
    rows = [
        row(0, lhs=math.inf, margin=-math.inf),
        row(1, terms="[1.0, 1.0]", random=0.5, known=1.5, certification="real", is_exact=True),
        row(2, lhs=5e-324, rhs=1.7976931348623157e308, margin=-0.1),
    ]
    assert writer.add_bound(item(), rows, "code 1") == 3
    assert ledger.trials(SAMPLE, 1) == rows


def test_a_repeated_batch_is_ignored(ledger, writer):
    assert writer.add_bound(item(), [row(0), row(1)], "code 1") == 2
    assert writer.add_bound(item(), [row(1), row(2)], "code 1") == 1
    with ledger.begin(run("2")) as another:
        assert another.add_bound(item(), [row(0), row(1), row(2)], "code 1") == 0
    assert [found.position for found in ledger.trials(SAMPLE, 1)] == [0, 1, 2]


@pytest.mark.parametrize(
    "sample, epoch, other",
    [
        (SAMPLE._replace(reading="charitable"), 1, row()),
        (SAMPLE._replace(bound="c"), 1, row()),
        (SAMPLE, 2, row()),
        (SAMPLE, 1, row()._replace(root=1)),
        (SAMPLE, 1, row()._replace(stream="cover")),
        (SAMPLE, 1, row(position=1)),
        (SAMPLE, 1, row(params='{"m": 3}')),
    ],
)
def test_what_a_trial_is_tells_it_from_others(ledger, writer, sample, epoch, other):
    writer.add_bound(item(), [row()], "code 1")
    assert writer.add_bound(item(reading=sample.reading, bound=sample.bound), [other], f"code {epoch}") == 1
    assert other in ledger.trials(sample, epoch)


@pytest.mark.parametrize("name", ["lhs", "rhs", "margin", "random", "known"])
def test_nan_is_refused_with_its_whole_batch(ledger, writer, name):
    with pytest.raises(ValueError, match=r"trial 1 of stream iid of own\.a\[b\] holds NaN"):
        writer.add_bound(item(), [row(0), row(1, **{name: math.nan})], "code 1")
    assert ledger.trials(SAMPLE, 1) == []


@pytest.mark.parametrize(
    "facts, words",
    [
        ({"lhs": None}, "NOT NULL constraint failed"),
        ({"lhs": np.float32(1)}, "cannot store BLOB value in REAL column"),
        ({"position": -1}, "CHECK constraint failed"),
        ({"params": "{m: 2}"}, "CHECK constraint failed"),
        ({"terms": "nan"}, "CHECK constraint failed"),
        ({"is_exact": 2}, "CHECK constraint failed"),
    ],
)
def test_the_tables_themselves_refuse_what_is_no_trial(ledger, writer, facts, words):
    position = facts.pop("position", 0)
    with pytest.raises(LedgerError, match=words):
        writer.add_bound(item(), [row(5), row(position, **facts)], "code 1")
    assert ledger.trials(SAMPLE, 1) == []


def test_a_seed_beyond_the_integers_of_the_ledger_is_refused(writer):
    with pytest.raises(LedgerError, match=r"must be below 2\^63"):
        writer.add_bound(item(), [row()._replace(root=2**63)], "code 1")


def test_the_row_of_a_trial_holds_its_name_and_its_numbers():
    point = Params({"m": 4, "theta": 0.5})
    trial = Trial(Draw(7, "own.a[literal:b]", "hunt:ab", 3, point), 1.0, 2.0, 1.0, terms=(math.inf, 2.0), random=0.25)
    found = TrialRow.of(trial, "roundoff")
    assert found[:3] == (7, "hunt:ab", 3)
    assert json.loads(found.params) == {"m": 4, "theta": 0.5}
    assert json.loads(found.terms) == ["inf", 2.0]
    assert (found.random, found.known, found.certification) == (0.25, None, "roundoff")


def test_new_code_begins_an_epoch_unless_its_replays_agree(ledger, writer):
    def epoch(code, *, continues=False, bound="b"):
        writer.add_bound(item(bound=bound), [row()], code, continues=continues)
        return ledger.epochs(SAMPLE._replace(bound=bound))[code]

    assert epoch("code 1") == 1
    assert epoch("code 1") == 1
    assert epoch("code 2", continues=True) == 1
    assert epoch("code 3") == 2
    assert epoch("code 1") == 1, "code that returns belongs to the epoch it had"
    assert epoch("code 3", continues=True, bound="c") == 1, "each bound counts its own"


def test_pruning_keeps_the_trials_of_the_latest_runs_and_every_verdict(ledger):
    for number in range(1, 5):
        with ledger.begin(run(str(number), day=number)) as writer:
            rows = [row(1000 * number + i) for i in range(500)] if number != 4 else []
            writer.add_bound(item(), rows, "code 1")
            writer.finish(run(str(number), day=number), [item()])
    pruned = ledger.prune(2)  # run 4 has no trials and does not count as a night
    assert (pruned.trials, pruned.runs) == (500, ["1"])
    assert pruned.bytes_after < pruned.bytes_before
    assert {found.position // 1000 for found in ledger.trials(SAMPLE, 1)} == {2, 3}
    assert [len(ledger.run(str(number))["items"]) for number in range(1, 5)] == [1, 1, 1, 1]
    assert ledger.prune(2).trials == 0
    with pytest.raises(ValueError, match="-1 nights"):
        ledger.prune(-1)


# ---- export ----


def test_tables_for_other_programs_hold_every_row(ledger, writer, tmp_path):
    writer.add_bound(item(), [row(0, lhs=math.inf), row(1, terms="[1.0, 2.0]")], "code 1")
    cases = [{"id": "cx-1"}, {"id": "cx-2"}]
    writer.add_bound(item(interval=[1.0, "inf"], constant=2.0, why='a "quoted", line\nand another'))
    writer.add_bound(item("own.b", counterexamples=cases))
    assert [(path.name, count) for path, count in export(ledger, tmp_path / "out", "csv")] == [
        ("verdicts.csv", 2),
        ("trials.csv", 2),
    ]
    with (tmp_path / "out" / "trials.csv").open(newline="") as file:
        trials = list(csv.DictReader(file))
    assert [(t["run"], t["claim"], t["index"], t["lhs"], t["terms"], t["random"]) for t in trials] == [
        ("1", "own.a", "0", "inf", "", ""),
        ("1", "own.a", "1", "1.0", "[1.0, 2.0]", ""),
    ]
    with (tmp_path / "out" / "verdicts.csv").open(newline="") as file:
        verdicts = list(csv.DictReader(file))
    assert verdicts[0]["why"] == 'a "quoted", line\nand another'
    assert [float(verdicts[0][key]) for key in ("constant_low", "constant", "constant_high")] == [1.0, 2.0, math.inf]
    assert verdicts[1]["counterexamples"] == "cx-1 cx-2"


def test_parquet_holds_the_same(ledger, writer, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    writer.add_bound(item(), [row(i, lhs=float(i), is_exact=bool(i % 2)) for i in range(3)], "code 1")
    writer.add_bound(item(interval=[1.0, "inf"]))
    export(ledger, tmp_path, "parquet")
    trials = parquet.read_table(tmp_path / "trials.parquet").to_pydict()
    assert (trials["lhs"], trials["is_exact"], trials["random"]) == ([0.0, 1.0, 2.0], [False, True, False], [None] * 3)
    verdicts = parquet.read_table(tmp_path / "verdicts.parquet").to_pydict()
    assert (verdicts["constant_high"], verdicts["as_expected"]) == ([math.inf], [True])


def test_parquet_without_pyarrow_says_what_to_install_and_writes_nothing(ledger, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(RuntimeError, match=r"pip install 'lemmata\[parquet\]', or use --format csv"):
        export(ledger, tmp_path / "out", "parquet")
    assert not (tmp_path / "out").exists()


def test_an_export_that_fails_leaves_the_former_one(ledger, writer, tmp_path, monkeypatch):
    writer.add_bound(item())
    export(ledger, tmp_path, "csv")
    before = (tmp_path / "verdicts.csv").read_bytes()
    connection = sqlite3.connect(ledger.path)
    connection.execute("UPDATE verdicts SET record = '{}'")
    connection.commit()
    connection.close()
    with pytest.raises(KeyError):
        export(ledger, tmp_path, "csv")
    assert (tmp_path / "verdicts.csv").read_bytes() == before
    assert not list(tmp_path.glob(".*.tmp"))
