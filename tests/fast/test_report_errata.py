"""Erratum cards: what a refuted statement says, where it fails, what holds instead, ready to be sent."""

from __future__ import annotations

import pytest
from page_outline import Outline
from report_sample import HOSTILE, activations, dual_step, sample_record

from lemmata.report import render
from lemmata.report.errata import errata, plain_text


def test_a_card_is_made_for_each_refuted_statement_and_for_nothing_else():
    cards = errata(sample_record()["items"])
    assert [(card.claim, card.reading) for card in cards] == [
        ("fcg.eq_19_dual_step", "literal"),
        ("fcg.lemma_B4_sparsity", "literal: as printed"),
    ]
    assert errata([dual_step("charitable")]) == []
    assert "Errata" not in Outline(render({"schema": 1, "run": {}, "items": [dual_step("charitable")]})).text


def test_the_plain_text_has_everything_that_its_authors_need():
    (card, _) = errata(sample_record()["items"])
    assert plain_text(card, "run-7").splitlines() == [
        "Erratum: Equation (19)",
        "Frei, Cao, Gu (2019)",
        "https://arxiv.org/abs/1910.02934",
        "",
        "As printed:",
        r"  For any $a$ with $|a_i| \le 1$, $$\|v^\top a\|_2 \le \|a\|_0^{1/2}, \qquad v = (1, \dots,",
        r"  1, -1, \dots, -1)^\top.$$",
        "",
        r"VIOLATED: |<v, a>| ≤ bound. At $m = 2$, $a = v$: $2 \not\le \sqrt2$, exactly.",
        "",
        "Counterexample at m = 2, s = 2:",
        "  left side   2",
        "  right side  1.4142135623730951",
        "  claimed     left ≤ right",
        "",
        "There, computed independently, in exact or 50-digit arithmetic:",
        "  left side   2",
        "  right side  sqrt(2)",
        "",
        "What holds instead:",
        r"  Printed for a vector $a$; the proof needs a diagonal $D$ with entries in $\{0, \pm1\}$,",
        r"  for which $\|v^\top D\|_2 = \|D\|_0^{1/2}$.",
        "",
        "Remark:",
        "  At $m = 2$ the left side is $2$.",
        "",
        "Readings that hold: charitable",
        "",
        "To compute it again: lemmata replay fcg.eq_19-literal-7f3a",
        "",
        "In Python:",
        "  import numpy as np",
        "",
        "  a = v = np.array([1.0, -1.0])",
        "  print(abs(v @ a), '<=', np.count_nonzero(a) ** 0.5)",
        "",
        "Claim fcg.eq_19_dual_step, run run-7 of Lemmata.",
    ]


def test_the_page_shows_the_card_and_its_plain_text(page):
    text = " ".join(Outline(page).text.split())
    assert "independently, exact or to 50 digits Left side 2 2 Right side 1.4142135623730951 sqrt(2)" in text
    assert "What holds Printed for a vector" in text
    assert "What holds Not known." in text, "of the trend"
    outline = Outline(page)
    texts = [attrs for tag, attrs in outline.elements if tag == "pre" and attrs.get("class") == "copy"]
    assert len(texts) == 2
    assert all(attrs["tabindex"] == "0" for attrs in texts), "a keyboard reaches what a mouse can scroll"
    assert "run 2026-01-14T02-00-00-a3f1 of Lemmata." in outline.text


def example(which: str, exact: bool, lhs: float) -> dict:
    return {
        "which": which,
        "params": {"m": 2},
        "lhs": lhs,
        "rhs": 1.0,
        "exact": {"lhs": "3", "rhs": "1"} if exact else None,
    }


def test_the_smallest_counterexample_is_taken_and_an_exact_one_before_another():
    bounds = [
        dual_step("literal") | {"bound": "sampled", "counterexamples": [example("smallest", False, 2.0)]},
        dual_step("literal") | {"counterexamples": [example("worst", True, 9.0), example("smallest", True, 3.0)]},
        dual_step("literal")
        | {"bound": "trend", "verdict": "TREND", "counterexamples": [example("smallest", True, 7.0)]},
    ]
    (card,) = errata(bounds)
    assert [bound.name for bound in card.bounds] == ["sampled", "bound", "trend"]
    assert card.sides[0] == ("left side", "3", "3")
    (trend,) = errata(bounds[2:])
    assert trend.example is None, "the worst trial of a trend is not where it fails"
    assert "Counterexample" not in plain_text(trend)
    assert card.corrected.count("Printed for a vector") == 1, "two bounds with one correction"


def test_numbers_are_given_with_all_their_digits_and_no_more():
    record = dual_step("literal")
    record["counterexamples"] = [example("smallest", False, 0.14) | {"params": {"t": 0.14, "n": 10**20, "q": 1 / 3}}]
    (card,) = errata([record])
    assert card.point == "t = 0.14, n = 100,000,000,000,000,000,000, q = 0.3333333333333333"
    assert card.sides[0][1] == "0.14"


@pytest.mark.parametrize(
    "key", ["paper", "place", "statement", "title", "counterexamples", "erratum", "why", "relation"]
)
def test_a_card_without_a_fact_says_what_it_has(key):
    (card,) = errata([dual_step("literal") | {key: None}])
    text = plain_text(card)
    assert text.startswith("Erratum: ")
    assert "None" not in text
    render({"schema": 1, "run": {}, "items": [dual_step("literal") | {key: None}]})


def test_what_is_refuted_up_to_a_constant_says_so():
    (card,) = errata([activations("upper", 1.5, 0) | {"verdict": "TREND"}])
    assert card.bounds[0].inequality == "max ||x_l|| ≤ bound up to a constant"


def test_hostile_cards_stay_text():
    item = {key: HOSTILE if isinstance(value, str) else value for key, value in dual_step("literal").items()}
    item |= {"verdict": "VIOLATED", "paper": {"key": HOSTILE, "citation": HOSTILE, "link": HOSTILE}}
    item["counterexamples"][0] |= {"snippet": f"</code></pre>{HOSTILE}", "exact": {"lhs": HOSTILE, "rhs": HOSTILE}}
    outline = Outline(render({"schema": 1, "run": {}, "items": [item]}))
    assert len(outline.inside["script"]) == 2
    assert not [tag for tag, _ in outline.elements if tag == "img"]
    assert "</code></pre></title>" in outline.text
