r"""Suprema over s-sparse unit vectors: exact for a linear form, truncated power iteration for a bilinear one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from harness.adversaries.ascent import unit
from harness.adversaries.found import Found


class SparsePair(NamedTuple):
    """The vectors of a bilinear form b^T M a: a [B, q] and b [B, p], s-sparse, of norm 1."""

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
        ValueError: if s < 1 or q holds a NaN.
    """
    return q.abs().topk(_sparsity(q, s)).values.norm(dim=-1)


def truncated_power(
    M: Tensor, s: int, rngs: Sequence[np.random.Generator], *, n_starts: int = 12, steps: int = 30
) -> Found[SparsePair]:
    r"""$\sup |b^\top M a|$ over s-sparse unit vectors a and b.

    With a fixed, the best b is the truncation of M a to its s largest entries, normalised; likewise a. Alternating the
    two never lowers the value. It starts at the columns of the largest entries, at the columns of largest `top_s_norm`,
    at the best row's support, and at random s-sparse vectors. Exact for s = 1.

    Args:
        M: matrices [B, p, q].
        s: sparsity of a and of b.
        rngs: one generator for each trial.
        n_starts: number of starts of each of the three kinds that come in numbers.
        steps: pairs of half-steps.

    Returns:
        The largest value [B] and its vectors; `random` is the best of the random starts before any step, with a chosen
        best for b.

    Raises:
        ValueError: if a size is out of range, M holds a NaN, or there is not one generator for each trial.
    """
    ...
