"""The record that a report is made from: what it must contain, and what is made of its strings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

SCHEMA = 1

REQUIRED = ("claim", "reading", "bound", "verdict")
"""What an item must say to be reported at all; whatever else is absent shows as not measured."""

UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Controls, what is no character, and the invisible ones that make a text read as another one."""


def check(record: dict[str, Any]) -> None:
    """Refuse a record that cannot be reported truthfully.

    Raises:
        ValueError: for another schema, a missing part, or a number that is NaN or infinite, naming its place.
    """
    if record.get("schema") != SCHEMA:
        raise ValueError(
            f"the record has schema {record.get('schema')!r}, this version reports schema {SCHEMA}: "
            "run the claims again, or use the version that made the record"
        )
    if not isinstance(record.get("run"), dict) or not isinstance(record.get("items"), list):
        raise ValueError("the record needs a mapping 'run' and a list 'items'")
    for index, item in enumerate(record["items"]):
        for key in REQUIRED:
            if not isinstance(item.get(key), str) or not item[key]:
                raise ValueError(f"items[{index}].{key} is {item.get(key)!r}: an item needs this as text")
    _check_events(record.get("events"))
    _check_finite(record, "record")


def _check_events(events: Any) -> None:
    """Absent, where there is no baseline, or a list of changes, each with its kind and claim."""
    if events is not None and not isinstance(events, list):
        raise ValueError(f"events is {events!r}: a record has a list of them, or none where there is no baseline")
    for index, event in enumerate(events or []):
        for key in ("kind", "claim"):
            if not isinstance(event, dict) or not isinstance(event.get(key), str) or not event[key]:
                raise ValueError(f"events[{index}] is {event!r}: an event needs {key!r} as text")


def _check_finite(value: Any, place: str) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _check_finite(part, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            _check_finite(part, f"{place}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(
            f"{place} is {value!r}: a record has None for what was not measured, 'inf' for what is infinite"
        )


def unit(item: Mapping[str, Any]) -> str:
    """What the ratios of an item are held against: its ``bound``, or a ``constant``.

    Records of older ledgers do not say; their kinds do.
    """
    return str(item.get("unit") or ("constant" if item.get("kind") == "up_to_constant" else "bound"))


def printable(value: Any) -> Any:
    """The same record with every unprintable character, in keys too, replaced by U+FFFD."""
    if isinstance(value, str):
        return UNPRINTABLE.sub("\ufffd", value.replace("\r\n", "\n"))
    if isinstance(value, dict):
        return {printable(str(key)): printable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [printable(part) for part in value]
    return value
