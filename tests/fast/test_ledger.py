"""The ledger keeps what it acknowledged, and leaves alone what it does not understand."""

from __future__ import annotations

import sqlite3

import pytest
from ledger_sample import item, run

from lemmata.ledger import SCHEMA, Ledger, LedgerError


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "folder" / "ledger.sqlite")


def test_the_latest_verdict_of_each_bound_wins(ledger):
    ledger.add_run(run("1"), [item(), item("own.b")])
    ledger.add_run(run("2", day=2), [item(verdict="VIOLATED")])
    assert [(r["claim"], r["verdict"], r["run"]) for r in ledger.last_verdicts()] == [
        ("own.a", "VIOLATED", "2"),
        ("own.b", "HOLDS", "1"),
    ]


def test_a_bound_that_was_not_run_keeps_its_last_verdict(ledger):
    ledger.add_run(run("1"), [item()])
    ledger.add_run(run("2", day=2), [item(verdict="NOT_RUN")])
    assert [(r["verdict"], r["run"]) for r in ledger.last_verdicts()] == [("HOLDS", "1")]


def test_the_last_run_comes_back_whole(ledger):
    assert ledger.last_run() is None
    ledger.add_run(run("1"), [item("own.b"), item("own.a")])
    last = ledger.last_run()
    assert last["run"] == run("1")
    assert [record["claim"] for record in last["items"]] == ["own.a", "own.b"]


def test_counterexamples_are_found_by_id(ledger):
    ledger.add_run(run("1"), [item(counterexamples=[{"id": "cx-1", "params": {"m": 2}}])])
    assert ledger.counterexample("cx-1")["params"] == {"m": 2}
    with pytest.raises(KeyError, match="no counterexample 'cx-2'"):
        ledger.counterexample("cx-2")


def test_a_run_is_stored_whole_or_not_at_all(ledger):
    with pytest.raises(LedgerError, match="UNIQUE"):
        ledger.add_run(run("1"), [item(), item()])
    assert ledger.last_run() is None


def test_numbers_that_json_cannot_hold_are_refused(ledger):
    with pytest.raises(ValueError, match="Out of range float"):
        ledger.add_run(run("1"), [item(constant=float("nan"))])
    assert ledger.last_run() is None


def test_a_name_that_is_no_text_is_stored_as_far_as_it_can_be(ledger):
    ledger.add_run(run("1"), [item("own.\udcff")])
    assert ledger.progress()[1][0]["claim"] == "own.?"


# ---- rows as they arrive ----


def test_a_run_that_is_being_written_shows_what_it_has(ledger):
    with ledger.begin(run("1", bounds=3)) as writer:
        writer.add_bound(item())
        assert ledger.last_run()["run"]["finished"] is None
        assert [r["verdict"] for r in ledger.last_verdicts()] == ["HOLDS"]
        facts, rows = ledger.progress()
        assert (facts["bounds"], [(row["claim"], row["executed"], row["as_expected"]) for row in rows]) == (
            3,
            [("own.a", 100, 1)],
        )
        writer.finish(run("1"), [item("own.b", "NOT_RUN")])
    last = ledger.last_run()
    assert last["run"]["finished"] == run("1")["finished"]
    assert [r["verdict"] for r in last["items"]] == ["HOLDS", "NOT_RUN"]


def test_a_run_without_an_end_is_said_to_be_unfinished(ledger):
    with ledger.begin(run("1")) as writer:
        writer.add_bound(item())
    assert [(r["finished"], r["bounds"]) for r in ledger.runs()] == [(None, 1)]


def test_a_bound_that_is_checked_again_in_a_run_replaces_its_row(ledger):
    with ledger.begin(run("1")) as writer:
        writer.add_bound(item(verdict="ERROR"))
        writer.add_bound(item())
    assert [r["verdict"] for r in ledger.last_run()["items"]] == ["HOLDS"]


def test_the_file_is_complete_without_its_log_after_a_run(ledger, tmp_path):
    with ledger.begin(run("1")) as writer:
        writer.finish(run("1"), [item()])
        copy = tmp_path / "copy.sqlite"
        copy.write_bytes(ledger.path.read_bytes())
    assert Ledger(copy).last_run()["items"][0]["claim"] == "own.a"


def test_two_runs_cannot_have_one_id(ledger):
    ledger.add_run(run("1"), [item()])
    with pytest.raises(LedgerError, match="UNIQUE constraint failed"):
        ledger.begin(run("1"))
    assert len(ledger.runs()) == 1


# ---- names and the baseline ----


@pytest.fixture
def three(ledger):
    for number, name in enumerate(("20260101-aa", "20260102-ab", "20260102-ac"), 1):
        ledger.add_run(run(name, day=number), [item(margin=float(number))])
    return ledger


@pytest.mark.parametrize(
    "name, margin",
    [("last", 3.0), ("last~0", 3.0), ("last~2", 1.0), ("20260102-ab", 2.0), ("20260101", 1.0)],
)
def test_runs_have_names(three, name, margin):
    assert three.run(name)["items"][0]["margin"] == margin


@pytest.mark.parametrize(
    "name, words",
    [
        ("last~3", "no run 'last~3': the ledger has 3"),
        ("20260102", "is the beginning of 2 ids"),
        ("2027", "no run '2027': `lemmata runs` lists them"),
        ("", "no run ''"),
        ("baseline", "lemmata accept RUN --reason"),
        ("%", "no run '%'"),
    ],
)
def test_a_name_that_means_no_run_says_what_there_is(three, name, words):
    with pytest.raises(KeyError) as raised:
        three.run(name)
    assert words in raised.value.args[0]


def test_the_latest_accepted_run_is_the_baseline_and_the_former_ones_are_kept(three):
    assert three.accept("last~1", "first reading") == "20260102-ab"
    assert three.accept("last", " the constant of Lemma 1 was corrected ") == "20260102-ac"
    assert three.run("baseline")["run"]["id"] == "20260102-ac"
    assert [(b["run"], b["reason"]) for b in three.baselines()] == [
        ("20260102-ac", "the constant of Lemma 1 was corrected"),
        ("20260102-ab", "first reading"),
    ]
    assert [r["is_baseline"] for r in three.runs()] == [True, False, False]
    assert all(b["accepted"].startswith("20") for b in three.baselines())


def test_a_baseline_needs_a_reason_an_end_and_a_measurement(three):
    with pytest.raises(ValueError, match="the reason is empty"):
        three.accept("last", "  ")
    three.begin(run("4")).close()
    with pytest.raises(ValueError, match="run 4 is unfinished"):
        three.accept("last", "why not")
    three.add_run(run("5", executed=0), [item(verdict="NOT_RUN")])
    with pytest.raises(ValueError, match="run 5 measured nothing"):
        three.accept("last", "why not")
    assert three.baselines() == []


# ---- files that are no ledger, or not ours ----


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite: file is not a database.*Move the file away"):
        Ledger(path)
    assert path.read_bytes() == b"no database" * 100


def test_a_newer_ledger_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "ledger.sqlite"
    Ledger(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=f"schema {SCHEMA + 1}, this program knows {SCHEMA}: update lemmata"):
        Ledger(path)
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "photos.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE photos (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is no ledger: it has no table"):
        Ledger(path)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_ledger(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.touch()
    assert Ledger(path).runs() == []
