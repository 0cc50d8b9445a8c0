"""Random numbers by address: a draw is a function of (key, layer, row, column), and of nothing else.

Philox-4x32-10 (Salmon et al., SC 2011) in integer arithmetic, which gives the same bits on every device, and the
inverse of the normal distribution function, one uniform number for one normal. A draw depends neither on the batch,
nor on the shape that is asked for: a wide matrix has the narrow one as its upper left corner.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from generators.draws import check_sizes

MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
INCREMENTS = 0x9E3779B9, 0xBB67AE85
WORD = 0xFFFFFFFF
BLOCK = {"cpu": 1 << 14, "cuda": 1 << 22}  # Philox calls at a time: what fits the cache, and what fills the device


def draw_keys(rngs: Sequence[np.random.Generator]) -> list[int]:
    """A 64-bit key from each trial's generator."""
    return [int(rng.integers(2**64, dtype=np.uint64)) for rng in rngs]


def normals_at(keys: Sequence[int], layer: int, rows: int, columns: int, device: str = "cpu") -> Tensor:
    """Independent standard normals, float64.

    Args:
        keys: one 64-bit key per network.
        layer: which matrix of the network.
        rows: number of rows.
        columns: number of columns.
        device: where to draw.

    Returns:
        Shape [B, rows, columns].

    Raises:
        ValueError: without keys, for a key outside [0, 2^64), or when a size is below one.
    """
    check_sizes(len(keys), (rows, columns))
    if any(not 0 <= key < 2**64 for key in keys):
        raise ValueError(f"keys {[key for key in keys if not 0 <= key < 2**64][:3]}: a key has 64 bits")
    key = [
        torch.tensor([key >> shift & WORD for key in keys], device=device).view(-1, 1, 1) for shift in (0, 32)
    ]
    pairs = -(-columns // 2)
    draws = torch.empty(len(keys), rows, pairs, 2, dtype=torch.float64, device=device)
    block = BLOCK[torch.device(device).type]
    networks, column = max(block // (rows * pairs), 1), torch.arange(pairs, device=device)
    step = max(block // (min(networks, len(keys)) * pairs), 1)
    for b in range(0, len(keys), networks):
        few = slice(b, b + networks)
        for start in range(0, rows, step):
            row = torch.arange(start, min(start + step, rows), device=device)[:, None]
            words = philox((column, row, layer, 0), [word[few] for word in key])
            part = draws[few, start : start + step]
            for i, (high, low) in enumerate((words[:2], words[2:])):
                part[..., i] = torch.special.ndtri(_uniform(high, low))
    return draws.flatten(2)[..., :columns]


def philox(counter: Sequence[Tensor | int], key: Sequence[Tensor | int]) -> list[Tensor]:
    """The four output words of Philox-4x32-10, as int64 tensors with values below 2^32.

    Args:
        counter: four words below 2^32; tensors broadcast with each other and with the key.
        key: two words.
    """
    tensors = [word for word in (*counter, *key) if isinstance(word, Tensor)]
    shape = torch.broadcast_shapes(*(word.shape for word in tensors))
    device = tensors[0].device
    c0, c1, c2, c3 = (
        (word.expand(shape).clone() if isinstance(word, Tensor) else torch.full(shape, word, device=device))
        for word in counter
    )
    k0, k1 = key
    for _ in range(10):
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]  # products wrap, as the 64 bits of the algorithm do
        torch.bitwise_right_shift(p1, 32, out=c0).bitwise_and_(WORD).bitwise_xor_(c1).bitwise_xor_(k0)
        torch.bitwise_right_shift(p0, 32, out=c2).bitwise_and_(WORD).bitwise_xor_(c3).bitwise_xor_(k1)
        c1, c3 = p1.bitwise_and_(WORD), p0.bitwise_and_(WORD)
        k0, k1 = (k0 + INCREMENTS[0]) & WORD, (k1 + INCREMENTS[1]) & WORD
    return [c0, c1, c2, c3]


def _uniform(high: Tensor, low: Tensor) -> Tensor:
    """(k + 1/2) 2^-52 with the 52 upper bits k of two words: inside (0, 1), symmetric about 1/2."""
    return ((high << 20 | low >> 12).double() + 0.5) * 2.0**-52
