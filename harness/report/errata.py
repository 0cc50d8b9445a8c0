"""Erratum cards: a refuted statement, its smallest counterexample and what holds instead, ready to be sent."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lemmata.report.ablations import statements
from lemmata.report.graph import PASSES, REFUTED
from lemmata.report.record import unit
from lemmata.report.statement import as_printed, labelled
from lemmata.report.wording import RELATIONS, exactly, number

Item = Mapping[str, Any]
WIDTH = 92
AS_PRINTED = {"literal", "literal: as printed"}


@dataclass(frozen=True)
class Bound:
    """A refuted bound: its name, verdict and reason, and the inequality that fails."""

    name: str
    verdict: str
    why: str
    inequality: str


@dataclass(frozen=True)
class Erratum:
    """What is known of a statement that is refuted in one reading.

    Attributes:
        claim: id of the claim.
        reading: the reading that is refuted, with what it means.
        place: where it is printed, or the id of the claim.
        source: citation and link, as far as they are known.
        printed: the statement in the paper's words, with its LaTeX.
        bounds: those that are refuted.
        example: the smallest counterexample, in exact numbers if one has them; None where growth refutes.
        corrected: what holds instead, or None where nobody knows.
        remark: what the claim file says of the mistake, with its LaTeX; "" where it says nothing.
        holds_as: the other readings that hold, with what they mean.
    """

    claim: str
    reading: str
    place: str
    source: tuple[str, ...]
    printed: str
    bounds: tuple[Bound, ...]
    example: Item | None
    corrected: str | None
    remark: str
    holds_as: tuple[str, ...]

    @property
    def sides(self) -> list[tuple[str, str, str]]:
        """Left and right side of the example: which, as it was measured, and from an independent computation or ""."""
        if self.example is None:
            return []
        exact = self.example.get("exact") or {}
        names = {"lhs": "left side", "rhs": "right side"}
        return [(name, exactly(self.example.get(key)), str(exact.get(key) or "")) for key, name in names.items()]

    @property
    def relation(self) -> str:
        """How the sides of the example were claimed to stand."""
        return RELATIONS.get(str((self.example or {}).get("relation")), "against")

    @property
    def point(self) -> str:
        """The parameters of the example."""
        return parameters(self.example or {})


def parameters(example: Item) -> str:
    """Where a trial was made: "m = 2, s = 2"."""
    return ", ".join(f"{name} = {exactly(value)}" for name, value in (example.get("params") or {}).items())


def errata(items: Iterable[Item]) -> list[Erratum]:
    """A card for each claim and reading of which a bound is refuted."""
    claims: dict[str, dict[str, list[Item]]] = {}
    for item in statements(items):
        claims.setdefault(item["claim"], {}).setdefault(item["reading"], []).append(item)
    return [
        _erratum(readings, reading)
        for readings in claims.values()
        for reading, group in readings.items()
        if any(item["verdict"] in REFUTED for item in group)
    ]


def _erratum(readings: Mapping[str, Sequence[Item]], reading: str) -> Erratum:
    refuted = [item for item in readings[reading] if item["verdict"] in REFUTED]
    first, paper = refuted[0], refuted[0].get("paper") or {}
    source = (paper.get("citation"), paper.get("link"))
    text = str(first.get("statement") or ""), str(first.get("title") or "")
    corrections = dict.fromkeys(str(item["erratum"]) for item in refuted if item.get("erratum"))
    holding = {name: group for name, group in readings.items() if all(item["verdict"] in PASSES for item in group)}
    return Erratum(
        claim=first["claim"],
        reading=_meaning(reading, first),
        place=str(first.get("place") or first["claim"]),
        source=tuple(str(part) for part in source if part),
        printed=as_printed(*text),
        bounds=tuple(_bound(item) for item in refuted),
        example=_example(refuted),
        corrected=" ".join(corrections) or None,
        remark=labelled(*text, "Erratum"),
        holds_as=tuple(_meaning(name, group[0]) for name, group in holding.items()),
    )


def _meaning(reading: str, item: Item) -> str:
    meaning = item.get("reading_means")
    return f"{reading}: {meaning}" if meaning else reading


def _bound(item: Item) -> Bound:
    inequality = f"{item.get('quantity') or 'quantity'} {RELATIONS.get(str(item.get('relation')), 'against')} bound"
    constant = " up to a constant" if unit(item) == "constant" else ""
    return Bound(item["bound"], item["verdict"], str(item.get("why") or ""), inequality + constant)


def _example(refuted: Iterable[Item]) -> Item | None:
    """Of the counterexamples the smallest, one with exact numbers before one without."""
    found = [e for item in refuted if item["verdict"] == "VIOLATED" for e in item.get("counterexamples") or []]
    return min(found, key=lambda e: (e.get("which") != "smallest", not e.get("exact")), default=None)


def plain_text(erratum: Erratum, run: Any = None) -> str:
    """A card as lines of text, for a mail to the authors or an issue."""
    parts = ["\n".join((f"Erratum: {erratum.place}", *erratum.source))]
    parts.append("As printed:\n" + _indented(erratum.printed or "(the claim has no statement)"))
    if erratum.reading not in AS_PRINTED:
        parts.append(f"Read as {erratum.reading}")
    parts.append("\n".join(_filled(f"{b.verdict}: {b.inequality}. {b.why}".rstrip(". ") + ".") for b in erratum.bounds))
    if erratum.example is not None:
        rows = [f"  {name:<10}  {value}" for name, value, _ in erratum.sides]
        claimed = f"  claimed     left {erratum.relation} right"
        parts.append("\n".join([f"Counterexample at {erratum.point or 'the only point'}:", *rows, claimed]))
        if all(exact for *_, exact in erratum.sides):
            rows = [f"  {name:<10}  {exact}" for name, _, exact in erratum.sides]
            parts.append("\n".join(["There, computed independently, in exact or 50-digit arithmetic:", *rows]))
    parts.append("What holds instead:\n" + _indented(erratum.corrected or "not known"))
    if erratum.remark:
        parts.append("Remark:\n" + _indented(erratum.remark))
    if erratum.holds_as:
        parts.append("Readings that hold: " + "; ".join(erratum.holds_as))
    if erratum.example is not None and erratum.example.get("replay"):
        parts.append(f"To compute it again: {erratum.example['replay']}")
    if erratum.example is not None and erratum.example.get("snippet"):
        parts.append("In Python:\n" + textwrap.indent(str(erratum.example["snippet"]).rstrip(), "  "))
    parts.append(f"Claim {erratum.claim}, run {number(run)} of Lemmata.")
    return "\n\n".join(parts) + "\n"


def _indented(text: str) -> str:
    return "\n\n".join(_filled(paragraph, "  ") for paragraph in text.split("\n\n"))


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
