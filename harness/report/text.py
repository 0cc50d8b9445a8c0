"""The verdicts of a run as a plain-text table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lemmata.report.ablations import role
from lemmata.report.record import check
from lemmata.report.wording import control_summary, draws, expectation, result

HEADER = ("claim", "reading", "bound", "verdict", "constant or margin", "draws", "controls")
RIGHT_ALIGNED = {HEADER.index("draws")}
GAP = "  "
NARROWEST = 7  # a column is never squeezed below this, so the table needs about 60 characters


def summary_table(record: dict[str, Any], width: int) -> str:
    """One row for each item, in printable ASCII, folded to a width.

    Args:
        record: the record of a run.
        width: characters in a line. A cell too long for its column goes on in the next line; nothing is cut.

    Returns:
        Lines without trailing blanks, joined by newlines, none at the end.

    Raises:
        ValueError: if the record cannot be reported.
    """
    check(record)
    rows = [HEADER, *(_cells(item) for item in record["items"])]
    widths = _widths(rows, width - len(GAP) * (len(HEADER) - 1))
    head, *body = [_folded(row, widths) for row in rows]
    return "\n".join([head, GAP.join("-" * column for column in widths), *body])


def ascii_only(text: str) -> str:
    r"""The text in printable ASCII: anything else, line ends and terminal controls too, as its \-escape."""
    return "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode("ascii") for c in text)


def _cells(item: Mapping[str, Any]) -> tuple[str, ...]:
    verdict = item["verdict"] + (f", {role(item)}" if item.get("ablates") else "")
    if item.get("as_expected") is not True:
        verdict += f" ({expectation(item)})"
    cells = (
        item["claim"],
        item["reading"],
        item["bound"],
        verdict,
        result(item),
        draws(item),
        control_summary(item.get("controls")),
    )
    return tuple(ascii_only(str(cell)) for cell in cells)


def _widths(rows: list[tuple[str, ...]], available: int) -> list[int]:
    """Natural column widths; while they are too wide together, the widest column gives way."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    while sum(widths) > available and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _folded(row: tuple[str, ...], widths: list[int]) -> str:
    """A row as one or more lines."""
    cells = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines = []
    for index in range(max(map(len, cells))):
        parts = [cell[index] if index < len(cell) else "" for cell in cells]
        aligned = [
            part.rjust(width) if column in RIGHT_ALIGNED else part.ljust(width)
            for column, (part, width) in enumerate(zip(parts, widths, strict=True))
        ]
        lines.append(GAP.join(aligned).rstrip())
    return "\n".join(lines)


def _wrapped(cell: str, width: int) -> list[str]:
    """A cell in lines, broken between words, within a long name after "_./-", and elsewhere only in need."""
    word = rf"\S{{1,{width}}}"
    lines = [""]
    for piece in re.findall(rf"{word}(?!\S)|{word}(?<=[_./-])|{word}|\s", cell):
        if len(lines[-1] + piece) <= width:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return [line.rstrip() for line in lines]
