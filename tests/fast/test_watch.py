"""What is said of a run while it goes on: counted from its rows and the time alone."""

from __future__ import annotations

import io
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from ledger_sample import item, run

from lemmata.doors.watch import progress, seems_dead, watch
from lemmata.ledger import Ledger

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def rows(*verdicts):
    return [
        {
            "claim": f"own.{i % 2}",
            "verdict": v,
            "executed": 100,
            "written": (BEGIN + timedelta(seconds=10 * i)).isoformat(),
        }
        for i, v in enumerate(verdicts, 1)
    ]


def at(seconds):
    return BEGIN + timedelta(seconds=seconds)


def test_rate_and_time_left_follow_from_what_is_done():
    state = progress(run("1", bounds=8, finished=None), rows("HOLDS", "VIOLATED", "HOLDS", "TREND"), at(50))
    assert (state.done, state.bounds, state.claims, state.trials, state.seconds) == (4, 8, 2, 400, 50)
    assert (state.rate, state.left, state.silence) == (8.0, 50.0, 10.0)
    assert str(state) == ("4/8 bounds of 2 claims, 400 trials, 8 a second, 50 s left | 2 HOLDS, 1 TREND, 1 VIOLATED")


def test_before_the_first_verdict_no_time_is_promised():
    state = progress(run("1", bounds=8, finished=None), [], at(5))
    assert state.left is None
    assert str(state) == "0/8 bounds of 0 claims, 0 trials, 0 a second"


def test_a_finished_run_is_measured_to_its_end():
    facts = run("1", bounds=2, finished=at(20).isoformat(), seconds=20.0)
    state = progress(facts, rows("HOLDS", "HOLDS"), at(9999))
    assert (state.rate, state.is_finished) == (10.0, True)
    assert "finished after 20 s" in str(state)


def test_the_time_between_two_sessions_of_a_run_does_not_count():
    facts = run("1", bounds=4, finished=None, seconds=20.0, resumed=[at(1000).isoformat()])
    assert progress(facts, rows("HOLDS", "HOLDS"), at(1010)).seconds == 30


@pytest.mark.parametrize("seconds, dead", [(0, False), (179, False), (200, True)])
def test_silence_beyond_what_a_bound_may_take_is_death(seconds, dead):
    facts = run("1", bounds=2, finished=None)  # smoke: 120 s a bound
    assert seems_dead(facts, progress(facts, rows("HOLDS"), at(10 + seconds))) is dead
    ended = facts | {"finished": at(20).isoformat()}
    assert not seems_dead(ended, progress(ended, rows("HOLDS"), at(10**6)))


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.begin(run("1", bounds=2)) as writer:
        writer.add_bound(item("own.\x1b[2J", "ERROR"))
    return ledger


def test_one_look_shows_what_a_run_has_and_no_claim_steers_the_terminal(ledger):
    out = io.StringIO()
    assert watch(ledger, "last", out, once=True) == 0
    assert "   1/2  ERROR                own.?[2J[b] literal  100 trials  (expected a pass)" in out.getvalue()
    assert "1/2 bounds of 1 claims" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_the_watch_of_a_dead_run_ends(ledger):
    connection = sqlite3.connect(ledger.path)
    connection.execute("UPDATE verdicts SET written = '1970-01-01T00:00:00+00:00'")
    connection.commit()
    connection.close()
    out = io.StringIO()
    assert watch(ledger, "last", out) == 4
    assert "the run seems to have died; what it had is kept" in out.getvalue()


def test_the_watch_of_a_finished_run_ends(ledger):
    ledger.add_run(run("2", day=2), [item()])
    out = io.StringIO()
    assert watch(ledger, "last", out) == 0
    assert "1/1 bounds of 1 claims, 100 trials, 0 a second, finished after 0 s | 1 HOLDS" in out.getvalue()
