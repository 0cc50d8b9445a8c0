"""Suprema over s-sparse unit vectors: exact for a linear form, truncated power iteration for a bilinear one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lemmata.adversaries.found import Found, check_trials, normals, unit


class SparsePair(NamedTuple):
    """The vectors of a bilinear form b^T M a: a [B, q] and b [B, p], s-sparse and of norm 1."""

    a: Tensor
    b: Tensor


def top_s_norm(q: Tensor, s: int) -> Tensor:
    r"""$\sup |q^\top a|$ over s-sparse unit vectors a: the norm of the s largest $|q_k|$, exactly.

    Args:
        q: [..., m]; a zero vector gives 0.
        s: sparsity; above m it counts as m.

    Returns:
        Shape [...].

    Raises:
        ValueError: if s < 1, or q holds a NaN or no numbers.
    """
    _check("q", q, s)
    return q.abs().topk(min(s, q.shape[-1])).values.norm(dim=-1)


def truncate(q: Tensor, s: int) -> Tensor:
    """The s-sparse unit vector a that attains `top_s_norm`, [..., m]; zero where q is."""
    _check("q", q, s)
    top = q.abs().topk(min(s, q.shape[-1])).indices
    return unit(torch.zeros_like(q).scatter(-1, top, q.gather(-1, top)))


def truncated_power(
    M: Tensor, s: int, rngs: Sequence[np.random.Generator], *, n_starts: int = 32, steps: int = 20
) -> Found[SparsePair]:
    r"""$\sup |b^\top M a|$ over s-sparse unit vectors a and b, from below; exact for s = 1.

    With a fixed, the best b is M a truncated to its s largest entries; likewise a. Alternating the two never
    lowers the value. It starts at the columns of the largest entries, at the columns and rows of largest
    `top_s_norm`, and at random vectors. Random starts alone lose ground as M grows: on Gaussian matrices 5 % at
    width 256 and 11 % at 1024 (s = 4).

    What is reached: on Gaussian matrices 99.7 % of the supremum on average, and mostly all, where it can be
    enumerated (width up to 128 at s = 2, up to 14 at s = 3); planted spikes that stand out of the noise. In wider
    pure noise the true share is not known; three times the starts gain 1 % (width 1024, s = 16). For a related
    problem, the submatrix of largest mean, local search is proved to stop at $1/\sqrt2$ of the optimum as the
    width grows (Gamarnik and Li, 2018).

    Args:
        M: matrices [B, p, q].
        s: sparsity of a and of b.
        rngs: one generator for each trial.
        n_starts: number of starts of each of the four kinds.
        steps: how often a and b take turns.

    Returns:
        The largest value [B] and its vectors; `random` is the best of the random a, with the best b for each.

    Raises:
        ValueError: if a size is out of range, M holds a NaN, or there is not one generator for each trial.
    """
    if M.ndim != 3 or n_starts < 1 or steps < 1:
        raise ValueError(f"M of shape {tuple(M.shape)}, {n_starts} starts, {steps} steps: give [B, p, q], 1 and 1")
    _check("M", M, s)
    check_trials(rngs, len(M))
    random, seeds = _starts(M, s, rngs, n_starts)
    a = torch.cat([seeds, random], 1)
    for _ in range(steps):
        b = truncate(a @ M.mT, s)
        a = truncate(b @ M, s)
    value, best = top_s_norm(a @ M.mT, s).max(1)
    a = a[torch.arange(len(a), device=a.device), best]
    b = truncate((a[:, None] @ M.mT)[:, 0], s)
    return Found(value, SparsePair(a, b), top_s_norm(random @ M.mT, s).amax(1))


def _starts(M: Tensor, s: int, rngs: Sequence[np.random.Generator], n: int) -> tuple[Tensor, Tensor]:
    """Random s-sparse vectors and seeds that M suggests, both as rows [B, n, q]."""
    B, p, q = M.shape
    random = truncate(normals(rngs, (n, q), M), s)
    entries = M.abs().flatten(1).topk(min(n, p * q)).indices % q
    columns = top_s_norm(M.mT, s).topk(min(n, q)).indices
    rows = top_s_norm(M, s).topk(min(n, p)).indices
    eye = torch.eye(q, dtype=M.dtype, device=M.device)
    best_rows = truncate(M.gather(1, rows[:, :, None].expand(B, -1, q)), s)
    return random, torch.cat([eye[entries], eye[columns], best_rows], 1)


def _check(name: str, x: Tensor, s: int) -> None:
    if s < 1:
        raise ValueError(f"sparsity s = {s}: must be 1 or more")
    if x.numel() == 0 or bool(x.isnan().any()):
        raise ValueError(f"{name}, of shape {tuple(x.shape)}, is empty or holds a NaN")
