"""Balls around an initialisation: radii, the law inside, and projections that are nearest and idempotent."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.generators import (
    EmwwParameters,
    distance_I_c,
    emww_initialisation,
    fcg_gaussian,
    frobenius_distance,
    project_frobenius,
    project_I_c,
    project_spectral,
    random_in_frobenius_balls,
    random_in_I_c,
    random_in_spectral_balls,
    spectral_distance,
)

TAU = 0.7


def seeded(trials: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, trial]) for trial in range(trials)]


def layers(trials: int = 3, seed: int = 0) -> list[Tensor]:
    return fcg_gaussian(seeded(trials, seed), d=3, m=4, L=2, m_out=2)


def blocks(theta: EmwwParameters) -> list[Tensor]:
    return [theta.a, theta.r, theta.B, theta.C]


def inner(W: list[Tensor], Z: list[Tensor]) -> Tensor:
    return torch.stack([(w * z).flatten(1).sum(dim=1) for w, z in zip(W, Z, strict=True)])


def difference(W: list[Tensor], Z: list[Tensor]) -> list[Tensor]:
    return [w - z for w, z in zip(W, Z, strict=True)]


def test_distances_against_numpy():
    W, W0 = layers(), layers(seed=1)
    for distance, order in ((frobenius_distance, "fro"), (spectral_distance, 2)):
        expected = [
            max(np.linalg.norm((w - z)[trial].numpy(), order) for w, z in zip(W, W0, strict=True)) for trial in range(3)
        ]
        assert distance(W, W0).tolist() == pytest.approx(expected, rel=1e-14)


def test_frobenius_spheres_and_balls():
    W = layers()
    on = random_in_frobenius_balls(seeded(3, seed=1), W, TAU)
    for point, centre in zip(on, W, strict=True):
        torch.testing.assert_close(
            (point - centre).norm(dim=(1, 2)), torch.full((3,), TAU, dtype=torch.float64), rtol=1e-14, atol=0
        )
    inside = random_in_frobenius_balls(seeded(3, seed=1), W, TAU, on_sphere=False)
    assert (frobenius_distance(inside, W) < TAU).all()


def test_the_ball_is_filled_uniformly():
    W = [torch.zeros(4000, 2, 3, dtype=torch.float64)]
    (inside,) = random_in_frobenius_balls(seeded(4000), W, TAU, on_sphere=False)
    volume = (inside.norm(dim=(1, 2)) / TAU) ** 6  # uniform on [0, 1] in dimension 6
    # Mean and second moment of a uniform variable, 4.5 standard errors: fails by chance with probability 1e-5.
    assert abs(float(volume.mean()) - 1 / 2) < 4.5 * math.sqrt(1 / 12 / 4000)
    assert abs(float((volume**2).mean()) - 1 / 3) < 4.5 * math.sqrt((1 / 5 - 1 / 9) / 4000)
    # and its directions average out
    assert inside.mean(dim=0).abs().max() < 4.5 * TAU / math.sqrt(6 * 4000)


def test_spectral_points_are_extreme():
    W = layers()
    points = random_in_spectral_balls(seeded(3, seed=1), W, TAU)
    for point, centre in zip(points, W, strict=True):
        values = torch.linalg.svdvals(point - centre)
        torch.testing.assert_close(values, torch.full_like(values, TAU), rtol=1e-13, atol=0)


@pytest.mark.parametrize(
    "project, distance, random",
    [
        (project_frobenius, frobenius_distance, random_in_frobenius_balls),
        (project_spectral, spectral_distance, random_in_spectral_balls),
    ],
)
def test_projections(
    project: Callable[..., list[Tensor]], distance: Callable[..., Tensor], random: Callable[..., list[Tensor]]
):
    W, W0 = layers(), layers(seed=1)
    W[1] = W0[1] + 0.01 * W[1]  # one layer is inside and has to stay
    P = project(W, W0, TAU)
    assert distance(W, W0).min() > TAU
    assert (distance(P, W0) <= TAU * (1 + 1e-14)).all()
    torch.testing.assert_close(P[1], W[1], rtol=0, atol=0)
    for once, twice in zip(P, project(P, W0, TAU), strict=True):
        torch.testing.assert_close(once, twice, rtol=0, atol=1e-14)
    # P is the nearest point of a convex set exactly if <W - P, Z - P> <= 0 for all Z in it.
    for seed in range(20):
        Z = random(seeded(3, seed=seed), W0, TAU)
        assert inner(difference(W, P), difference(Z, P)).max() <= 1e-13


def test_layers_and_trials_are_projected_on_their_own():
    W, W0 = layers(), layers(seed=1)
    P = project_frobenius(W, W0, TAU)
    for layer in range(3):
        for trial in range(3):
            step = W[layer][trial] - W0[layer][trial]
            expected = W0[layer][trial] + step * min(1.0, TAU / float(step.norm()))
            torch.testing.assert_close(P[layer][trial], expected, rtol=0, atol=1e-14)


def test_radius_zero_is_the_centre():
    W, W0 = layers(), layers(seed=1)
    for points in (
        random_in_frobenius_balls(seeded(3), W0, 0.0),
        project_frobenius(W, W0, 0.0),
        project_spectral(W, W0, 0.0),
    ):
        for point, centre in zip(points, W0, strict=True):
            torch.testing.assert_close(point, centre, rtol=0, atol=1e-15)


@pytest.mark.parametrize("reading", [4, 5])
def test_I_c_has_radius_c_over_L_in_every_block(reading: int):
    c, L = 2.0, 5
    theta0 = emww_initialisation(seeded(3), 3, 4, L, blocks=reading)
    theta = random_in_I_c(seeded(3, seed=1), theta0, c, L)
    for block, centre in zip(blocks(theta), blocks(theta0), strict=True):
        norms = (block - centre).flatten(2).norm(dim=2)
        torch.testing.assert_close(norms, torch.full((3, reading), c / L, dtype=torch.float64), rtol=1e-14, atol=0)
    assert distance_I_c(theta, theta0).tolist() == pytest.approx([c / L] * 3)
    inside = random_in_I_c(seeded(3, seed=1), theta0, c, L, on_sphere=False)
    assert (distance_I_c(inside, theta0) < c / L).all()


def test_distance_I_c_sees_every_block():
    theta0 = emww_initialisation(seeded(1), 3, 4, 5)
    for index in range(4):
        moved = [block.clone() for block in blocks(theta0)]
        moved[index].view(1, 4, -1)[0, 2, 1] += 0.25
        assert distance_I_c(EmwwParameters(*moved), theta0).tolist() == pytest.approx([0.25])


def test_projection_on_I_c():
    c, L = 0.5, 5
    theta0 = emww_initialisation(seeded(3), 3, 4, L)
    theta = random_in_I_c(seeded(3, seed=1), theta0, 4.0, L, on_sphere=False)
    theta.a.data[:, 0] = theta0.a[:, 0] + 0.01
    P = project_I_c(theta, theta0, c, L)
    assert (distance_I_c(P, theta0) <= c / L * (1 + 1e-14)).all()
    torch.testing.assert_close(P.a[:, 0], theta.a[:, 0], rtol=0, atol=0)
    assert distance_I_c(project_I_c(P, theta0, c, L), P).max() < 1e-15
    for seed in range(20):
        Z = random_in_I_c(seeded(3, seed=seed), theta0, c, L)
        steps, moves = difference(blocks(theta), blocks(P)), difference(blocks(Z), blocks(P))
        assert max(float((s * z).flatten(2).sum(dim=2).max()) for s, z in zip(steps, moves, strict=True)) <= 1e-14


@pytest.mark.parametrize(
    "act, message",
    [
        (lambda: random_in_frobenius_balls(seeded(3), layers(), -1.0), "tau = -1.0"),
        (lambda: project_frobenius(layers(), layers(), math.nan), "tau = nan"),
        (lambda: project_spectral(layers(), layers()[:2], 1.0), "layers have shapes"),
        (lambda: frobenius_distance([], []), "one at least"),
        (lambda: random_in_frobenius_balls(seeded(2), layers(), 1.0), "2 generators for 3 trials"),
        (lambda: random_in_I_c(seeded(1), emww_initialisation(seeded(1), 2, 2, 3), 0.0, 3), "c = 0.0, L = 3"),
    ],
)
def test_impossible_balls_are_refused(act: Callable[[], object], message: str):
    with pytest.raises(ValueError, match=message):
        act()
