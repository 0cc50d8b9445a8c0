"""The tables of a ledger, and how an older file becomes a present one.

Tables are STRICT: without it a numpy number would be stored as bytes. SQLite stores NaN as NULL, which NOT NULL
refuses; infinities are stored as they are. Numbers that may be absent are checked for NaN before they get here.
The record of a verdict is JSON; what is asked for across many nights stands in columns of its own beside it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from lemmata.ledger.connection import LedgerError, explained, open_for_writing, reading, transaction

SCHEMA = 3
OLDEST_SQLITE = (3, 37)

TABLES_2 = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started TEXT NOT NULL, finished TEXT,
    profile TEXT NOT NULL, facts TEXT NOT NULL CHECK (json_valid(facts))
) STRICT;
CREATE TABLE verdicts (
    run INTEGER NOT NULL REFERENCES runs (number), claim TEXT NOT NULL, reading TEXT NOT NULL, bound TEXT NOT NULL,
    verdict TEXT NOT NULL, expected TEXT, as_expected INTEGER NOT NULL CHECK (as_expected IN (0, 1)),
    constant REAL, low REAL, high REAL, executed INTEGER NOT NULL CHECK (executed >= 0),
    written TEXT NOT NULL, record TEXT NOT NULL CHECK (json_valid(record)),
    PRIMARY KEY (run, claim, reading, bound)
) STRICT;
CREATE TABLE counterexamples (
    id TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (number),
    record TEXT NOT NULL CHECK (json_valid(record))
) STRICT;
CREATE TABLE baselines (
    number INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (number), accepted TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (trim(reason) <> '')
) STRICT;
CREATE TABLE epochs (
    claim TEXT NOT NULL, code TEXT NOT NULL, number INTEGER NOT NULL CHECK (number >= 1), started TEXT NOT NULL,
    PRIMARY KEY (claim, code)
) STRICT;
CREATE TABLE samples (
    number INTEGER PRIMARY KEY, claim TEXT NOT NULL, reading TEXT NOT NULL, bound TEXT NOT NULL, control TEXT NOT NULL,
    UNIQUE (claim, reading, bound, control)
) STRICT;
CREATE TABLE trials (
    sample INTEGER NOT NULL REFERENCES samples (number), epoch INTEGER NOT NULL CHECK (epoch >= 1),
    root INTEGER NOT NULL, stream TEXT NOT NULL, position INTEGER NOT NULL CHECK (position >= 0),
    params TEXT NOT NULL CHECK (json_valid(params)),
    lhs REAL NOT NULL, rhs REAL NOT NULL, margin REAL NOT NULL, is_exact INTEGER NOT NULL CHECK (is_exact IN (0, 1)),
    terms TEXT CHECK (terms IS NULL OR json_valid(terms)), random REAL, known REAL, certification TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs (number),
    PRIMARY KEY (sample, epoch, root, stream, position, params)
) STRICT, WITHOUT ROWID
"""


def _number(path: str) -> str:
    """SQL for a number of a record, in which infinities are words."""
    value = f"json_extract(record, '$.{path}')"
    return f"CASE {value} WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 ELSE {value} END"


FROM_1 = f"""
INSERT INTO runs (id, started, finished, profile, facts)
    SELECT id, started, finished, profile, facts FROM run ORDER BY started, rowid;
INSERT INTO verdicts
    SELECT runs.number, claim, reading, bound, verdict, expected,
        COALESCE(json_extract(record, '$.as_expected'), 0), {_number("constant")}, {_number("interval[0]")},
        {_number("interval[1]")}, COALESCE(json_extract(record, '$.draws.executed'), 0), runs.finished, record
    FROM verdict JOIN runs ON runs.id = verdict.run;
INSERT INTO counterexamples
    SELECT counterexample.id, runs.number, record FROM counterexample JOIN runs ON runs.id = counterexample.run;
DROP TABLE counterexample;
DROP TABLE verdict;
DROP TABLE run
"""

FROM_2 = """
CREATE TABLE epochs_of_samples (
    sample INTEGER NOT NULL REFERENCES samples (number), code TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 1), started TEXT NOT NULL,
    PRIMARY KEY (sample, code)
) STRICT;
INSERT INTO epochs_of_samples
    SELECT samples.number, code, epochs.number, started FROM epochs JOIN samples ON samples.claim = epochs.claim;
DROP TABLE epochs;
ALTER TABLE epochs_of_samples RENAME TO epochs
"""  # a change of code may leave the trials of one bound as they were, and not those of another

STEPS = {0: f"{TABLES_2};{FROM_2}", 1: f"{TABLES_2};{FROM_1};{FROM_2}", 2: FROM_2}
"""What leads from each schema to the present one: 0 is an empty file."""


def prepare(path: Path, patience: float) -> None:
    """Make the ledger at a path ready: new where there is none, migrated where it is older.

    Raises:
        LedgerError: if the file is damaged, newer than this program, or no ledger. It is left as it is.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise LedgerError(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 is needed for strict tables")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists() or path.stat().st_size == 0
    version = 0 if is_new else known_version(path, patience)
    if 0 < version < SCHEMA:
        with reading(path, patience) as connection:
            if problem := damage(connection):
                raise LedgerError(f"{path} is damaged: {problem}. Move the file away to start a new ledger")
    if version < SCHEMA:
        with explained(path):
            connection = open_for_writing(path, patience)
            try:
                _migrate(connection, path, version)
            finally:
                connection.close()


def known_version(path: Path, patience: float) -> int:
    """The schema of a file, which is opened for reading only.

    Raises:
        LedgerError: if it is damaged, newer than this program, or no ledger.
    """
    with reading(path, patience) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if version > SCHEMA:
        raise LedgerError(f"{path} has schema {version}, this program knows {SCHEMA}: update lemmata")
    if version == 0 and not tables:
        return 0  # empty, or another process is just making it
    missing = {"run", "verdict"} - tables if version == 1 else {"runs", "verdicts", "trials"} - tables
    if missing:
        raise LedgerError(f"{path} is no ledger: it has no table {min(missing)}. Give --ledger another file")
    return version


def damage(connection: sqlite3.Connection) -> str | None:
    """The first thing that is wrong with the file itself, or None; reads all of it."""
    try:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else found


def _migrate(connection: sqlite3.Connection, path: Path, version: int) -> None:
    with transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone()[0] != version:
            return  # another process was faster
        if version:
            with reading(path) as source:  # the connection that is about to write cannot be copied from
                back_up(source, path, version)
        for statement in STEPS[version].split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


def back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy the ledger beside itself, as ``ledger.schema-1.sqlite``; an older copy is never written over."""
    number, copy = 1, path.with_suffix(f".schema-{version}{path.suffix}")
    while copy.exists():
        number += 1
        copy = path.with_suffix(f".schema-{version}-{number}{path.suffix}")
    draft = copy.with_name(copy.name + ".tmp")
    target = sqlite3.connect(draft)
    try:
        connection.backup(target)
    finally:
        target.close()
    draft.replace(copy)
    return copy
