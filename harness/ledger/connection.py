"""Connections to the file of a ledger, and what its errors mean to a person."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0  # seconds to wait for another process, which holds the file for milliseconds

NO_ROOM = "there is no room left on the disk. Free some, or `lemmata prune`; what was stored before is kept"
NOT_WRITABLE = "it cannot be written. Make the file and its folder writable, or give --ledger another file"
REMEDIES = {
    sqlite3.SQLITE_BUSY: "another process keeps it locked. Let that run end, or give --ledger another file",
    sqlite3.SQLITE_FULL: NO_ROOM,
    sqlite3.SQLITE_IOERR: "is the disk full, or the size of files limited? What was stored before is kept",
    sqlite3.SQLITE_READONLY: NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: NOT_WRITABLE,
    sqlite3.SQLITE_PERM: NOT_WRITABLE,
    sqlite3.SQLITE_CORRUPT: "Move the file away to start a new ledger",
    sqlite3.SQLITE_NOTADB: "Move the file away to start a new ledger",
    sqlite3.SQLITE_CONSTRAINT: "nothing of it was stored",
}


class LedgerError(RuntimeError):
    """The ledger cannot be used; what it acknowledged before is kept."""


@contextmanager
def explained(path: Path) -> Generator[None, None, None]:
    """Turn what SQLite and the system raise into what was wrong and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        remedy = REMEDIES.get(_code(error), "`lemmata doctor` examines it")
        raise LedgerError(f"{path}: {error}: {remedy}") from error
    except OverflowError as error:
        raise LedgerError(f"{path}: {error}: a seed or index must be below 2^63") from error
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}: {NOT_WRITABLE}") from error


@contextmanager
def reading(path: Path, patience: float = PATIENCE) -> Generator[sqlite3.Connection, None, None]:
    """A connection that cannot change anything.

    SQLite keeps two small files beside a ledger that is open. Where the folder does not allow them, and no writer has
    left any, the file is read as it lies there.
    """
    with explained(path):
        connection = _reader(path, patience)
        try:
            yield connection
        finally:
            connection.close()


def _reader(path: Path, patience: float) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    try:
        return _looked_into(sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=patience, isolation_level=None))
    except sqlite3.OperationalError as error:
        log = path.with_name(path.name + "-wal")  # the newest rows, if there are any
        if _code(error) not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY} or (
            log.exists() and log.stat().st_size
        ):
            raise
    return _looked_into(sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True, isolation_level=None))


def _looked_into(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, if it can read: opening alone does not tell."""
    try:
        connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _code(error: sqlite3.Error) -> int:
    """The primary code of an error; extended ones refine its low byte."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def open_for_writing(path: Path, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection that survives a loss of power: write-ahead log, synchronised at every commit."""
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        _write_ahead(connection, patience)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Switch a new file to the log. SQLite does not wait for others here, such as one that makes the same file."""
    end = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)


@contextmanager
def writing(path: Path, patience: float = PATIENCE) -> Generator[sqlite3.Connection, None, None]:
    """A connection for one change."""
    with explained(path):
        connection = open_for_writing(path, patience)
        try:
            yield connection
            fold(connection)
        finally:
            connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None, None, None]:
    """All that is done inside, or nothing of it; the lock is taken at once, so that no reading goes stale."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite may have rolled back by itself
            connection.execute("ROLLBACK")
        raise


def fold(connection: sqlite3.Connection) -> None:
    """Bring the write-ahead log home, so that the one file is complete.

    Where a reader is in the way, or the disk full, the log stays beside it: what was committed is safe there too.
    """
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        return
