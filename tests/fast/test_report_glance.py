"""The first screen: what changed, what is refuted, what was never reached, what the run could see."""

from __future__ import annotations

import pytest
from page_outline import Outline
from report_sample import HOSTILE, activations, dual_step, sample_record

from lemmata.report import glance, render, summary_table
from lemmata.report.feed import feed
from lemmata.report.glance import budget
from lemmata.report.summary import summary
from lemmata.report.wording import draws, pooled

ITEM = {"claim": "c", "reading": "literal", "bound": "b", "verdict": "HOLDS"}


def first_screen(record: dict) -> str:
    """Its text, up to the results that were not expected."""
    text = " ".join(Outline(render(record)).text.split())
    return text[: text.index("Unexpected results")]


def with_events(events: object) -> dict:
    return {"schema": 1, "run": {"id": "r"}, "items": [ITEM], "events": events}


def test_without_a_baseline_nothing_is_said_to_be_unchanged():
    absent = {"schema": 1, "run": {"id": "r"}, "items": [ITEM]}
    for record in (absent, with_events(None)):
        for text in (first_screen(record), summary(record), feed(record)):
            assert "No baseline" in text
            assert "Nothing changed" not in text
    for text in (first_screen(with_events([])), summary(with_events([])), feed(with_events([]))):
        assert "Nothing changed since the baseline." in text
        assert "No baseline" not in text


def test_changes_come_kind_by_kind_with_their_reason_and_lead_to_their_claim():
    events = [
        {"kind": kind, "claim": "c", "bound": "b", "reading": "literal", "why": f"because of {kind}"}
        for kind in ("NEW KIND", "CONSTANT", "COVERAGE", "POWER", "VERDICT", "REPLAY")
    ]
    html = render(with_events(events))
    text = " ".join(Outline(html).text.split())
    places = [text.index(f"{kind} c literal, b: because of {kind}") for kind in
              ("REPLAY", "VERDICT", "POWER", "COVERAGE", "CONSTANT", "NEW KIND")]  # fmt: skip
    assert places == sorted(places)
    assert places[-1] < text.index("Refuted") < text.index("Unexpected results")
    changed = html[html.index('id="changed"') : html.index('id="refuted"')]
    assert changed.count('<a href="#claim-c">') == 6
    assert glance.changes_in_words(glance.changes(with_events(events))).startswith("Since the baseline: 1 REPLAY, 1")


def test_a_change_of_a_claim_that_is_gone_leads_nowhere():
    html = render(with_events([{"kind": "COVERAGE", "claim": "gone"}]))
    assert "#claim-gone" not in html
    assert "gone" in Outline(html).text


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("none", "events is 'none'"),
        ({}, "events is {}"),
        ([{"claim": "c"}], r"events\[0\] is .* needs 'kind' as text"),
        ([{"kind": "VERDICT", "claim": ""}], r"events\[0\] is .* needs 'claim' as text"),
        (["VERDICT"], r"events\[0\] is 'VERDICT'"),
    ],
)
def test_events_that_say_nothing_are_refused(events, message):
    for report in (render, summary, feed, lambda record: summary_table(record, 100)):
        with pytest.raises(ValueError, match=message):
            report(with_events(events))


def test_the_sample_at_a_glance():
    text = first_screen(sample_record())
    for piece in (
        "1 HOLDS 2 HOLDS_UP_TO_CONSTANT 1 INCONCLUSIVE 1 VACUOUS 1 NOT_RUN 1 TREND 1 VIOLATED",
        "VERDICT fcg.lemma_B4_sparsity literal, count: TREND, was HOLDS_UP_TO_CONSTANT",
        "2,861 executed of 2,909 planned.",
        "Any true statement of the suite is accused with probability at most 0.05, 0.001 for each that rests on draws.",
        "7 of 8 false twins were caught. 0 of 2 true twins were accused.",
        "Growth would have been caught on 6 of 8 axes, from an exponent of 0.21 on in the median, 0.24 at worst.",
        "Never reached 1 fcg.thm_3_5_ii tau <= nu gamma^12 (log m)^(-3/2) is missed by a factor of 3.333e+16",
        "Refuted 2 fcg.eq_19_dual_step VIOLATED under 2 other claims; holds as charitable fcg.lemma_B4_sparsity TREND",
    ):
        assert piece in text, piece


def test_a_run_that_saw_nothing_says_so():
    text = first_screen({"schema": 1, "run": {}, "items": [ITEM]})
    assert "Nothing is refuted." in text
    assert "Every claim was tested where it promises something." in text
    assert "The power of this run was not measured." in text
    assert "The error budget was not measured." in text
    assert "How many ran was not measured." in text


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"why": "trivially true"}, "trivially true"),
        ({}, "How far away it is was not measured."),
        (
            {"regime": [{"condition": "m >= 9", "fraction": 0.0, "reach": 0.5},
                        {"condition": r"n \ge 8", "fraction": 0.0, "reach": 0.25},
                        {"condition": "k >= 1", "fraction": 0.2, "reach": 0.01}]},
            r"$n \ge 8$ is missed by a factor of 4 at the nearest point.",
        ),
        ({"why": "w", "regime": [{"condition": "m", "fraction": 0.0, "reach": "inf"}]}, "w"),
        (
            {"phase_maps": [{"nearest": {"factor": 1.0}}, {"nearest": {"factor": 8.4e8}}]},
            "Its regime is missed by a factor of 8.4e+08 at the nearest point.",
        ),
    ],
)  # fmt: skip
def test_a_vacuous_claim_says_how_far_away_it_is(facts, sentence):
    item = ITEM | {"verdict": "VACUOUS"} | facts
    assert glance.distance(item) == sentence
    assert sentence in first_screen({"schema": 1, "run": {}, "items": [item]})


def test_the_refuted_claim_on_which_most_rest_stands_first():
    items = [
        ITEM | {"claim": "a", "verdict": "TREND"},
        ITEM | {"claim": "b", "verdict": "VIOLATED"},
        ITEM | {"claim": "d", "uses": ["b"]},
    ]
    assert "Refuted 2 b VIOLATED under 1 other claim a TREND Errata" in first_screen(
        {"schema": 1, "run": {}, "items": items}
    )


def test_accusations_stand_on_a_list_only_with_evidence_enough_for_its_length():
    # 10 bounds: the k-th largest e-value has to be 200 / k.
    weak = [ITEM | {"claim": f"t{k}", "verdict": "TREND", "e_value": e} for k, e in enumerate((110.0, 60.0))]
    true = [ITEM | {"claim": f"h{k}"} for k in range(7)]
    certain = ITEM | {"claim": "v", "verdict": "VIOLATED", "e_value": "inf"}
    assert glance.accusations([certain, *weak, *true]).startswith("2 of 3 refuted bounds")
    assert glance.accusations([certain, *weak, *true]).endswith("Too little: t1[literal, b].")
    unmeasured = [ITEM | {"claim": f"n{k}", "verdict": "NOT_RUN"} for k in range(50)]
    assert glance.accusations([certain, *weak, *true, *unmeasured]).startswith("2 of 3")
    for text in (first_screen, summary):
        assert "2 of 3 refuted bounds" in text({"schema": 1, "run": {}, "items": [certain, *weak, *true]})
    assert glance.accusations([ITEM, ITEM | {"verdict": "TREND"}]) == ""


def test_an_axis_on_which_no_growth_would_be_seen_counts_against_the_power():
    items = [activations("upper", 1.5, 0) | {"power": {"L": 0.2, "m": "inf", "d": None}}]
    assert glance.power(items)[-1].startswith("Growth would have been caught on 1 of 3 axes, from an exponent of 0.2")
    items = [dual_step("literal") | {"power": {"m": "inf"}}]
    assert glance.power(items)[-1] == "Growth would have been caught on none of 1 axes."


def test_hostile_events_stay_text():
    events = [{"kind": HOSTILE, "claim": HOSTILE, "bound": HOSTILE, "reading": HOSTILE, "why": HOSTILE}]
    outline = Outline(render(with_events(events)))
    assert len(outline.inside["script"]) == 2
    assert not [tag for tag, _ in outline.elements if tag == "img"]
    assert outline.text.count("document.title='PWNED'") == 5


def test_where_evidence_is_pooled_the_error_budget_is_for_all_nights():
    seen = {"sizes": [720] * 5, "judged": 4, "look": 2, "tonight": 1, "epoch": 1}
    items = [{"evidence": seen}, {"evidence": seen | {"sizes": [720]}}, {}]
    told = budget({"alpha_suite": 0.05}, items)
    assert "ever accused, over all nights, with probability at most 0.05" in told
    assert "up to 5 installments" in told


def test_a_bound_says_what_other_nights_gave_it_and_that_it_rested():
    seen = {"sizes": [720] * 5, "judged": 4, "look": 2, "tonight": 0, "epoch": 3}
    told = " ".join(pooled({"evidence": seen, "rested": "R1"}))
    assert "5 installments, 0 of this run, in epoch 3" in told
    assert "on the first 4, and will be again on 8" in told
    assert "since run R1" in told
    assert pooled({}) == []
    record = {"evidence": seen, "scope": {"draws": 2880}, "draws": {"planned": 0, "executed": 0}}
    assert draws(record) == "2,880, tonight 0"
