"""Does a network train to the same bits alone and in a batch? torch does not promise it, so it is looked at."""

from __future__ import annotations

import functools

import torch

from lemmata.engine.train import Network, Run, train

SHAPES = ((Network(5, 24, 3, 0.4), 7), (Network(3, 33, 2, 0.5, m_out=18), 4))
STEPS = 5


@functools.cache
def is_bitwise() -> bool:
    """Two small shapes in both precisions on the CPU: three networks together against each of them alone."""
    return all(_agrees(network, n, dtype) for network, n in SHAPES for dtype in (torch.float64, torch.float32))


def _agrees(network: Network, n: int, dtype: torch.dtype) -> bool:
    angles = torch.arange(3 * n * network.d, dtype=torch.float64).view(3, n, network.d)
    x = torch.nn.functional.normalize(angles.cos(), dim=-1)
    y = torch.where(x[..., 0] >= 0, 1.0, -1.0).double()
    runs = [Run(network, key, x[key], y[key], 1 / network.m, STEPS) for key in range(3)]
    cpu = torch.device("cpu")
    together = train(runs, dtype=dtype, device=cpu)
    alone = [train([run], dtype=dtype, device=cpu)[0] for run in runs]
    return all(
        torch.equal(getattr(a, part), getattr(b, part))
        for a, b in zip(together, alone, strict=True)
        for part in ("loss", "surrogate", "gradient", "distance")
    )
