"""Small runs and records for tests of the ledger and of what compares runs."""

from __future__ import annotations

from typing import Any

DAY = "1970-01-{:02}T00:00:00+00:00"  # gone by, even on a clock that was never set


def run(identifier: str, day: int = 1, **facts: Any) -> dict[str, Any]:
    """The facts of a finished run."""
    started = DAY.format(day)
    return {
        "id": identifier,
        "started": started,
        "finished": started,
        "profile": "smoke",
        "device": "cpu",
        "host": "x86_64",
        "versions": {"torch": "2"},
        "bounds": 1,
        "executed": 100,
    } | facts


def item(claim: str = "own.a", verdict: str = "HOLDS", **facts: Any) -> dict[str, Any]:
    """The record of one bound, as far as ledger and comparison read it."""
    record = {
        "claim": claim,
        "reading": "literal",
        "bound": "b",
        "kind": "explicit",
        "relation": "at_most",
        "paper": None,
        "place": "Lemma 1",
        "file": "a.py",
        "verdict": verdict,
        "expected": None,
        "as_expected": verdict.startswith("HOLDS"),
        "why": f"because it {verdict.lower()}",
        "constant": None,
        "interval": None,
        "margin": 0.5,
        "scope": None,
        "controls": [{"name": "twin", "must": "be caught", "ok": True}],
        "power": {"m": 0.2},
        "regime": [{"condition": "m >= d", "fraction": 0.8}],
        "draws": {"planned": 100, "executed": 100, "proposed": 100, "in_regime": 100},
        "counterexamples": [],
        "seconds": 1.0,
    }
    return record | facts
