"""A run that is being written: what it has is kept as it arrives, whatever becomes of its writer."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from lemmata.ledger import trials
from lemmata.ledger.connection import explained, fold, open_for_writing, transaction
from lemmata.ledger.hold import Hold
from lemmata.vocabulary.rows import TrialRow
from lemmata.vocabulary.verdict import Verdict

INSERT_VERDICT = f"INSERT INTO verdicts VALUES ({', '.join('?' * 13)})"
REPLACE_VERDICT = "INSERT OR REPLACE" + INSERT_VERDICT.removeprefix("INSERT")
LOST = ", ".join(f"'{verdict}'" for verdict in Verdict if verdict.is_lost)


class RunWriter:
    """Writes one run; made by :meth:`lemmata.ledger.Ledger.begin` and :meth:`lemmata.ledger.Ledger.resume`.

    Each call is one transaction: acknowledged as a whole, or not there at all. The connection stays open in between,
    because opening it costs more than a row. The run is held until the end, so that nobody resumes it meanwhile.
    """

    def __init__(self, path: Path, run: dict[str, Any], patience: float, *, again: bool = False) -> None:
        self.path = path
        with explained(path):
            self._connection = open_for_writing(path, patience)
            try:
                with transaction(self._connection):
                    self._run = (run_again if again else insert_run)(self._connection, run)
                    # Inside: what nobody holds must not be seen before it is held.
                    self._hold = Hold(path, self._run, run["id"])
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add_bound(
        self, item: dict[str, Any], rows: Sequence[TrialRow] = (), code: str = "", *, continues: bool = False
    ) -> int:
        """Store all that is known of a bound: its record, its trials, and the epoch of the code that ran them.

        Args:
            item: the record; a bound that is checked again replaces its row.
            rows: the trials that this run adds; those that are there already are ignored.
            code: hash of all that changes their numbers; evidence is pooled inside an epoch of it.
            continues: if the code is new, does it give the numbers of the code before it, by replay of pinned trials?

        Returns:
            How many trials were new.

        Raises:
            ValueError: if a number is NaN. Nothing of the bound is stored then.
        """
        sample = trials.Sample(item["claim"], item["reading"], item["bound"])
        with explained(self.path), transaction(self._connection):
            insert_verdict(self._connection, self._run, item, REPLACE_VERDICT)
            if not rows:
                return 0
            epoch = insert_epoch(self._connection, sample, code, continues=continues)
            return trials.insert(self._connection, self._run, sample, epoch, rows)

    def finish(self, run: dict[str, Any], items: Iterable[dict[str, Any]] = ()) -> None:
        """Store the end of the run with records that have no trials, and make the one file complete."""
        with explained(self.path):
            with transaction(self._connection):
                for item in items:
                    insert_verdict(self._connection, self._run, item, REPLACE_VERDICT)
                self._connection.execute(
                    "UPDATE runs SET finished = ?, facts = ? WHERE number = ?", (run["finished"], text(run), self._run)
                )
            fold(self._connection)

    def close(self) -> None:
        """Let go of the run and of the file."""
        self._connection.close()
        self._hold.close()


def insert_run(connection: sqlite3.Connection, run: dict[str, Any]) -> int:
    """A new row for a run; its number."""
    values = (run["id"], run["started"], run["finished"], run["profile"], text(run))
    insertion = "INSERT INTO runs (id, started, finished, profile, facts) VALUES (?, ?, ?, ?, ?) RETURNING number"
    return int(connection.execute(insertion, values).fetchone()[0])


def run_again(connection: sqlite3.Connection, run: dict[str, Any]) -> int:
    """Open the row of a run again, without the bounds that have no result: they are checked again; its number."""
    (number,) = connection.execute("SELECT number FROM runs WHERE id = ?", (run["id"],)).fetchone()
    connection.execute("UPDATE runs SET finished = NULL, facts = ? WHERE number = ?", (text(run), number))
    connection.execute(f"DELETE FROM verdicts WHERE run = ? AND verdict IN ({LOST})", (number,))
    return int(number)


def insert_epoch(connection: sqlite3.Connection, sample: trials.Sample, code: str, *, continues: bool) -> int:
    """The number of the epoch of a version of the code; noted at first use."""
    epochs = trials.epochs(connection, sample)
    number = trials.epoch_number(epochs, code, continues=continues)
    if code not in epochs:
        of = trials.sample_number(connection, sample)
        connection.execute("INSERT INTO epochs VALUES (?, ?, ?, ?)", (of, code, number, now()))
    return number


def insert_verdict(connection: sqlite3.Connection, run: int, item: dict[str, Any], insertion: str) -> None:
    """A row for a verdict, and rows for its counterexamples; one that is known keeps the numbers it was found with."""
    record = text(item)
    named = (encodable(item[key]) for key in ("claim", "reading", "bound", "verdict", "expected"))
    numbers = (real(item, number) for number in (item["constant"], *(item["interval"] or (None, None))))
    rest = (int(item["as_expected"]), *numbers, item["draws"]["executed"], now(), record)
    connection.execute(insertion, (run, *named, *rest))
    for example in item.get("counterexamples", []):
        connection.execute(
            "INSERT INTO counterexamples VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (example["id"], run, text(example)),
        )


def encodable(name: str | None) -> str | None:
    """A name that a table can hold: a file whose name is no text gives halves of characters."""
    return name and name.encode("utf-8", "replace").decode()


def real(item: dict[str, Any], number: float | str | None) -> float | None:
    """A number of a record, in which infinities are words.

    Raises:
        ValueError: if it is NaN.
    """
    if number is None:
        return None
    value = float(number)
    if math.isnan(value):
        raise ValueError(f"a constant of {item['claim']}[{item['bound']}] is NaN: refuse it where it was measured")
    return value


def plain(number: float | None) -> float | str | None:
    """The same number as a record has it."""
    return number if number is None or math.isfinite(number) else "inf" if number > 0 else "-inf"


def text(value: Any) -> str:
    """Canonical JSON; refuses NaN and infinities, which a record holds as words."""
    return json.dumps(value, allow_nan=False, sort_keys=True)


def now() -> str:
    """The time of a row."""
    return datetime.now(UTC).isoformat(timespec="seconds")
