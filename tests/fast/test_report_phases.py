"""Phase maps in the report: what is drawn, written and said, on the page and in characters."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from page_outline import Outline
from report_sample import HOSTILE, activations, dual_step, phases

from lemmata.doors.show import show
from lemmata.report import render
from lemmata.report.heatmap import heat_map
from lemmata.report.phases import RATIO_KEY, character_table, phase_map

CONSTANT = {"kind": "up_to_constant", "constant": 1.31, "relation": "at_most", "quantity": "||x||"}
SHARES = {"kind": "probability"}


def grid(shares: list[list[Any]], **facts: Any) -> dict[str, Any]:
    """A map over a and b with these shares, two trials a cell, all inside unless said otherwise."""
    cells = [
        {"at": {"a": 2**i, "b": 3**j}, "trials": 2, "measured": 2, "share": share, "ratio": None, "inside": True}
        | facts
        for i, column in enumerate(shares)
        for j, share in enumerate(column)
    ]
    axes = [
        {"name": "a", "scales": [2**i for i in range(len(shares))]},
        {"name": "b", "scales": [3**j for j in range(len(shares[0]))]},
    ]
    return {"axes": axes, "fixed": {}, "conditions": [], "cells": cells}


def drawn(svg: str) -> dict[str, list[list[tuple[float, float]]]]:
    """For each class of cells, the corners of every rectangle."""
    found = {}
    for role, path in re.findall(r'<g class="([\w-]+)"><path d="([^"]*)"/>', svg):
        boxes = [box for box in path.split("M") if box]
        found[role] = [[(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", box)] for box in boxes]
    return found


def page_of(maps: list[dict[str, Any]], **facts: Any) -> str:
    item = dual_step("literal") | {"phase_maps": maps} | facts
    return render({"schema": 1, "run": {}, "items": [item]})


def test_a_map_is_on_the_page_with_its_words(page):
    text = " ".join(Outline(page).text.split())
    for piece in (
        "Where it holds and where it breaks: theta_L and kappa",
        "Median ratio of max ||x_l|| to bound, against 1.53, the constant found, 2 trials a cell",
        "Median ratio of bound to min ||x_l||, against 1.08, the constant found",
        "Held fixed: L = 16, d = 6. The map crosses the border of the regime. "
        "The map crosses the border of the regime with every unspecified constant at one. "
        "Trials that could not be measured: 3 (OverflowError: exp of 8.0). A map supports no verdict.",
        "No cell is in the regime: the nearest, at kappa = 1, misses it by a factor of 8.4e+08.",
        "holds in 50% of 2 trials, ratio 2.62, in the regime",
        "holds in 0% of 2 trials, ratio inf, only 1 measured, OverflowError: exp of 8.0, outside",
        "not measured, OverflowError: exp of 8.0, outside",
        "Trained 1,200 networks with kernel bmm; bitwise yes; chunks 64, 32.",
    ):
        assert piece in text


def test_colours_come_from_the_style_sheet_and_every_class_has_one(page):
    svgs = re.findall(r'<svg class="plot".*?</svg>', page, re.S)
    style = re.findall(r"\.plot \.([\w-]+) path(?: \{|,)", page)
    assert {*RATIO_KEY, "lost", "border"} <= set(style)
    heat = [svg for svg in svgs if 'class="label"' in svg]
    assert len(heat) == 6, "two maps, each at three bounds"
    for svg in heat:
        outline = Outline(svg)
        assert {tag for tag, _ in outline.elements} == {"svg", "g", "path", "text"}
        assert {name for _, attrs in outline.elements for name in attrs} <= {
            "class", "viewbox", "aria-hidden", "d", "x", "y",
        }  # fmt: skip


def test_every_cell_is_drawn_at_its_place_in_the_class_of_its_share():
    svg = heat_map(phase_map(grid([[1.0, 0.5], [0.0, None], [0.75, 0.9]]), SHARES))
    boxes = {role: found for role, found in drawn(svg).items() if role != "label"}
    assert {role: len(found) for role, found in boxes.items()} == {
        "holds-3": 1, "breaks-1": 1, "breaks-3": 1, "lost": 1, "holds-1": 1, "holds-2": 1,
    }  # fmt: skip

    def middle(role):
        xs, ys = zip(*boxes[role][0], strict=True)
        return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2

    (x_1, y_1), (x_2, y_2) = middle("holds-3"), middle("breaks-1")
    assert x_1 == x_2, "the same rung of the first axis"
    assert y_1 > y_2, "the second axis points upwards: in SVG, y grows downwards"
    assert middle("holds-3")[0] < middle("breaks-3")[0] < middle("holds-1")[0]


def test_what_is_in_a_cell_is_written_there_too():
    svg = heat_map(phase_map(grid([[1.0, 0.5], [0.0, None]]), SHARES))
    labels = re.findall(r"<text[^>]*>([^<]*)</text>", re.search(r'<g class="label">(.*?)</g>', svg)[1])
    assert sorted(labels) == ["0", "0.5", "1", "?"]


def test_the_border_runs_between_the_cells_inside_and_those_outside():
    record = grid([[1.0, 1.0], [1.0, 1.0]])
    for cell, inside in zip(record["cells"], (True, False, True, False), strict=True):
        cell["inside"] = cell["inside_at_one"] = inside
    shown = phase_map(record, SHARES)
    found = drawn(heat_map(shown))
    assert len(found["border"]) == 2, "one edge for each of the two columns"
    assert "border-at-one" not in found, "it would be the same line"
    ys = {y for edge in found["border"] for _, y in edge}
    assert len(ys) == 1, "between the two rungs of b"
    corners = {y for _, y in [point for box in found["holds-3"] for point in box]}
    assert ys.pop() in corners
    assert not {"border", "border-at-one"} & drawn(heat_map(phase_map(grid([[1.0], [0.0]]), SHARES))).keys()


@pytest.mark.parametrize(
    ("ratio", "share", "role"),
    [
        (0.1, 1.0, "holds-3"),
        (1.31, 0.0, "holds-1"),
        (1.32, 0.0, "breaks-1"),
        (12.0, 0.0, "breaks-2"),
        ("inf", 0.0, "breaks-3"),
        (None, 0.0, "lost"),
    ],
)
def test_up_to_a_constant_the_scale_turns_at_the_constant_found(ratio, share, role):
    (cell,) = phase_map(grid([[share]], ratio=ratio), CONSTANT).cells[0]
    assert cell.role == role


def test_where_one_trial_decides_the_ratio_says_more_than_a_share():
    (cell,) = phase_map(grid([[0.0]], ratio=3.2, trials=1, measured=1), {"kind": "explicit"}).cells[0]
    assert (cell.role, cell.label, cell.words) == ("breaks-2", "3.2", "breaks, ratio 3.2, in the regime")
    (tight,) = phase_map(grid([[1.0]], ratio=1 + 1e-15, trials=1, measured=1), {"kind": "explicit"}).cells[0]
    assert tight.role == "holds-1"


def test_a_map_over_one_axis_is_a_strip():
    record = grid([[1.0], [0.5], [0.0]])
    record["axes"].pop()
    shown = phase_map(record, SHARES)
    assert len({y for box in drawn(heat_map(shown)).values() for point in box for _, y in point}) == 2
    assert (
        character_table(shown) == ["a", "1  [1 ]", "2  [0.5*]", "4  [0*]"] or character_table(shown)[0].strip() == "a"
    )


def test_long_numbers_beside_a_map_have_room():
    record = phases()[0]
    axis = record["axes"][1]
    scales = [0.0001234 * 10**k for k in range(len(axis["scales"]))]
    renamed = dict(zip(axis["scales"], scales, strict=True))
    cells = [cell | {"at": cell["at"] | {axis["name"]: renamed[cell["at"][axis["name"]]]}} for cell in record["cells"]]
    axes = [record["axes"][0], axis | {"scales": scales}]
    shown = phase_map(record | {"axes": axes, "cells": cells}, activations("upper", 1.53, 0))
    drawn = str(heat_map(shown))
    beside = drawn[drawn.index('class="beside"') :]
    places = [(float(x), label) for x, label in re.findall(r'<text x="([\d.]+)" y="[^"]*"[^>]*>([\d.e-]+)<', beside)]
    assert any(label == "0.0001234" for _, label in places)
    assert all(x >= 6 * len(label) for x, label in places if label in {f"{value:.4g}" for value in scales})


def test_a_map_in_characters():
    record = grid([[1.0, 0.5], [0.0, None]])
    record["cells"][0]["inside"] = False
    assert character_table(phase_map(record, SHARES)) == [
        "b \\ a     1     2",
        "    3  [0.5*]  [? ]",
        "    1     1    [0*]",
    ]
    text = show([activations("upper", 1.53, 0) | {"seconds": 1.0}])
    assert "  map        Median ratio of max ||x_l|| to bound, against 1.53" in text
    assert "misses it by a factor of 8.4e+08." in text
    assert "  training   Trained 1,200 networks with kernel bmm; bitwise yes; chunks 64, 32." in text


def test_a_record_without_maps_shows_none_in_either_form():
    assert "Where it holds" not in page_of([])
    old = activations("upper", 1.53, 0)
    del old["phase_maps"], old["training"]
    assert "  map  " not in show([old])


def test_training_without_a_count_is_a_sentence_too():
    assert "Trained with tf32 off." in page_of([], training={"tf32": "off"})
    assert "Trained" not in page_of([], training=None)


def test_hostile_names_and_numbers_stay_text():
    plane, line = phases()
    name = HOSTILE + r"$\frac{$"
    for axis in (*plane["axes"], *line["axes"]):
        axis["name"] = name
    plane["fixed"] = {HOSTILE: HOSTILE}
    plane["cells"][0] |= {"ratio": HOSTILE, "share": HOSTILE, "trials": HOSTILE, "lost": [HOSTILE]}
    line["nearest"] = {"at": {HOSTILE: HOSTILE}, "factor": HOSTILE}
    line["conditions"] = [{"condition": HOSTILE, "constant": HOSTILE}]
    html = page_of([plane, line], training={HOSTILE: [HOSTILE]})
    outline = Outline(html)
    assert len(outline.inside["script"]) == 2
    assert not [tag for tag, _ in outline.elements if tag == "img"]
    assert name in unescape(html)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"axes": []},
        {"axes": [{"name": "a", "scales": None}]},
        {"axes": [{"name": "a", "scales": [1, "inf"]}]},
        {"axes": [{"name": "a", "scales": [2, 1]}], "cells": [{}]},
        {"axes": [{"name": "a", "scales": [1, 2]}], "cells": [None, {"share": True, "lost": None}]},
        {"axes": [{"name": n, "scales": [1, 2]} for n in "abc"], "cells": [], "nearest": None, "fixed": None},
    ],
)
def test_what_cannot_be_drawn_does_not_break_the_page(broken):
    Outline(page_of([broken]))
    character_table(phase_map(broken, {}))
