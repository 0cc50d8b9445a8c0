"""The depth-parallel emww network against the loop over layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.generators import emww_initialisation, random_in_I_c, sphere
from lemmata.networks import emww, emww_sweeps
from lemmata.networks.activations import ACTIVATIONS, relu, tanh
from lemmata.networks.emww import Theta

# y sums L terms of size up to c/L: rounding of L additions, each relative 1.1e-16, on numbers of size 16.
TOLERANCE = 1e-12


def seeded(trials: int) -> list[np.random.Generator]:
    return [np.random.default_rng([5, trial]) for trial in range(trials)]


def both(theta, x: Tensor, sigma) -> list[tuple[Tensor, Tensor]]:
    loop, sweeps = emww.forward(theta, x, sigma), emww_sweeps.forward(theta, x, sigma)
    pairs = [*zip(loop, sweeps, strict=True)]
    pairs += zip(emww.backward(theta, loop, sigma), emww_sweeps.backward(theta, sweeps, sigma), strict=True)
    return pairs


@pytest.mark.parametrize("sigma", ACTIVATIONS.values(), ids=ACTIVATIONS)
@pytest.mark.parametrize(("c", "L"), [(1, 4), (3, 40), (8, 256)])
def test_sweeps_agree_with_the_loop_inside_the_neighbourhood(sigma, c, L):
    rngs = seeded(3)
    theta = random_in_I_c(rngs, emww_initialisation(rngs, 3, 4, L), c, L)
    for loop, sweeps in both(theta, sphere(rngs, 2, 3), sigma):
        assert loop.shape == sweeps.shape
        assert (loop - sweeps).abs().max() <= TOLERANCE * (1 + loop.abs().max())


@pytest.mark.parametrize("sigma", [relu, tanh])
def test_sweeps_are_exact_for_large_parameters_too(sigma):
    # Far outside of I_c nothing contracts; K + 1 sweeps still carry every state to the last of K blocks.
    rng = np.random.default_rng(1)
    K, m, d = 9, 3, 2
    shapes = [(2, K, m), (2, K, m), (2, K, m, d), (2, K, d, m)]
    theta = Theta(*(torch.from_numpy(rng.normal(size=shape)) for shape in shapes))
    x = torch.from_numpy(rng.normal(size=(2, 3, d)))
    for loop, sweeps in both(theta, x, sigma):
        assert (loop - sweeps).abs().max() <= TOLERANCE * loop.abs().max()


def test_gradients_flow_through_the_sweeps():
    rngs = seeded(2)
    theta_0 = random_in_I_c(rngs, emww_initialisation(rngs, 2, 3, 30), 2.0, 30)
    x = sphere(rngs, 1, 2)

    def gradient(network) -> list[Tensor]:
        leaves = Theta(*(b.detach().requires_grad_() for b in (theta_0.a, theta_0.r, theta_0.B, theta_0.C)))
        states = network.forward(leaves, x, tanh)
        alpha = network.backward(leaves, states, tanh).alpha
        return list(torch.autograd.grad((states.f.sum() + alpha.square().sum()), leaves))

    for loop, sweeps in zip(gradient(emww), gradient(emww_sweeps), strict=True):
        assert (loop - sweeps).abs().max() <= 1e-10 * loop.abs().max()  # the same sums in another order


def test_an_overflowing_network_is_refused():
    huge = Theta(*(torch.full(shape, 1e200, dtype=torch.float64) for shape in [(1, 3, 1)] * 2 + [(1, 3, 1, 1)] * 2))
    with pytest.raises(ValueError, match="not finite"):
        emww_sweeps.forward(huge, torch.ones(1, 1, 1).double(), relu)
