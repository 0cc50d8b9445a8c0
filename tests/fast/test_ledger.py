"""The ledger keeps what it acknowledged, and leaves alone what it does not understand."""

from __future__ import annotations

import sqlite3

import pytest

from harness.ledger import SCHEMA, Ledger, LedgerError


def run(identifier, started="2026-01-01T00:00:00+00:00"):
    return {"id": identifier, "started": started, "finished": started, "profile": "smoke"}


def item(claim="own.a", verdict="HOLDS", **facts):
    record = {"claim": claim, "reading": "literal", "bound": "b", "verdict": verdict, "expected": None}
    return record | {"counterexamples": []} | facts


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "folder" / "ledger.sqlite")


def test_the_latest_verdict_of_each_bound_wins(ledger):
    ledger.add_run(run("1"), [item(), item("own.b")])
    ledger.add_run(run("2", "2026-01-02T00:00:00+00:00"), [item(verdict="VIOLATED")])
    assert [(r["claim"], r["verdict"], r["run"]) for r in ledger.last_verdicts()] == [
        ("own.a", "VIOLATED", "2"),
        ("own.b", "HOLDS", "1"),
    ]


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


def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite: file is not a database"):
        Ledger(path)
    assert path.read_bytes() == b"no database" * 100


def test_a_newer_ledger_is_refused(tmp_path):
    path = tmp_path / "ledger.sqlite"
    Ledger(path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    with pytest.raises(LedgerError, match="update lemmata"):
        Ledger(path)
