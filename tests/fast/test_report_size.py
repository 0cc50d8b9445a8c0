"""A large run: the page stays light enough to be sent, and the work for it grows as its claims do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from page_outline import Outline
from report_sample import large_record

from lemmata.report import render, write
from lemmata.report.context import POINTS_IN_ALL


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return large_record(200)


@pytest.fixture(scope="module")
def large(record) -> str:
    return render(record)


def test_two_hundred_claims_are_reported_in_under_3_MB(record, large, tmp_path):
    assert len({item["claim"] for item in record["items"]}) == 200
    page = write(record, tmp_path)
    assert page.stat().st_size < 3_000_000
    assert (tmp_path / "summary.md").stat().st_size < 900_000
    assert page.read_text(encoding="utf-8") == large


def calls(claims: int, folder: Path) -> int:
    """How many functions are called to write a report, however fast the machine is that calls them."""
    record, count = large_record(claims), 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        write(record, folder)
    finally:
        sys.setprofile(None)
    return count


def test_the_work_grows_as_the_claims_do_and_not_as_their_square(tmp_path):
    # 10 and 40: what would triple the work for 200 claims by a square makes the ratio 4.9 here.
    calls(1, tmp_path)  # templates are compiled once
    assert calls(40, tmp_path) < 4.4 * calls(10, tmp_path)


def test_nothing_is_left_out_of_a_large_page_except_points(large):
    outline = Outline(large)
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    assert {f"claim-fcg.claim_{k}" for k in range(200)} <= set(ids)
    assert large.count('<svg class="graph" width') == 8, "a graph for each paper"
    assert large.count("As plain text, for a mail or an issue") == 40
    assert large.count("over the nights</h5>") == 40


def test_the_points_of_all_figures_share_one_budget():
    few, many = (render(large_record(count)).count("h0") for count in (5, 100))
    assert few > 5 * 240, "a small page shows all that a panel can hold"
    assert few < many < 1.5 * POINTS_IN_ALL
