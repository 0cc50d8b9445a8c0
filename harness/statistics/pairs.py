"""Growth seen in pairs of draws that differ in one axis alone: exact, whatever the other axes do.

Let no quantile up to 1 - delta rise by more than b from one end of an axis to the other while all else is kept. Of two
independent draws, x at the near end and y at the far one, y - b > x then has a probability of at most
delta + (1 - delta)^2 / 2: where y is among its largest fraction delta, or x is at a lower level than y. So the number
of such pairs among disjoint ones is at most binomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from lemmata.statistics.rises import Floats, log_tail

Integers = NDArray[np.int64]

# Pairs wanted, in multiples of those that could just convict if all agreed. With fewer, one axis less is held fixed.
_ENOUGH = 2.0


def matched(codes: Sequence[Integers], near: Integers, far: Integers, least: float) -> tuple[Integers, Integers]:
    """Disjoint pairs of one near and one far draw that agree in the other axes.

    While there are fewer than `least` pairs, the axis whose loss gives most of them is held fixed no more: the draws
    of a pair are then independent in that axis. Values of the ratio have no part in it.

    Args:
        codes: number of the rung of every draw, of each of the other axes, A arrays of shape [N].
        near: indices of the draws at the near end.
        far: indices of the draws at the far end.
        least: pairs that are wanted.

    Returns:
        Indices of the near and of the far draw of each pair, both of shape [P].
    """
    fixed = list(range(len(codes)))
    keys = _keys(codes, fixed, near, far)
    while _count(*keys) < least and fixed:
        less = [[axis for axis in fixed if axis != dropped] for dropped in fixed]
        options = [_keys(codes, names, near, far) for names in less]
        best = max(range(len(less)), key=lambda i: _count(*options[i]))
        fixed, keys = less[best], options[best]
    most = max(near.size, far.size) + 1
    a, b = (_numbered(key, most) for key in keys)
    _, i, j = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    return near[i], far[j]


def pairs_wanted(delta: float, alpha: float) -> float:
    """How many pairs a test at error alpha should have."""
    return _ENOUGH * log(alpha) / log(chance(delta))


def chance(delta: float) -> float:
    """Largest probability that the far draw of a pair exceeds the near one by more than the allowed rise."""
    return delta + (1 - delta) ** 2 / 2


def pairs_to_convict(n: int, delta: float, alpha: float) -> int | None:
    """Of n pairs, how many have to rise for a trend at error alpha; None if even n would not do."""
    enough = np.flatnonzero(log_tail(n, chance(delta)) <= log(alpha))
    return int(enough[0]) if enough.size else None


def least_rise_of_pairs(differences: Floats, delta: float, alpha: float) -> float:
    """Largest rise that the pairs rule out, error alpha; -inf where they are too few.

    Args:
        differences: far less near value of each pair, shape [P].
        delta: probability with which the bound may fail.
        alpha: error.
    """
    needed = pairs_to_convict(differences.size, delta, alpha)
    return -np.inf if needed is None else float(np.sort(differences)[differences.size - needed])


def _keys(codes: Sequence[Integers], fixed: Sequence[int], near: Integers, far: Integers) -> tuple[Integers, Integers]:
    """A number for the cell of each near and far draw, the same number for the same rungs of the fixed axes."""
    key = np.zeros(near.size + far.size, np.int64)
    chosen = np.concatenate([near, far])
    for axis in fixed:
        code = codes[axis][chosen]
        key = key * (int(code.max(initial=0)) + 1) + code
    return key[: near.size], key[near.size :]


def _count(near: Integers, far: Integers) -> int:
    """Pairs that can be made."""
    cells, n = np.unique(near, return_counts=True)
    others, m = np.unique(far, return_counts=True)
    _, i, j = np.intersect1d(cells, others, assume_unique=True, return_indices=True)
    return int(np.minimum(n[i], m[j]).sum())


def _numbered(key: Integers, most: int) -> Integers:
    """Keys made unique by the place among the draws of the same cell, which are fewer than `most`."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(ordered)) + 1]) if key.size else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, key.size))
    place = np.empty(key.size, np.int64)
    place[order] = np.arange(key.size) - np.repeat(starts, lengths)
    return key * most + place
