"""The report: what a page says, that hostile text stays text, and that a page is written whole or not at all."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.report import render, summary_table, write
from harness.report.context import paragraphs
from harness.report.figure import MOST_POINTS, ratio_panels

REPORT = Path(sys.modules["harness.report"].__file__).parent
HOSTILE = "</title></style></script><script>document.title='PWNED'</script><img src=x onerror=alert(1)>\"'"

FCG = {
    "key": "fcg",
    "citation": "Frei, Cao, Gu (2019)",
    "link": "https://arxiv.org/abs/1910.02934",
}
EMWW = {"key": "emww", "citation": "E, Ma, Wang, Wu (2019)", "link": "https://arxiv.org/abs/1904.05263"}

LEMMA_4_1 = r"""Lemma 4.1, first half: hidden activations are bounded.

Statement.  There are absolute constants $C_0, C_1, C_2 > 0$ such that, if $m \ge C_0 d \log(mL/\delta)$, then with
            probability at least $1-\delta$ over Gaussian initialisation, for all $x \in S^{d-1}$ and $l \le L+1$,
            $$C_1 \le \|x_l\|_2 \le C_2.$$
Source.     Frei, Cao, Gu (2019), Lemma 4.1; proof in appendix B.1.
Worst case. On each activation cone $x_l$ is linear in $x$: power steps inside the cone, 32 starts, give the largest
            norm; descent on the sphere gives the smallest.
Oracle.     As $m$, then $L$, grow, $\|x_L\| \to \cosh(t/\sqrt\pi) + \sinh(t/\sqrt\pi)/\sqrt\pi$ with $t = \theta L$.
Control.    $\theta = L^{-1/2}$ makes the norms grow with $L$; without the skip and with variance $1/m$ they shrink
            like $2^{-L/2}$.
"""
EQ_19 = r"""Equation (19): the step to sparse vectors.

Statement.  For any $a$ with $|a_i| \le 1$,
            $$\|v^\top a\|_2 \le \|a\|_0^{1/2}, \qquad v = (1, \dots, 1, -1, \dots, -1)^\top.$$
Source.     Frei, Cao, Gu (2019), proof of Lemma 4.2.
Worst case. $a = v$ on $s$ coordinates, which gives $s$ on the left.
Control.    Exponent $1/4$ in place of $1/2$.
"""


def axis(
    name: str, scales: list[float], growth: float, level: float, seed: int, printed: float | None
) -> dict[str, Any]:
    """What 600 lognormal ratios with this growth exponent give on one axis."""
    rng = np.random.default_rng(seed)
    scale = rng.choice(scales, 600)
    ratio = level * (scale / scales[0]) ** growth * np.exp(0.08 * rng.standard_normal(600))
    rungs = [np.sort(ratio[scale == s]) for s in scales]
    upper = [float(np.quantile(rung, 0.95)) for rung in rungs]
    return {
        "name": name,
        "scales": scales,
        "median": [float(np.median(rung)) for rung in rungs],
        "upper": upper,
        "low": [0.97 * float(np.median(rung)) for rung in rungs],
        "high": [float(rung[-1]) for rung in rungs],
        "points": {"scale": scale.tolist(), "ratio": ratio.tolist()},
        "printed": printed,
        "growth": {"est": growth, "lo": growth - 0.06, "hi": growth + 0.07},
    }


def activations(bound: str, constant: float, seed: int) -> dict[str, Any]:
    """Lemma 4.1 as the record has it."""
    return {
        "claim": "fcg.lemma_4_1_activations",
        "reading": "literal",
        "bound": bound,
        "paper": FCG,
        "place": "Lemma 4.1",
        "file": "claims/fcg/lemma_4_1.py",
        "title": "Lemma 4.1, first half: hidden activations are bounded.",
        "statement": LEMMA_4_1,
        "kind": "up_to_constant",
        "reading_means": "as printed",
        "relation": "at_most" if bound == "upper" else "at_least",
        "quantity": "max ||x_l||" if bound == "upper" else "min ||x_l||",
        "uses": ["fcg.lemma_B2", "fcg.eq_19_dual_step"],
        "verdict": "HOLDS_UP_TO_CONSTANT",
        "expected": "HOLDS_UP_TO_CONSTANT",
        "as_expected": True,
        "why": "Along every axis the growth exponent of the ratio is below 0.25; one constant fits all 600 draws.",
        "parts": [
            {"verdict": "HOLDS_UP_TO_CONSTANT", "why": "axis $d$: exponent below 0.07"},
            {"verdict": "HOLDS_UP_TO_CONSTANT", "why": "axis $L$: exponent below 0.08"},
        ],
        "scope": {
            "region": {"kappa": [1, 32], "L": [2, 64], "d": [2, 16], "theta_L": [0.25, 2.0]},
            "draws": 600,
            "quantile": 0.95,
            "transient": {"factor": 2.0, "rate": 0.5},
            "alpha": 1e-3,
            "alpha_pass": 1e-2,
            "resolution": 0.25,
            "how": "growth of exact quantile bounds along every axis",
        },
        "draws": {"planned": 600, "executed": 600, "in_regime": 571, "proposed": 630, "hunted": 90},
        "constant": constant,
        "interval": [0.97 * constant, 1.04 * constant],
        "margin": None,
        "regime": [
            {"condition": r"m \ge C_0\, d \log(mL/\delta)", "constant": "C_0", "fraction": 0.952, "reach": 32.0,
             "note": ""},
            {"condition": "theta <= c / L", "constant": None, "fraction": 1.0, "reach": 2.0, "note": "$c = 2$"},
        ],
        "axes": [
            axis("kappa", [1.0, 2.0, 4.0, 8.0, 16.0, 32.0], -0.02, constant / 1.2, seed, 0.0),
            axis("L", [2.0, 4.0, 8.0, 16.0, 32.0, 64.0], 0.01, constant / 1.25, seed + 1, 0.0),
            axis("d", [2.0, 4.0, 8.0, 16.0], 0.0, constant / 1.2, seed + 2, 0.0),
            axis("theta_L", [0.25, 0.5, 1.0, 2.0], 0.04, constant / 1.3, seed + 3, None),
        ],
        "adversary": {"found": 1.75, "random": 0.03, "known": 1.8},
        "controls": [
            {"name": "skip branch too strong", "sort": "structural", "must": "be caught", "ok": True,
             "verdict": "TREND", "why": "grows like $L^{0.48}$"},
            {"name": "ratio times L^0.25", "sort": "arithmetic", "must": "be caught", "ok": True,
             "verdict": "TREND", "why": "exponent at least 0.19"},
            {"name": "bound times 10", "sort": "arithmetic", "must": "not be accused", "ok": True,
             "verdict": "HOLDS_UP_TO_CONSTANT", "why": "as the claim"},
        ],
        "power": {"kappa": 0.21, "L": 0.18, "d": 0.24, "theta_L": None},
        "counterexamples": [],
        "erratum": None,
        "seconds": 21.4,
    }  # fmt: skip


def dual_step(reading: str) -> dict[str, Any]:
    """Equation (19): false as printed, true as meant."""
    literal = reading == "literal"
    counterexample = {
        "id": "fcg.eq_19-literal-7f3a",
        "which": "smallest",
        "params": {"m": 2, "s": 2},
        "lhs": 2.0,
        "rhs": 1.4142135623730951,
        "relation": "at_most",
        "exact": {"lhs": "2", "rhs": "sqrt(2)"},
        "replay": "lemmata replay fcg.eq_19-literal-7f3a",
        "snippet": "import numpy as np\n\na = v = np.array([1.0, -1.0])\n"
        "print(abs(v @ a), '<=', np.count_nonzero(a) ** 0.5)\n",
    }
    return {
        "claim": "fcg.eq_19_dual_step", "reading": reading, "bound": "bound", "paper": FCG, "place": "Equation (19)",
        "file": "claims/fcg/eq_19_dual_step.py", "title": "Equation (19): the step to sparse vectors.",
        "statement": EQ_19, "kind": "explicit", "relation": "at_most", "uses": [],
        "quantity": "|<v, a>|" if literal else "||v D||",
        "verdict": "VIOLATED" if literal else "HOLDS",
        "expected": "VIOLATED" if literal else "HOLDS",
        "as_expected": True,
        "why": r"At $m = 2$, $a = v$: $2 \not\le \sqrt2$, exactly." if literal else "The worst case attains the bound.",
        "parts": [{"verdict": "VIOLATED" if literal else "HOLDS", "why": "all sizes"}],
        "scope": {"region": {"m": [2, 512], "D": ["0/1", "signs"], "s": [2, 2], "d": None}, "draws": 400,
                  "how": "exact arithmetic"},
        "draws": {"planned": 400, "executed": 400, "in_regime": 400},
        "constant": None, "interval": None, "margin": -1.0 if literal else 0.0,
        "regime": [], "axes": [], "adversary": {"found": 1.0, "random": 0.31, "known": 1.0},
        "controls": [{"name": "exponent 1/4", "sort": "arithmetic", "must": "be caught", "ok": True,
                      "verdict": "VIOLATED", "why": "at $s = 2$"}],
        "power": None,
        "counterexamples": [counterexample] if literal else [],
        "erratum": r"Printed for a vector $a$; the proof needs a diagonal $D$ with entries in $\{0, \pm1\}$, for which "
        r"$\|v^\top D\|_2 = \|D\|_0^{1/2}$." if literal else None,
        "seconds": 0.4,
    }  # fmt: skip


def sample_record() -> dict[str, Any]:
    """A record of eight items that between them use every field and nearly every verdict."""
    sparsity = activations("upper", 0.985, 40) | {
        "claim": "fcg.lemma_B4_sparsity", "place": "Lemma B.4", "file": "claims/fcg/lemma_B4_sparsity.py",
        "title": r"Lemma B.4: few patterns change, $\|\hat\Sigma_l - \tilde\Sigma_l\|_0 \le C_3 m \tau^{2/3}$.",
        "statement": r"$$\|\hat\Sigma_l - \tilde\Sigma_l\|_0 \le C_3 m \tau^{2/3}$$",
        "quantity": "||Sigma_hat - Sigma_tilde||_0",
        "verdict": "TREND", "as_expected": False, "bound": "count", "parts": [], "power": None,
        "why": "The ratio grows along tau with an exponent of at least 0.12; a transient would need a factor of 4.1.",
        "axes": [axis("tau", [0.01, 0.03, 0.1, 0.3, 1.0], 0.19, 0.4, 44, 2 / 3),
                 axis("m", [64.0, 512.0], 0.0, 0.7, 45, 1.0)],
        "regime": [], "constant": None, "interval": None, "adversary": {"found": 0.985, "random": 0.02, "known": None},
        "controls": [{"name": "tau^1", "sort": "arithmetic", "must": "be caught", "ok": False,
                      "verdict": "INCONCLUSIVE", "why": "needs 900 draws"}],
    }  # fmt: skip
    eigenvalue = dual_step("charitable") | {
        "claim": "emww.lemma_4_4", "reading": "layers", "paper": EMWW, "place": "Lemma 4.4", "kind": "probability",
        "file": "claims/emww/lemma_4_4.py", "title": "Lemma 4.4: the smallest eigenvalue at initialisation.",
        "statement": r"If $L \ge 8 \ln(n^2/\delta) / (m \lambda_n^2)$, then "
        r"$\lambda_{\min}(H(\Theta_0)) \ge \tfrac34 \lambda_n$.",
        "relation": "at_least", "quantity": "lambda_min(H)", "margin": None, "adversary": None,
        "verdict": "INCONCLUSIVE", "expected": None, "as_expected": True, "uses": ["emww.appB_event"],
        "why": "No violation in 61 draws; 109 would decide at delta = 0.05.",
        "draws": {"planned": 109, "executed": 61, "in_regime": 61},
    }  # fmt: skip
    training = dual_step("charitable") | {
        "claim": "fcg.thm_3_5_ii", "reading": "literal", "place": "Theorem 3.5 (ii)", "title": "Theorem 3.5 (ii).",
        "statement": r"$$\mathcal E_S(W^{(k)}) \le C m^{-1/2} (K\eta)^{-1/2} (\log(n/\delta))^{1/4} \gamma^{-2}$$",
        "verdict": "VACUOUS", "expected": "VACUOUS", "kind": "up_to_constant", "margin": None, "controls": [],
        "why": "The regime needs $m \\ge 10^{19}$ with all constants 1; the largest tested is 512.",
        "regime": [{"condition": "tau <= nu gamma^12 (log m)^(-3/2)", "constant": "nu", "fraction": 0.0,
                    "reach": 3e-17, "note": "nearest point: gamma = 0.3989"}],
    }  # fmt: skip
    minimal = {"claim": "ysj.prop1.threshold", "reading": "literal", "bound": "rows", "verdict": "NOT_RUN"}
    return {
        "schema": 1,
        "run": {
            "id": "2026-01-14T02-00-00-a3f1", "profile": "smoke", "seed": 20260114,
            "started": "2026-01-14 02:00:00 UTC", "finished": "2026-01-14 02:02:31 UTC",
            "versions": {"lemmata": "0.1.0", "numpy": "2.4.6", "torch": "2.13.0"},
            "host": "worker-3", "device": "cpu", "engine": "batched, 2 workers", "seconds": 151.2,
            "planned": 2909, "executed": 2861, "alpha_suite": 0.05,
        },
        "items": [
            activations("upper", 1.53, 0), activations("lower", 1.08, 10), dual_step("literal"),
            dual_step("charitable"), sparsity, eigenvalue, training, minimal,
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def page() -> str:
    return render(sample_record())


class Outline(HTMLParser):
    """What a browser would see: tags in balance, ids, links, headings, scripts and the text."""

    VOID = frozenset({"meta", "br", "img", "link"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element, and a blank in the text."""
        self.text += " "
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in self.inside:
            self.inside[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of SVG without content."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """The innermost open element ends, or the page is malformed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text of the page, or of a script, style or title."""
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]][-1] += data
        else:
            self.text += data

    def values(self, attribute: str) -> list[str]:
        """This attribute of all elements."""
        return [attrs[attribute] or "" for _, attrs in self.elements if attribute in attrs]


def hostile(value: Any) -> Any:
    """The record with every string replaced by an attack, in keys too."""
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, dict):
        return {key: hostile(part) for key, part in value.items()}
    return [hostile(part) for part in value] if isinstance(value, list) else value


# ---------------------------------------------------------------------------------------------- the page


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
        "any true statement of the suite is accused with probability at most 0.05",
        "1.53 [1.484, 1.591]",
        "found 1.75, random 0.03, known 1.8",
        "600, 571 in the regime, 630 proposed, 90 hunting",
        "Tested for kappa in [1, 32], L in [2, 64], d in [2, 16], theta_L in [0.25, 2].",
        "600, judged at the 0.95 quantile.",
        "by a factor of up to 2 that decays at least like s^-0.5",
        "accused with probability at most 0.001",
        r"$m \ge C_0\, d \log(mL/\delta)$ $C_0$ 0.952 32",
        "theta <= c / L none 1 2 $c = 2$",
        "theta_L [0.25, 2] none 0.04 [-0.02, 0.11] none",
        "Left side 2 Right side 1.4142135623730951 Claimed left ≤ right",
        "Left side, exactly 2 Right side, exactly sqrt(2)",
        "lemmata replay fcg.eq_19-literal-7f3a",
        "print(abs(v @ a), '<=', np.count_nonzero(a) ** 0.5)",
        "Printed for a vector $a$;",
        "1 of 1 MISSED",
        "Tested for m in [2, 512], D in {0/1, signs}, s = 2, d not measured.",
    ):
        assert piece in text


def test_unexpected_results_come_before_the_table(page):
    text = Outline(page).text
    first = text.index("fcg.lemma_B4_sparsity")
    assert text.index("Unexpected results") < first < text.index("One row for each bound")
    assert "ysj.prop1.threshold" in text[first : text.index("One row for each bound")]
    assert "fcg.eq_19_dual_step" not in text[: text.index("One row for each bound")]


def test_a_statement_is_shown_once_for_all_items_of_its_claim(page):
    assert page.count("power steps inside the cone, 32 starts") == 1


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


# ---------------------------------------------------------------------------------------------- hostile text


def test_hostile_text_in_every_field_stays_text(page):
    record = hostile(sample_record())
    outline = Outline(render(record))
    clean = Outline(page)
    assert Counter(tag for tag, _ in outline.elements)["script"] == 2
    assert outline.inside["script"] == clean.inside["script"]
    assert outline.inside["style"] == clean.inside["style"]
    assert not [tag for tag, _ in outline.elements if tag == "img"]
    assert not [name for _, attrs in outline.elements for name in attrs if name.startswith("on")]
    assert "document.title='PWNED'" in outline.text


def test_hostile_names_of_axes_parameters_and_versions_stay_text():
    record = sample_record()
    item = record["items"][0]
    item["scope"]["region"] = {HOSTILE: [1, 2]}
    item["power"] = {HOSTILE: HOSTILE}
    item["axes"] = [item["axes"][0] | {"name": HOSTILE + r"$\frac{$ \input{x} 漢字"}]  # no font, no mathtext
    item["constant"], item["interval"] = HOSTILE, [HOSTILE, HOSTILE + "2"]
    record["items"][2]["counterexamples"][0]["params"] = {HOSTILE: {HOSTILE: [HOSTILE]}}
    record["run"]["versions"] = {HOSTILE: HOSTILE}
    outline = Outline(render(record))
    assert len(outline.inside["script"]) == 2
    assert not [tag for tag, _ in outline.elements if tag == "img"]


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//host/x", "http://[", " x", None],
)
def test_only_a_web_address_becomes_a_link(link):
    record = sample_record()
    record["items"] = [dual_step("literal") | {"paper": {"key": "k", "citation": "Someone (2020)", "link": link}}]
    outline = Outline(render(record))
    assert all(address.startswith("#") for address in outline.values("href"))
    assert "Someone (2020)" in outline.text


def test_characters_that_cannot_be_seen_are_shown_as_missing():
    name = "claim\x1b[31m\u202egnp.exe\ud800\x00"
    record = {
        "schema": 1,
        "run": {},
        "items": [{"claim": name, "reading": "r", "bound": "b", "verdict": "HOLDS"}],
    }
    html = render(record)
    html.encode()  # a lone surrogate would not go into a file
    assert not set("\x1b\u202e\ud800\x00") & set(html)
    table = summary_table(record, 200)
    assert table.isascii()
    assert not re.search(r"[^\n -~]", table)
    assert r"claim\x1b[31m\u202egnp.exe\ud800\x00" in table


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema 2, this version reports schema 1"),
        ({"run": None}, "mapping 'run'"),
        ({"items": None}, "list 'items'"),
        ({"items": [{"claim": "c", "reading": "r", "bound": "b"}]}, r"items\[0\].verdict is None"),
        (
            {"items": [minimal | {"margin": math.nan} for minimal in sample_record()["items"][-1:]]},
            r"items\[0\].margin is nan",
        ),
        ({"run": {"seconds": math.inf}}, "run.seconds is inf"),
    ],
)
def test_a_record_that_cannot_be_reported_is_refused(change, message, tmp_path):
    record = sample_record() | change
    for report in (render, lambda r: summary_table(r, 100), lambda r: write(r, tmp_path)):
        with pytest.raises(ValueError, match=message):
            report(record)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------------------------------- figures


def test_a_figure_is_paths_and_texts_only():
    panel = ratio_panels([axis("L", [2.0, 4.0, 8.0], 0.1, 1.0, 0, 0.0)], 1.0)[0]
    outline = Outline(panel.svg)
    assert {tag for tag, _ in outline.elements} == {"svg", "g", "path", "text"}
    assert {name for _, attrs in outline.elements for name in attrs} <= {
        "class", "viewbox", "aria-hidden", "d", "x", "y", "text-anchor",
    }  # fmt: skip
    roles = {attrs["class"] for tag, attrs in outline.elements if tag == "g"}
    assert roles == {"points", "interval", "upper", "upper-rungs", "median", "reference", "grid"}
    assert {"2", "4", "8"} <= set(outline.text.split()) | set(re.findall(r">([^<]+)</text>", panel.svg))


def test_panels_of_an_item_share_their_ratio_scale():
    low, high = axis("a", [1.0, 2.0], 0.0, 1.0, 0, None), axis("b", [1.0, 2.0], 0.0, 50.0, 1, None)
    labels = [re.findall(r'text-anchor="end">([^<]+)<', panel.svg) for panel in ratio_panels([low, high])]
    assert labels[0] == labels[1] != []


def test_what_has_no_logarithm_is_counted_and_not_drawn():
    data = {
        "name": "a",
        "scales": [1.0, 2.0, 4.0],
        "median": [1.0, "inf", 0.0],
        "points": {"scale": [1.0, 2.0], "ratio": [1e304, 1.0]},
    }
    panel, empty, bare = ratio_panels([data, {"name": "b", "scales": [1], "median": [0.0]}, {"name": "c"}])
    assert (panel.left_out, empty.left_out, bare.left_out) == (3, 1, 0)
    assert panel.svg is not None
    assert empty.svg is bare.svg is None


def test_thinning_keeps_the_extremes():
    def heights(scale: list[float], ratio: list[float]) -> list[float]:
        """How far down the page each point is drawn; the median fixes the ratio scale."""
        data = {"name": "a", "scales": [1.0, 2.0, 4.0], "median": [1e-3, 1.0, 1e3]}
        svg = ratio_panels([data | {"points": {"scale": scale, "ratio": ratio}}])[0].svg
        return [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)h0", svg)]

    rng = np.random.default_rng(0)
    scale, ratio = rng.choice([1.0, 2.0, 4.0], 3000).tolist(), rng.lognormal(size=3000).tolist()
    drawn, ends = heights(scale, ratio), heights([1.0, 1.0], [min(ratio), max(ratio)])
    assert 200 < len(drawn) <= MOST_POINTS
    assert [min(drawn), max(drawn)] == sorted(ends)


def test_a_figure_does_not_depend_on_the_user_s_settings(page):
    import matplotlib as mpl

    with mpl.rc_context(
        {
            "font.size": 30,
            "lines.linewidth": 9,
            "axes.grid": False,
            "text.usetex": False,
            "path.sketch": (1, 2, 3),
        }
    ):
        assert render(sample_record()) == page


# ---------------------------------------------------------------------------------------------- the table


def test_the_table_has_one_aligned_row_an_item():
    lines = summary_table(sample_record(), 400).splitlines()
    assert len(lines) == 2 + 8
    columns = [match.start() for match in re.finditer(r"-+", lines[1])]
    assert len(columns) == 7
    for line in (lines[0], *lines[2:]):
        assert all(line[start - 1] == " " for start in columns[1:] if start <= len(line))
    assert re.split(r"\s{2,}", lines[2]) == [
        "fcg.lemma_4_1_activations", "literal", "upper", "HOLDS_UP_TO_CONSTANT", "1.53 [1.484, 1.591]", "600",
        "2 caught, 1 true cleared",
    ]  # fmt: skip
    assert "TREND (expected HOLDS_UP_TO_CONSTANT)" in lines[6]
    assert "margin -1" in lines[4]
    assert "61 of 109" in lines[7]
    assert "NOT_RUN (unexpected)" in lines[9]
    assert "not measured" in lines[9]


@pytest.mark.parametrize("width", [64, 80, 100, 120])
def test_the_table_keeps_to_its_width_and_loses_nothing(width):
    record = sample_record()
    table = summary_table(record, width)
    assert max(map(len, table.splitlines())) <= width
    letters = Counter(re.sub(r"[\s-]", "", summary_table(record, 400)))
    assert Counter(re.sub(r"[\s-]", "", table)) == letters


# ---------------------------------------------------------------------------------------------- on disk


def test_what_is_written_can_be_read_back(tmp_path):
    record = sample_record()
    page = write(record, tmp_path / "new" / "report")
    assert page.read_text(encoding="utf-8") == render(record)
    text = (page.parent / "report.json").read_text(encoding="utf-8")
    assert json.loads(text) == record
    assert list(json.loads(text)["items"][0]) == sorted(record["items"][0])
    assert sorted(os.listdir(page.parent)) == ["index.html", "report.json"]


def test_a_write_that_fails_leaves_the_old_report(tmp_path, monkeypatch):
    write(sample_record(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(sample_record() | {"items": []}, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_record_is_left_as_it_was(tmp_path):
    record = sample_record()
    twin = copy.deepcopy(record)
    write(record, tmp_path)
    summary_table(record, 80)
    assert record == twin


# ---------------------------------------------------------------------------------------------- the parts


def test_importing_the_report_does_not_import_matplotlib():
    code = "import sys, harness.report; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPORT.parents[1], check=False).returncode == 0


def test_the_vendored_files_are_the_ones_that_their_readme_names():
    named = dict(re.findall(r"^ {4}([0-9a-f]{64})  (\S+)$", (REPORT / "vendor/README.md").read_text(), re.M))
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
    schemes = re.findall(r":root \{(.*?)\}", (REPORT / "style.css").read_text(), re.S)
    assert len(schemes) == 2
    for scheme in schemes:
        colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        pairs = [(name.removesuffix("-tint"), name) for name in colour if name.endswith("-tint")]
        pairs += [(ink, ground) for ink in ("ink", "quiet", "link", "refuted") for ground in ("paper", "tint")]
        pairs += [("ink", "empty-tint"), ("link", "empty-tint")]
        for ink, ground in pairs:
            bright, dim = sorted((luminance(colour[ink]), luminance(colour[ground])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (ink, ground)
