"""The ledger: what runs wrote, by run and by bound, and which run is the accepted baseline."""

from __future__ import annotations

import json
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lemmata.ledger.connection import PATIENCE, LedgerError, reading, transaction, writing
from lemmata.ledger.names import run_number
from lemmata.ledger.schema import prepare
from lemmata.ledger.trials import Sample, epochs, select
from lemmata.ledger.writer import INSERT_VERDICT, RunWriter, insert_run, insert_verdict, now, plain
from lemmata.vocabulary.rows import TrialRow


@dataclass(frozen=True)
class Pruned:
    """What was removed: trials, and the ids of the runs that they were of."""

    trials: int
    runs: list[str]
    bytes_before: int
    bytes_after: int


class Ledger:
    """A ledger in a file, made on first use.

    Args:
        path: the file.
        patience: seconds to wait for another process that is writing.

    Raises:
        LedgerError: if the file is damaged, or newer than this program.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path, self.patience = path, patience
        prepare(path, patience)

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return reading(self.path, self.patience)

    # ---- runs ----

    def begin(self, run: dict[str, Any]) -> RunWriter:
        """Start to write a run; until it is finished its row says so."""
        return RunWriter(self.path, run | {"finished": None}, self.patience)

    def resume(self, run: dict[str, Any]) -> RunWriter:
        """Go on with a run that is there; bounds without a result are taken off it, and checked again.

        Raises:
            LedgerError: if another process is writing it.
        """
        return RunWriter(self.path, run | {"finished": None}, self.patience, again=True)

    def add_run(self, run: dict[str, Any], items: list[dict[str, Any]]) -> None:
        """Store a run with its verdicts and counterexamples, all or nothing."""
        with writing(self.path, self.patience) as connection, transaction(connection):
            number = insert_run(connection, run)
            for item in items:
                insert_verdict(connection, number, item, INSERT_VERDICT)

    def runs(self) -> list[dict[str, Any]]:
        """One object a run, the latest first: id, started, finished, profile, bounds, trials; is it the baseline?"""
        query = """
            SELECT id, started, finished, profile, COUNT(claim), COALESCE(SUM(executed), 0),
                runs.number = (SELECT run FROM baselines ORDER BY number DESC LIMIT 1)
            FROM runs LEFT JOIN verdicts ON run = runs.number GROUP BY runs.number ORDER BY runs.number DESC
        """
        keys = ("id", "started", "finished", "profile", "bounds", "trials", "is_baseline")
        with self._reading() as connection:
            found = [dict(zip(keys, row, strict=True)) for row in connection.execute(query)]
        return [run | {"is_baseline": bool(run["is_baseline"])} for run in found]

    def run(self, name: str = "last") -> dict[str, Any]:
        """The record of a run with its items.

        Args:
            name: an id or its beginning, ``last``, ``last~1`` for the one before, ``baseline``.

        Raises:
            KeyError: if there is none; the message says which there are.
        """
        with self._reading() as connection:
            number = run_number(connection, name)
            (facts,) = connection.execute("SELECT facts FROM runs WHERE number = ?", (number,)).fetchone()
            query = "SELECT record FROM verdicts WHERE run = ? ORDER BY claim, reading, bound"
            items = [json.loads(record) for (record,) in connection.execute(query, (number,))]
        return {"schema": 1, "run": json.loads(facts), "items": items}

    def last_run(self) -> dict[str, Any] | None:
        """The record of the latest run with its items, or None."""
        try:
            return self.run("last")
        except KeyError:
            return None

    def progress(self, name: str = "last") -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The facts of a run, and one small object a verdict in the order in which they came."""
        keys = ("claim", "reading", "bound", "verdict", "expected", "as_expected", "written", "executed")
        query = f"SELECT {', '.join(keys)} FROM verdicts WHERE run = ? ORDER BY rowid"
        with self._reading() as connection:
            number = run_number(connection, name)
            (facts,) = connection.execute("SELECT facts FROM runs WHERE number = ?", (number,)).fetchone()
            rows = [dict(zip(keys, row, strict=True)) for row in connection.execute(query, (number,))]
        return json.loads(facts), rows

    def history(self, name: str = "last") -> dict[tuple[str, str, str], list[dict[str, Any]]]:
        """What each bound gave in the runs of one profile, the oldest first, up to the run that is named.

        Returns:
            By claim, reading and bound: objects with run, started, constant, low, high and verdict.
        """
        query = """
            SELECT claim, reading, bound, id, started, constant, low, high, verdict
            FROM verdicts JOIN runs ON runs.number = run
            WHERE run <= ?1 AND profile = (SELECT profile FROM runs WHERE number = ?1) ORDER BY run
        """
        found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        with self._reading() as connection:
            for *key, run, started, constant, low, high, verdict in connection.execute(
                query, (run_number(connection, name),)
            ):
                numbers = {"constant": plain(constant), "low": plain(low), "high": plain(high)}
                night = {"run": run, "started": started, **numbers, "verdict": verdict}
                found.setdefault((key[0], key[1], key[2]), []).append(night)
        return found

    # ---- verdicts, counterexamples, trials ----

    def last_verdicts(self) -> list[dict[str, Any]]:
        """The latest record of every bound, with the id of its run under ``run``; a run need not be finished."""
        query = """
            SELECT runs.id, record, MAX(run) FROM verdicts JOIN runs ON runs.number = run
            WHERE verdict != 'NOT_RUN' GROUP BY claim, reading, bound ORDER BY claim, reading, bound
        """
        with self._reading() as connection:
            return [json.loads(record) | {"run": run} for run, record, _ in connection.execute(query)]

    def counterexample(self, identifier: str) -> dict[str, Any]:
        """The record of a counterexample.

        Raises:
            KeyError: if there is none of that id; the message says where ids are found.
        """
        with self._reading() as connection:
            row = connection.execute("SELECT record FROM counterexamples WHERE id = ?", (identifier,)).fetchone()
        if row is None:
            raise KeyError(f"no counterexample {identifier!r} in {self.path}: `lemmata show CLAIM` lists the ids")
        return dict(json.loads(row[0]))

    def trials(self, sample: Sample, epoch: int, besides: str = "") -> list[TrialRow]:
        """The trials of a sample in one epoch, whichever runs made them, by root, stream and index.

        Args:
            sample: what they were drawn for.
            epoch: number of the epoch.
            besides: id of a run whose trials are left out.
        """
        with self._reading() as connection:
            return list(select(connection, sample, epoch, besides))

    def epochs(self, sample: Sample) -> dict[str, int]:
        """The versions of the code that ran trials of a sample, each with the number of its epoch."""
        with self._reading() as connection:
            return epochs(connection, sample)

    def states(self, sample: Sample, root: int, besides: str = "") -> list[dict[str, Any]]:
        """What the nights before left for a bound, the latest first: run, ``evidence`` and ``pinned`` of its record.

        Args:
            sample: the bound.
            root: root seed of the evidence.
            besides: id of the run that is going on, which is no night before.
        """
        query = """
            SELECT id, json_extract(record, '$.evidence'), json_extract(record, '$.pinned')
            FROM verdicts JOIN runs ON runs.number = run
            WHERE (claim, reading, bound) = (?, ?, ?) AND id <> ? AND json_extract(record, '$.evidence.root') = ?
            ORDER BY run DESC
        """
        with self._reading() as connection:
            rows = connection.execute(query, (*sample[:3], besides, root)).fetchall()
        return [{"run": run, "evidence": json.loads(seen), "pinned": json.loads(pins)} for run, seen, pins in rows]

    def standings(self, besides: str = "") -> dict[tuple[str, str, str], tuple[dict[str, Any], str]]:
        """By claim, reading and bound: verdict, ``evidence`` and ``rested`` of its latest record that has evidence.

        Args:
            besides: id of the run that is going on.

        Returns:
            Each with the id of its run.
        """
        query = """
            SELECT claim, reading, bound, verdict, json_extract(record, '$.evidence'),
                json_extract(record, '$.rested'), id, MAX(run)
            FROM verdicts JOIN runs ON runs.number = run
            WHERE id <> ? AND json_type(record, '$.evidence') = 'object' GROUP BY claim, reading, bound
        """
        with self._reading() as connection:
            rows = connection.execute(query, (besides,)).fetchall()
        return {
            (claim, reading, bound): ({"verdict": verdict, "evidence": json.loads(seen), "rested": rested}, run)
            for claim, reading, bound, verdict, seen, rested, run, _ in rows
        }

    def record(self, sample: Sample, run: str) -> dict[str, Any]:
        """The record of a bound in the run of an id.

        Raises:
            KeyError: if the run has none.
        """
        query = """
            SELECT record FROM verdicts JOIN runs ON runs.number = run
            WHERE (claim, reading, bound) = (?, ?, ?) AND id = ?
        """
        with self._reading() as connection:
            row = connection.execute(query, (*sample[:3], run)).fetchone()
        if row is None:
            raise KeyError(f"run {run} has no verdict on {sample.claim}[{sample.bound}] {sample.reading}")
        return dict(json.loads(row[0]))

    # ---- baseline ----

    def accept(self, name: str, reason: str) -> str:
        """Make a run the baseline that later ones are compared with.

        Returns:
            The id of the run.

        Raises:
            ValueError: if the reason is empty, or the run is unfinished or measured nothing.
        """
        if not reason.strip():
            raise ValueError("the reason is empty: say why this run is what later ones are held to")
        found = self.run(name)["run"]
        if found["finished"] is None:
            raise ValueError(f"run {found['id']} is unfinished: a baseline that lacks bounds would hide their loss")
        if not found.get("executed"):
            raise ValueError(f"run {found['id']} measured nothing: nothing could be worse than it")
        with writing(self.path, self.patience) as connection, transaction(connection):
            number = run_number(connection, found["id"])
            connection.execute(
                "INSERT INTO baselines (run, accepted, reason) VALUES (?, ?, ?)", (number, now(), reason.strip())
            )
        return str(found["id"])

    def baseline(self) -> dict[str, Any] | None:
        """The record of the accepted run, or None."""
        return self.run("baseline") if self.baselines() else None

    def baselines(self) -> list[dict[str, Any]]:
        """Every run that was ever accepted, the present baseline first: run, accepted, reason."""
        query = """
            SELECT runs.id, accepted, reason FROM baselines JOIN runs ON runs.number = run
            ORDER BY baselines.number DESC
        """
        with self._reading() as connection:
            return [dict(zip(("run", "accepted", "reason"), row, strict=True)) for row in connection.execute(query)]

    # ---- room ----

    def prune(self, nights: int) -> Pruned:
        """Remove the trials of all but the latest runs that have any; verdicts and counterexamples stay for ever.

        Raises:
            ValueError: if the number of runs is negative.
        """
        if nights < 0:
            raise ValueError(f"{nights} nights: give how many runs keep their trials, 0 or more")
        with writing(self.path, self.patience) as connection:
            before = self.path.stat().st_size
            with transaction(connection):
                rows = connection.execute(
                    "SELECT number, id FROM runs WHERE number IN (SELECT run FROM trials) ORDER BY number DESC"
                ).fetchall()[nights:]
                removed = sum(
                    connection.execute("DELETE FROM trials WHERE run = ?", (number,)).rowcount for number, _ in rows
                )
            if removed:
                self._shrink(connection)
        return Pruned(removed, [identifier for _, identifier in rows], before, self.path.stat().st_size)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        """Give the room back; where the disk is too full for that, later runs use it."""
        try:
            connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            raise LedgerError(
                f"{self.path}: the trials were removed, but the file was not made smaller ({error}): later runs fill it"
            ) from error
