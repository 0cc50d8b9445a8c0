"""The depth-last network against the loop over layers and autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lemmata.generators import emww_initialisation, random_in_I_c, sphere
from lemmata.networks import emww
from lemmata.networks.activations import ACTIVATIONS, relu, tanh
from lemmata.networks.emww import Theta
from lemmata.networks.emww_deep import DeepNetwork, Shape, depth_first, depth_last


def seeded(trials: int) -> list[np.random.Generator]:
    return [np.random.default_rng([7, trial]) for trial in range(trials)]


def near_the_start(c: float, L: int, sigma, d: int = 3, m: int = 2, n: int = 4):
    """A network theta in I_c(theta_0) on a sample, in both layouts."""
    rngs = seeded(3)
    theta_0 = emww_initialisation(rngs, d, m, L)
    theta = random_in_I_c(rngs, theta_0, c, L)
    x, y = sphere(rngs, n, d), sphere(rngs, n, 1)[..., 0]
    deep = DeepNetwork(depth_last(theta_0), x, y, sigma)
    return theta, depth_last(theta) - depth_last(theta_0), deep


@pytest.mark.parametrize("sigma", ACTIVATIONS.values(), ids=ACTIVATIONS)
@pytest.mark.parametrize("section", [7, 64])
def test_gradient_is_that_of_the_loop(sigma, section):
    theta, V, deep = near_the_start(3, 40, sigma)
    deep.section = section
    found = deep.derivatives(V)
    states = emww.forward(theta, deep.x, sigma)
    expected = depth_last(emww.risk_gradient(theta, deep.x, deep.y, sigma))
    assert (found.f - states.f).abs().max() <= 1e-14  # sums of 40 terms of size c/L
    assert (found.gradient - expected).abs().max() <= 1e-14 * (1 + expected.abs().max())
    of_f = emww.gradients(states, emww.backward(theta, states, sigma))
    squares = torch.stack([block.flatten(2).square().sum(-1) for block in of_f]).sum(0)
    assert torch.allclose(found.squares, squares, rtol=1e-12)


def test_gradient_is_that_of_autograd():
    theta, V, deep = near_the_start(2, 12, tanh)
    leaves = Theta(*(block.detach().requires_grad_() for block in (theta.a, theta.r, theta.B, theta.C)))
    risk = emww.risk(emww.forward(leaves, deep.x, tanh), deep.y)
    expected = depth_last(Theta(*torch.autograd.grad(risk.sum(), leaves)))
    assert (deep.derivatives(V).gradient - expected).abs().max() <= 1e-15 * (1 + expected.abs().max()) * 12


def test_exact_far_from_the_start():
    # Nothing contracts there; K sweeps still carry every state to the last of K layers.
    rng = np.random.default_rng(2)
    K, m, d = 9, 3, 2
    shapes = [(2, K, m), (2, K, m), (2, K, m, d), (2, K, d, m)]
    theta = Theta(*(torch.from_numpy(rng.normal(size=shape)) for shape in shapes))
    x, y = torch.from_numpy(rng.normal(size=(2, 3, d))), torch.from_numpy(rng.normal(size=(2, 3)))
    V = depth_last(theta)
    found = DeepNetwork(torch.zeros_like(V), x, y, relu).derivatives(V)
    expected = depth_last(emww.risk_gradient(theta, x, y, relu))
    assert (found.gradient - expected).abs().max() <= 1e-12 * expected.abs().max()


def test_layouts_are_inverse_and_blocks_have_their_norms():
    theta, _, deep = near_the_start(2, 12, relu)
    again = depth_first(depth_last(theta), deep.shape)
    for name in ("a", "r", "B", "C"):
        assert torch.equal(getattr(again, name), getattr(theta, name))
    norms = Shape(2, 3).block_norms(depth_last(theta))
    for k, name in enumerate(("a", "r", "B", "C")):
        assert torch.allclose(norms[:, k], getattr(theta, name).flatten(2).norm(dim=-1), rtol=1e-14)


def test_a_state_out_of_range_is_no_error_and_does_not_spread():
    _, V, deep = near_the_start(2, 12, relu)
    alone = deep.derivatives(V)
    V = V.clone()
    V[1] = 1e200
    found = deep.derivatives(V)
    assert not found.f[1].isfinite().all()
    assert torch.equal(found.gradient[0], alone.gradient[0])
    assert torch.equal(found.gradient[2], alone.gradient[2])


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="theta_0 has 7 rows"):
        DeepNetwork(torch.zeros(1, 7, 3).double(), torch.ones(1, 1, 1).double(), torch.ones(1, 1).double(), relu)
