"""Each sort of event appears when it must, and not when a number moves inside what was accepted."""

from __future__ import annotations

import json

import pytest
from ledger_sample import item, run

from lemmata.nights.regression import Kind, changes, compare, exit_status, since

CASE = {"id": "cx-1", "params": {"m": 2}, "lhs": 1.5, "rhs": 1.0}


def events(before, after, *, base=None, tonight=None):
    """The events between two runs of one bound each."""
    return compare({"run": base or run("1"), "items": [before]}, {"run": tonight or run("2"), "items": [after]})


def kinds(*arguments, **facts):
    return [event.kind for event in events(*arguments, **facts)]


def test_nothing_changed_is_no_event():
    assert events(item(), item()) == []
    assert exit_status([]) == 0


# ---- REPLAY ----


def test_a_pinned_trial_that_moves_by_one_bit_is_an_event():
    moved = CASE | {"lhs": 1.5000000000000002}
    (event,) = events(item(counterexamples=[CASE]), item(counterexamples=[moved]))
    assert (event.kind, event.numbers["id"], event.numbers["tolerance"]) == (Kind.REPLAY, "cx-1", 0.0)
    assert "1.5 against 1.0, now 1.5000000000000002 against 1.0" in event.sentence


@pytest.mark.parametrize(
    "base, tonight, moved, count",
    [
        (run("1"), run("2", host="arm64"), 1e-10, 0),
        (run("1"), run("2", host="arm64"), 1e-8, 1),
        (run("1"), run("2", versions={"torch": "3"}), 1e-10, 0),
        (run("1", device="0"), run("2", device="0"), 1e-7, 0),
        (run("1", device="0"), run("2", device="0"), 1e-5, 1),
        (run("1"), run("2", device="0"), 1e-7, 0),
    ],
)
def test_replays_agree_to_what_the_machines_promise(base, tonight, moved, count):
    other = CASE | {"rhs": 1.0 + moved}
    found = kinds(item(pinned=[CASE]), item(pinned=[other]), base=base, tonight=tonight)
    assert found == [Kind.REPLAY] * count


def test_other_trials_are_no_replays_and_infinities_are_equal_to_themselves():
    assert not events(item(counterexamples=[CASE]), item(counterexamples=[CASE | {"id": "cx-2", "lhs": 9.0}]))
    infinite = CASE | {"lhs": "inf"}
    assert not events(item(pinned=[infinite]), item(pinned=[infinite]))
    (event,) = events(item(pinned=[infinite]), item(pinned=[CASE]))
    assert event.numbers["moved"] == "inf"


# ---- VERDICT ----


@pytest.mark.parametrize(
    "before, after, status",
    [
        ("HOLDS", "HOLDS_UP_TO_CONSTANT", 1),
        ("HOLDS_UP_TO_CONSTANT", "INCONCLUSIVE", 1),
        ("HOLDS", "VACUOUS", 3),
        ("INCONCLUSIVE", "TREND", 1),
        ("TREND", "VIOLATED", 1),
        ("VIOLATED", "ERROR", 4),
        ("HOLDS", "TIMEOUT", 4),
        ("HOLDS", "NOT_RUN", 4),
        ("HOLDS", "SKIPPED", 4),
    ],
)
def test_a_verdict_that_is_more_severe_is_an_event_and_the_way_back_is_none(before, after, status):
    (event,) = events(item(verdict=before), item(verdict=after))
    assert (event.kind, event.status) == (Kind.VERDICT, status)
    assert event.sentence.startswith(f"{before} became {after}")
    assert events(item(verdict=after), item(verdict=before)) == []


def test_a_known_violation_that_is_found_no_longer_is_an_event():
    before = item(verdict="VIOLATED", expected="VIOLATED", as_expected=True)
    after = item(verdict="HOLDS", expected="VIOLATED", as_expected=False)
    (event,) = events(before, after)
    assert (event.kind, event.status) == (Kind.VERDICT, 1)
    assert "VIOLATED became HOLDS, expected VIOLATED" in event.sentence


def test_a_known_violation_that_is_found_at_last_is_none():
    undecided = item(verdict="INCONCLUSIVE", expected="VIOLATED", as_expected=False)
    found = item(verdict="VIOLATED", expected="VIOLATED", as_expected=True)
    assert events(undecided, found) == []
    assert kinds(undecided, found | {"expected": None, "as_expected": False}) == [Kind.VERDICT]


def test_a_bound_without_a_result_has_one_event_and_not_five():
    broken = item(verdict="ERROR", controls=[], power={}, regime=[], draws={"planned": 9, "executed": 1})
    assert kinds(item(), broken) == [Kind.VERDICT]


# ---- POWER ----


def test_a_control_that_is_no_longer_caught_is_an_event():
    missed = [{"name": "twin", "must": "be caught", "ok": False}]
    (event,) = events(item(), item(controls=missed))
    assert (event.kind, event.numbers) == (Kind.POWER, {"control": "twin"})
    assert kinds(item(), item(controls=[])) == [Kind.POWER], "a control that is gone catches nothing"
    assert not events(item(controls=missed), item(controls=missed))


@pytest.mark.parametrize("beta, count", [(0.1, 0), (0.35, 0), (0.4, 0), (0.5, 1), ("inf", 1)])
def test_the_smallest_growth_that_is_caught_may_rise_by_a_step_of_its_list(beta, count):
    assert kinds(item(power={"m": 0.2}), item(power={"m": beta})) == [Kind.POWER] * count


def test_a_ratio_that_grows_by_itself_has_no_power_to_lose():
    grows = {"verdict": "TREND", "expected": "TREND", "as_expected": True}
    assert kinds(item(**grows), item(**grows, power={})) == []


def test_an_axis_along_which_nothing_is_caught_any_more_is_an_event():
    (event,) = events(item(), item(power={}))
    assert event.numbers == {"axis": "m", "before": 0.2, "after": "inf"}
    assert not events(item(power={"m": "inf"}), item(power={"m": "inf"}))


# ---- COVERAGE ----


@pytest.mark.parametrize("fraction, count", [(0.41, 0), (0.4, 1), (0.0, 1), (1.0, 0)])
def test_half_of_the_regime_is_an_event(fraction, count):
    regime = [{"condition": "m >= d", "fraction": fraction}]
    assert kinds(item(), item(regime=regime)) == [Kind.COVERAGE] * count


def test_a_regime_that_was_never_met_cannot_be_halved():
    regime = [{"condition": "m >= d", "fraction": 0.0}]
    assert not events(item(regime=regime), item(regime=regime))


def draws(executed, proposed):
    return {"planned": executed, "executed": executed, "in_regime": executed, "proposed": proposed}


def test_fewer_draws_are_an_event_and_more_are_none():
    (event,) = events(item(), item(draws=draws(99, 100)))
    assert (event.kind, event.numbers) == (Kind.COVERAGE, {"before": 100, "after": 99})
    assert not events(item(), item(draws=draws(200, 200)))


@pytest.mark.parametrize("after, count", [(480, 0), (420, 0), (400, 1)])
def test_another_seed_may_bring_fewer_proposals_into_the_regime(after, count):
    # Two binomials of 1000 at 1/2 differ by 22.4 in standard deviation; four of them are 89.
    accepted, tonight = item(draws=draws(500, 1000)), item(draws=draws(after, 1000))
    assert kinds(accepted, tonight) == [Kind.COVERAGE] * count


def test_pooled_evidence_that_shrinks_is_an_event_and_a_night_with_less_is_none():
    def pooled(total, tonight):
        return item(evidence={"epoch": 1}, scope={"draws": total}, draws=draws(tonight, tonight))

    assert not events(pooled(1440, 1440), pooled(1440, 1))
    (event,) = events(pooled(1440, 1440), pooled(720, 720))
    assert event.numbers == {"before": 1440, "after": 720}


def test_the_residual_of_an_equality_is_measured_by_the_size_of_its_sides():
    residual = CASE | {"lhs": 1e-16, "rhs": 1.0}
    other = {"tonight": run("2", host="arm64")}
    found = item(pinned=[residual], relation="equal"), item(pinned=[residual | {"lhs": 3e-16}], relation="equal")
    assert kinds(*found) == [Kind.REPLAY], "on one machine not a bit may change"
    assert not kinds(*found, **other)
    assert kinds(item(pinned=[residual]), item(pinned=[residual | {"lhs": 3e-16}]), **other) == [Kind.REPLAY]


@pytest.mark.parametrize("before, after, count", [(0.5, 0.1, 0), (0.5, 0.09, 1), (0.09, 0.01, 0)])
def test_a_term_that_is_nowhere_the_largest_any_more_is_an_event(before, after, count):
    assert kinds(item(dominance={"2": before}), item(dominance={"2": after})) == [Kind.COVERAGE] * count


def test_a_lost_bound_is_an_event_and_a_new_one_is_none():
    accepted = {"run": run("1"), "items": [item(), item("own.b")]}
    tonight = {"run": run("2"), "items": [item(), item("own.c")]}
    (event,) = compare(accepted, tonight)
    assert (event.kind, event.claim, event.status) == (Kind.COVERAGE, "own.b", 4)
    assert event.sentence == "was HOLDS and is gone"
    assert changes(accepted, tonight) == ["own.c[b] literal: new, HOLDS"]


@pytest.mark.parametrize("items", [[], [item(verdict="NOT_RUN", draws={"planned": 9, "executed": 0})]])
def test_a_run_that_measured_nothing_is_an_event(items):
    accepted = {"run": run("1"), "items": items}
    (event,) = compare(accepted, {"run": run("2"), "items": items})
    assert (event.kind, event.claim, event.status) == (Kind.COVERAGE, "", 4)
    assert "run 2 measured nothing" in event.sentence


# ---- CONSTANT ----


@pytest.mark.parametrize(
    "interval, count",
    [
        ([1.5, 2.5], 0),  # moves inside
        ([2.0, 9.0], 0),  # touches
        ([2.1, "inf"], 1),
        ([0.1, 0.2], 0),  # smaller is no harm
        (None, 0),
    ],
)
def test_a_constant_is_an_event_only_above_what_was_accepted(interval, count):
    before = item(constant=1.5, interval=[1.0, 2.0])
    assert kinds(before, item(interval=interval)) == [Kind.CONSTANT] * count


def test_no_constant_is_above_an_interval_without_an_end():
    assert not events(item(interval=[1.0, "inf"]), item(interval=[50.0, 60.0]))


# ---- all of them ----


def test_events_are_plain_values_for_programs_and_lines_for_people():
    (event,) = events(item(), item(verdict="VIOLATED"))
    assert json.loads(json.dumps(event.plain)) == {
        "kind": "VERDICT",
        "claim": "own.a",
        "bound": "b",
        "reading": "literal",
        "sentence": "HOLDS became VIOLATED: because it violated",
        "numbers": {"before": "HOLDS", "after": "VIOLATED"},
        "status": 1,
    }
    assert str(event) == "VERDICT   own.a[b] literal: HOLDS became VIOLATED: because it violated"


def test_the_exit_status_is_that_of_the_worst_event():
    vacuous, changed, lost = (events(item(), item(verdict=v))[0] for v in ("VACUOUS", "VIOLATED", "ERROR"))
    assert exit_status([vacuous]) == 3
    assert exit_status([vacuous, changed]) == 1
    assert exit_status([vacuous, changed, lost]) == 4


def test_a_milder_verdict_is_told_and_is_no_event():
    accepted = {"run": run("1"), "items": [item(verdict="INCONCLUSIVE")]}
    tonight = {"run": run("2"), "items": [item()]}
    assert compare(accepted, tonight) == []
    assert changes(accepted, tonight) == ["own.a[b] literal: INCONCLUSIVE became HOLDS"]


# ---- against a baseline that was not made for the run ----


def two(**facts):
    """A baseline of two bounds, and a run that lacks one of them."""
    accepted = {"run": run("1", selected=["claims"]), "items": [item(), item("own.b")]}
    return accepted, {"run": run("2", **facts), "items": [item()]}


def test_a_run_that_was_asked_for_the_same_misses_what_it_lacks():
    (event,) = since(*two(selected=["claims"]))
    assert (event.kind, event.claim) == (Kind.COVERAGE, "own.b")


@pytest.mark.parametrize("facts", [{"selected": ["claims/fcg"]}, {"selected": []}, {}])
def test_a_run_that_was_asked_for_less_does_not(facts):
    assert since(*two(**facts)) == []


def test_other_amounts_of_evidence_are_not_compared():
    assert since(*two(selected=["claims"], profile="nightly")) is None
