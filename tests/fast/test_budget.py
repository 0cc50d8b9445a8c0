"""A night's time goes where it can change a verdict, within what there is."""

from __future__ import annotations

import pytest

from lemmata.doors.options import seconds_of
from lemmata.nights.budget import DECIDED, USED, Standing, allocate, standing


def bound(name, seconds=10.0, missing=0, measured="20260101T000000-a"):
    return Standing(("own.a", "literal", name), seconds, missing, measured)


def given(standings, seconds=100 / USED, workers=1):
    return {key[2]: installments for key, installments in allocate(standings, seconds, workers).items()}


def test_where_there_is_time_all_get_what_they_miss_and_decided_ones_one():
    found = given([bound("new", None, 1, ""), bound("near", missing=2), bound("done")], seconds=1000)
    assert found == {"new": 1, "near": 2, "done": 1}


def test_the_nearest_to_a_decision_comes_first():
    # of 100 seconds the cheap one takes 20, and the 80 that are left buy 8 of the 16 that the dear one misses
    found = given([bound("dear", seconds=10.0, missing=16), bound("cheap", seconds=5.0, missing=4)])
    assert found == {"cheap": 4, "dear": 8}


def test_the_far_get_what_is_left_and_rest_where_nothing_is():
    found = given([bound("near", missing=9), bound("far", seconds=20.0, missing=8)])
    assert found == {"near": 9, "far": 0}


def test_decided_bounds_share_a_small_part_and_take_turns():
    decided = [bound(str(n), measured=f"2026010{n}T000000-a") for n in range(1, 8)]
    found = given([*decided, bound("open", missing=7)])
    assert sum(found[str(n)] for n in range(1, 8)) == DECIDED * 100 / 10
    assert [found[str(n)] for n in range(1, 8)] == [1, 1, 1, 0, 0, 0, 0], "those first that have rested longest"
    assert found["open"] == 7


def test_what_was_never_measured_is_measured_even_where_time_is_short():
    assert given([bound("new", None, 1, ""), bound("done")], seconds=1.0) == {"new": 1, "done": 0}


def test_more_workers_have_more_time():
    many = [bound(str(n), missing=4) for n in range(8)]
    assert sum(given(many, workers=2).values()) == 2 * sum(given(many).values())


def evidence(sizes, judged, seconds=2.0):
    return {"sizes": [720] * sizes, "judged": judged, "seconds": seconds}


@pytest.mark.parametrize(
    "verdict, sizes, judged, missing",
    [
        ("HOLDS", 3, 3, 0),
        ("VIOLATED", 1, 1, 0),
        ("INCONCLUSIVE", 1, 1, 1),  # the next look is at 2
        ("INCONCLUSIVE", 3, 2, 1),  # at 4
        ("INCONCLUSIVE", 4, 4, 4),  # at 8
    ],
)
def test_an_undecided_bound_misses_the_installments_up_to_its_next_look(verdict, sizes, judged, missing):
    found = standing(("a", "literal", "b"), {"verdict": verdict, "evidence": evidence(sizes, judged)}, "run")
    assert (found.missing, found.seconds, found.measured) == (missing, 2.0, "run")


def test_a_bound_that_rested_was_measured_when_it_was_and_one_without_record_never():
    record = {"verdict": "HOLDS", "evidence": evidence(1, 1), "rested": "earlier"}
    assert standing(("a", "literal", "b"), record, "later").measured == "earlier"
    assert not standing(("a", "literal", "b"), None).measured


@pytest.mark.parametrize("text, seconds", [("90", 90), ("90s", 90), ("45m", 2700), ("1.5h", 5400)])
def test_lengths_of_time(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "2 hours", "-1", "1d", "nan"])
def test_what_is_no_length_of_time_is_named(text):
    with pytest.raises(ValueError, match="no length of time"):
        seconds_of(text)
