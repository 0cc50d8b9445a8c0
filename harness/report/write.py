"""The report on disk."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from lemmata.report.feed import feed
from lemmata.report.page import render
from lemmata.report.record import check
from lemmata.report.summary import summary


def write(record: dict[str, Any], directory: str | os.PathLike[str]) -> Path:
    """Write the report into a directory, which is made if need be.

    `report.json` is the record, `index.html` the page, `summary.md` for a CI service, `feed.xml` for a feed reader.
    All are ready before the first is written, and each takes the place of its predecessor in one step, so
    that a reader, or a run that dies here, never finds half a file.

    Returns:
        The path of `index.html`.

    Raises:
        ValueError: if the record cannot be reported. Nothing is written then.
        OSError: if the directory cannot be written. What was there before is left as it was.
    """
    check(record)
    files = {
        "report.json": json.dumps(record, allow_nan=False, sort_keys=True, indent=1) + "\n",
        "index.html": render(record),
        "summary.md": summary(record),
        "feed.xml": feed(record),
    }
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        replace(directory / name, text)
    return directory / "index.html"


def replace(path: Path, text: str) -> None:
    """Write a file that takes the place of its predecessor in one step."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
