"""Claims without one of their assumptions: what is kept, what changes, and that they accuse no statement."""

from __future__ import annotations

import json

import pytest
from report_sample import HOSTILE, dual_step, hostile, sample_record

from lemmata.doors.show import show
from lemmata.judging.check import check
from lemmata.judging.kinds import subject_of
from lemmata.report import render, summary_table
from lemmata.report.ablations import ablations, in_words
from lemmata.report.errata import errata
from lemmata.report.glance import counts, unreached
from lemmata.report.graph import proof_graph
from lemmata.report.summary import summary
from lemmata.sampling.profiles import PROFILES
from lemmata.trials.pooling import Setting
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.verdict import Verdict
from lemmata.vocabulary.words import Axis, ClaimError, Condition

DEPTH, ODD = r"L \ge c^2", "c >= 1"


def claim(**facts):
    """c/L <= 1/c for L >= c^2, and nothing that asks for c >= 1."""
    made = Claim(
        "own.lemma",
        axes=[Axis("c", 1, 4), Axis("ratio", 1.0, 8.0)],
        derived={"twice": lambda p: 2, "L": lambda p: p.ratio * p.c**2},
        regime=[Condition(DEPTH, lambda p: p.L / p.c**2), Condition(ODD, lambda p: p.c)],
        uses=["own.other"],
        **facts,
    )
    made.at_most("bound", erratum="none")(lambda p: (p.c / p.L, 1 / p.c))
    made.at_most("other", reading="literal")(lambda p: (p.c / p.L, 2 / p.c))
    made.control("bound")(lambda p, lhs, rhs: (lhs, rhs / 100))
    made.control("bound")(lambda p: p.replace(ratio=0.001))
    made.control("other")(lambda p: p.replace(ratio=0.001))
    made.true_twin("bound")(lambda p, lhs, rhs: (lhs, 2 * rhs))
    return made


def shallow(**changes):
    return claim().without("depth", DEPTH, **{"bounds": ["bound"], "axes": [Axis("ratio", 0.1, 0.9)], **changes})


def test_an_ablation_is_a_claim_of_its_own_that_no_proof_rests_on():
    made = shallow(expect={"bound": Verdict.VIOLATED})
    made.validate()
    assert (made.id, made.uses, made.file) == ("own.lemma.without_depth", (), __file__)
    assert [condition.statement for condition in made.regime] == [ODD]
    (bound,) = made.bounds
    assert (bound.expect, bound.erratum) == (Verdict.VIOLATED, "")
    assert (made.ablates.claim, made.ablates.assumption) == ("own.lemma", DEPTH)


def test_the_claim_itself_stays_as_it_was():
    origin = claim()
    origin.without("depth", DEPTH, axes=[Axis("ratio", 0.1, 0.9)])
    assert (len(origin.regime), len(origin.bounds), len(origin.controls)) == (2, 2, 4)
    assert origin.ablates is None


def test_what_is_dropped_decides():
    record = check(subject_of(made := shallow(), made.bounds[0]), Setting(PROFILES["smoke"], 0))
    assert record["verdict"] == "VIOLATED"
    (left,) = record["ablates"]["left"]
    assert (left["condition"], left["outside"]) == (DEPTH, 1.0)
    assert left["least"] == pytest.approx(0.1)
    held = claim().without("size", ODD, bounds=["bound"], axes=[Axis("c", 0.1, 0.9)])
    assert check(subject_of(held, held.bounds[0]), Setting(PROFILES["smoke"], 0))["verdict"] == "HOLDS"


def test_arithmetic_twins_are_kept_before_others_and_true_ones_are_not():
    made = claim().without("depth", DEPTH, axes=[Axis("ratio", 0.1, 0.9)])
    assert [(twin.bound, twin.is_arithmetic) for twin in made.controls] == [("bound", True), ("other", False)]
    assert all(twin.must_be_caught for twin in made.controls)


def test_axes_and_rules_take_the_place_of_those_of_their_name():
    made = claim().without("depth", DEPTH, axes=[Axis("s", 1.0, 2.0)], derived={"ratio": lambda p: 1 / p.s})
    assert [axis.name for axis in made.axes] == ["c", "s"]
    p = made.params({"c": 2, "s": 2.0})
    assert (p.ratio, p.L, p.twice) == (0.5, 2.0, 2)  # the rule for L sees the one for ratio


def test_points_lose_the_coordinates_that_a_rule_gives():
    origin = Claim("own.points", points=[{"m": 2, "data": "a"}, {"m": 2, "data": "b"}])
    origin.at_most("bound")(lambda p: (1, 2))
    made = origin.without("data", assumption="the data", derived={"data": lambda p: "none"})
    assert made.points == [{"m": 2}]
    assert made.params(made.points[0]).data == "none"


def test_a_trial_can_be_exchanged():
    made = shallow(trials={"bound": lambda p: (3, 1)})
    assert made.bounds[0].trial(None) == (3, 1)


@pytest.mark.parametrize(
    ("ablate", "words"),
    [
        (lambda c: c.without("depth", "L > c"), r"no condition 'L > c'. Name one of: L \\ge c\^2; c >= 1"),
        (lambda c: c.without("depth"), "names no condition"),
        (lambda c: c.without("two words", DEPTH), "is not a name"),
        (lambda c: c.without("data", assumption="unit norm"), "nothing changes"),
        (lambda c: c.without("depth", DEPTH, bounds=["upper"]), "no bound 'upper'. Name one of: bound, other"),
        (lambda c: c.without("depth", DEPTH, bounds=["other"], expect={"bound": Verdict.HOLDS}), "no bound 'bound'"),
        (lambda c: c.without("depth", DEPTH).without("size", ODD), "both assumptions of own.lemma"),
        (lambda c: Claim("own.bare", points=[{}]).without("x", assumption="x", points=[{"m": 1}]), "no bound yet"),
        (lambda c: Claim("own.bare", points=[{}]).without("x", "x"), "It has none"),
    ],
)
def test_what_cannot_be_dropped_is_refused_with_a_remedy(ablate, words):
    with pytest.raises(ClaimError, match=words):
        ablate(claim())


# ---- in records and reports ----


def ablated(verdict="VIOLATED", **facts):
    """The record of an ablation of the claim of equation (19)."""
    left = [{"condition": r"\|a\|_0 \le m", "constant": None, "outside": 0.5, "least": 0.02}]
    ablates = {"claim": "fcg.eq_19_dual_step", "name": "size", "assumption": r"\|a\|_0 \le m", "left": left}
    changed = {"claim": "fcg.eq_19_dual_step.without_size", "ablates": ablates, "verdict": verdict, "erratum": None}
    return dual_step("literal") | changed | facts


def with_ablation(verdict="VIOLATED", **facts):
    record = sample_record()
    return record | {"items": [*record["items"], ablated(verdict, **facts)]}


def test_an_ablation_is_no_refuted_statement_no_erratum_and_no_step_of_a_proof():
    before, after = sample_record()["items"], with_ablation()["items"]
    assert len(errata(after)) == len(errata(before))
    assert proof_graph(after).keys() == proof_graph(before).keys()
    assert counts(after) == counts(before)
    assert unreached([ablated("VACUOUS")]) == {}


@pytest.mark.parametrize(
    ("verdict", "role"),
    [
        ("VIOLATED", "needed"),
        ("TREND", "needed"),
        ("HOLDS", "not needed"),
        ("HOLDS_UP_TO_CONSTANT", "not needed"),
        ("INCONCLUSIVE", "not decided"),
        ("VACUOUS", "not reached"),
        ("TIMEOUT", "not measured"),
    ],
)
def test_a_verdict_says_what_the_assumption_does(verdict, role):
    (row,) = ablations([*sample_record()["items"], ablated(verdict)])
    assert (row.role, row.claim, row.bound) == (role, "fcg.eq_19_dual_step", "bound")
    assert row.left == "missed by a factor of up to 50 in 50% of the trials"
    assert in_words([row]) == f"Assumptions dropped, for 1 bound: 1 {role} in the tested range."


def test_how_far_an_assumption_was_left_never_flatters():
    def left(**facts):
        row = {"condition": "x", "constant": None, "outside": 1.0, "least": 0.5} | facts
        return ablations([ablated() | {"ablates": {"claim": "a", "assumption": "x", "left": [row]}}])[0].left

    assert left(outside=0.0, least=1.5) == "never left"
    rows = [{"condition": r"m \ge d", "outside": 1.0, "least": 0.1}, {"condition": "m > 2", "outside": 0, "least": 3}]
    (row,) = ablations([ablated() | {"ablates": {"claim": "a", "assumption": "m", "left": rows}}])
    assert row.left == r"$m \ge d$ missed by a factor of up to 10; m > 2 never left"
    assert left(least=0.0) == "missed by any factor"
    assert left(constant="C_0") == "missed by a factor of up to 2, with C_0 = 1"


def test_the_report_has_it_with_its_claim_and_in_a_section_of_its_own():
    page = render(with_ablation())
    own = page[page.index('id="claim-fcg.eq_19_dual_step"') :]
    own = own[: own.index('<section class="claim"', 1)]
    assert "What each assumption does" in own
    assert 'id="claim-fcg.eq_19_dual_step.without_size"' in own
    assert 'id="assumptions"' in page
    table = page[page.index('id="verdicts"') : page.index('id="assumptions"')]
    assert "without_size" not in table
    assert 'id="assumptions"' not in render(sample_record())


def test_an_ablation_without_its_claim_is_shown_too():
    record = sample_record() | {"items": [ablated()]}
    assert 'id="claim-fcg.eq_19_dual_step.without_size"' in render(record)


def test_the_words_of_an_ablation_cannot_attack():
    page = render(hostile(with_ablation()))
    assert HOSTILE not in page
    assert "<script>document" not in page


def test_lists_and_summaries_say_what_it_is():
    record = with_ablation()
    assert "VIOLATED, needed" in summary_table(record, 200)
    text = summary(record)
    assert "## Assumptions" in text
    assert "without_size" not in text[text.index("## Verdicts") :]
    json.dumps(record, allow_nan=False)


def test_it_is_shown_with_what_was_left_out():
    made = shallow()
    record = check(subject_of(made, made.bounds[0]), Setting(PROFILES["smoke"], 0)) | {"as_expected": False}
    assert f"own.lemma without {DEPTH}" in show([record])
    assert "assumption needed: missed by a factor of up to 10" in show([record])
