"""A ledger of an older schema becomes a present one, with a copy of what it was beside it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from ledger_sample import item, run
from patience import PATIENCE

from lemmata.ledger import SCHEMA, Ledger, LedgerError
from lemmata.ledger import schema as schema_module

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION_1 = """
CREATE TABLE run (
    id TEXT PRIMARY KEY, started TEXT NOT NULL, finished TEXT NOT NULL, profile TEXT NOT NULL,
    facts TEXT NOT NULL CHECK (json_valid(facts))
) STRICT;
CREATE TABLE verdict (
    run TEXT NOT NULL REFERENCES run (id), claim TEXT NOT NULL, reading TEXT NOT NULL, bound TEXT NOT NULL,
    verdict TEXT NOT NULL, expected TEXT, record TEXT NOT NULL CHECK (json_valid(record)),
    PRIMARY KEY (run, claim, reading, bound)
) STRICT;
CREATE TABLE counterexample (
    id TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES run (id), record TEXT NOT NULL CHECK (json_valid(record))
) STRICT;
PRAGMA user_version = 1;
"""


@pytest.fixture
def old(tmp_path):
    """A file as version 1 wrote it: the later run first, in write-ahead mode."""
    path = tmp_path / "ledger.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(VERSION_1)
    for facts in (run("2", day=2), run("1")):
        values = (*(facts[key] for key in ("id", "started", "finished", "profile")), json.dumps(facts))
        connection.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?)", values)
        records = [item(why=f"of run {facts['id']}"), item("own.b", "VIOLATED", expected="VIOLATED", as_expected=True)]
        for record in records:
            named = (record[key] for key in ("claim", "reading", "bound", "verdict", "expected"))
            values = (facts["id"], *named, json.dumps(record))
            connection.execute("INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    connection.execute("INSERT INTO counterexample VALUES ('cx-1', '2', ?)", (json.dumps({"id": "cx-1", "m": 2}),))
    connection.close()
    return path


def rows(path, query):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_nothing_is_lost_on_the_way(old):
    ledger = Ledger(old)
    assert rows(old, "PRAGMA user_version") == [(SCHEMA,)]
    assert [r["id"] for r in ledger.runs()] == ["2", "1"], "runs are numbered by the time at which they began"
    assert ledger.run("1")["run"] == run("1")
    assert ledger.run("last")["items"][0]["why"] == "of run 2"
    assert [(r["claim"], r["run"]) for r in ledger.last_verdicts()] == [("own.a", "2"), ("own.b", "2")]
    assert ledger.counterexample("cx-1") == {"id": "cx-1", "m": 2}


def test_the_migrated_ledger_has_the_tables_of_a_new_one(old, tmp_path):
    query = "SELECT name, sql FROM sqlite_schema ORDER BY name"
    Ledger(old)
    Ledger(tmp_path / "new.sqlite")
    assert rows(old, query) == rows(tmp_path / "new.sqlite", query)
    assert rows(old, "PRAGMA integrity_check") == [("ok",)]
    assert rows(old, "PRAGMA foreign_key_check") == []


def test_the_former_file_is_kept_beside_it_and_never_written_over(old):
    (old.parent / "ledger.schema-1.sqlite").write_text("the copy of an earlier migration")
    Ledger(old)
    assert (old.parent / "ledger.schema-1.sqlite").read_text() == "the copy of an earlier migration"
    copy = old.parent / "ledger.schema-1-2.sqlite"
    assert rows(copy, "PRAGMA user_version") == [(1,)]
    assert rows(copy, "SELECT COUNT(*) FROM verdict") == [(4,)]
    assert not list(old.parent.glob("*.tmp"))


def test_a_migration_happens_once(old):
    Ledger(old)
    Ledger(old)
    assert len(list(old.parent.glob("*schema-1*"))) == 1


def test_two_processes_that_migrate_at_once_do_it_once(old):
    code = "import sys; from pathlib import Path; from lemmata.ledger import Ledger; Ledger(Path(sys.argv[1]))"
    both = [subprocess.Popen([sys.executable, "-c", code, str(old)], cwd=ROOT) for _ in range(2)]
    assert [process.wait(timeout=PATIENCE) for process in both] == [0, 0]
    (copy,) = old.parent.glob("*schema-1*")
    assert rows(copy, "PRAGMA integrity_check") == [("ok",)]
    assert rows(copy, "SELECT COUNT(*) FROM verdict") == [(4,)]
    assert rows(old, "SELECT COUNT(*) FROM verdicts") == [(4,)]


def test_a_migration_that_fails_changes_nothing(old, monkeypatch):
    monkeypatch.setitem(schema_module.STEPS, 1, schema_module.STEPS[1] + ";\nSELECT * FROM nowhere")
    with pytest.raises(LedgerError, match="no such table: nowhere"):
        Ledger(old)
    assert rows(old, "PRAGMA user_version") == [(1,)]
    assert rows(old, "SELECT COUNT(*) FROM verdict") == [(4,)]
    assert rows(old, "SELECT name FROM sqlite_schema WHERE name = 'runs'") == []


def test_a_damaged_old_ledger_is_refused_and_left_as_it_is(old):
    content = bytearray(old.read_bytes())
    content[-4096 * 2 : -4096] = b"\xff" * 4096
    old.write_bytes(content)
    with pytest.raises(LedgerError, match="Move the file away"):
        Ledger(old)
    assert old.read_bytes() == content
    assert not list(old.parent.glob("*schema-1*"))


def test_epochs_of_a_claim_become_those_of_its_bounds(tmp_path):
    path = tmp_path / "ledger.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(schema_module.TABLES_2)
    samples = [(1, "own.a", "b"), (2, "own.a", "c"), (3, "own.b", "b")]
    connection.executemany("INSERT INTO samples VALUES (?, ?, 'literal', ?, '')", samples)
    epochs = [("own.a", "code 1", 1), ("own.a", "code 2", 2), ("own.b", "code 1", 1)]
    connection.executemany("INSERT INTO epochs VALUES (?, ?, ?, '2026-01-01')", epochs)
    connection.execute("PRAGMA user_version = 2")
    connection.commit()
    connection.close()
    Ledger(path)
    kept = [(1, "code 1", 1), (1, "code 2", 2), (2, "code 1", 1), (2, "code 2", 2), (3, "code 1", 1)]
    assert rows(path, "SELECT sample, code, number FROM epochs ORDER BY sample, number") == kept
    assert rows(path, "PRAGMA user_version") == [(SCHEMA,)]
