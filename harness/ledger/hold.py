"""Who writes a run: a lock that the system takes back when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from lemmata.ledger.connection import LedgerError


class Hold:
    """Holds one run of a ledger, as long as this process lives and the hold is not closed.

    It is a lock on one byte of an empty file beside the ledger: the one with the number of the run. Never of the
    ledger itself, whose locks are SQLite's and end when any handle of the process is closed; so do these, and for that
    reason a process holds one run at a time.

    Args:
        path: the ledger.
        run: number of the run.
        identifier: its id, for the message.

    Raises:
        LedgerError: if another process holds it.
    """

    def __init__(self, path: Path, run: int, identifier: str) -> None:
        self._file = os.open(path.with_name(path.name + "-running"), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, run)
        except (BlockingIOError, PermissionError):
            self.close()
            raise LedgerError(
                f"{path}: run {identifier} is being written by another process. Let it end, or stop it"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go."""
        os.close(self._file)
