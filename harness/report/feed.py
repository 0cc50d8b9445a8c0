"""What changed, as an Atom feed (RFC 4287): an entry for the run and one for each change since the baseline."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lemmata.report import glance
from lemmata.report.record import check, printable
from lemmata.report.wording import EVENTS, number

ATOM = "http://www.w3.org/2005/Atom"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # what a feed says of a run that does not know when it ended


def feed(record: dict[str, Any]) -> str:
    """The feed of a run, newest first. Ids are derived from the run and the change, so the same stay the same.

    Raises:
        ValueError: if the record cannot be reported.
    """
    check(record)
    record = printable(record)
    run, events = record["run"], glance.changes(record)
    when = _instant(run).isoformat(timespec="seconds")
    root = Element("feed", xmlns=ATOM)
    _texts(root, id=_name("feed"), title="Lemmata: what changed", updated=when)
    SubElement(SubElement(root, "author"), "name").text = "Lemmata"
    SubElement(root, "link", href="index.html")
    seen: Counter[str] = Counter()
    for event in events or []:
        place = ", ".join(event[key] for key in ("claim", "reading", "bound") if event[key])
        seen[event["kind"] + place] += 1
        name = _name(number(run.get("id")), *event.values(), str(seen[event["kind"] + place]))
        why = event["why"] or EVENTS.get(event["kind"], "")
        _entry(root, name, f"{event['kind']}: {place}", when, why)
    counted = ", ".join(f"{count} {word}" for word, count in glance.counts(record["items"])) or "no claim"
    lines = [glance.changes_in_words(events), f"Verdicts: {counted}.", f"Trials: {glance.trials(run)}"]
    alarm = glance.alarm(run)
    _entry(root, _name(number(run.get("id"))), f"Run {number(run.get('id'))}", when, "\n".join([*lines, alarm or ""]))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _entry(root: Element, name: str, title: str, when: str, content: str) -> None:
    entry = SubElement(root, "entry")
    _texts(entry, id=name, title=title, updated=when)
    SubElement(entry, "link", href="index.html")
    SubElement(entry, "content", type="text").text = content.strip()


def _texts(parent: Element, **texts: str) -> None:
    for tag, text in texts.items():
        SubElement(parent, tag).text = text


def _name(*parts: str) -> str:
    """A URN that depends on these words and nothing else."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(("lemmata", *parts))).urn


def _instant(run: Mapping[str, Any]) -> datetime:
    """When the run ended, or began; with its time zone, which is UTC where it names none."""
    for key in ("finished", "started"):
        try:
            moment = datetime.fromisoformat(str(run.get(key)).replace(" UTC", "+00:00"))
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return NEVER
