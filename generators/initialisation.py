"""Random parameters of the three papers' networks.

Frei, Cao, Gu (2019): Gaussian initialisation, Assumption 3.3. E, Ma, Wang, Wu (2019): initialisation 2.5 and the
slightly larger ones that the remark after it allows. Yun, Sra, Jadbabaie (2019): any parameters, here Gaussian.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lemmata.generators.draws import check_sizes, normals
from lemmata.generators.sphere import sphere


def fcg_gaussian(
    rngs: Sequence[np.random.Generator],
    d: int,
    m: int,
    L: int,
    m_out: int | None = None,
    dtype: torch.dtype = torch.float64,
    variance: float = 2.0,
) -> list[Tensor]:
    """Independent entries N(0, 2/m_l), where m_l is the number of columns of W_l (Assumption 3.3).

    Args:
        rngs: one generator per trial.
        d: input dimension.
        m: hidden width m_1 = ... = m_L.
        L: number of hidden layers.
        m_out: width m_{L+1} of the last layer, even because half of the output weights are -1; m by default.
        dtype: of the result.
        variance: replaces the 2, for false twins.

    Returns:
        W_1 .. W_{L+1}, shapes [B, d, m], [B, m, m] and so on, [B, m, m_out].

    Raises:
        ValueError: for an odd m_out, a variance that is not positive, or a size below one.
    """
    m_out = m if m_out is None else m_out
    check_sizes(len(rngs), (d, m, L, m_out))
    if m_out % 2:
        raise ValueError(f"m_out = {m_out} is odd: v has as many entries 1 as -1, so choose an even m_{{L+1}}")
    if not 0 < variance < math.inf:
        raise ValueError(f"variance = {variance}: entries need a positive and finite one")
    sizes = [d, *[m] * L, m_out]
    return [
        math.sqrt(variance / columns) * normals(rngs, rows, columns, dtype=dtype) for rows, columns in pairwise(sizes)
    ]


@dataclass(frozen=True, eq=False)
class EmwwParameters:
    """Parameters Theta of the network 2.3, all blocks of a kind in one tensor.

    Attributes:
        a: [B, blocks, m].
        r: [B, blocks, m].
        B: [B, blocks, m, d].
        C: [B, blocks, d, m].
    """

    a: Tensor
    r: Tensor
    B: Tensor
    C: Tensor

    @property
    def m(self) -> int:
        """Width."""
        return self.B.shape[2]

    @property
    def d(self) -> int:
        """Input dimension."""
        return self.B.shape[3]

    @property
    def blocks(self) -> int:
        """Number of blocks: L - 1 as the network has them, or L as the sums of the paper count them."""
        return self.B.shape[1]


def emww_initialisation(
    rngs: Sequence[np.random.Generator],
    d: int,
    m: int,
    L: int,
    blocks: int | None = None,
    dtype: torch.dtype = torch.float64,
) -> EmwwParameters:
    """Initialisation 2.5: a = r = 0, C = 0, rows of B uniform with norm 1/sqrt(m), so that ||B||_F = 1.

    Args:
        rngs: one generator per trial.
        d: input dimension.
        m: width.
        L: depth; the network has the states 1 .. L.
        blocks: L - 1 (default), the blocks that the network uses; or L, as printed in Theta = {...}_{l=1}^L.
        dtype: of the result.

    Raises:
        ValueError: for L < 2, another number of blocks, or a size below one.
    """
    blocks = _count_blocks(L, blocks)
    check_sizes(len(rngs), (m, d))
    rows = sphere(rngs, blocks * m, d).reshape(-1, blocks, m, d)
    vector = torch.zeros(len(rngs), blocks, m, dtype=dtype)
    return EmwwParameters(
        vector,
        vector.clone(),
        (rows / math.sqrt(m)).to(dtype),
        torch.zeros(len(rngs), blocks, d, m, dtype=dtype),
    )


def emww_larger_initialisation(
    rngs: Sequence[np.random.Generator],
    d: int,
    m: int,
    L: int,
    size: float = 1.0,
    blocks: int | None = None,
    dtype: torch.dtype = torch.float64,
) -> EmwwParameters:
    """The slightly larger initialisation after 2.5: rows of B from N(0, I/m), all other blocks of norm size/L.

    Args:
        rngs: one generator per trial.
        d: input dimension.
        m: width.
        L: depth.
        size: the constant in the norms O(1/L); the blocks point in uniform directions.
        blocks: L - 1 (default) or L, see :func:`emww_initialisation`.
        dtype: of the result.

    Raises:
        ValueError: for a negative size, L < 2, another number of blocks, or a size below one.
    """
    blocks = _count_blocks(L, blocks)
    if not 0 <= size < math.inf:
        raise ValueError(f"size = {size}: the norms size/L must be finite and not negative")
    check_sizes(len(rngs), (m, d))
    B = normals(rngs, blocks, m, d, dtype=dtype) / math.sqrt(m)
    a, r, C = (size / L * sphere(rngs, blocks, k, dtype) for k in (m, m, d * m))
    return EmwwParameters(a, r, B, C.reshape(-1, blocks, d, m))


class YsjParameters(NamedTuple):
    """Parameters of h_1 = x + V_1 phi(x), h_l = h_{l-1} + V_l phi(U_l h_{l-1}), f = w^T h_L.

    Attributes:
        w: [B, d].
        V: V_1 .. V_L, each [B, d, m_l], with m_1 = d.
        U: U_2 .. U_L, each [B, m_l, d].
    """

    w: Tensor
    V: list[Tensor]
    U: list[Tensor]


def ysj_parameters(
    rngs: Sequence[np.random.Generator],
    d: int,
    L: int,
    widths: int | Sequence[int],
    scale: float = 1.0,
    dtype: torch.dtype = torch.float64,
) -> YsjParameters:
    """Independent entries N(0, scale^2).

    Args:
        rngs: one generator per trial.
        d: input dimension.
        L: number of residual blocks.
        widths: m_2 .. m_L, or one number for all of them.
        scale: standard deviation of the entries.
        dtype: of the result.

    Raises:
        ValueError: if there are not L - 1 widths, the scale is not positive, or a size is below one.
    """
    inner = [widths] * (L - 1) if isinstance(widths, int) else list(widths)
    if len(inner) != L - 1:
        raise ValueError(f"{len(inner)} widths for L = {L} blocks: give m_2 .. m_L, that is {L - 1}")
    if not 0 < scale < math.inf:
        raise ValueError(f"scale = {scale}: entries need a positive and finite standard deviation")
    w = scale * normals(rngs, d, dtype=dtype)
    V = [scale * normals(rngs, d, width, dtype=dtype) for width in (d, *inner)]
    U = [scale * normals(rngs, width, d, dtype=dtype) for width in inner]
    return YsjParameters(w, V, U)


def _count_blocks(L: int, blocks: int | None) -> int:
    """The number of blocks in a reading of the paper.

    Raises:
        ValueError: for L < 2 or a number that is neither L - 1 nor L.
    """
    if L < 2:
        raise ValueError(f"L = {L}: a network with a block has L >= 2")
    if blocks not in {None, L - 1, L}:
        raise ValueError(f"blocks = {blocks}: the network has L - 1 = {L - 1} blocks, the printed sums L = {L}")
    return L - 1 if blocks is None else blocks
