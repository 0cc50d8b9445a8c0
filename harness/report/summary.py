"""The run in Markdown, for the page that a CI service shows: no larger than such a page may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lemmata.report import glance
from lemmata.report.ablations import ablations, in_words, statements
from lemmata.report.errata import errata
from lemmata.report.graph import foundations, proof_graph
from lemmata.report.record import check, printable
from lemmata.report.wording import control_summary, draws, expectation, number, result

MOST_BYTES = 900_000  # GitHub refuses a summary of more than 1024 KiB
LONGEST_CELL = 400  # characters; whole sentences are in the report

SPECIAL = re.compile(r"([\\`*_\[\]|~#$])")

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]


def summary(record: dict[str, Any]) -> str:
    """The run as GitHub-flavoured Markdown: first what a reader of the page's first screen sees, then all verdicts.

    Raises:
        ValueError: if the record cannot be reported.
    """
    check(record)
    return _within(MOST_BYTES, _lines(printable(record)))


def escaped(value: Any) -> str:
    """Text that no Markdown and no HTML is made of, on one line."""
    text = " ".join(str(value).split())
    text = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
    return SPECIAL.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _lines(record: dict[str, Any]) -> Iterator[str]:
    run, items = record["run"], record["items"]
    events, alarm = glance.changes(record), glance.alarm(run)
    yield f"# Lemmata: run {escaped(number(run.get('id')))}\n"
    if alarm:
        yield f"**{escaped(alarm)}**\n"
    yield from _table(("verdict", "bounds"), glance.counts(items))
    yield "## Changed since the baseline\n"
    yield escaped(glance.changes_in_words(events)) + "\n"
    if events:
        yield from _table(glance.EVENT, [list(event.values()) for event in events])
    yield "## Refuted\n"
    yield from _table(
        ("claim", "reading", "verdict", "smallest case", "left", "right", "what holds"),
        [_erratum(card) for card in errata(items)],
    )
    if sentence := glance.accusations(items):
        yield escaped(sentence) + "\n"
    yield "## Resting on what is refuted or vacuous\n"
    yield from _table(("claim", "rests on", "through"), _resting(items))
    yield "## Never reached\n"
    unreached = glance.unreached(items)
    yield from _table(("claim", "distance"), [(claim, " ".join(far)) for claim, far in unreached.items()])
    yield "## What this run could see\n"
    yield f"- Trials: {escaped(glance.trials(run))}"
    yield f"- Error budget: {escaped(glance.budget(run, items))}"
    yield f"- Power: {escaped(' '.join(glance.power(items)))}\n"
    if rows := ablations(items):
        yield "## Assumptions\n"
        yield f"{escaped(in_words(rows))} These are no statements of a paper.\n"
        yield from _table(
            ("claim", "without", "bound", "it is", "verdict", "tested"),
            [(row.claim, row.assumption, row.bound, row.role, row.verdict, row.left or row.why) for row in rows],
        )
    yield "## Verdicts\n"
    yield from _table(
        ("claim", "reading", "bound", "verdict", "expectation", "constant or margin", "draws", "controls"),
        [_row(item) for item in statements(items)],
    )


def _erratum(card: Any) -> Sequence[str]:
    verdicts = ", ".join(dict.fromkeys(bound.verdict for bound in card.bounds))
    sides = [f"{exact or value}" for _, value, exact in card.sides] or ["", ""]
    return [card.claim, card.reading, verdicts, card.point, *sides, card.corrected or "not known"]


def _resting(items: Iterable[Any]) -> list[Sequence[str]]:
    nodes = proof_graph(items)
    return [
        (name, f"{path[-1]} ({nodes[path[-1]].verdict})", ", ".join(path[1:-1]) or "directly")
        for name, paths in foundations(nodes).items()
        for path in paths
    ]


def _row(item: Any) -> Sequence[str]:
    names = [item[key] for key in ("claim", "reading", "bound", "verdict")]
    return [*names, expectation(item), result(item), draws(item), control_summary(item.get("controls"))]


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    if not rows:
        yield "None.\n"
        return
    yield "| " + " | ".join(header) + " |"
    yield "|" + " --- |" * len(header)
    for row in rows:
        yield "| " + " | ".join(map(escaped, row)) + " |"
    yield ""


def _within(most: int, lines: Iterable[str]) -> str:
    """The lines up to so many bytes, and how many were left out."""
    kept: list[str] = []
    size = left_out = 0
    for line in lines:
        size += len(line.encode()) + 1
        if size > most - 200:
            left_out += bool(line)
        else:
            kept.append(line)
    if left_out:
        kept.append(f"\n{left_out} more lines are left out here; report.json has everything.")
    return "\n".join(kept).rstrip() + "\n"
