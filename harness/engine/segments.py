"""Run a descent in segments: between them, and never inside, the host looks whether anything still moves.

On a GPU a segment is captured once as a CUDA graph and replayed, so that its hundreds of launches cost one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lemmata.engine.descent import Descent

LENGTH = 16  # steps of a segment, at least

Segment = Callable[[Descent, Tensor, int], None]


def run_segments(descent: Descent, steps: int, distance_every: int = 1) -> Tensor:
    """Make the steps, unless nothing moves any more.

    Args:
        descent: networks on their way.
        steps: how many rows to measure; the last ones are left out if every network has stopped before.
        distance_every: distances are exact in every so many rows.

    Returns:
        The rows of the trace, [at most steps, 2 + 2(L+1) + 1, B].
    """
    length = distance_every * -(-LENGTH // distance_every)
    trace = torch.zeros(steps, *descent.now.shape, dtype=descent.now.dtype, device=descent.now.device)
    segment: Segment = _eager
    if descent.now.device.type == "cuda" and steps >= 3 * length:
        _on_side_stream(descent, trace[:length], distance_every)  # a capture needs warm libraries: these steps count
        segment = _captured(descent, length, distance_every)
        done = length
    else:
        done = 0
    while done < steps:
        rows = trace[done : done + length]
        (segment if len(rows) == length else _eager)(descent, rows, distance_every)
        done += len(rows)
        if descent.stop is not None and not bool(descent.moving.any()):
            break
    return trace[:done]


def _eager(descent: Descent, rows: Tensor, distance_every: int) -> None:
    """Steps one by one; the first one measures distances."""
    for k, row in enumerate(rows):
        descent.step(measure_distance=k % distance_every == 0)
        row.copy_(descent.now)


def _on_side_stream(descent: Descent, rows: Tensor, distance_every: int) -> None:
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        _eager(descent, rows, distance_every)
    torch.cuda.current_stream().wait_stream(stream)


def _captured(descent: Descent, length: int, distance_every: int) -> Segment:
    """A segment as a graph that writes into rows of its own, from where they are copied."""
    slab = torch.zeros(length, *descent.now.shape, dtype=descent.now.dtype, device=descent.now.device)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        _eager(descent, slab, distance_every)

    def replay(_: Descent, rows: Tensor, __: int) -> None:
        graph.replay()
        rows.copy_(slab)

    return replay
