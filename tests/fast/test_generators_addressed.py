"""Numbers by address: the published vectors of Philox, and that nothing but the address matters."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from lemmata.generators.addressed import WORD, draw_key, fill_normals, normals_at, philox

KEYS = [5, 2**64 - 1, 0]


@pytest.mark.parametrize(
    ("counter", "key", "output"),
    [  # known answers of the authors' Random123 distribution, philox4x32-10
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((WORD,) * 4, (WORD, WORD), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_the_words_are_those_of_the_algorithm(counter, key, output):
    first, *others = counter
    words = philox((torch.tensor([first]), *others), key)
    assert tuple(int(word) for word in words) == output


def test_a_narrow_matrix_is_the_corner_of_a_wide_one():
    wide = normals_at(KEYS, 3, 40, 51)
    assert torch.equal(normals_at(KEYS, 3, 17, 22), wide[:, :17, :22])
    assert torch.equal(normals_at(KEYS[1:2], 3, 40, 51), wide[1:2])


@pytest.mark.parametrize("shape", [(1, 3, 300_000), (3, 200, 200), (70, 3, 1000)])
def test_blocks_do_not_show(shape):
    batch, rows, columns = shape
    keys = list(range(batch))
    whole = normals_at(keys, 0, rows, columns)
    assert torch.equal(whole[-1:, -1:], normals_at(keys[-1:], 0, rows, columns)[:, -1:])
    assert len(whole[0].unique()) == rows * columns


def test_layers_keys_and_rows_are_different_draws():
    a, b = normals_at(KEYS, 0, 2, 64), normals_at(KEYS, 1, 2, 64)
    rows = torch.cat([a.flatten(0, 1), b.flatten(0, 1)])
    assert len(rows.unique(dim=0)) == len(rows) == 12


def test_the_law_is_normal():
    # Kolmogorov-Smirnov at level 1e-6 under a fixed key: false alarm once in a million keys. The fourth moment of
    # 4e5 draws has standard deviation sqrt(96 / 4e5).
    draws = normals_at([20261125], 0, 400, 1000).flatten().numpy()
    assert kstest(draws, "norm").pvalue > 1e-6
    assert abs((draws**4).mean() - 3) < 5 * math.sqrt(96 / draws.size)
    halves = draws.reshape(-1, 2)  # the two numbers of one call of Philox
    assert abs((halves[:, 0] * halves[:, 1]).mean()) < 5 / math.sqrt(len(halves))


def test_single_precision_holds_the_same_numbers_in_both_types():
    wide, narrow = torch.empty(3, 8, 9, dtype=torch.float64), torch.empty(3, 8, 9)
    fill_normals(wide, KEYS, 2, 0.3, single=True)
    fill_normals(narrow, KEYS, 2, 0.3)
    assert torch.equal(wide, narrow.double())
    assert torch.equal(wide.float(), (0.3 * normals_at(KEYS, 2, 8, 9)).float())


def test_any_layout_can_be_filled():
    transposed = torch.empty(3, 9, 8, dtype=torch.float64).mT
    assert torch.equal(fill_normals(transposed, KEYS, 2, 1.0), normals_at(KEYS, 2, 8, 9))


def test_keys_that_are_none_are_refused():
    with pytest.raises(ValueError, match=r"keys \[-1\]: a key has 64 bits"):
        normals_at([-1], 0, 2, 2)
    with pytest.raises(ValueError, match="1 keys for 2 networks"):
        fill_normals(torch.empty(2, 3, 3), [1], 0, 1.0)
    with pytest.raises(ValueError, match="no trials"):
        normals_at([], 0, 2, 2)


def test_a_key_comes_from_the_trial():
    keys = [draw_key(np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert keys[0] == keys[1] != keys[2]
    assert max(draw_key(np.random.default_rng(seed)) for seed in range(40)) > 2**63  # the upper half is used
