"""The statements of the papers as one table in Markdown: where each stands, and by how much."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lemmata.report.ablations import Ablated, ablations, statements
from lemmata.report.graph import PASSES, REFUTED
from lemmata.report.record import check, printable
from lemmata.report.summary import escaped
from lemmata.report.tightness import exponents
from lemmata.report.wording import number, release, result

Item = Mapping[str, Any]

STANDS = {
    "as printed": "every bound of the printed words holds, in the tested range",
    "as read": "the print asks for a reading, and in the readings that were tested it holds",
    "corrected": "the printed words are refuted; what holds instead is known, or a reading holds",
    "refuted": "the printed words are refuted, and what holds instead is not known",
    "not reached": "nothing that was tested could have failed",
    "not decided": "the evidence does not decide",
    "not measured": "it was not run, or its check did not come to an end",
}
"""Where a claim stands, and what that says."""

HEADER = ("place", "claim", "stands", "reading, bound", "verdict", "constant or margin", "exponents", "without")
COMMANDS = "lemmata run --profile {profile}\nlemmata statements --output docs/statements.md"


def table_of_statements(record: dict[str, Any]) -> str:
    """All claims and readings of a run by paper and place, in GitHub-flavoured Markdown.

    Raises:
        ValueError: if the record cannot be reported.
    """
    check(record)
    record = printable(record)
    return "\n".join(_lines(record["run"], record["items"])).rstrip("\n") + "\n"


def stands(items: Sequence[Item]) -> str:
    """Where the statement of a claim stands: one of `STANDS`.

    The printed words decide, where they are a reading that was tested; else all readings together.
    """
    literal = [item for item in items if item["reading"] == "literal"]
    verdicts = {item["verdict"] for item in literal or items}
    if verdicts & REFUTED:
        corrected = any(item.get("erratum") for item in items) or bool(_readings_that_hold(items))
        return "corrected" if corrected else "refuted"
    if verdicts <= PASSES:
        return "as printed" if literal else "as read"
    decided = PASSES | {"VACUOUS", "INCONCLUSIVE"}
    if not verdicts <= decided:
        return "not measured"
    return "not decided" if "INCONCLUSIVE" in verdicts else "not reached"


def _readings_that_hold(items: Sequence[Item]) -> list[str]:
    readings: dict[str, set[str]] = {}
    for item in items:
        readings.setdefault(item["reading"], set()).add(item["verdict"])
    return [reading for reading, verdicts in readings.items() if verdicts <= PASSES]


def in_order(items: Sequence[Item]) -> dict[str, dict[str, list[Item]]]:
    """The items by paper and claim, papers by key, claims in the order of the paper; without ablations."""
    claims: dict[str, list[Item]] = {}
    for item in statements(items):
        claims.setdefault(item["claim"], []).append(item)
    papers: dict[str, dict[str, list[Item]]] = {}
    for claim, group in sorted(claims.items(), key=lambda pair: _position(pair[1][0])):
        papers.setdefault(_key(group[0]), {})[claim] = group
    return dict(sorted(papers.items()))


def _key(item: Item) -> str:
    return str((item.get("paper") or {}).get("key") or "")


def _position(item: Item) -> tuple[Any, ...]:
    """By the outline of the paper, where it has the place; else by the numbers of the place, behind all others."""
    position, place = item.get("position"), str(item.get("place") or "")
    numbers = [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.findall(r"\d+|\D+", place)]
    return position is None, position or 0, numbers, item["claim"]


def _lines(run: Item, items: Sequence[Item]) -> Iterator[str]:
    yield "# The statements, and where they stand\n"
    yield from _source(run)
    rows = ablations(items)
    for claims in in_order(items).values():
        paper = next(iter(claims.values()))[0].get("paper") or {}
        yield f"## {escaped(paper.get('citation') or 'Claims without a paper')}\n"
        standing = Counter(stands(group) for group in claims.values())
        counted = ", ".join(f"{standing[word]} {word}" for word in STANDS if standing[word])
        yield f"{len(claims)} claims: {counted}.\n" if len(claims) != 1 else f"1 claim: {counted}.\n"
        yield "| " + " | ".join(HEADER) + " |"
        yield "|" + " --- |" * len(HEADER)
        for group in claims.values():
            yield from _rows(group, rows)
        yield ""
        yield from _corrections(claims)


def _source(run: Item) -> Iterator[str]:
    versions = ", ".join(f"{name} {version}" for name, version in (run.get("versions") or {}).items())
    identifier = number(run.get("id"))
    facts = (run.get("profile"), run.get("started"), f"seed {run['seed']}" if run.get("seed") is not None else None)
    last = [*STANDS][-1]
    profile = str(run.get("profile"))
    yield "Made by\n"
    yield f"```text\n{COMMANDS.format(profile=profile if profile.isidentifier() else 'standard')}\n```\n"
    yield f"Run {escaped(identifier)}: " + escaped(", ".join(str(fact) for fact in facts if fact is not None)) + "."
    yield f"Lemmata {escaped(release(run) or 'of a version that is not known')}; {escaped(versions or 'not known')}.\n"
    yield "Verdicts are explained in [verdicts.md](verdicts.md). A statement stands\n"
    yield from (f"- **{word}** where {meaning}{';.'[word == last]}" for word, meaning in STANDS.items())
    yield ""
    yield "Exponents are the printed power of an axis and that which was measured, with an interval of 98 %. Whether it"
    yield 'is tight allows for transients; "loose" is as far as the adversary could see. "Without" says of each'
    yield "assumption that was dropped whether it was needed, in the tested range.\n"


def _rows(items: Sequence[Item], rows: Sequence[Ablated]) -> Iterator[str]:
    first = items[0]
    head = [escaped(first.get("place") or ""), _name(first["claim"]), stands(items)]
    for item in sorted(items, key=lambda item: item["reading"] != "literal"):
        label = item["bound"] if item["reading"] == "literal" else f"{item['reading']}, {item['bound']}"
        mine = (row for row in rows if row.claim == item["claim"] and _same_bound(row.item, item))
        cells = (
            escaped(label),
            escaped(item["verdict"]),
            escaped("" if result(item) == "not measured" else result(item)),
            "<br>".join(escaped(exponent) for exponent in exponents(item) if exponent.growth),
            "<br>".join(f"{_assumption(row.assumption)}: {row.role}" for row in mine),
        )
        yield "| " + " | ".join((*head, *cells)) + " |"
        head = ["", "", ""]


def _same_bound(one: Item, other: Item) -> bool:
    return all(one[key] == other[key] for key in ("bound", "reading"))


def _name(claim: str) -> str:
    """An id as code; text where it is none."""
    return f"`{claim}`" if re.fullmatch(r"[\w.-]+", claim) else escaped(claim)


def _assumption(text: str) -> str:
    """As a formula where it is one: a bar inside would end the cell."""
    text = " ".join(text.split())
    if "\\" in text and "$" not in text:
        text = f"${text}$"
    if "$" not in text:
        return escaped(text)
    return text.replace(r"\|", r"\Vert ").replace("|", r"\vert ").replace("<", r"\lt ").replace(">", r"\gt ")


def _corrections(claims: Mapping[str, Sequence[Item]]) -> Iterator[str]:
    """What is known of the statements that are refuted."""
    lines = []
    for claim, items in claims.items():
        errata = dict.fromkeys(
            str(item["erratum"]) for item in items if item.get("erratum") and item["verdict"] in REFUTED
        )
        holding = _readings_that_hold(items)
        known = [*errata, *([f"It holds as {', '.join(holding)}."] if holding and stands(items) == "corrected" else [])]
        if known:
            lines.append(f"- {escaped(items[0].get('place') or '')} ({_name(claim)}): {escaped(' '.join(known))}")
    if lines:
        yield "What is refuted, and what holds instead:\n"
        yield from lines
        yield ""
