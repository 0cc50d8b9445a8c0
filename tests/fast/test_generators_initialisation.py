"""Initialisations: exact properties, moments with their standard errors, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from lemmata.generators import emww_initialisation, emww_larger_initialisation, fcg_gaussian, ysj_parameters


def seeded(trials: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(trials)]


def assert_normal(sample: torch.Tensor, variance: float):
    """Mean, variance and kurtosis within 4.5 standard errors: fails by chance with probability 2e-5."""
    z, n = sample.flatten().double() / math.sqrt(variance), sample.numel()
    assert abs(float(z.mean())) < 4.5 / math.sqrt(n)
    assert abs(float((z**2).mean()) - 1) < 4.5 * math.sqrt(2 / n)
    assert abs(float((z**4).mean()) - 3) < 4.5 * math.sqrt(96 / n)


def test_fcg_entries_have_variance_two_over_the_columns():
    W = fcg_gaussian(seeded(3), d=8, m=60, L=3, m_out=30)
    assert [tuple(layer.shape) for layer in W] == [(3, 8, 60), (3, 60, 60), (3, 60, 60), (3, 60, 30)]
    # With the number of rows instead, the first layer is wrong by 60/8 and the last one by 2.
    for layer in W:
        assert_normal(layer, 2 / layer.shape[2])


def test_fcg_layers_and_trials_are_independent():
    W = fcg_gaussian(seeded(2), d=40, m=40, L=2)
    parts = torch.stack([layer[trial].flatten() for layer in W for trial in range(2)])
    correlation = torch.corrcoef(parts) - torch.eye(6)
    assert correlation.abs().max() < 4.8 / math.sqrt(1600)  # 15 correlations of 1600 pairs


def test_fcg_variance_and_precision():
    full, half = (
        fcg_gaussian(seeded(1), 4, 6, 2),
        fcg_gaussian(seeded(1), 4, 6, 2, dtype=torch.float32, variance=1.0),
    )
    for one, two in zip(full, half, strict=True):
        assert two.dtype == torch.float32
        torch.testing.assert_close(one.float() / math.sqrt(2), two)


def test_emww_initialisation_is_exact():
    theta = emww_initialisation(seeded(2), d=5, m=7, L=6)
    assert (theta.m, theta.d, theta.blocks) == (7, 5, 5)
    assert (theta.a.shape, theta.r.shape) == ((2, 5, 7), (2, 5, 7))
    assert (theta.B.shape, theta.C.shape) == ((2, 5, 7, 5), (2, 5, 5, 7))
    for block in (theta.a, theta.r, theta.C):
        assert block.count_nonzero() == 0
    torch.testing.assert_close(
        theta.B.norm(dim=3), torch.full((2, 5, 7), 7**-0.5, dtype=torch.float64), rtol=1e-15, atol=0
    )
    torch.testing.assert_close(theta.B.norm(dim=(2, 3)), torch.ones(2, 5).double(), rtol=1e-15, atol=0)


def test_emww_rows_are_uniform_on_the_sphere():
    d, m = 3, 500
    rows = math.sqrt(m) * emww_initialisation(seeded(2), d, m, L=11).B.reshape(-1, d)
    n = len(rows)
    assert rows.mean(dim=0).abs().max() < 4.8 * math.sqrt(1 / d / n)
    second = rows.T @ rows / n - torch.eye(d) / d
    assert second.diagonal().abs().max() < 4.8 * math.sqrt((3 / (d * (d + 2)) - 1 / d**2) / n)
    assert (second - second.diagonal().diag()).abs().max() < 4.8 * math.sqrt(1 / (d * (d + 2)) / n)


def test_emww_readings_of_the_number_of_blocks():
    assert emww_initialisation(seeded(1), 2, 3, 4).blocks == 3
    assert emww_initialisation(seeded(1), 2, 3, 4, blocks=4).blocks == 4


def test_emww_larger_initialisation():
    L, m, d = 11, 50, 8
    theta = emww_larger_initialisation(seeded(2), d, m, L, size=2.0, blocks=L)
    assert theta.B.shape == (2, L, m, d)
    assert_normal(theta.B, 1 / m)
    for block in (theta.a, theta.r, theta.C):
        torch.testing.assert_close(
            block.flatten(2).norm(dim=2), torch.full((2, L), 2 / L, dtype=torch.float64), rtol=1e-14, atol=0
        )


def test_ysj_parameters():
    w, V, U = ysj_parameters(seeded(2), d=40, L=3, widths=[20, 30], scale=0.5)
    assert w.shape == (2, 40)
    assert [tuple(v.shape) for v in V] == [(2, 40, 40), (2, 40, 20), (2, 40, 30)]
    assert [tuple(u.shape) for u in U] == [(2, 20, 40), (2, 30, 40)]
    for part in (*V, *U):
        assert_normal(part, 0.25)
    assert [u.shape[1] for u in ysj_parameters(seeded(1), 2, 4, 5).U] == [5, 5, 5]
    assert ysj_parameters(seeded(1), 2, 1, []).U == []


@pytest.mark.parametrize(
    "act, message",
    [
        (lambda rngs: fcg_gaussian(rngs, 3, 4, 2, m_out=5), "m_out = 5 is odd"),
        (lambda rngs: fcg_gaussian(rngs, 3, 5, 2), "m_out = 5 is odd"),
        (lambda rngs: fcg_gaussian(rngs, 3, 4, 0), r"\(3, 4, 0, 4\)"),
        (lambda rngs: fcg_gaussian(rngs, 3, 4, 2, variance=0.0), "variance = 0.0"),
        (lambda rngs: emww_initialisation(rngs, 3, 4, 1), "L = 1"),
        (lambda rngs: emww_initialisation(rngs, 3, 4, 5, blocks=3), "blocks = 3: the network has L - 1 = 4"),
        (lambda rngs: emww_initialisation(rngs, 3, 0, 5), r"\(0, 3\)"),
        (lambda rngs: emww_larger_initialisation(rngs, 3, 4, 5, size=-1.0), "size = -1.0"),
        (
            lambda rngs: ysj_parameters(rngs, 3, 4, [2, 2]),
            "2 widths for L = 4 blocks: give m_2 .. m_L, that is 3",
        ),
        (lambda rngs: ysj_parameters(rngs, 3, 2, 2, scale=math.nan), "scale = nan"),
    ],
)
def test_impossible_networks_are_refused(act: Callable[..., object], message: str):
    with pytest.raises(ValueError, match=message):
        act(seeded(1))
