"""Which claims stand on which: the proof graph of a record, and through what a refuted claim is felt."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lemmata.report.ablations import statements
from lemmata.report.wording import SEVERITY

REFUTED = frozenset({"VIOLATED", "TREND"})
PASSES = frozenset({"HOLDS", "HOLDS_UP_TO_CONSTANT"})
WEAK = REFUTED | {"VACUOUS"}

Path = tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A claim in the graph.

    Attributes:
        name: its id.
        paper: the key of its paper, "" where it has none.
        place: where in the paper.
        verdict: the most severe of its bounds and readings; None for a claim that is used and was not checked.
        holds_as: where it is refuted, the readings of it that hold in all their bounds.
        uses: the claims that its proof rests on, without repetition and without itself.
    """

    name: str
    paper: str
    place: str
    verdict: str | None
    holds_as: tuple[str, ...]
    uses: tuple[str, ...]


def proof_graph(items: Iterable[Mapping[str, Any]]) -> dict[str, Node]:
    """The claims of a record in the order in which they come, and after them those that are only used."""
    claims: dict[str, list[Mapping[str, Any]]] = {}
    for item in statements(items):
        claims.setdefault(item["claim"], []).append(item)
    nodes = {name: _node(name, group) for name, group in claims.items()}
    used = dict.fromkeys(used for node in nodes.values() for used in node.uses if used not in nodes)
    return nodes | {name: Node(name, "", "", None, (), ()) for name in used}


def severest(verdicts: Iterable[str]) -> str:
    """The verdict that a reader has to know first; a word that is not among them comes before all others."""
    return max(verdicts, key=lambda word: SEVERITY.index(word) if word in SEVERITY else len(SEVERITY))


def _node(name: str, items: Sequence[Mapping[str, Any]]) -> Node:
    readings: dict[str, set[str]] = {}
    for item in items:
        readings.setdefault(item["reading"], set()).add(item["verdict"])
    verdict = severest(item["verdict"] for item in items)
    holding = tuple(reading for reading, verdicts in readings.items() if verdicts <= PASSES)
    uses = dict.fromkeys(str(used) for item in items for used in item.get("uses") or [])
    uses.pop(name, None)
    first = items[0]
    paper = (first.get("paper") or {}).get("key")
    place = str(first.get("place") or "")
    return Node(name, str(paper or ""), place, verdict, holding if verdict in REFUTED else (), tuple(uses))


def foundations(nodes: Mapping[str, Node]) -> dict[str, list[Path]]:
    """For each claim, one shortest path to each refuted or vacuous claim under it.

    A path begins with the claim and ends with the weak one; the paths come by length. Claims without any are left
    out, and a weak claim is not said to rest on itself.
    """
    paths: dict[str, list[Path]] = {}
    for weak, node in nodes.items():
        if node.verdict in WEAK:
            for path in _reached_from(weak, _users(nodes)):
                paths.setdefault(path[0], []).append(path)
    return {name: sorted(paths[name], key=len) for name in nodes if name in paths}


def _users(nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for node in nodes.values():
        for used in node.uses:
            users.setdefault(used, []).append(node.name)
    return users


def _reached_from(weak: str, users: Mapping[str, Sequence[str]]) -> list[Path]:
    """Shortest paths down to one claim, from each of those that rest on it, the nearest first."""
    found: dict[str, Path] = {weak: (weak,)}
    queue = deque(found)
    while queue:
        name = queue.popleft()
        for user in users.get(name, ()):
            if user not in found:
                found[user] = (user, *found[name])
                queue.append(user)
    return list(found.values())[1:]


def unsound_edges(nodes: Mapping[str, Node], paths: Mapping[str, Sequence[Path]]) -> dict[tuple[str, str], str]:
    """The edges (user, used) over which a weakness is felt: "refuted" if it is from a refuted claim, else "vacuous"."""

    def weakness(name: str) -> str | None:
        verdicts = {nodes[path[-1]].verdict for path in paths.get(name, ())} | {nodes[name].verdict}
        return "refuted" if verdicts & REFUTED else "vacuous" if "VACUOUS" in verdicts else None

    weak = {name: weakness(name) for name in nodes}
    return {(node.name, used): felt for node in nodes.values() for used in node.uses if (felt := weak[used])}


def by_paper(nodes: Mapping[str, Node]) -> dict[str, dict[str, Node]]:
    """For each paper its claims, and after them what these use from elsewhere or what was not checked."""
    papers: dict[str, dict[str, Node]] = {}
    for node in nodes.values():
        if node.verdict is not None:
            papers.setdefault(node.paper, {})[node.name] = node
    for claims in papers.values():
        for node in list(claims.values()):
            claims |= {used: nodes[used] for used in node.uses if used not in claims}
    return papers
