"""How a person names a run."""

from __future__ import annotations

import re
import sqlite3


def run_number(connection: sqlite3.Connection, name: str) -> int:
    """The number of the run that a name means: an id or its beginning, ``last``, ``last~1``, ``baseline``.

    Raises:
        KeyError: if it means none, or several; the message says what there is.
    """
    if name == "baseline":
        row = connection.execute("SELECT run FROM baselines ORDER BY number DESC LIMIT 1").fetchone()
        if row is None:
            raise KeyError("no run was accepted as the baseline yet: `lemmata accept RUN --reason TEXT` does it")
        return int(row[0])
    if match := re.fullmatch(r"last(?:~(\d+))?", name):
        back = int(match[1] or 0)
        row = connection.execute("SELECT number FROM runs ORDER BY number DESC LIMIT 1 OFFSET ?", (back,)).fetchone()
        if row is None:
            (count,) = connection.execute("SELECT COUNT(*) FROM runs").fetchone()
            raise KeyError(f"no run {name!r}: the ledger has {count}")
        return int(row[0])
    rows = connection.execute(
        "SELECT number, id FROM runs WHERE substr(id, 1, length(?)) = ? ORDER BY id = ? DESC", (name, name, name)
    ).fetchall()
    if not name or not rows:
        raise KeyError(f"no run {name!r}: `lemmata runs` lists them; `last`, `last~1` and `baseline` are names too")
    if len(rows) > 1 and rows[0][1] != name:
        raise KeyError(f"{name!r} is the beginning of {len(rows)} ids, {rows[0][1]} among them: give more of it")
    return int(rows[0][0])
