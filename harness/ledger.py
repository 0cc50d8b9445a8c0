"""The store of runs, verdicts and counterexamples: one SQLite file, written by one process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = 1
TABLES = """
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
"""


class LedgerError(RuntimeError):
    """The ledger cannot be used; the file is left as it is."""


class Ledger:
    """A ledger in a file, made on first use.

    Raises:
        LedgerError: if the file is damaged, or newer than this program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if sqlite3.sqlite_version_info < (3, 37):
            raise LedgerError(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 is needed for strict tables")
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA:
                raise LedgerError(f"{path} has schema {version}, this program knows {SCHEMA}: update lemmata")
            if version == 0:
                connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection, None, None]:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        except sqlite3.DatabaseError as error:
            raise LedgerError(f"{self.path}: {error}. Move the file away to start a new ledger") from error
        finally:
            connection.close()

    def add_run(self, run: dict[str, Any], items: list[dict[str, Any]]) -> None:
        """Store a run with its verdicts and counterexamples, all or nothing."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO run VALUES (?, ?, ?, ?, ?)",
                (run["id"], run["started"], run["finished"], run["profile"], _text(run)),
            )
            for item in items:
                connection.execute(
                    "INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        run["id"],
                        *(item[k] for k in ("claim", "reading", "bound", "verdict", "expected")),
                        _text(item),
                    ),
                )
                for example in item.get("counterexamples", []):
                    connection.execute(
                        "INSERT OR IGNORE INTO counterexample VALUES (?, ?, ?)",
                        (example["id"], run["id"], _text(example)),
                    )
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def last_verdicts(self) -> list[dict[str, Any]]:
        """The latest record of every bound, with the id of its run under ``run``."""
        query = """
            SELECT verdict.run, verdict.record, MAX(run.started) FROM verdict JOIN run ON run.id = verdict.run
            WHERE verdict.verdict != 'NOT_RUN'
            GROUP BY claim, reading, bound ORDER BY claim, reading, bound
        """
        with self._open() as connection:
            return [json.loads(record) | {"run": run} for run, record, _ in connection.execute(query)]

    def last_run(self) -> dict[str, Any] | None:
        """The record of the latest run with its items, or None."""
        with self._open() as connection:
            row = connection.execute("SELECT id, facts FROM run ORDER BY started DESC, rowid DESC LIMIT 1").fetchone()
            if row is None:
                return None
            items = connection.execute(
                "SELECT record FROM verdict WHERE run = ? ORDER BY claim, reading, bound", (row[0],)
            )
            return {"schema": 1, "run": json.loads(row[1]), "items": [json.loads(item) for (item,) in items]}

    def counterexample(self, identifier: str) -> dict[str, Any]:
        """The record of a counterexample.

        Raises:
            KeyError: if there is none of that id; the message says where ids are found.
        """
        with self._open() as connection:
            row = connection.execute("SELECT record FROM counterexample WHERE id = ?", (identifier,)).fetchone()
        if row is None:
            raise KeyError(f"no counterexample {identifier!r} in {self.path}: `lemmata show CLAIM` lists the ids")
        return dict(json.loads(row[0]))


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, sort_keys=True)
