"""Rademacher averages against grids and enumeration, the networks of section 5 against loops, and exact examples."""

from __future__ import annotations

import math
from fractions import Fraction as Q
from itertools import product

import numpy as np
import pytest
import torch

from lemmata.adversaries.rademacher import all_signs, average_on_line, best_neuron_on_circle, deep_supremum
from lemmata.claims.ysj.theorem_4 import additive_term, huber, minimiser, risk, shortest
from lemmata.claims.ysj.theorem_5_steps import FAN
from lemmata.networks.activations import tanh
from lemmata.networks.ysj import logistic, pseudo_huber
from lemmata.networks.ysj_near_identity import best_top_layer, block_outputs


def gaussian(seed: int, *shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def without_blocks(x: torch.Tensor, signs: torch.Tensor) -> torch.Tensor:
    return torch.einsum("sn,bnd->bsd", signs, x).norm(dim=-1)


def test_arcs_are_a_fine_grid_of_angles() -> None:
    x = gaussian(0, 6, 4, 2)
    signs, angles = all_signs(4, x), torch.linspace(0, 2 * math.pi, 20_001, dtype=torch.float64)
    units = torch.relu(x @ torch.stack([angles.cos(), angles.sin()]))
    grid = torch.einsum("sn,bnk->bsk", signs, units).abs().amax(-1)
    exact = best_neuron_on_circle(x, signs)
    # Lipschitz in the angle with the sum of norms, and half a step of 3e-4 away.
    assert bool((exact >= grid - 1e-12).all())
    assert bool((exact <= grid + 2e-4 * x.norm(dim=-1).sum(-1)[:, None]).all())
    torch.testing.assert_close(best_neuron_on_circle(x, signs.expand(6, -1, -1)), exact)


@pytest.mark.parametrize(
    ("x", "ratio"),
    [
        (((1.0, 0.0), (0.5, math.sqrt(3) / 2), (-0.5, math.sqrt(3) / 2)), (4 + 5 * math.sqrt(3)) / 12),
        (tuple(zip(*FAN, strict=True)), 1.1081),
    ],
)
def test_inputs_that_refute_a_peeling_factor_of_one(x: tuple[tuple[float, float], ...], ratio: float) -> None:
    points = torch.tensor([x], dtype=torch.float64)
    signs = all_signs(3, points)
    found = best_neuron_on_circle(points, signs).mean() / without_blocks(points, signs).mean()
    assert float(found) == pytest.approx(ratio, abs=5e-5)


def test_deep_supremum_is_exact_for_one_input() -> None:
    x = gaussian(1, 5, 1, 3)
    found = deep_supremum(x, all_signs(1, x), [0.5, 1.5, 0.1])
    torch.testing.assert_close(found[:, 0], 1.25 * 3.25 * 1.01 * x.norm(dim=-1)[:, 0])


def test_deep_supremum_is_below_the_exact_one_and_near_it() -> None:
    x, starts = gaussian(2, 40, 4, 2), gaussian(3, 40, 8, 2)
    signs = all_signs(4, x)
    exact = without_blocks(x, signs) + best_neuron_on_circle(x, signs)
    found = deep_supremum(x, signs, [1.0], starts / starts.norm(dim=-1, keepdim=True))
    assert bool((found <= exact * (1 + 1e-12)).all())
    assert float((found / exact).mean()) > 0.98


def test_average_on_line_is_the_best_network_of_all_vertices() -> None:
    x, squares = [Q(3), Q(-2), Q(1), Q(-5)], [Q(1, 2), Q(1, 5), Q(1, 2)]
    total = Q(0)
    for signs in product((1, -1), repeat=4):
        values = []
        for slopes in product(*(((q, 0), (-q, 0), (0, q), (0, -q)) for q in squares)):
            h = list(x)
            for a, b in slopes:
                h = [t + a * max(t, 0) + b * max(-t, 0) for t in h]
            values.append(abs(sum(sign * t for sign, t in zip(signs, h, strict=True))))
        total += max(values)
    assert average_on_line(x, squares) == total / 16
    points = torch.tensor([[[float(t)] for t in x]], dtype=torch.float64)
    found = float(deep_supremum(points, all_signs(4, points), [float(q) ** 0.5 for q in squares]).mean())
    assert 0.95 * total / 16 <= found <= (1 + 1e-12) * total / 16
    with pytest.raises(ValueError, match="0 to 1"):
        average_on_line(x, [Q(2)])


def test_block_outputs_are_the_recursion() -> None:
    V, U, x = gaussian(4, 2, 3, 2, 5), gaussian(5, 2, 3, 5, 2), gaussian(6, 2, 4, 2)
    h_L = block_outputs(V, U, x, tanh)[-1]
    for b in range(2):
        for i in range(4):
            h = x[b, i]
            for l in range(3):
                h = h + V[b, l] @ torch.tanh(U[b, l] @ h)
            torch.testing.assert_close(h_L[b, i], h)


@pytest.mark.parametrize("loss", [logistic, pseudo_huber(0.05)], ids=["logistic", "pseudo_huber"])
def test_best_top_layer_has_no_gradient_and_no_better_neighbour(loss) -> None:
    h, y = gaussian(7, 20, 9, 3), gaussian(8, 20, 9).sign()
    h, y = torch.cat([h, h], 1), torch.cat([y, -y.roll(1, 1)], 1)  # not separable
    w = best_top_layer(h, y, loss)
    gradient = (loss.first((h @ w[..., None])[..., 0], y)[..., None] * h).mean(1)
    assert float(gradient.abs().max()) < 1e-8
    near = loss.value((h @ (w + 0.01 * gaussian(9, 20, 3))[..., None])[..., 0], y).mean(1)
    assert bool((near > loss.value((h @ w[..., None])[..., 0], y).mean(1)).all())


def test_best_top_layer_refuses_labels_that_can_be_separated() -> None:
    h = torch.tensor([[[1.0], [2.0]]], dtype=torch.float64)
    with pytest.raises(ValueError, match="is the minimum attained"):
        best_top_layer(h, torch.ones(1, 2, dtype=torch.float64), logistic, steps=8)


def test_exact_minimiser_is_the_best_of_a_grid() -> None:
    h, y, eps = [Q(2), Q(-1), Q(3)], [Q(1), Q(2), Q(-1)], Q(1, 4)

    def risk_at(w: Q) -> Q:
        return sum((huber(w * a - b, eps) for a, b in zip(h, y, strict=True)), Q(0)) / 3

    grid = min(risk_at(Q(k, 200)) for k in range(-800, 801))
    assert risk(h, y, eps) == risk_at(minimiser(h, y, eps))
    assert grid - Q(1, 1000) < risk(h, y, eps) <= grid
    assert shortest([Q(1), Q(-1)], [Q(1), Q(1)], eps) == 0  # all w from -3/4 to 3/4 are best


def test_witness_of_theorem_4_tends_to_its_limit() -> None:
    rho, L, eps = Q(1, 10), 3, Q(1, 10**9)
    x = [Q(1), Q(-1)]
    above = risk([(1 + rho) ** L, -((1 - rho) ** L)], x, eps) - risk(x, x, eps)
    assert float(above) == pytest.approx(float(1 - ((1 - rho) / (1 + rho)) ** L) / 2, rel=1e-8)
    assert additive_term(x, x, eps, (1 + rho) ** L) == (1 + rho) ** L - 1
