"""What the page shows, taken from the record and put into the order and the words of the template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from lemmata.report import glance, wording
from lemmata.report.ablations import ablations, in_words
from lemmata.report.entries import as_formula, describe
from lemmata.report.errata import errata, plain_text
from lemmata.report.figure import MOST_POINTS
from lemmata.report.graph import foundations, proof_graph
from lemmata.report.proofs import paper_graphs
from lemmata.report.statement import paragraphs

Record = Mapping[str, Any]

POINTS_IN_ALL = 12_000  # of the figures of one page, to keep it light


def context(record: Record) -> dict[str, Any]:
    """Everything that the template refers to, except the page's own parts.

    Args:
        record: a checked and printable record.
    """
    run, items = record["run"], record["items"]
    anchors, fragments = _fragments(items)
    share = POINTS_IN_ALL // max(1, sum(len(item.get("axes") or []) for item in items))
    most_points = min(MOST_POINTS, max(20, share))
    entries = [
        describe(item, most_points) | {"anchor": fragment} for item, fragment in zip(items, fragments, strict=True)
    ]
    nodes = proof_graph(items)
    under = foundations(nodes)
    events = glance.changes(record)
    assumptions = ablations(items)
    return {
        "words": wording.MEANINGS,
        "kinds": wording.EVENTS,
        "relations": wording.RELATIONS,
        "run": {"id": run.get("id")},
        "facts": _facts(run, items),
        "headline": _headline(run),
        "alarm": glance.alarm(run),
        "counts": glance.counts(items),
        "events": events,
        "changed": glance.changes_in_words(events),
        "refuted": glance.refuted(nodes, under),
        "accusations": glance.accusations(items),
        "assumptions": [(row, as_formula(row.assumption)) for row in assumptions],
        "assumptions_in_words": in_words(assumptions),
        "unreached": glance.unreached(items),
        "budget": glance.budget(run, items),
        "power": glance.power(items),
        "trials": glance.trials(run),
        "nodes": nodes,
        "under": under,
        "anchors": anchors,
        "graphs": paper_graphs(nodes, under),
        "papers": _papers(items),
        "errata": [{"card": card, "text": plain_text(card, run.get("id"))} for card in errata(items)],
        "entries": [entry for entry in entries if not entry["ablates"]],
        "unexpected": [entry for entry in entries if not entry["as_expected"]],
        "claims": _claims(entries, anchors),
    }


def _headline(run: Record) -> str:
    """One line under the title: which run, in which profile, when, for how long, and where."""
    seconds = run.get("seconds")
    duration = None if seconds is None else f"{wording.number(seconds)} s"
    parts = (run.get("id"), run.get("profile"), run.get("started"), duration, run.get("device"))
    return " · ".join(wording.number(part) for part in parts if part is not None) or "No run is named."


def _papers(items: Iterable[Record]) -> dict[str, str]:
    """The citation of each paper by its key."""
    papers = [item.get("paper") or {} for item in items]
    return {str(paper["key"]): str(paper.get("citation") or paper["key"]) for paper in papers if paper.get("key")}


def _facts(run: Record, items: list[Record]) -> list[tuple[str, str]]:
    """What the head of the page says about the run."""
    seconds = run.get("seconds")
    executed, planned = wording.number(run.get("executed")), wording.number(run.get("planned"))
    versions = run.get("versions") or {}
    facts = {
        "Run": run.get("id"),
        "Profile": run.get("profile"),
        "Started": run.get("started"),
        "Finished": run.get("finished"),
        "Duration": None if seconds is None else f"{wording.number(seconds)} s",
        "Budget": wording.number(run.get("budget")) + " s" if run.get("budget") else "none",
        "Trials": f"{executed} executed of {planned} planned",
        "Error budget": glance.budget(run, items),
        "Seed": None if run.get("seed") is None else str(run["seed"]),
        "Lemmata": wording.release(run),
        "Host": run.get("host"),
        "Device": run.get("device"),
        "Engine": run.get("engine"),
        "Versions": ", ".join(f"{name} {version}" for name, version in versions.items()) or None,
    }
    return [(label, wording.number(value)) for label, value in facts.items()]


def _fragments(items: list[Record]) -> tuple[dict[str, str], list[str]]:
    """Readable ids, no two of them equal: by claim, and for each item."""
    taken: set[str] = set()

    def unused(name: str) -> str:
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
        number, fragment = 1, slug
        while fragment in taken:
            number += 1
            fragment = f"{slug}-{number}"
        taken.add(fragment)
        return fragment

    anchors = {name: unused(f"claim-{name}") for name in dict.fromkeys(item["claim"] for item in items)}
    return anchors, [unused("-".join((anchors[item["claim"]], item["reading"], item["bound"]))) for item in items]


def _claims(entries: list[dict[str, Any]], anchors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entries by claim, in the order in which the claims come, with what they share."""
    claims: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        claims.setdefault(entry["claim"], []).append(entry)
    told: dict[tuple[str, ...], str] = {}
    made_from = {name: group[0]["ablates"] for name, group in claims.items() if group[0]["ablates"] in claims}
    shown = {name: _claim(name, group, anchors, told) for name, group in claims.items() if name not in made_from}
    for name, origin in made_from.items():
        if origin in shown:
            shown[origin]["ablations"].append({"anchor": anchors[name], "entries": claims[name]})
    return list(shown.values())


def _claim(
    name: str, entries: list[dict[str, Any]], anchors: Mapping[str, str], told: dict[tuple[str, ...], str]
) -> dict[str, Any]:
    """What the entries of a claim share.

    Args:
        name: of the claim.
        entries: of its bounds and readings.
        anchors: by claim.
        told: the statements that the page has already, and with which claim; a new one is added.
    """
    first = entries[0]
    paper = first["paper"] or {}
    statements = tuple(dict.fromkeys(entry["statement"] for entry in entries if entry["statement"]))
    told_by = told.setdefault(statements, name) if statements else name
    uses = dict.fromkeys(used for entry in entries for used in entry["uses"] or [])
    return {
        "name": name,
        "anchor": anchors[name],
        "title": first["title"] or name,
        "place": first["place"],
        "file": first["file"],
        "citation": paper.get("citation"),
        "link": _web_address(paper.get("link")),
        "uses": list(uses),
        "told_by": None if told_by == name else told_by,
        "statements": [paragraphs(text, first["title"] or "") for text in statements] if told_by == name else [],
        "entries": entries,
        "ablations": [],
    }


def _web_address(link: Any) -> str | None:
    """The link if it leads to the web; a script in the place of an address does not."""
    try:
        parts = urlsplit(str(link))
    except ValueError:
        return None
    return str(link) if parts.scheme in {"http", "https"} and parts.netloc else None
