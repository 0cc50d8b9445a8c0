"""Hostile text in a record stays text on the page."""

from __future__ import annotations

from collections import Counter

import pytest
from page_outline import Outline
from report_sample import HOSTILE, dual_step, hostile, sample_record

from lemmata.report import render


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
    item["e_value"] = HOSTILE
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
