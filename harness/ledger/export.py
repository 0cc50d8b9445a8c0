"""Trials and verdicts as tables for other programs: CSV, or Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from lemmata.ledger.connection import reading
from lemmata.ledger.store import Ledger

VERDICTS: dict[str, type] = {
    "run": str,
    "started": str,
    "profile": str,
    "claim": str,
    "reading": str,
    "bound": str,
    "kind": str,
    "paper": str,
    "place": str,
    "file": str,
    "verdict": str,
    "expected": str,
    "as_expected": bool,
    "why": str,
    "constant": float,
    "constant_low": float,
    "constant_high": float,
    "margin": float,
    "draws": int,
    "control": str,
    "counterexamples": str,
    "seconds": float,
}
TRIALS: dict[str, type] = {
    "run": str,
    "claim": str,
    "reading": str,
    "bound": str,
    "control": str,
    "epoch": int,
    "root": int,
    "stream": str,
    "index": int,
    "params": str,
    "lhs": float,
    "rhs": float,
    "margin": float,
    "is_exact": bool,
    "terms": str,
    "random": float,
    "known": float,
    "certification": str,
}
ROWS_AT_ONCE = 20_000


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record for tables: the same names in every row, the scope as one object."""
    keys = ("claim", "reading", "bound", "verdict", "expected", "why", "constant", "interval", "margin", "scope")
    controls = record["controls"]
    return {key: record[key] for key in keys} | {
        "kind": record["kind"],
        "paper": record["paper"]["key"] if record["paper"] else None,
        "place": record["place"],
        "file": record["file"],
        "draws": record["draws"]["executed"],
        "control": ("caught" if all(c["ok"] for c in controls) else "missed") if controls else None,
        "as_expected": record["as_expected"],
        "counterexamples": [example["id"] for example in record["counterexamples"]],
        "seconds": record["seconds"],
    }


def export(ledger: Ledger, folder: Path, form: str) -> list[tuple[Path, int]]:
    """Write ``trials`` and ``verdicts`` of all runs into a folder; each file takes its place in one step.

    Args:
        ledger: whose rows.
        folder: made if need be.
        form: ``csv`` or ``parquet``.

    Returns:
        The files, and how many rows they have.

    Raises:
        RuntimeError: if Parquet is asked for and pyarrow is absent. Nothing is written then.
    """
    write = {"csv": _write_csv, "parquet": _write_parquet}[form]
    if form == "parquet":
        _pyarrow()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with reading(ledger.path) as connection:
        verdicts = (_verdict_row(row) for row in connection.execute(_VERDICTS_QUERY))
        trials = connection.execute(_TRIALS_QUERY)
        for name, columns, rows in (("verdicts", VERDICTS, verdicts), ("trials", TRIALS, trials)):
            path = folder / f"{name}.{form}"
            with _replacing(path) as draft:
                written.append((path, write(draft, columns, rows)))
    return written


_VERDICTS_QUERY = """
    SELECT runs.id, started, profile, record FROM verdicts JOIN runs ON runs.number = run
    ORDER BY run, claim, reading, bound
"""
_TRIALS_QUERY = """
    SELECT runs.id, claim, reading, bound, control, epoch, root, stream, position, params, lhs, rhs, margin, is_exact,
        terms, random, known, certification
    FROM trials JOIN samples ON samples.number = sample JOIN runs ON runs.number = run
"""


def _verdict_row(row: Sequence[Any]) -> list[Any]:
    run, started, profile, record = row
    facts = flat(json.loads(record)) | {"run": run, "started": started, "profile": profile}
    facts["constant_low"], facts["constant_high"] = facts["interval"] or (None, None)
    facts["counterexamples"] = " ".join(facts["counterexamples"])
    return [_plain(facts[name], kind) for name, kind in VERDICTS.items()]


def _plain(value: Any, kind: type) -> Any:
    """A value of a record as a table has it: infinities are words there, and truths are 0 and 1 as in the ledger."""
    if value is None or kind is str:
        return value
    return float(value) if kind is float else int(value)


def _write_csv(path: Path, columns: dict[str, type], rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _write_parquet(path: Path, columns: dict[str, type], rows: Iterable[Sequence[Any]]) -> int:
    pa, parquet = _pyarrow()
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        rows = iter(rows)
        while chunk := list(islice(rows, ROWS_AT_ONCE)):
            named = zip(columns.items(), zip(*chunk, strict=True), strict=True)
            arrays = [
                pa.array([bool(v) for v in column] if kind is bool else column, types[kind])
                for (_, kind), column in named
            ]
            writer.write_table(pa.table(arrays, schema=schema))
            count += len(chunk)
    return count


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise RuntimeError("Parquet needs pyarrow: pip install 'lemmata[parquet]', or use --format csv") from None
    return pyarrow, pyarrow.parquet


@contextmanager
def _replacing(path: Path) -> Generator[Path, None, None]:
    """A file beside the path, which takes its place when it is complete."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
