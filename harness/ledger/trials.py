"""Rows of trials: each is stored once, under the name of what it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from lemmata.vocabulary.rows import TrialRow

COLUMNS = "root, stream, position, params, lhs, rhs, margin, is_exact, terms, random, known, certification"
KEY = "sample, epoch, root, stream, position, params"
# OR IGNORE would drop a row with NaN in silence too: only what is there already may be left out.
INSERT = (
    f"INSERT INTO trials (sample, epoch, run, {COLUMNS}) VALUES ({', '.join('?' * 15)}) ON CONFLICT ({KEY}) DO NOTHING"
)


class Sample(NamedTuple):
    """What trials are drawn for: a bound of a claim in one reading, or one of its controls."""

    claim: str
    reading: str
    bound: str
    control: str = ""


def insert(connection: sqlite3.Connection, run: int, sample: Sample, epoch: int, rows: Iterable[TrialRow]) -> int:
    """Store trials inside a transaction; those that are there already are left as they are.

    Returns:
        How many were new.

    Raises:
        ValueError: for a number that is NaN, naming the trial; nothing of the batch may be kept then.
    """
    number = sample_number(connection, sample)
    before = connection.total_changes
    connection.executemany(INSERT, ((number, epoch, run, *_checked(sample, row)) for row in rows))
    return connection.total_changes - before


def sample_number(connection: sqlite3.Connection, sample: Sample) -> int:
    """The number under which the trials of a sample are stored; given at first use."""
    query = "SELECT number FROM samples WHERE (claim, reading, bound, control) = (?, ?, ?, ?)"
    found = connection.execute(query, sample).fetchone()
    if found is None:
        insertion = "INSERT INTO samples (claim, reading, bound, control) VALUES (?, ?, ?, ?) RETURNING number"
        found = connection.execute(insertion, sample).fetchone()
    return int(found[0])


def epochs(connection: sqlite3.Connection, sample: Sample) -> dict[str, int]:
    """The versions of the code that ran trials of a sample, each with the number of its epoch, the oldest first."""
    query = """
        SELECT code, epochs.number FROM epochs JOIN samples ON samples.number = sample
        WHERE (claim, reading, bound, control) = (?, ?, ?, ?) ORDER BY epochs.rowid
    """
    return {code: int(number) for code, number in connection.execute(query, sample)}


def epoch_number(epochs: Mapping[str, int], code: str, *, continues: bool) -> int:
    """The epoch of a version of the code: its own if it is known, else the latest that it continues, or a new one."""
    latest = max(epochs.values(), default=0)
    return epochs.get(code, latest if continues and latest else latest + 1)


def select(connection: sqlite3.Connection, sample: Sample, epoch: int, besides: str = "") -> Iterator[TrialRow]:
    """The trials of a sample in one epoch, by root, stream and index; without those of the run of an id."""
    query = f"""
        SELECT {COLUMNS} FROM trials JOIN samples ON samples.number = sample
        WHERE (claim, reading, bound, control) = (?, ?, ?, ?) AND epoch = ?
            AND run IS NOT (SELECT number FROM runs WHERE id = ?)
        ORDER BY root, stream, position, params
    """
    for row in connection.execute(query, (*sample, epoch, besides)):
        found = TrialRow(*row)
        yield found._replace(is_exact=bool(found.is_exact))


def _checked(sample: Sample, row: TrialRow) -> TrialRow:
    """The row, unless it holds NaN, which SQLite would store as if it were absent."""
    lhs, rhs, margin, random, known = row.lhs, row.rhs, row.margin, row.random, row.known
    if lhs != lhs or rhs != rhs or margin != margin or random != random or known != known:  # for a million rows
        raise ValueError(
            f"trial {row.position} of stream {row.stream} of {sample.claim}[{sample.bound}] holds NaN at {row.params}: "
            f"{row}. Refuse it where it was measured"
        )
    return row
