"""What the report says of the nights before: events since the baseline, and the history of each bound."""

from __future__ import annotations

import pytest
from ledger_sample import item, run

from lemmata.ledger import Ledger
from lemmata.nights.history import with_nights
from lemmata.report import write


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.sqlite")


def night(ledger, day, *items, **facts):
    ledger.add_run(run(str(day), day=day, **facts), list(items))
    return with_nights(ledger, ledger.run("last"))


def test_without_a_baseline_there_are_no_events(ledger):
    assert night(ledger, 1, item())["events"] is None


def test_events_are_those_since_the_accepted_run_in_the_words_of_the_report(ledger, tmp_path):
    night(ledger, 1, item())
    ledger.accept("1", "the first")
    assert night(ledger, 2, item())["events"] == []
    record = night(ledger, 3, item(verdict="VIOLATED"))
    assert record["events"] == [
        {
            "kind": "VERDICT",
            "claim": "own.a",
            "bound": "b",
            "reading": "literal",
            "numbers": {"before": "HOLDS", "after": "VIOLATED"},
            "why": "HOLDS became VIOLATED: because it violated",
        }
    ]
    write(record, tmp_path / "report")
    assert "HOLDS became VIOLATED" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


def test_a_run_that_measured_nothing_can_be_reported(ledger, tmp_path):
    night(ledger, 1, item())
    ledger.accept("1", "the first")
    record = night(ledger, 2, item(draws={"planned": 9, "executed": 0}))
    assert [event["claim"] for event in record["events"]] == ["(the run)", "own.a"]
    write(record, tmp_path / "report")


def test_history_is_of_one_profile_and_ends_with_the_run(ledger):
    night(ledger, 1, item(constant=1.0, interval=[0.5, "inf"]))
    night(ledger, 2, item(constant=9.0), profile="nightly")
    night(ledger, 3, item("own.b"))
    record = night(ledger, 4, item(verdict="TREND", constant=2.0, interval=[1.5, 2.5]))
    (only,) = record["items"]
    assert [(n["run"], n["constant"], n["low"], n["high"], n["verdict"]) for n in only["history"]] == [
        ("1", 1.0, 0.5, "inf", "HOLDS"),
        ("4", 2.0, 1.5, 2.5, "TREND"),
    ]
    earlier = with_nights(ledger, ledger.run("1"))
    assert [n["run"] for n in earlier["items"][0]["history"]] == ["1"]
