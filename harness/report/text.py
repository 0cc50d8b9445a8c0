"""The verdicts of a run as a plain-text table."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lemmata.report.ablations import role
from lemmata.report.record import check
from lemmata.report.wording import control_summary, draws, expectation, result

HEADER = ("claim", "reading", "bound", "verdict", "constant or margin", "draws", "controls")
RIGHT_ALIGNED = {"draws"}
RULED = Box("    \n    \n -  \n    \n    \n    \n    \n    \n", ascii=True)  # a rule below the head, and no more


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
    table = Table(box=RULED, show_edge=False, pad_edge=False, padding=(0, 1))
    for name in HEADER:
        table.add_column(name, justify="right" if name in RIGHT_ALIGNED else "left", overflow="fold")
    for item in record["items"]:
        table.add_row(*map(Text, _cells(item)))  # no cell is markup
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, _environ={})
    with console.capture() as shown:
        console.print(table, crop=False)
    return "\n".join(line.rstrip() for line in shown.get().rstrip().splitlines())


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
