"""Suprema over sparse vectors against enumeration of supports."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries.sparse import top_s_norm, truncate, truncated_power


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def rngs(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng(i) for i in range(n)]


def by_enumeration(M: Tensor, s: int) -> float:
    columns = torch.tensor(list(itertools.combinations(range(M.shape[1]), s)))
    rows = itertools.combinations(range(M.shape[0]), s)
    return max(torch.linalg.matrix_norm(M[list(row)][:, columns].permute(1, 0, 2), ord=2).max().item() for row in rows)


def test_top_s_norm_is_the_best_support():
    q = gaussian(0, 3, 7)
    for s in (1, 2, 5, 7, 9):
        supports = list(itertools.combinations(range(7), min(s, 7)))
        best = torch.stack([q[:, list(support)].norm(dim=1) for support in supports]).amax(0)
        torch.testing.assert_close(top_s_norm(q, s), best)
        a = truncate(q, s)
        torch.testing.assert_close((q * a).sum(1), best)
        assert ((a != 0).sum(1) <= s).all()


@pytest.mark.parametrize(("p", "q", "s"), [(6, 6, 1), (8, 8, 2), (5, 9, 2), (9, 5, 3), (10, 10, 3), (4, 4, 4)])
def test_truncated_power_finds_the_best_pair_of_supports(p, q, s):
    M = gaussian(p + q + s, 8, p, q)
    found = truncated_power(M, s, rngs(8))
    exact = torch.tensor([by_enumeration(one, s) for one in M], dtype=torch.float64)
    torch.testing.assert_close(found.value, exact, rtol=1e-9, atol=0)


def test_the_value_is_attained_by_sparse_unit_vectors():
    M = gaussian(1, 4, 30, 20)
    found = truncated_power(M, 3, rngs(4))
    a, b = found.point
    torch.testing.assert_close(torch.einsum("bp,bpq,bq->b", b, M, a).abs(), found.value)
    for vector in (a, b):
        assert ((vector != 0).sum(1) <= 3).all()
        torch.testing.assert_close(vector.norm(dim=1), torch.ones(4, dtype=torch.float64))
    assert found.random is not None
    assert (found.random < 0.9 * found.value).all()


def test_a_planted_spike_below_the_largest_entries_is_found():
    # The spike's entries (4 / 4 = 1) are smaller than the noise's largest (about 4): its structure gives it away.
    M = gaussian(2, 2, 60, 60)
    M[:, 10:14, 20:24] += 4.0
    found = truncated_power(M, 4, rngs(2))
    planted = torch.linalg.matrix_norm(M[:, 10:14, 20:24], ord=2)
    assert (found.value >= planted * (1 - 1e-12)).all()


def test_a_trial_does_not_depend_on_its_batch():
    M = gaussian(3, 3, 20, 20)
    alone = truncated_power(M[1:2], 3, rngs(3)[1:2])
    together = truncated_power(M, 3, rngs(3))
    torch.testing.assert_close(together.value[1:2], alone.value, rtol=1e-12, atol=0)


def test_a_zero_matrix_has_value_zero():
    assert truncated_power(torch.zeros(1, 4, 4), 2, rngs(1)).value.item() == 0


def test_bad_input_is_refused():
    M = gaussian(4, 2, 4, 4)
    with pytest.raises(ValueError, match="sparsity s = 0"):
        truncated_power(M, 0, rngs(2))
    with pytest.raises(ValueError, match="3 generators for 2 trials"):
        truncated_power(M, 2, rngs(3))
    with pytest.raises(ValueError, match="NaN"):
        top_s_norm(torch.tensor([1.0, float("nan")]), 1)
    with pytest.raises(ValueError, match="shape"):
        truncated_power(M[0], 2, rngs(2))
