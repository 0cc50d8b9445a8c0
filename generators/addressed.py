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

from lemmata.generators.draws import check_sizes

MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
INCREMENTS = 0x9E3779B9, 0xBB67AE85
WORD = 0xFFFFFFFF
BLOCK = {"cpu": 1 << 14, "cuda": 1 << 22}  # Philox calls at a time: what fits the cache, and what fills the device


def draw_key(rng: np.random.Generator) -> int:
    """A 64-bit key from a trial's generator."""
    return int(rng.integers(2**64, dtype=np.uint64))


def normals_at(keys: Sequence[int], layer: int, rows: int, columns: int, device: str = "cpu") -> Tensor:
    """Independent standard normals in float64, shape [B, rows, columns]; see :func:`fill_normals`."""
    check_sizes(len(keys), (rows, columns))
    out = torch.empty(len(keys), rows, columns, dtype=torch.float64, device=device)
    return fill_normals(out, keys, layer, 1.0)


def fill_normals(out: Tensor, keys: Sequence[int], layer: int, scale: float, *, single: bool = False) -> Tensor:
    """Fill with independent normals of standard deviation ``scale``, in float64 and then rounded to the type of out.

    Args:
        out: where they go, [B, rows, columns], of any layout, on any device.
        keys: one 64-bit key per network.
        layer: which matrix of the network.
        scale: factor of the standard normals.
        single: round to float32 first, so that float32 and float64 hold the same numbers.

    Returns:
        ``out``.

    Raises:
        ValueError: for another number of keys than networks, or a key outside [0, 2^64).
    """
    batch, rows, columns = out.shape
    if len(keys) != batch:
        raise ValueError(f"{len(keys)} keys for {batch} networks: give one per network")
    if any(not 0 <= key < 2**64 for key in keys):
        raise ValueError(f"keys {[key for key in keys if not 0 <= key < 2**64][:3]}: a key has 64 bits")
    halves = [[key >> shift & WORD for key in keys] for shift in (0, 32)]
    key = [torch.tensor(half, device=out.device).view(-1, 1, 1) for half in halves]
    pairs, block = -(-columns // 2), BLOCK[out.device.type]
    networks, column = max(block // (rows * pairs), 1), torch.arange(pairs, device=out.device)
    step = max(block // (min(networks, batch) * pairs), 1)
    for b in range(0, batch, networks):
        few = slice(b, b + networks)
        for start in range(0, rows, step):
            row = torch.arange(start, min(start + step, rows), device=out.device)[:, None]
            words = philox((column, row, layer, 0), [word[few] for word in key])
            part = out[few, start : start + step]
            for i, (high, low) in enumerate((words[:2], words[2:])):
                normals = torch.special.ndtri(_uniform(high, low)).mul_(scale)
                target = part[..., i::2]
                target.copy_((normals.float() if single else normals)[..., : target.shape[-1]])
    return out


def philox(counter: Sequence[Tensor | int], key: Sequence[Tensor | int]) -> list[Tensor]:
    """The four output words of Philox-4x32-10, as int64 tensors with values below 2^32.

    Args:
        counter: four words below 2^32; tensors broadcast with each other and with the key.
        key: two words.
    """
    tensors = [word for word in (*counter, *key) if isinstance(word, Tensor)]
    shape = torch.broadcast_shapes(*(word.shape for word in tensors))  # type: ignore[no-untyped-call]
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
