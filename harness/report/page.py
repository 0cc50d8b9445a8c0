"""The page: what the template shows, taken from the record."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.report import wording
from harness.report.figure import ratio_panels
from harness.report.record import check, printable

HERE = Path(__file__).parent
LABEL = re.compile(r"([A-Z][a-z]+(?: [a-z]+){0,2})\.\s+(?=\S)")
RELATIONS = {"at_most": "≤", "at_least": "≥", "equal": "="}

WORDS = {
    "HOLDS": "No violation of an explicit bound: by an exact identity, a certificate, an adversarial search, or so many draws at a stated confidence.",
    "HOLDS_UP_TO_CONSTANT": "One constant fits, and the ratio to the bound grows along no axis by as much as the stated resolution.",
    "TREND": "No constant fits the tested range: the ratio to the bound grows along an axis.",
    "VIOLATED": "There is a counterexample, checked again in higher precision; or, for a probability, overwhelming evidence.",
    "VACUOUS": "What was tested could not have failed: the regime was never met, or the bound is trivial there.",
    "INCONCLUSIVE": "The evidence does not decide; the sentence beside it says what would.",
    "SKIPPED": "Not tested, for the reason given. Like the next three, it says nothing about mathematics.",
    "NOT_RUN": "Planned, and never ran.",
    "TIMEOUT": "Ran out of time.",
    "ERROR": "Failed as a program: an exception, or a number that is not one.",
}
"""What each verdict says, in the order in which they are counted."""


def render(record: dict[str, Any]) -> str:
    """The report as one HTML document that needs nothing but itself.

    The same record gives the same text, byte for byte.

    Raises:
        ValueError: if the record cannot be reported: another schema, a missing part, a NaN.
    """
    check(record)
    record = printable(record)
    run, items = record["run"], record["items"]
    anchors = _anchors(items)
    entries = [_entry(item, anchors) for item in items]
    scripts = [_asset("vendor/katex.min.js"), _asset("render.js")]
    styles = [_asset("vendor/katex.css"), _asset("style.css")]
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": wording.number, "interval": wording.interval}
    environment.globals |= {"relations": RELATIONS, "not_measured": wording.NOT_MEASURED}
    counts = Counter(item["verdict"] for item in items)
    return environment.get_template("template.html.j2").render(
        policy=_policy(scripts, styles),
        scripts=scripts,
        styles=styles,
        run=run,
        facts=_facts(run),
        alarm=_alarm(run),
        counts=[(word, counts[word]) for word in sorted(counts, key=_place)],
        words=WORDS,
        entries=entries,
        unexpected=[entry for entry in entries if not entry["as_expected"]],
        claims=_claims(entries, anchors),
    )


def _asset(name: str) -> Markup:
    return Markup((HERE / name).read_text(encoding="utf-8"))


def _policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """The content security policy: these scripts, these style sheets, fonts from inside the page, nothing else."""

    def sources(texts: Iterable[str]) -> str:
        digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {sources(scripts)}; style-src {sources(styles)}; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _place(word: str) -> tuple[int, str]:
    """Sorts verdicts in the order of WORDS, unknown ones last."""
    return (list(WORDS).index(word) if word in WORDS else len(WORDS), word)


def _facts(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the head of the page says about the run."""
    seconds = run.get("seconds")
    versions = run.get("versions") or {}
    facts = {
        "Run": run.get("id"),
        "Profile": run.get("profile"),
        "Started": run.get("started"),
        "Finished": run.get("finished"),
        "Duration": None if seconds is None else f"{wording.number(seconds)} s",
        "Trials": f"{wording.number(run.get('executed'))} executed of {wording.number(run.get('planned'))} planned",
        "Error budget": _budget(run.get("alpha_suite")),
        "Seed": None if run.get("seed") is None else str(run["seed"]),
        "Host": run.get("host"),
        "Device": run.get("device"),
        "Engine": run.get("engine"),
        "Versions": ", ".join(f"{name} {version}" for name, version in versions.items()) or None,
    }
    return [(label, wording.number(value)) for label, value in facts.items()]


def _budget(alpha: Any) -> str | None:
    if alpha is None:
        return None
    return f"all claims together accuse a true statement with probability at most {wording.number(alpha)}"


def _alarm(run: Mapping[str, Any]) -> str | None:
    """What a reader must know before believing anything below."""
    planned, executed = run.get("planned"), run.get("executed")
    if not executed:
        return "This run measured nothing: no verdict below rests on a trial."
    if planned is not None and executed < planned:
        return f"{planned - executed:,} of {planned:,} planned trials did not run."
    return None


def _anchors(items: list[dict[str, Any]]) -> dict[Any, str]:
    """A readable fragment for each claim, and for each item by its identity; no two are equal."""
    anchors: dict[Any, str] = {}
    for item in items:
        if item["claim"] not in anchors:
            anchors[item["claim"]] = _unused("claim-" + item["claim"], anchors)
        name = "-".join((anchors[item["claim"]], item["reading"], item["bound"]))
        anchors[id(item)] = _unused(name, anchors)
    return anchors


def _unused(name: str, anchors: Mapping[Any, str]) -> str:
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    taken = set(anchors.values())
    return next(s for s in (slug, *(f"{slug}-{k}" for k in range(2, len(taken) + 3))) if s not in taken)


def _entry(item: Mapping[str, Any], anchors: Mapping[Any, str]) -> dict[str, Any]:
    """An item as the template shows it: every field there, in words where words are needed."""
    explicit = item.get("kind") != "up_to_constant"
    axes = item.get("axes") or []
    return {
        **dict.fromkeys(("title", "quantity", "kind", "why", "expected", "adversary", "erratum", "seconds", "place", "file")),
        **item,
        "anchor": anchors[id(item)],
        "claim_anchor": anchors[item["claim"]],
        "as_expected": item.get("as_expected") is True,
        "expectation": wording.expectation(item),
        "result": wording.result(item),
        "drawn": wording.draws(item),
        "in_regime": (item.get("draws") or {}).get("in_regime"),
        "control_summary": wording.control_summary(item.get("controls")),
        "constant": item.get("constant"),
        "interval": item.get("interval"),
        "margin": item.get("margin"),
        "relation": RELATIONS.get(str(item.get("relation")), "versus"),
        "scope": wording.scope_sentences(item.get("scope")),
        "panels": ratio_panels(axes, 1.0 if explicit else item.get("constant")),
        "reference": "the bound" if explicit else "the constant",
        "exponents": _exponents(item),
        "parts": [_with(part, "verdict", "why") for part in item.get("parts") or []],
        "regime": [_with(row, "condition", "constant", "fraction", "reach", "note") for row in item.get("regime") or []],
        "controls": [_with(row, "name", "sort", "must", "ok", "verdict", "why") for row in item.get("controls") or []],
        "counterexamples": [_counterexample(example) for example in item.get("counterexamples") or []],
    }


def _with(row: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """The row with these keys, None where it has none."""
    return {key: row.get(key) for key in keys}


def _exponents(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each axis that is known in any way: range, printed exponent, growth, and tonight's power."""
    axes = {str(axis.get("name")): axis for axis in item.get("axes") or []}
    region, power = (item.get("scope") or {}).get("region") or {}, item.get("power") or {}
    rows = []
    for name in dict.fromkeys((*axes, *region, *power)):
        axis = axes.get(name, {})
        caught = power.get(name)
        rows.append({
            "name": name,
            "range": region.get(name),
            "printed": axis.get("printed"),
            "growth": axis.get("growth"),
            "caught": caught if caught is not None else ("none" if name in power else None),
        })
    return rows


def _counterexample(example: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("id", "which", "lhs", "rhs", "relation", "exact", "replay", "snippet")
    params = example.get("params") or {}
    return _with(example, *keys) | {"params": [(name, wording.number(value, 17)) for name, value in params.items()]}


def _claims(entries: list[dict[str, Any]], anchors: Mapping[Any, str]) -> list[dict[str, Any]]:
    """The entries by claim, in the order in which the claims come, with what their items share."""
    claims: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        claims.setdefault(entry["claim"], []).append(entry)
    return [_claim(name, group, anchors) for name, group in claims.items()]


def _claim(name: str, group: list[dict[str, Any]], anchors: Mapping[Any, str]) -> dict[str, Any]:
    first = group[0]
    paper = _with(first.get("paper") or {}, "key", "citation", "link")
    uses = dict.fromkeys(used for entry in group for used in entry.get("uses") or [])
    statements = dict.fromkeys(str(entry.get("statement") or "") for entry in group)
    return {
        "name": name,
        "anchor": anchors[name],
        "title": first["title"] or name,
        "place": first["place"],
        "file": first["file"],
        "paper": paper | {"link": _web_address(paper["link"])},
        "uses": [(used, anchors.get(used)) for used in uses],
        "statements": [_paragraphs(text, first["title"]) for text in statements if text.strip()],
        "entries": group,
    }


def _web_address(link: Any) -> str | None:
    """The link if it leads to the web; a script in disguise does not."""
    try:
        parts = urlsplit(str(link))
    except ValueError:
        return None
    return str(link) if parts.scheme in {"http", "https"} and parts.netloc else None


def _paragraphs(text: str, title: str | None) -> list[tuple[str | None, str]]:
    """The docstring as (label, paragraph) pairs, such as ("Source", "Frei, Cao, Gu (2019), Lemma 4.1"), without its title.

    A label stands at the beginning of a line and is followed by a full stop: "Worst case. On each cone ...".
    """
    blocks: list[list[str]] = [[]]
    for line in text.strip().removeprefix(title or "").splitlines():
        if not line.strip() or LABEL.match(line):
            blocks.append([])
        blocks[-1].append(line)
    pairs = []
    for block in (" ".join(" ".join(lines).split()) for lines in blocks):
        label = LABEL.match(block)
        if block:
            pairs.append((label[1], block[label.end() :]) if label else (None, block))
    return pairs
