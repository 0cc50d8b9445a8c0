"""The proof graph of each paper: a drawing of nodes and edges, and the same in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lemmata.report.drawing import short
from lemmata.report.graph import REFUTED, WEAK, Node, Path, by_paper, unsound_edges
from lemmata.report.layout import Layout, layout

NODE = (176, 54)  # width and height, in units
PITCH = (244, 66)  # from one node to the next
MARGIN = 6
LONGEST = 26  # characters of a name in a node


@dataclass(frozen=True)
class Box:
    """A node as it is drawn: its place, name and note, and whether it stands on what is "refuted", "vacuous" or ""."""

    node: Node
    x: str
    y: str
    label: str
    note: str
    ground: str


@dataclass(frozen=True)
class Drawing:
    """A graph that can be drawn: boxes, and the edges as (class, path)."""

    width: str
    height: str
    boxes: list[Box]
    edges: list[tuple[str, str]]


@dataclass(frozen=True)
class PaperGraph:
    """The graph of one paper.

    Attributes:
        key: of the paper, "" for claims without one.
        nodes: its claims, and what they use.
        drawing: None where there is no edge, or too much to draw.
        alone: the claims that use no other and that none uses.
        weak: the refuted and the vacuous claims, each with the paths of those that rest on it.
        circular: pairs of claims whose edge closes a circle.
        too_large: is there more than can be drawn?
    """

    key: str
    nodes: list[Node]
    drawing: Drawing | None
    alone: list[Node]
    weak: list[tuple[Node, list[Path]]]
    circular: list[tuple[str, str]]
    too_large: bool


def paper_graphs(nodes: Mapping[str, Node], under: Mapping[str, Sequence[Path]]) -> list[PaperGraph]:
    """The graphs of all papers, in the order in which the papers come.

    Args:
        nodes: the proof graph of a record.
        under: its foundations, from :func:`lemmata.report.graph.foundations`.
    """
    felt = unsound_edges(nodes, under)
    return [_paper_graph(key, group, under, felt) for key, group in by_paper(nodes).items()]


def _paper_graph(
    key: str, nodes: Mapping[str, Node], under: Mapping[str, Sequence[Path]], felt: Mapping[tuple[str, str], str]
) -> PaperGraph:
    own = {name: [used for used in node.uses if node.paper == key] for name, node in nodes.items()}
    joined = {name for name, uses in own.items() if uses} | {used for uses in own.values() for used in uses}
    placed = layout({name: [used for used in own[name] if used in joined] for name in own if name in joined})
    over: dict[str, list[Path]] = {}
    for name in nodes:
        for path in under.get(name, ()):
            over.setdefault(path[-1], []).append(path)
    return PaperGraph(
        key=key,
        nodes=list(nodes.values()),
        drawing=_drawing(key, placed, nodes, under, felt) if placed and joined else None,
        alone=[node for name, node in nodes.items() if name not in joined],
        weak=[(node, sorted(over.get(name, []), key=len)) for name, node in nodes.items() if node.verdict in WEAK],
        circular=sorted(placed.circular) if placed else [],
        too_large=placed is None,
    )


def _drawing(
    key: str,
    placed: Layout,
    nodes: Mapping[str, Node],
    under: Mapping[str, Sequence[Path]],
    felt: Mapping[tuple[str, str], str],
) -> Drawing:
    boxes = []
    for name, (column, height) in placed.places.items():
        x, y = MARGIN + column * PITCH[0], MARGIN + height * PITCH[1]
        ground = _ground(nodes[path[-1]] for path in under.get(name, ()))
        boxes.append(Box(nodes[name], short(x), short(y), _label(key, name), _note(nodes[name], ground), ground))
    edges: dict[tuple[str, str], None] = {}  # those that run together are drawn once
    for (user, used), route in placed.routes.items():
        role = felt.get((user, used), "sound") + (" circular" if (user, used) in placed.circular else "")
        edges |= {(role, stretch): None for stretch in _stretches(route)}
    return Drawing(
        width=short(2 * MARGIN + (placed.columns - 1) * PITCH[0] + NODE[0]),
        height=short(2 * MARGIN + (placed.height - 1) * PITCH[1] + NODE[1]),
        boxes=boxes,
        edges=sorted(edges, key=lambda edge: ("refuted" in edge[0], "vacuous" in edge[0])),  # the last on top
    )


def _ground(under: Iterable[Node]) -> str:
    verdicts = {node.verdict for node in under}
    return "refuted" if verdicts & REFUTED else "vacuous" if verdicts else ""


def _note(node: Node, ground: str) -> str:
    """What a reader has to know beside the verdict: on what the claim rests, and whether a reading of it holds."""
    parts = [f"rests on {ground}"] if ground else []
    return "; ".join([*parts, f"holds as {', '.join(node.holds_as)}"] if node.holds_as else parts)


def _label(key: str, name: str) -> str:
    """The name without its paper, which is the one that is drawn, and not longer than its box."""
    name = name.removeprefix(f"{key}.")
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _stretches(route: Sequence[tuple[int, float]]) -> Iterator[str]:
    """From the right side of the used node, level through the columns between, to an arrow at its user."""
    middle = NODE[1] / 2
    points = [(MARGIN + column * PITCH[0], MARGIN + height * PITCH[1] + middle) for column, height in route]
    for at, ((x_from, y_from), (x_to, y_to)) in enumerate(pairwise(points), 2):
        turn = short((x_from + NODE[0] + x_to) / 2)
        curve = f"M{short(x_from + NODE[0])} {short(y_from)}C{turn} {short(y_from)} {turn} {short(y_to)}"
        if at == len(points):
            yield f"{curve} {short(x_to - 5)} {short(y_to)}m0-3l5 3l-5 3"
        else:
            yield f"{curve} {short(x_to)} {short(y_to)}H{short(x_to + NODE[0])}"
