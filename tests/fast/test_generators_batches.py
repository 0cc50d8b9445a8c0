"""Every random generator: a trial's numbers do not depend on the batch; empty batches and sizes are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.generators import (
    DualMargin,
    EmwwParameters,
    Labelled,
    band,
    contradictory,
    dual_margin,
    emww_initialisation,
    emww_larger_initialisation,
    fcg_gaussian,
    linear,
    odd_parity,
    random_in_frobenius_balls,
    random_in_I_c,
    random_in_spectral_balls,
    random_labels,
    sphere,
    with_margin,
    xor,
    ysj_parameters,
)

Rngs = Sequence[np.random.Generator]


def seeded(*trials: int) -> list[np.random.Generator]:
    return [np.random.default_rng([7, trial]) for trial in trials]


def tensors(result: object) -> list[Tensor]:
    match result:
        case Tensor():
            return [result]
        case Labelled():
            return [result.x, result.y]
        case EmwwParameters():
            return [result.a, result.r, result.B, result.C]
        case DualMargin():
            return [result.value, result.standard_error, result.weights]
        case list() | tuple():
            return [tensor for part in result for tensor in tensors(part)]
    raise TypeError(result)


def dual_of_parity(rngs: Rngs) -> DualMargin:
    sample = odd_parity(batch=len(rngs))
    return dual_margin(sample.x, sample.y, rngs, draws=50, steps=5)


def centres(rngs: Rngs) -> list[Tensor]:
    return [
        torch.zeros(len(rngs), 3, 4, dtype=torch.float64),
        torch.ones(len(rngs), 4, 2, dtype=torch.float64),
    ]


GENERATORS: dict[str, Callable[[Rngs], object]] = {
    "sphere": lambda rngs: sphere(rngs, 5, 3),
    "linear": lambda rngs: with_margin(rngs, linear(), 7, 3, 0.2),
    "xor": lambda rngs: with_margin(rngs, xor(), 7, 3, 0.1),
    "band": lambda rngs: with_margin(rngs, band(), 7, 3, 0.1),
    "contradictory": lambda rngs: contradictory(rngs, 6, 3),
    "random_labels": lambda rngs: random_labels(rngs, 6, 3),
    "dual_margin": dual_of_parity,
    "fcg": lambda rngs: fcg_gaussian(rngs, 3, 4, 2),
    "emww": lambda rngs: emww_initialisation(rngs, 3, 4, 5),
    "emww_larger": lambda rngs: emww_larger_initialisation(rngs, 3, 4, 5),
    "ysj": lambda rngs: ysj_parameters(rngs, 3, 3, [2, 4]),
    "frobenius": lambda rngs: random_in_frobenius_balls(rngs, centres(rngs), 0.5, on_sphere=False),
    "spectral": lambda rngs: random_in_spectral_balls(rngs, centres(rngs), 0.5),
    "I_c": lambda rngs: random_in_I_c(rngs, emww_initialisation(rngs, 3, 4, 5), 2.0, 5, on_sphere=False),
}


@pytest.mark.parametrize("generate", GENERATORS.values(), ids=GENERATORS)
def test_a_trial_is_the_same_alone_and_in_any_batch(generate: Callable[[Rngs], object]):
    batch = tensors(generate(seeded(0, 1, 2)))
    alone = tensors(generate(seeded(1)))
    shuffled = tensors(generate(seeded(2, 0, 1)))
    for whole, single, turned in zip(batch, alone, shuffled, strict=True):
        # Equal draws; products of other shapes may round differently, by a few units of 1e-16.
        torch.testing.assert_close(whole[1:2], single, rtol=0, atol=1e-14)
        torch.testing.assert_close(whole[[2, 0, 1]], turned, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", sorted(set(GENERATORS) - {"dual_margin"}))
def test_an_empty_batch_is_refused(name: str):
    with pytest.raises(ValueError, match=r"no trials|generators for"):
        GENERATORS[name]([])


def test_points_are_on_the_sphere_and_uniform():
    x = sphere(seeded(0), 20_000, 3)[0]
    assert (x.norm(dim=1) - 1).abs().max() < 4e-16
    # A coordinate of a uniform point of S^2 is uniform on [-1, 1]: mean 0, variance 1/3, E x_i^4 = 1/5. Six averages
    # within 4.5 standard errors: the test fails by chance with probability 4e-5.
    assert x.mean(dim=0).abs().max() < 4.5 * (1 / 3 / 20_000) ** 0.5
    assert ((x**2).mean(dim=0) - 1 / 3).abs().max() < 4.5 * ((1 / 5 - 1 / 9) / 20_000) ** 0.5


def test_the_sphere_of_dimension_zero_is_two_points():
    x = sphere(seeded(0), 100, 1)
    assert set(x.flatten().tolist()) == {-1.0, 1.0}


def test_single_precision_is_rounded_double_precision():
    torch.testing.assert_close(sphere(seeded(0), 5, 3, torch.float32), sphere(seeded(0), 5, 3).float(), rtol=0, atol=0)


@pytest.mark.parametrize("n, d", [(0, 3), (3, 0)])
def test_empty_shapes_are_refused(n: int, d: int):
    with pytest.raises(ValueError, match=rf"shape \({n}, {d}\).*at least 1"):
        sphere(seeded(0), n, d)
