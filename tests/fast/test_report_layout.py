"""The layout of a graph: everything at its place, nothing on top of another, few crossings."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from lemmata.report.layout import BEND, Layout, apart, layout

FAMILY = {"x": ["a", "b"], "y": ["b", "c"], "a": [], "b": [], "c": [], "top": ["x", "y", "a"]}


def random_graph(seed: int, size: int = 30, share: float = 0.1) -> dict[str, list[str]]:
    rng = random.Random(seed)
    names = [f"n{k}" for k in range(size)]
    rng.shuffle(names)
    uses = {name: [used for used in names[:k] if rng.random() < share] for k, name in enumerate(names)}
    return {name: uses[name] for name in sorted(uses)}


def check(placed: Layout, uses: dict[str, list[str]]) -> None:
    """What holds of every layout."""
    assert placed.places.keys() == uses.keys()
    for (user, used), route in placed.routes.items():
        assert (route[0], route[-1]) == (placed.places[used], placed.places[user])
        columns = [column for column, _ in route]
        step = -1 if (user, used) in placed.circular else 1
        assert all(b - a == step for a, b in pairwise(columns)), "an edge passes every column between"
    rooms = dict.fromkeys(placed.places.values(), 1.0)
    rooms = {place: BEND for route in placed.routes.values() for place in route[1:-1]} | rooms
    for (column, height), (other, lower) in pairwise(sorted(rooms)):
        gap = (rooms[column, height] + rooms[other, lower]) / 2
        assert column != other or lower - height >= gap - 1e-9, "nothing lies on top of another"
    assert min(height for _, height in rooms) >= 0
    assert placed.height >= 1 + max(height for _, height in rooms) - 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_any_graph_without_circles_runs_from_left_to_right(seed):
    uses = random_graph(seed)
    placed = layout(uses)
    check(placed, uses)
    assert not placed.circular
    assert all(placed.places[used][0] < placed.places[user][0] for user in uses for used in uses[user])
    assert placed == layout(uses), "the same graph gives the same picture"


@pytest.mark.parametrize("seed", range(20))
def test_any_graph_with_circles_is_drawn_with_few_edges_turned_around(seed):
    rng = random.Random(seed)
    uses = random_graph(seed, 20)
    for _ in range(6):
        uses[rng.choice(list(uses))].append(rng.choice(list(uses)))
    placed = layout(uses)
    check(placed, uses)
    assert len(placed.circular) <= 6
    assert placed.routes.keys() == {(user, used) for user in uses for used in uses[user] if user != used}


def test_columns_are_longest_paths_and_roots_stand_before_their_first_user():
    uses = {"a": [], "b": ["a"], "c": ["b"], "d": ["c", "late", "a"], "late": [], "e": ["d"]}
    columns = {name: column for name, (column, _) in layout(uses).places.items()}
    assert columns == {"a": 0, "b": 1, "c": 2, "late": 2, "d": 3, "e": 4}


def crossings(placed: Layout) -> int:
    """Pairs of stretches that cross, counted one against another."""
    stretches = sorted({pair for route in placed.routes.values() for pair in pairwise(route)})
    return sum(
        a[0][0] == b[0][0] and (a[0][1] - b[0][1]) * (a[1][1] - b[1][1]) < -1e-9
        for k, a in enumerate(stretches)
        for b in stretches[:k]
    )


def test_a_tree_and_a_ladder_are_drawn_without_a_crossing():
    tree = {f"n{k}": [f"n{j}" for j in (2 * k + 1, 2 * k + 2) if j < 31] for k in range(31)}
    shuffled = {name: tree[name] for name in sorted(tree, key=lambda name: hash(name) % 7 + len(tree[name]))}
    assert crossings(layout(tree)) == crossings(layout(shuffled)) == 0
    rungs = {f"{side}{k}": [f"{side}{k - 1}"] if k else [] for k in range(6) for side in "vu"}
    assert crossings(layout(rungs)) == 0
    assert crossings(layout(FAMILY)) <= 1


def test_barycentres_remove_most_crossings_of_a_random_graph():
    best, plain = 0, 0
    for seed in range(10):
        placed = layout(random_graph(seed))
        best += crossings(placed)
        rng = random.Random(seed)
        heights = {place: rng.random() for route in placed.routes.values() for place in route}
        routes = {edge: [(column, heights[column, y]) for column, y in r] for edge, r in placed.routes.items()}
        plain += crossings(Layout(placed.places, routes, placed.circular))
    assert best < 0.45 * plain


def test_edges_of_one_node_run_together_until_they_part():
    placed = layout({"a": [], "b": ["a"], "c": ["b"], "d": ["c", "a"], "e": ["c", "a"]})
    (one, other) = placed.routes["d", "a"], placed.routes["e", "a"]
    assert one[:-1] == other[:-1]
    assert len(one) == 4


def test_long_chains_do_not_exhaust_the_stack_and_too_much_is_not_drawn():
    chain = {f"n{k}": [f"n{k + 1}"] if k < 1500 else [] for k in range(1501)}
    assert layout(chain).columns == 1501
    assert layout({f"n{k}": [] for k in range(3000)}) is None
    assert layout({}).columns == 0
    assert layout({}).height == 0


@pytest.mark.parametrize("seed", range(5))
def test_heights_are_the_nearest_that_keep_their_gaps(seed):
    rng = random.Random(seed)
    wanted = [rng.uniform(0, 5) for _ in range(7)]
    gaps = [rng.choice([0.5, 1.0]) for _ in range(6)]
    found = apart(wanted, gaps)

    def cost(heights: list[float]) -> float:
        return sum((a - b) ** 2 for a, b in zip(heights, wanted, strict=True))

    assert all(b - a >= gap - 1e-9 for (a, b), gap in zip(pairwise(found), gaps, strict=True))
    for _ in range(3000):  # no neighbour that keeps the gaps is nearer
        other = [height + rng.gauss(0, 0.05) for height in found]
        if all(b - a >= gap for (a, b), gap in zip(pairwise(other), gaps, strict=True)):
            assert cost(other) >= cost(found) - 1e-9
    assert apart([1.0, 5.0], [1.0]) == [1.0, 5.0], "what is apart already stays"
