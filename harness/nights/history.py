"""What only several runs can tell: the events since the baseline, and what each bound gave night after night."""

from __future__ import annotations

from typing import Any

from lemmata.ledger import Ledger
from lemmata.nights.regression import Event, since

Record = dict[str, Any]

THE_RUN = "(the run)"


def events_of(ledger: Ledger, tonight: Record) -> list[Event] | None:
    """The events since the baseline; None where there is none, or none that the run can be compared with."""
    accepted = ledger.baseline()
    return None if accepted is None else since(accepted, tonight)


def with_nights(ledger: Ledger, tonight: Record) -> Record:
    """The record of a run for its report: ``events`` beside it, ``history`` in each item.

    Args:
        ledger: which holds the run.
        tonight: its record.
    """
    events = events_of(ledger, tonight)
    history = ledger.history(tonight["run"]["id"])
    items = [
        item | {"history": history.get((item["claim"], item["reading"], item["bound"]), [])}
        for item in tonight["items"]
    ]
    return tonight | {"items": items, "events": None if events is None else [in_report(event) for event in events]}


def in_report(event: Event) -> Record:
    """An event as docs/report.md describes it."""
    kept = ("kind", "claim", "bound", "reading", "numbers")
    told = {key: value for key, value in event.plain.items() if key in kept} | {"why": event.sentence}
    return told | {"claim": event.claim or THE_RUN}
