"""The page of a report: what a reader finds on it, and that it needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from page_outline import Outline
from report_sample import EMWW, FCG, LEMMA_4_1, activations, dual_step, sample_record

from lemmata.report import render, summary_table
from lemmata.report.statement import paragraphs

REPORT = Path(sys.modules["lemmata.report"].__file__).parent


def test_the_page_is_well_formed_and_every_link_inside_it_leads_somewhere(page):
    outline = Outline(page)
    ids = outline.values("id")
    assert Counter(ids).most_common(1)[0][1] == 1
    inner = [link[1:] for link in outline.values("href") if link.startswith("#")]
    assert len(inner) > 8
    assert set(inner) <= set(ids)
    headings = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch(r"h[1-6]", tag)]
    assert headings[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(headings))
    tables = [tag for tag, _ in outline.elements if tag in {"table", "caption"}]
    assert tables == ["table", "caption"] * (len(tables) // 2)
    assert all(attrs.get("scope") for tag, attrs in outline.elements if tag == "th")


def test_the_page_needs_nothing_but_itself(page):
    outline = Outline(page)
    assert not outline.values("src")
    assert not outline.values("style")  # the policy would ignore them
    assert {link for link in outline.values("href") if not link.startswith("#")} == {
        FCG["link"],
        EMWW["link"],
    }
    assert all(
        address.startswith("data:font/woff2")
        for s in outline.inside["style"]
        for address in re.findall(r"url\((.*?)\)", s)
    )
    assert len(page.encode()) < 1_000_000


def test_the_policy_allows_exactly_the_scripts_and_styles_of_the_page(page):
    outline = Outline(page)
    policy = next(attrs["content"] for _, attrs in outline.elements if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        sums = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in outline.inside[kind]]
        allowed = re.search(f"{kind}-src ([^;]*)", policy)[1]
        assert allowed.split() == [f"'sha256-{value}'" for value in sums]
    assert len(outline.inside["script"]) == 2


def test_the_same_record_gives_the_same_page(page):
    assert render(sample_record()) == page


def test_a_reader_finds_every_number(page):
    text = " ".join(Outline(page).text.split())
    for piece in (
        "48 of 2,909 planned trials did not run.",
        "2,861 executed of 2,909 planned",
        "Any true statement of the suite is accused with probability at most 0.05",
        "1.53 [1.484, 1.591]",
        "found 1.75, random 0.03 (58.3 times as much), known 1.8",
        "600, 571 in the regime, 630 proposed, 90 hunting",
        "Tested for kappa in [1, 32], L in [2, 64], d in [2, 16], theta_L in [0.25, 2].",
        "600, judged at the 0.95 quantile.",
        "by a factor of up to 2 that decays at least like s^-0.5",
        "accused with probability at most 0.001",
        r"$m \ge C_0\, d \log(mL/\delta)$ $C_0$ 0.952 32",
        "theta <= c / L none 1 2 $c = 2$",
        "theta_L [0.25, 2] none not measured 0.04 [-0.02, 0.11] tight to 0.25 none",
        "kappa [1, 32] 0 -0.02 [-0.08, 0.05] -0.02 [-0.08, 0.05] tight to 0.25 0.21",
        "Left side 2 Right side 1.4142135623730951 Claimed left ≤ right",
        "Left side, independently 2 Right side, independently sqrt(2)",
        "lemmata replay fcg.eq_19-literal-7f3a",
        "print(abs(v @ a), '<=', np.count_nonzero(a) ** 0.5)",
        "Printed for a vector $a$;",
        "1 of 1 MISSED",
        "Tested for m in [2, 512], D in {0/1, signs}, s = 2, d not measured.",
    ):
        assert piece in text


def test_unexpected_results_come_before_the_table(page):
    text = Outline(page).text
    unexpected = text[text.index("Unexpected results") : text.index("What stands on what")]
    assert "fcg.lemma_B4_sparsity" in unexpected
    assert "ysj.prop1.threshold" in unexpected
    assert "fcg.eq_19_dual_step" not in unexpected
    assert text.index("Unexpected results") < text.index("One row for each bound")


def test_a_statement_is_shown_once_for_all_items_of_its_claim(page):
    assert page.count("power steps inside the cone, 32 starts") == 1


def test_only_a_violation_has_counterexamples_the_others_a_worst_trial():
    for verdict in ("VIOLATED", "TREND", "HOLDS", "INCONCLUSIVE"):
        html = render({"schema": 1, "run": {}, "items": [dual_step("literal") | {"verdict": verdict}]})
        text = " ".join(Outline(html).text.split()).partition("One row for each bound")[2]
        assert ("Smallest counterexample fcg.eq_19-literal-7f3a" in text) == (verdict == "VIOLATED")
        worst = "The worst trial, no counterexample: 2 on the left, 1.4142135623730951 on the right at m = 2, s = 2."
        assert (worst in text) == (verdict != "VIOLATED")
        assert "lemmata replay fcg.eq_19-literal-7f3a" in text


def test_claims_of_one_text_show_it_once_and_say_where():
    items = [activations("upper", 1.5, 0) | {"claim": name} for name in ("fcg.a", "fcg.b")]
    html = render({"schema": 1, "run": {}, "items": items})
    assert html.count("power steps inside the cone, 32 starts") == 1
    assert "Its statement stands with fcg.a" in " ".join(Outline(html).text.split())


def test_an_item_of_four_fields_and_a_run_of_none_say_not_measured():
    item = {"claim": "c", "reading": "literal", "bound": "b", "verdict": "ERROR"}
    text = " ".join(Outline(render({"schema": 1, "run": {}, "items": [item]})).text.split())
    assert "This run measured nothing" in text
    assert "Draws not measured Adversary not measured" in text
    assert "The scope was not measured." in text
    nothing = Outline(render({"schema": 1, "run": {}, "items": []})).text
    assert "No claim was checked." in nothing


@pytest.mark.parametrize("filler", [None, "inf", "-inf"])
def test_any_number_may_be_absent_or_infinite(filler):
    def without_numbers(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without_numbers(part) for key, part in value.items()}
        if isinstance(value, list):
            return [without_numbers(part) for part in value]
        return filler if isinstance(value, int | float) and not isinstance(value, bool) else value

    record = sample_record()
    record["items"] = without_numbers(record["items"])
    Outline(render(record))
    summary_table(record, 100)


def test_any_optional_field_may_be_absent_or_null():
    def items() -> list[dict[str, Any]]:
        upper = activations("upper", 1.5, 0)
        return [upper | {"axes": upper["axes"][:1]}, dual_step("literal")]

    for key in items()[0].keys() - {"claim", "reading", "bound", "verdict"}:
        null = [item | {key: None} for item in items()]
        absent = [{name: value for name, value in item.items() if name != key} for item in items()]
        pages = [render({"schema": 1, "run": {}, "items": changed}) for changed in (null, absent)]
        assert pages[0] == pages[1]


def test_two_names_that_read_alike_in_a_link_stay_apart():
    items = [{"claim": name, "reading": "r", "bound": "b", "verdict": "HOLDS"} for name in ("a b", "a/b", "a-b")]
    ids = Outline(render({"schema": 1, "run": {}, "items": items + items})).values("id")
    assert len(ids) == len(set(ids))


def test_a_docstring_falls_into_labelled_paragraphs():
    assert [label for label, _ in paragraphs(LEMMA_4_1, LEMMA_4_1.splitlines()[0])] == [
        "Statement", "Source", "Worst case", "Oracle", "Control",
    ]  # fmt: skip
    assert paragraphs("T.\n\nPlain words.\ngo on\n\nNote. One.", "T.") == [
        ("", "Plain words. go on"),
        ("Note", "One."),
    ]


def test_a_report_needs_neither_torch_nor_numpy():
    code = "import sys, lemmata.report; sys.exit(bool({'torch', 'numpy', 'scipy'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPORT.parents[1], check=False).returncode == 0


def test_the_vendored_files_are_the_ones_that_their_readme_names():
    named = dict(
        re.findall(r"^ {4}([0-9a-f]{64})  (\S+)$", (REPORT / "vendor/README.md").read_text(encoding="utf-8"), re.M)
    )
    named = {name: value for value, name in named.items()}
    assert named.keys() == {"katex.css", "katex.min.js"}
    for name, value in named.items():
        assert hashlib.sha256((REPORT / "vendor" / name).read_bytes()).hexdigest() == value


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_all_text_has_the_contrast_that_wcag_asks_for_in_light_and_dark():
    schemes = re.findall(r":root \{(.*?)\}", (REPORT / "style.css").read_text(encoding="utf-8"), re.S)
    assert len(schemes) == 2
    for scheme in schemes:
        colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        pairs = [(name.removesuffix("-tint"), name) for name in colour if name.endswith("-tint")]
        pairs += [(ink, ground) for ink in ("ink", "quiet", "link", "refuted") for ground in ("paper", "tint")]
        pairs += [("ink", name) for name in colour if name.endswith("-tint")] + [("link", "empty-tint")]
        pairs += [("ink", f"{side}-{step}") for side in ("holds", "breaks") for step in (1, 2, 3)]
        for ink, ground in pairs:
            bright, dim = sorted((luminance(colour[ink]), luminance(colour[ground])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (ink, ground)
