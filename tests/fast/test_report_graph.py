"""The proof graph: who rests on what is refuted, through whom, and how the page shows it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from page_outline import Outline
from report_sample import FCG, HOSTILE, large_record

from lemmata.report import render
from lemmata.report.graph import foundations, proof_graph, severest, unsound_edges
from lemmata.report.proofs import paper_graphs
from lemmata.report.wording import MEANINGS, SEVERITY


def item(claim: str, verdict: str = "HOLDS", *uses: str, reading: str = "literal", **facts: Any) -> dict[str, Any]:
    facts = {"paper": FCG, "uses": list(uses)} | facts
    return {"claim": claim, "reading": reading, "bound": "b", "verdict": verdict} | facts


def page_of(*items: dict[str, Any]) -> str:
    return render({"schema": 1, "run": {}, "items": list(items)})


CHAIN = [
    item("a", "VIOLATED"),
    item("b", "HOLDS", "a"),
    item("c", "HOLDS", "b", "d"),
    item("d", "VACUOUS"),
    item("e", "HOLDS", "c", "a"),
    item("f", "HOLDS", "unknown"),
]


def test_every_claim_that_rests_on_a_weak_one_is_found_with_a_shortest_path():
    nodes = proof_graph(CHAIN)
    assert foundations(nodes) == {
        "b": [("b", "a")],
        "c": [("c", "d"), ("c", "b", "a")],
        "e": [("e", "a"), ("e", "c", "d")],
    }
    assert unsound_edges(nodes, foundations(nodes)) == {
        ("b", "a"): "refuted",
        ("c", "b"): "refuted",
        ("c", "d"): "vacuous",
        ("e", "c"): "refuted",
        ("e", "a"): "refuted",
    }


def test_paths_agree_with_a_search_through_all_of_them():
    items = large_record(60)["items"]
    nodes = proof_graph(items)

    def walks(name: str, seen: tuple[str, ...]) -> list[tuple[str, ...]]:
        below = [walk for used in nodes[name].uses if used not in seen for walk in walks(used, (*seen, name))]
        return [(name, *walk) for walk in below] + [(name,)]

    found = foundations(nodes)
    for name in nodes:
        ends: dict[str, int] = {}
        for walk in walks(name, ()):
            if len(walk) > 1 and nodes[walk[-1]].verdict in {"VIOLATED", "TREND", "VACUOUS"}:
                ends[walk[-1]] = min(len(walk), ends.get(walk[-1], 99))
        assert {path[-1]: len(path) for path in found.get(name, [])} == ends
        for path in found.get(name, []):
            assert all(used in nodes[user].uses for user, used in pairwise(path))


def test_a_claim_has_its_severest_verdict_and_the_readings_that_hold():
    nodes = proof_graph(
        [item("a", "VIOLATED"), item("a", "HOLDS", reading="meant"), item("a", "INCONCLUSIVE", reading="other")]
    )
    assert (nodes["a"].verdict, nodes["a"].holds_as) == ("VIOLATED", ("meant",))
    half = proof_graph([item("a", "VIOLATED", reading="meant"), item("a", "HOLDS", reading="meant")])
    assert half["a"].holds_as == (), "a reading holds in all of its bounds or not at all"
    assert severest(["HOLDS", "ERROR", "VIOLATED"]) == "VIOLATED", "an exception undoes no counterexample"
    assert severest(["HOLDS", "NOT_RUN"]) == "NOT_RUN"
    assert severest(["HOLDS", "VIOLATED", "something new"]) == "something new"
    assert set(SEVERITY) == set(MEANINGS)


def test_circles_unknown_ids_and_claims_that_use_themselves_do_no_harm():
    nodes = proof_graph([item("a", "TREND", "b", "a", "b"), item("b", "HOLDS", "a", "gone")])
    assert nodes["a"].uses == ("b",)
    assert nodes["gone"].verdict is None
    assert foundations(nodes) == {"b": [("b", "a")]}
    html = page_of(item("a", "TREND", "b", "a"), item("b", "HOLDS", "a", "gone"))
    text = " ".join(Outline(html).text.split())
    assert "These proofs use one another in a circle: b uses a." in text
    assert "gone not checked" in text


def test_the_page_says_in_words_who_rests_on_what_and_through_whom():
    text = " ".join(Outline(page_of(*CHAIN, item("z"))).text.split())
    assert "a VIOLATED On it rest b HOLDS, directly e HOLDS, directly c HOLDS, through b" in text
    assert "d VACUOUS On it rest c HOLDS, directly e HOLDS, through c" in text
    assert "Rests on a VIOLATED through b." in text
    assert "Rests on d VACUOUS directly." in text
    assert "Joined to no other claim: z HOLDS." in text
    assert "c HOLDS uses b, d" in text
    sound = " ".join(Outline(page_of(item("a"), item("b", "HOLDS", "a"))).text.split())
    assert "None of these claims, and none that they use, is refuted or vacuous." in sound
    assert "Rests on" not in sound


def test_a_node_shows_name_verdict_and_ground_and_leads_to_its_claim():
    html = page_of(*CHAIN)
    (graph,) = re.findall(r'<svg class="graph" width.*?</svg>', html, re.S)
    drawn = Outline(graph)
    links = {attrs["href"]: attrs["class"] for tag, attrs in drawn.elements if tag == "a"}
    assert links == {
        "#claim-a": "node VIOLATED", "#claim-b": "node HOLDS", "#claim-c": "node HOLDS", "#claim-d": "node VACUOUS",
        "#claim-e": "node HOLDS", "#claim-f": "node HOLDS",
    }  # fmt: skip
    assert set(links) <= {f"#{name}" for name in Outline(html).values("id")}
    (unknown,) = [attrs for tag, attrs in drawn.elements if tag == "g"]
    assert unknown["class"] == "node UNKNOWN", "not checked: it has no claim to lead to"
    texts = re.findall(r'<text class="(\w+)"[^>]*>([^<]*)</text>', graph)
    assert ("verdict", "not checked") in texts
    assert texts.count(("note", "rests on refuted")) == 3
    assert "c: HOLDS; rests on refuted" in drawn.inside["title"]
    roles = [attrs["class"] for tag, attrs in drawn.elements if tag == "path" and attrs["class"].startswith("edge")]
    assert sorted(roles) == sorted(["edge refuted"] * 6 + ["edge vacuous", "edge sound"])


def test_every_class_of_node_and_edge_has_its_own_look():
    style = page_of()
    for role in ("HOLDS", "HOLDS_UP_TO_CONSTANT", "INCONCLUSIVE", "VACUOUS", "TREND", "VIOLATED", "ERROR", "NOT_RUN"):
        assert re.search(rf"\.graph [^{{]*\.{role}\b[^{{]*rect", style), role
    for role in ("refuted", "vacuous", "circular"):
        assert f".graph .edge.{role}" in style
    dashes = re.findall(r"\.graph \.(\w+) rect \{[^}]*stroke-dasharray", style)
    assert "VACUOUS" in dashes, "colour is never the only channel"


def test_a_paper_shows_its_claims_and_what_they_use_from_elsewhere():
    other = {"key": "other", "citation": "Other (2020)"}
    items = [item("fcg.a", "VIOLATED"), item("other.b", "HOLDS", "fcg.a", paper=other), item("c", paper=None)]
    nodes = proof_graph(items)
    first, second, third = paper_graphs(nodes, foundations(nodes))
    assert [(graph.key, [node.name for node in graph.nodes]) for graph in (first, second, third)] == [
        ("fcg", ["fcg.a"]), ("other", ["other.b", "fcg.a"]), ("", ["c"]),
    ]  # fmt: skip
    assert first.drawing is third.drawing is None
    assert [box.label for box in second.drawing.boxes] == ["b", "fcg.a"]
    assert second.weak == [(nodes["fcg.a"], [("other.b", "fcg.a")])]
    assert first.weak == [(nodes["fcg.a"], [])]


def test_a_graph_that_nobody_could_read_is_said_and_not_drawn():
    names = [f"n{k}" for k in range(60)]
    html = page_of(*(item(name, "HOLDS", *names[:k]) for k, name in enumerate(names)))
    assert "This graph has too many edges for a picture." not in html, "ways that are shared are few"
    many = [item(f"n{k}", "HOLDS", *[f"m{j}" for j in range(k * 40, k * 40 + 40)]) for k in range(70)]
    html = page_of(*many)
    assert "This graph has too many edges for a picture." in html
    assert '<svg class="graph" width' not in html


@pytest.mark.parametrize("verdict", ["VIOLATED", "VACUOUS", "HOLDS", HOSTILE])
def test_hostile_ids_places_and_readings_stay_text_in_the_graph(verdict):
    name = f"fcg.{HOSTILE}"
    items = [
        item(name, verdict, name, HOSTILE, place=HOSTILE, reading=HOSTILE),
        item(name, "HOLDS", reading=HOSTILE * 2),
        item(name + "2", "HOLDS", name, paper={"key": HOSTILE, "citation": HOSTILE}),
    ]
    outline = Outline(page_of(*items))
    assert len(outline.inside["script"]) == 2
    assert not [tag for tag, _ in outline.elements if tag == "img"]
    assert not [key for _, attrs in outline.elements for key in attrs if key.startswith("on")]
    assert all(re.fullmatch(r"#[A-Za-z0-9._-]+", link) for link in outline.values("href") if link != FCG["link"])
