"""Constants over the nights: steps are found, noise is not one, and the panel says what it draws."""

from __future__ import annotations

import itertools
import math
import random
import re
from statistics import median

import pytest
from page_outline import Outline
from report_sample import HOSTILE, activations, nights

from lemmata.report import render, steps
from lemmata.report.history import MOST_NIGHTS, history
from lemmata.report.steps import pieces


def cost(series: list[float], cuts: tuple[int, ...], price: float) -> float:
    """Of a fit with these beginnings of its pieces after the first."""
    ends = [0, *cuts, len(series)]
    parts = [series[a:b] for a, b in itertools.pairwise(ends)]
    return price * len(cuts) + sum(abs(value - median(part)) for part in parts for value in part)


@pytest.mark.parametrize("seed", range(30))
def test_the_fit_is_the_cheapest_of_all(seed):
    rng = random.Random(seed)
    count = rng.randint(1, 12)
    series = [rng.gauss(0, 1) + 3 * (k > count / 2) for k in range(count)]
    found = pieces(series)
    assert [p.start for p in found] == [0, *(p.end for p in found[:-1])]
    assert found[-1].end == count
    assert all(p.end - p.start >= min(steps.FEWEST, count) for p in found)
    assert all(p.level == median(series[p.start : p.end]) for p in found)
    jumps = [abs(b - a) for a, b in itertools.pairwise(series)]
    price = steps.PRICE * math.log(count) * median(jumps) if jumps else 0.0
    allowed = [
        cuts
        for size in range(count // steps.FEWEST)
        for cuts in itertools.combinations(range(1, count), size)
        if all(b - a >= steps.FEWEST for a, b in itertools.pairwise((0, *cuts, count)))
    ] or [()]
    own = cost(series, tuple(p.start for p in found[1:]), price)
    assert own == pytest.approx(min(cost(series, cuts, price) for cuts in allowed))


@pytest.mark.parametrize("count", [10, 30, 60])
def test_noise_is_seldom_called_a_step_and_a_step_is_seldom_missed(count):
    rng = random.Random(count)
    noise = [[rng.gauss(0, 1) for _ in range(count)] for _ in range(200)]
    assert sum(len(pieces(series)) > 1 for series in noise) <= 6, "3 % of 200"
    stepped = [[value + 5 * (k >= count // 2) for k, value in enumerate(series)] for series in noise]
    found = [pieces(series) for series in stepped]
    assert sum(len(parts) == 2 and abs(parts[1].start - count // 2) <= 1 for parts in found) >= 170


def test_series_without_noise_or_nights():
    assert pieces([]) == []
    assert [(p.start, p.end) for p in pieces([2.0])] == [(0, 1)]
    assert [(p.start, p.end) for p in pieces([1.0] * 9)] == [(0, 9)]
    assert [(p.start, p.end) for p in pieces([1.0] * 5 + [1.001] * 5)] == [(0, 5), (5, 10)]
    assert len(pieces([1.0] * 5 + [9.0] + [1.0] * 5)) == 1, "one odd night is no step"


def test_the_panel_marks_the_step_where_it_is():
    shown = history(nights(30, 1.5, 1.4))
    assert "30 nights, from 2026-01-01 02:00 to 2026-02-02 02:00." in shown.sentences
    (step,) = [sentence for sentence in shown.sentences if "step" in sentence]
    low, high, when = re.fullmatch(r"A step from ([\d.]+) to ([\d.]+) with the night of (.*)\.", step).groups()
    assert float(low) == pytest.approx(1.5, rel=0.02)
    assert float(high) == pytest.approx(2.1, rel=0.02)
    assert when == "2026-01-16 02:00"
    roles = {attrs["class"] for tag, attrs in Outline(shown.svg).elements if tag == "g"}
    assert roles == {"grid", "below", "beside", "interval", "upper-rungs", "median", "reference"}
    quiet = history(nights(30, 1.5))
    assert "No step in the constant." in quiet.sentences
    assert 'class="reference"' not in quiet.svg


def test_a_change_of_verdict_is_said_with_its_night():
    series = nights(6, 1.5)
    for night in series[4:]:
        night["verdict"] = "TREND"
    assert "TREND instead of HOLDS_UP_TO_CONSTANT from 2026-01-05 02:00 on." in history(series).sentences


def test_nights_of_verdicts_alone_are_a_sentence():
    series = [{"run": f"r{k}", "constant": None, "low": None, "high": None, "verdict": "HOLDS"} for k in range(3)]
    assert history(series).sentences == ["3 nights, from r0 to r2.", "HOLDS in each."]
    html = render({"schema": 1, "run": {}, "items": [activations("upper", 1.5, 0) | {"history": series}]})
    assert "The verdict over the nights" in html
    assert "The last nights as a table" not in html


def test_only_the_last_nights_are_drawn_and_all_are_counted():
    shown = history(nights(200, 1.5))
    assert shown.sentences[0].startswith(f"The last {MOST_NIGHTS} of 200 nights, from ")
    assert shown.svg.count("h0") == MOST_NIGHTS
    assert len(shown.rows) == 7


@pytest.mark.parametrize("absent", [None, [], nights(1, 1.5)])
def test_without_a_history_there_is_no_panel(absent):
    assert history(absent) is None
    html = render({"schema": 1, "run": {}, "items": [activations("upper", 1.5, 0) | {"history": absent}]})
    assert "over the nights</h5>" not in html
    assert "over the nights</h5>" in render(
        {"schema": 1, "run": {}, "items": [activations("upper", 1.5, 0) | {"history": nights(3, 1.0)}]}
    )


@pytest.mark.parametrize(
    "night",
    [
        {},
        {"constant": None, "low": None, "high": None, "verdict": "VACUOUS"},
        {"constant": "inf", "low": 1.0, "high": "inf"},
        {"constant": 0.0, "low": -1.0, "high": 0.0},
        {"run": HOSTILE, "started": HOSTILE, "verdict": HOSTILE, "constant": HOSTILE, "low": HOSTILE, "high": HOSTILE},
    ],
)
def test_a_night_without_a_number_is_in_the_table_and_not_in_the_picture(night):
    series = [*nights(4, 1.5), night]
    shown = history(series)
    assert shown.svg.count("h0") == 4
    assert len(shown.rows) == 5
    assert history([night, night]).svg is None
    outline = Outline(render({"schema": 1, "run": {}, "items": [activations("upper", 1.5, 0) | {"history": series}]}))
    assert len(outline.inside["script"]) == 2
    assert not [tag for tag, _ in outline.elements if tag == "img"]
