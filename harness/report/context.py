"""What the page shows, taken from the record and put into the order and the words of the template."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from harness.report import wording
from harness.report.figure import ratio_panels
from harness.report.heatmap import heat_map
from harness.report.phases import PhaseMap, phase_map

Record = Mapping[str, Any]

LABEL = re.compile(r"([A-Z][a-z]+(?: [a-z]+){0,2})\.\s+(?=\S)")
FORMULA = re.compile(r"\\|^[A-Za-z](_[A-Za-z0-9])?$")
RELATIONS = {"at_most": "≤", "at_least": "≥", "equal": "="}


def context(record: Record) -> dict[str, Any]:
    """Everything that the template refers to, except the page's own parts.

    Args:
        record: a checked and printable record.
    """
    run, items = record["run"], record["items"]
    anchors, fragments = _fragments(items)
    entries = [_entry(item) | {"anchor": fragment} for item, fragment in zip(items, fragments, strict=True)]
    counts = Counter(item["verdict"] for item in items)
    order = [*wording.MEANINGS, *sorted(counts.keys() - wording.MEANINGS)]
    return {
        "words": wording.MEANINGS,
        "relations": RELATIONS,
        "run": {"id": run.get("id")},
        "facts": _facts(run),
        "alarm": _alarm(run),
        "counts": [(word, counts[word]) for word in order if counts[word]],
        "entries": entries,
        "unexpected": [entry for entry in entries if not entry["as_expected"]],
        "claims": _claims(entries, anchors),
    }


def _facts(run: Record) -> list[tuple[str, str]]:
    """What the head of the page says about the run."""
    seconds, alpha = run.get("seconds"), run.get("alpha_suite")
    executed, planned = wording.number(run.get("executed")), wording.number(run.get("planned"))
    versions = run.get("versions") or {}
    facts = {
        "Run": run.get("id"),
        "Profile": run.get("profile"),
        "Started": run.get("started"),
        "Finished": run.get("finished"),
        "Duration": None if seconds is None else f"{wording.number(seconds)} s",
        "Trials": f"{executed} executed of {planned} planned",
        "Error budget": None
        if alpha is None
        else f"any true statement of the suite is accused with probability at most {wording.number(alpha)}",
        "Seed": None if run.get("seed") is None else str(run["seed"]),
        "Host": run.get("host"),
        "Device": run.get("device"),
        "Engine": run.get("engine"),
        "Versions": ", ".join(f"{name} {version}" for name, version in versions.items()) or None,
    }
    return [(label, wording.number(value)) for label, value in facts.items()]


def _alarm(run: Record) -> str | None:
    """What a reader must know before believing anything below."""
    planned, executed = run.get("planned"), run.get("executed")
    if not executed:
        return "This run measured nothing: no verdict below rests on a trial of it."
    if planned is not None and executed < planned:
        return f"{planned - executed:,} of {planned:,} planned trials did not run."
    return None


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


def _entry(item: Record) -> dict[str, Any]:
    """An item with every field that the template names, in words where it wants words."""
    up_to_constant = item.get("kind") == "up_to_constant"
    as_they_are = (
        "claim reading reading_means bound verdict paper place file title statement kind quantity uses why "
        "expected constant interval margin largest_ratio adversary erratum seconds"
    )
    return _with(item, as_they_are) | {
        "as_expected": item.get("as_expected") is True,
        "expectation": wording.expectation(item),
        "result": wording.result(item),
        "drawn": wording.draws(item),
        "drawn_in_full": wording.draws_in_full(item),
        "relation": RELATIONS.get(str(item.get("relation")), "against"),
        "scope": wording.scope_sentences(item.get("scope")),
        "panels": ratio_panels(item.get("axes") or [], item.get("constant") if up_to_constant else 1.0),
        "reference": "the constant" if up_to_constant else "the bound",
        "training": wording.training(item.get("training")),
        "phase_maps": [(shown, heat_map(shown)) for shown in _phase_maps(item)],
        "exponents": _exponents(item),
        "parts": [_with(row, "verdict why") for row in item.get("parts") or []],
        "regime": [_condition(row) for row in item.get("regime") or []],
        "controls": [_with(row, "name sort must ok verdict why") for row in item.get("controls") or []],
        "control_summary": wording.control_summary(item.get("controls")),
        "counterexamples": [_counterexample(row) for row in item.get("counterexamples") or []],
    }


def _phase_maps(item: Record) -> list[PhaseMap]:
    """The maps that have an axis; without one there is nothing to show."""
    return [shown for record in item.get("phase_maps") or [] if (shown := phase_map(record, item)).names]


def _with(row: Record, keys: str) -> dict[str, Any]:
    """The row with these keys, None where it has none."""
    return {key: row.get(key) for key in keys.split()}


def _condition(row: Record) -> dict[str, Any]:
    shown = _with(row, "condition constant fraction reach note")
    return shown | {key: _as_formula(shown[key]) for key in ("condition", "constant")}


def _as_formula(text: str | None) -> str | None:
    r"""The text between dollars if it can only be LaTeX: it has a command, or is a letter such as C or C_0."""
    return f"${text}$" if text and "$" not in text and FORMULA.search(text) else text


def _exponents(item: Record) -> list[dict[str, Any]]:
    """For each axis that was judged: its range, printed exponent, growth, and what would be caught."""
    axes = {str(axis.get("name")): axis for axis in item.get("axes") or []}
    region, power = (item.get("scope") or {}).get("region") or {}, item.get("power") or {}
    rows = []
    for name in dict.fromkeys((*axes, *power)):
        caught = power.get(name)
        rows.append(
            {
                "name": name,
                "range": wording.values(region.get(name)).removeprefix("in ").removeprefix("= "),
                "printed": axes.get(name, {}).get("printed"),
                "growth": axes.get(name, {}).get("growth"),
                "caught": "none" if caught is None and name in power else caught,
            }
        )
    return rows


def _counterexample(example: Record) -> dict[str, Any]:
    params = [(name, wording.number(value, 17)) for name, value in (example.get("params") or {}).items()]
    return _with(example, "id which lhs rhs relation exact replay snippet") | {"params": params}


def _claims(entries: list[dict[str, Any]], anchors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entries by claim, in the order in which the claims come, with what they share."""
    claims: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        claims.setdefault(entry["claim"], []).append(entry)
    return [_claim(name, group, anchors) for name, group in claims.items()]


def _claim(name: str, entries: list[dict[str, Any]], anchors: Mapping[str, str]) -> dict[str, Any]:
    first = entries[0]
    paper = first["paper"] or {}
    statements = dict.fromkeys(entry["statement"] for entry in entries if entry["statement"])
    uses = dict.fromkeys(used for entry in entries for used in entry["uses"] or [])
    return {
        "name": name,
        "anchor": anchors[name],
        "title": first["title"] or name,
        "place": first["place"],
        "file": first["file"],
        "citation": paper.get("citation"),
        "link": _web_address(paper.get("link")),
        "uses": [(used, anchors.get(used)) for used in uses],
        "statements": [paragraphs(text, first["title"] or "") for text in statements],
        "entries": entries,
    }


def _web_address(link: Any) -> str | None:
    """The link if it leads to the web; a script in the place of an address does not."""
    try:
        parts = urlsplit(str(link))
    except ValueError:
        return None
    return str(link) if parts.scheme in {"http", "https"} and parts.netloc else None


def paragraphs(docstring: str, title: str) -> list[tuple[str, str]]:
    """A docstring without its title as (label, paragraph) pairs; the label may be empty.

    A label begins a line and ends with a full stop, as in "Worst case. On each activation cone ...".
    """
    pairs: list[tuple[str, list[str]]] = [("", [])]
    for line in docstring.strip().removeprefix(title).splitlines():
        label = LABEL.match(line)
        if label:
            pairs.append((label[1], [line[label.end() :]]))
        elif line.strip():
            pairs[-1][1].append(line)
        else:
            pairs.append(("", []))
    return [(label, " ".join(" ".join(lines).split())) for label, lines in pairs if lines]
