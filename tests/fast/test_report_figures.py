"""The ratio of a bound against each axis, as a figure."""

from __future__ import annotations

import re

import numpy as np
import pytest
from page_outline import Outline
from report_sample import axis

from lemmata.report.drawing import round_values, short
from lemmata.report.figure import MOST_POINTS, ratio_panels


def test_a_figure_is_paths_and_texts_only():
    panel = ratio_panels([axis("L", [2.0, 4.0, 8.0], 0.1, 1.0, 0, 0.0)], 1.0)[0]
    outline = Outline(panel.svg)
    assert {tag for tag, _ in outline.elements} == {"svg", "g", "path", "text"}
    assert {name for _, attrs in outline.elements for name in attrs} <= {
        "class", "viewbox", "aria-hidden", "d", "x", "y",
    }  # fmt: skip
    roles = {attrs["class"] for tag, attrs in outline.elements if tag == "g"}
    assert roles == {"points", "interval", "upper", "upper-rungs", "median", "growth", "reference", "grid", "below",
        "beside",
    }  # fmt: skip
    assert {"2", "4", "8"} <= set(outline.text.split()) | set(re.findall(r">([^<]+)</text>", panel.svg))


def test_panels_of_an_item_share_their_ratio_scale():
    low, high = axis("a", [1.0, 2.0], 0.0, 1.0, 0, None), axis("b", [1.0, 2.0], 0.0, 50.0, 1, None)
    labels = [
        re.findall(r">([^<]+)</text>", re.search(r'"beside">.*?</g>', panel.svg)[0])
        for panel in ratio_panels([low, high])
    ]
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


def test_the_fitted_growth_is_drawn_with_its_exponent():
    def rise(growth: float) -> float:
        """By how many units the fitted line rises, over a span of 2 in the logarithm of base 10."""
        data = {"name": "a", "scales": [1.0, 10.0, 100.0], "upper": [1.0, 1.0, 1.0], "growth": {"est": growth}}
        svg = ratio_panels([data | {"points": {"scale": [1.0, 1.0], "ratio": [1e-3, 1e3]}}])[0].svg
        left, right = re.findall(r"[ML][\d.]+ ([\d.]+)", re.search(r'class="growth"><path d="([^"]*)', svg)[1])
        return float(left) - float(right)

    assert rise(0.0) == 0
    assert rise(0.5) == pytest.approx(-rise(-0.5), abs=0.2)
    assert rise(1.0) == pytest.approx(2 * rise(0.5), abs=0.2)
    assert rise(0.5) > 10


@pytest.mark.parametrize(
    ("low", "high", "values"),
    [
        (0.9, 2.1, [1.0, 1.5, 2.0]),
        (0.5, 7.2, [2.0, 4.0, 6.0]),
        (0.03, 2000, [0.1, 1.0, 10.0, 100.0, 1000.0]),
        (1e-140, 1e140, [1e-140, 1e-83, 1e-26, 1e31, 1e88]),
    ],
)
def test_the_numbers_along_an_axis_are_round_few_and_inside(low, high, values):
    assert round_values(low, high) == pytest.approx(values)


def test_a_length_is_written_shortly():
    assert [short(value) for value in (12.0, 0.04, -0.04, -1.26, 3.14)] == ["12", "0", "0", "-1.3", "3.1"]
