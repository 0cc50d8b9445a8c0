"""What the record of a bound says of the statement itself. Imports nothing that computes."""

from __future__ import annotations

from typing import Any

from lemmata.vocabulary.ablation import described
from lemmata.vocabulary.discovery import path_in_project
from lemmata.vocabulary.subject import Subject


def describe(subject: Subject) -> dict[str, Any]:
    """What the record says of the statement itself; needs no run."""
    claim, bound = subject.claim, subject.bound
    text = claim.statement.strip()
    paper = claim.paper
    return {
        "claim": claim.id,
        "reading": bound.reading,
        "reading_means": claim.readings.get(bound.reading, "as printed"),
        "bound": bound.name,
        "paper": {"key": paper.key, "citation": paper.citation, "link": paper.link} if paper else None,
        "place": claim.place,
        "position": paper.position(claim.place) if paper else None,
        "file": path_in_project(claim.file),
        "title": text.splitlines()[0] if text else claim.id,
        "statement": text,
        "kind": subject.kind.name,
        "by_chance": subject.kind.by_chance,
        "unit": subject.kind.unit,
        "relation": bound.relation,
        "quantity": bound.quantity,
        "uses": list(claim.uses),
        "expected": bound.expect.value if bound.expect else None,
        "erratum": bound.erratum or None,
        "ablates": described(claim),
    }
