r"""Empirical Rademacher averages of residual ReLU networks, as in Yun, Sra, Jadbabaie (2019), Section 5.2.

$n\widehat{\mathcal R}_n(\mathcal F|_S) = E_\epsilon \sup_{f \in \mathcal F} \sum_i \epsilon_i f(x_i)$. The expectation
is exact: all signs are enumerated, but for the first one, because with $f$ every class here has $-f$. The supremum is
exact for one block in the plane (`best_neuron_on_circle`) and for all depths with $d = 1$ (`average_on_line`);
otherwise `deep_supremum` bounds it from below, and what it gives is attained by a network of the class.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, product

import torch
from torch import Tensor

from lemmata.adversaries.found import unit

REFINEMENTS = 6


def all_signs(n: int, like: Tensor) -> Tensor:
    """The signs that begin with 1, [2^(n-1), n], in the dtype and on the device of `like`.

    Raises:
        ValueError: if n is not between 1 and 16.
    """
    if not 1 <= n <= 16:
        raise ValueError(f"n = {n}: choose 1 to 16, all 2^(n-1) signs are enumerated")
    return torch.tensor([(1, *rest) for rest in product((1, -1), repeat=n - 1)]).to(like)


def best_neuron_on_circle(x: Tensor, signs: Tensor) -> Tensor:
    r"""$\sup_{\|u\| = 1} |\sum_i \epsilon_i \sigma(u^\top x_i)|$ in the plane, exactly.

    The lines $u \perp x_i$ cut the circle into arcs, on each of which the sum is $u^\top s$ with
    $s = \sum_{i\ \text{active}} \epsilon_i x_i$: it is extreme at $\pm s/\|s\|$ or at an end.

    Args:
        x: inputs [B, n, 2].
        signs: [S, n], or [B, S, n] where each trial has its own.

    Returns:
        [B, S], differentiable in x.

    Raises:
        ValueError: if x is not in the plane.
    """
    if x.shape[-1] != 2:
        raise ValueError(f"inputs have {x.shape[-1]} coordinates: arcs need 2")
    signs = signs.expand(len(x), *signs.shape[-2:])
    ends = unit(torch.stack([-x[..., 1], x[..., 0]], -1))
    ends = torch.cat([ends, -ends], 1)  # [B, 2n, 2]
    angles = torch.atan2(ends[..., 1], ends[..., 0]).sort(1).values
    gaps = torch.cat([angles[:, 1:], angles[:, :1] + 2 * torch.pi], 1)
    middles = (angles + gaps) / 2
    active = torch.einsum("bkc,bnc->bkn", torch.stack([middles.cos(), middles.sin()], -1), x) > 0
    s = unit(torch.einsum("bkn,bsn,bnc->bskc", active.to(x), signs, x))
    u = torch.cat([s, -s, ends[:, None].expand(-1, s.shape[1], -1, -1)], 2)
    return _sums(u, x[:, None].expand(-1, s.shape[1], -1, -1), signs).abs().amax(-1)


def deep_supremum(x: Tensor, signs: Tensor, M: Sequence[float], starts: Tensor | None = None) -> Tensor:
    r"""A lower bound of $\sup_{f \in \mathcal F_L} \sum_i \epsilon_i f(x_i)$, block by block.

    $\mathcal F_L$ has $\|w\| \le 1$ and $\|V_l\|_F, \|U_l\|_F \le M_l$. With $s = \sum_i \epsilon_i h_{l-1}(x_i)$ and a
    unit vector u, the block of one neuron $U_l = M_l u^\top$, $V_l = \pm M_l\, s/\|s\|$ makes $\|s\|$ longer by
    $M_l^2 |\sum_i \epsilon_i \sigma(u^\top h_{l-1}(x_i))|$, the most that one block can. The u is refined by
    $u \leftarrow \pm\sum_{i\ \text{active}} \epsilon_i h_{l-1}(x_i)$ from each input, from $\pm s$, and from the sums
    over the positive and over the negative signs. With one input this is the supremum.

    Args:
        x: inputs [B, n, d].
        signs: [S, n].
        M: the bounds M_1 .. M_L.
        starts: more directions u to begin from, [B, k, d].

    Returns:
        [B, S], each attained.
    """
    h = x[:, None].expand(-1, len(signs), -1, -1)  # [B, S, n, d]
    for bound in M:
        weighted = signs[..., None] * h
        s = weighted.sum(2, keepdim=True)
        halves = [(half[..., None] * weighted).sum(2, keepdim=True) for half in (signs > 0, signs < 0)]
        more = [] if starts is None else [starts[:, None].expand(-1, len(signs), -1, -1)]
        u = unit(torch.cat([h, s, -s, *halves, *(-half for half in halves), *more], 2))
        best, value = u, _sums(u, h, signs)
        for _ in range(REFINEMENTS):
            active = (u @ h.mT > 0).to(h)  # [B, S, k, n]
            u = unit(active @ weighted) * value.sign()[..., None]
            new = _sums(u, h, signs)
            better = new.abs() > value.abs()
            best, value = torch.where(better[..., None], u, best), torch.where(better, new, value)
            u = best
        chosen = value.abs().argmax(2, keepdim=True)
        u, value = best.take_along_dim(chosen[..., None], 2), value.take_along_dim(chosen, 2)
        v = unit(s) * value.sign()[..., None]
        v = torch.where(s.norm(dim=-1, keepdim=True) > 0, v, unit(torch.ones_like(v)))
        h = h + bound**2 * torch.relu(h @ u.mT) * v
    return (signs[..., None] * h).sum(2).norm(dim=-1)


def average_on_line(x: Sequence[Fraction], M_squared: Sequence[Fraction]) -> Fraction:
    r"""$n\widehat{\mathcal R}_n(\mathcal F_L|_S)$ for d = 1, exactly.

    A block is $h + a\,\sigma(h) + b\,\sigma(-h)$ with $|a| + |b| \le M_l^2$, which keeps the signs of $h$ as long as
    $M_l \le 1$. So $\sum_i \epsilon_i h_L(x_i) = P \prod_l (1 + a_l) + N \prod_l (1 - b_l)$ with the sums P, N over the
    positive and the negative inputs. That is affine in each $(a_l, b_l)$, and largest in modulus at a vertex: one of
    the two is $\pm M_l^2$, the other 0.

    Args:
        x: inputs.
        M_squared: the squares of M_1 .. M_L, at most one.

    Raises:
        ValueError: if a square is not in [0, 1], or there is no input.
    """
    if not x or not all(0 <= square <= 1 for square in M_squared):
        raise ValueError(f"{len(x)} inputs, squares {[str(q) for q in M_squared]}: need one input, and 0 to 1")
    one = Fraction(1)
    factors = {(one, one)}  # of P and N
    for square, equal in _runs(M_squared):
        vertices = ((1 + square, one), (1 - square, one), (one, 1 + square), (one, 1 - square))
        choices = [_products(choice) for choice in combinations_with_replacement(vertices, equal)]
        factors = {(p * a, q * b) for p, q in factors for a, b in choices}
    total = Fraction(0)
    for rest in product((1, -1), repeat=len(x) - 1):
        terms = [sign * point for sign, point in zip((1, *rest), x, strict=True)]
        P = sum((t for t, point in zip(terms, x, strict=True) if point > 0), Fraction(0))
        N = sum((t for t, point in zip(terms, x, strict=True) if point < 0), Fraction(0))
        total += max(abs(P * a + N * b) for a, b in factors)
    return total / 2 ** (len(x) - 1)


def _sums(u: Tensor, h: Tensor, signs: Tensor) -> Tensor:
    """Sum_i eps_i sigma(u^T h_i) for u [B, S, k, d], h [B, S, n, d] and signs [S, n] or [B, S, n]: [B, S, k]."""
    return (torch.relu(u @ h.mT) @ signs[..., None])[..., 0]


def _runs(values: Sequence[Fraction]) -> list[tuple[Fraction, int]]:
    return [(value, values.count(value)) for value in dict.fromkeys(values)]


def _products(pairs: Sequence[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction]:
    a = b = Fraction(1)
    for p, q in pairs:
        a, b = a * p, b * q
    return a, b
