"""How runs are put together: in buckets of one shape, and in chunks that fit the caches and the memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple, TypeVar

from lemmata.vocabulary.verdict import NotMeasuredError, Verdict

CACHE = 8 << 20  # bytes of weights and activations that a chunk should not exceed on a CPU
CALL_FLOPS = 2e7  # work of one product, below which a call costs more than what it does


class TooLargeError(NotMeasuredError):
    """One network alone does not fit into memory: says how much it needs and how much there is."""

    def __init__(self, why: str) -> None:
        super().__init__(Verdict.SKIPPED, f"memory: {why}")


class Shape(NamedTuple):
    """Padded sizes of the networks that are trained together.

    Attributes:
        layers: rows and columns of W_1 .. W_{L+1}.
        n: samples.
    """

    layers: tuple[tuple[int, int], ...]
    n: int

    @property
    def m(self) -> int:
        """Largest width."""
        return max(columns for _, columns in self.layers)

    @property
    def weights(self) -> int:
        """Entries of all weights."""
        return sum(rows * columns for rows, columns in self.layers)

    def bytes(self, itemsize: int, steps: int) -> int:
        """Peak memory of one network: W, W_0, V, one gradient, the activations, and the trace.

        itemsize (3 P + max_l P_l + n m (2L + 3) + rows of the trace), P the entries of all weights.
        """
        largest = max(rows * columns for rows, columns in self.layers)
        trace = (steps + 1) * (2 * len(self.layers) + 3)
        return itemsize * (3 * self.weights + largest + self.activations + trace)

    @property
    def activations(self) -> int:
        """Entries of all activations, n m (2L + 3)."""
        return self.n * self.m * (2 * len(self.layers) + 1)


Key = TypeVar("Key", bound=Hashable)


def buckets(keys: Sequence[Key]) -> dict[Key, list[int]]:
    """The indices that have each key, in their order."""
    found: dict[Key, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        found[key].append(index)
    return dict(found)


def chunk_size(shape: Shape, itemsize: int, steps: int, budget: int, gpu: bool) -> int:
    """How many networks to train together.

    Args:
        shape: of the networks.
        itemsize: bytes of a number.
        steps: of the longest run.
        budget: bytes that may be used.
        gpu: fill a GPU, or stay in the caches of a CPU?

    Raises:
        TooLargeError: if not one fits the budget.
    """
    each = shape.bytes(itemsize, steps)
    fits = budget // each
    if fits < 1:
        raise TooLargeError(
            f"one network with m = {shape.m}, L = {len(shape.layers) - 1}, n = {shape.n} needs "
            f"{each / 2**30:.2f} GiB to train, and {budget / 2**30:.2f} GiB are left: lower the largest m or L, or use "
            "fewer workers"
        )
    if gpu:
        return fits
    working_set = itemsize * (shape.weights + shape.activations)
    cached = max(CACHE // working_set, int(CALL_FLOPS / (2 * shape.n * shape.m**2)), 1)
    return min(fits, cached)
