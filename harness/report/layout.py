"""A drawing of a directed graph in columns: longest paths, few crossings, neighbours level with one another.

The way of Sugiyama, Tagawa, Toda (1981): break cycles, give each node a column, lead long edges through the columns
between, order each column by the barycentres of its neighbours, and only then choose heights. Edges from one node run
together until they part.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

SWEEPS = 12
MOST_PIECES = 2500  # nodes and bends of edges; more is no picture that anybody reads
BEND = 0.5  # room that an edge takes as it passes a column, where a node takes one

Edge = tuple[str, str]
Piece = Hashable  # a node's name, or (used, column) where edges from the used node pass a column
Place = tuple[int, float]


@dataclass(frozen=True)
class Layout:
    """Where everything is: columns count from what is used, heights from the top, one node being one high.

    Attributes:
        places: column and height of each node.
        routes: for each edge (user, used) the places from the used node to its user, bends included.
        circular: the edges that were turned around to break a cycle.
    """

    places: dict[str, Place]
    routes: dict[Edge, list[Place]]
    circular: frozenset[Edge]

    @property
    def columns(self) -> int:
        """How many there are."""
        return 1 + max((column for column, _ in self.places.values()), default=-1)

    @property
    def height(self) -> float:
        """Down to the lowest node or bend."""
        bends = (height for route in self.routes.values() for _, height in route)
        return 1 + max((*bends, *(height for _, height in self.places.values())), default=-1)


def layout(uses: Mapping[str, Sequence[str]]) -> Layout | None:
    """Place the nodes of a graph.

    Args:
        uses: for each node those that it uses. Cycles are allowed; names that are no key are left out.

    Returns:
        The places, or None where there is too much to draw.
    """
    edges = [(user, used) for user in uses for used in dict.fromkeys(uses[user]) if used in uses and used != user]
    order, circular = _order(uses)
    forward = [(a, b) if (a, b) not in circular else (b, a) for a, b in edges]
    columns = _columns(order, forward)
    chains = {edge: _chain(*pair, columns) for edge, pair in zip(edges, forward, strict=True)}
    pieces = dict.fromkeys((*order, *(piece for chain in chains.values() for piece in chain)))
    if len(pieces) > MOST_PIECES:
        return None
    column_of = {piece: piece[1] if isinstance(piece, tuple) else columns[str(piece)] for piece in pieces}
    layers: list[list[Piece]] = [[] for _ in range(1 + max(columns.values(), default=-1))]
    for piece in pieces:
        layers[column_of[piece]].append(piece)
    left, right = _neighbours(chains.values())
    layers = _fewest_crossings(layers, left, right)
    heights = _heights(layers, left, right)
    where = {piece: (column_of[piece], heights[piece]) for piece in pieces}
    routes = {
        edge: [where[piece] for piece in (reversed(chain) if edge in circular else chain)]
        for edge, chain in chains.items()
    }
    return Layout({name: where[name] for name in uses}, routes, circular)


def _order(uses: Mapping[str, Sequence[str]]) -> tuple[list[str], frozenset[Edge]]:
    """The nodes, each after what it uses, and the edges that have to be turned around for it: a depth-first walk."""
    order: list[str] = []
    circular: set[Edge] = set()
    state: dict[str, str] = {}
    for root in uses:
        walk = [(root, iter(uses[root]))] if root not in state else []
        state.setdefault(root, "open")
        while walk:
            name, rest = walk[-1]
            used = next((used for used in rest if used in uses and used != name), None)
            if used is None:
                state[name] = "done"
                order.append(name)
                walk.pop()
            elif used not in state:
                state[used] = "open"
                walk.append((used, iter(uses[used])))
            elif state[used] == "open":
                circular.add((name, used))
    return order, frozenset(circular)


def _columns(order: Sequence[str], forward: Iterable[Edge]) -> dict[str, int]:
    """One more than the furthest node used; a node that uses nothing stands just before its first user."""
    used_by: dict[str, list[str]] = {name: [] for name in order}
    uses: dict[str, list[str]] = {name: [] for name in order}
    for user, used in forward:
        uses[user].append(used)
        used_by[used].append(user)
    columns: dict[str, int] = {}
    for name in order:
        columns[name] = 1 + max((columns[used] for used in uses[name]), default=-1)
    roots = {
        name: min(columns[user] for user in used_by[name]) - 1 for name in order if used_by[name] and not uses[name]
    }
    return columns | roots


def _chain(user: str, used: str, columns: Mapping[str, int]) -> list[Piece]:
    """An edge from the used node to its user; edges of one used node share their way as far as they can."""
    return [used, *((used, column) for column in range(columns[used] + 1, columns[user])), user]


def _neighbours(chains: Iterable[Sequence[Piece]]) -> tuple[dict[Piece, list[Piece]], dict[Piece, list[Piece]]]:
    """For each piece its neighbours in the column before, and in the column after."""
    left: dict[Piece, list[Piece]] = {}
    right: dict[Piece, list[Piece]] = {}
    for a, b in dict.fromkeys(pair for chain in chains for pair in pairwise(chain)):
        right.setdefault(a, []).append(b)
        left.setdefault(b, []).append(a)
    return left, right


def _fewest_crossings(
    layers: list[list[Piece]], left: Mapping[Piece, list[Piece]], right: Mapping[Piece, list[Piece]]
) -> list[list[Piece]]:
    """The best order of all sweeps, each of which sorts columns by the mean rank of their neighbours."""
    best, fewest = layers, _crossings(layers, right)
    for sweep in range(SWEEPS):
        layers = [list(layer) for layer in layers]
        across = range(1, len(layers)) if sweep % 2 == 0 else range(len(layers) - 2, -1, -1)
        for k in across:
            beside, neighbours = (layers[k - 1], left) if sweep % 2 == 0 else (layers[k + 1], right)
            rank = {piece: position for position, piece in enumerate(beside)}
            own = {piece: position for position, piece in enumerate(layers[k])}
            layers[k].sort(key=lambda piece: _mean([rank[n] for n in neighbours.get(piece, ())], own[piece]))
        crossings = _crossings(layers, right)
        if crossings < fewest:
            best, fewest = layers, crossings
    return best


def _crossings(layers: Iterable[Sequence[Piece]], right: Mapping[Piece, list[Piece]]) -> int:
    """How many pairs of edges cross, between neighbouring columns."""
    count = 0
    for near, far in pairwise(layers):
        rank = {piece: position for position, piece in enumerate(far)}
        seen: list[int] = []
        for piece in near:
            ends = sorted(rank[n] for n in right.get(piece, ()))
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _heights(
    layers: Sequence[Sequence[Piece]], left: Mapping[Piece, list[Piece]], right: Mapping[Piece, list[Piece]]
) -> dict[Piece, float]:
    """Heights that keep the order and the room of each piece, drawn towards those of the neighbours."""
    heights: dict[Piece, float] = {}
    gaps = [[(_room(a) + _room(b)) / 2 for a, b in pairwise(layer)] for layer in layers]
    for layer, between in zip(layers, gaps, strict=True):
        heights |= dict(zip(layer, accumulate(between, initial=0.0), strict=True))
    for sweep in range(SWEEPS):
        across = range(len(layers)) if sweep % 2 == 0 else range(len(layers) - 1, -1, -1)
        for k in across:
            near = [[*left.get(piece, ()), *right.get(piece, ())] for piece in layers[k]]
            wanted = [
                _mean([heights[n] for n in around], heights[piece])
                for piece, around in zip(layers[k], near, strict=True)
            ]
            heights |= dict(zip(layers[k], apart(wanted, gaps[k]), strict=True))
    top = min(heights.values(), default=0.0)
    return {piece: height - top for piece, height in heights.items()}


def apart(wanted: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """The heights nearest to those wanted, in least squares, of which each keeps its gap to the one before.

    Without its gaps this is isotonic regression, solved by pooling neighbours that are out of order.
    """
    offsets = list(accumulate(gaps, initial=0.0))[: len(wanted)]
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, more = pools.pop()
            mean, count = (mean * count + other * more) / (count + more), count + more
        pools.append((mean, count))
    level = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(level, offsets, strict=True)]


def _room(piece: Piece) -> float:
    return BEND if isinstance(piece, tuple) else 1.0


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
