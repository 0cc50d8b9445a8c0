"""A black box: what a process was doing, for those who find it dead or stuck."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple


class Note(NamedTuple):
    """What was going on, and for how many seconds when somebody looked."""

    what: dict[str, Any]
    seconds: float


class BlackBox:
    """A small file that survives the process that writes it. A note that cannot be written is no reason to stop."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def noted(self, what: dict[str, Any]) -> Generator[None]:
        """Inside, this is what is going on; after it, nothing is."""
        with suppress(OSError):
            self.path.write_text(json.dumps([time.monotonic(), what]), encoding="utf-8")
        try:
            yield
        finally:
            with suppress(OSError):
                os.truncate(self.path, 0)

    def read(self) -> Note | None:
        """What was going on at the end; None where it was nothing, or was not written to its end."""
        try:
            began, what = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return Note(what, time.monotonic() - began)


@contextmanager
def black_box() -> Generator[BlackBox]:
    """A box that is thrown away at the end; where there is no room for one, one that keeps nothing."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="lemmata-")
    except OSError:
        yield BlackBox(Path(os.devnull))
        return
    with folder as name:
        yield BlackBox(Path(name) / "box")
