"""Every activation keeps the promises of its fields: derivative, kinks, Lipschitz constant, homogeneity."""

from __future__ import annotations

import math

import pytest
import torch

from lemmata.networks.activations import ACTIVATIONS, absolute, leaky_relu, relu, softshrink

EVERY_SIGMA = pytest.mark.parametrize("sigma", ACTIVATIONS.values(), ids=ACTIVATIONS)
GRID = torch.linspace(-6, 6, 4801, dtype=torch.float64)  # step 1/400: holds every kink, 0 and +-1/2


@EVERY_SIGMA
def test_derivative_is_that_of_autograd_also_at_the_kinks(sigma):
    x = GRID.clone().requires_grad_()
    (expected,) = torch.autograd.grad(sigma.value(x).sum(), x)
    # 1 - tanh^2 loses digits near 1: its error is a few roundings of 1.1e-16, absolute.
    torch.testing.assert_close(sigma.derivative(GRID), expected, rtol=0, atol=1e-15)


@EVERY_SIGMA
def test_zero_goes_to_zero_and_the_lipschitz_constant_is_reached(sigma):
    zero = torch.zeros(1, dtype=torch.float64)
    assert sigma.value(zero).item() == 0
    slopes = (sigma.value(GRID).diff() / GRID.diff()).abs().max().item()
    # At most the constant, up to the rounding of differences (1e-15) over the step, nearly so somewhere;
    # tanhshrink reaches tanh^2(6) = 1 - 2.5e-5 at the end of the grid.
    assert sigma.lipschitz - 1e-4 <= slopes <= sigma.lipschitz + 1e-12
    assert sigma.derivative(GRID).abs().max() <= sigma.lipschitz


@EVERY_SIGMA
def test_homogeneous_means_homogeneous(sigma):
    holds = all(torch.allclose(sigma.value(s * GRID), s * sigma.value(GRID), rtol=1e-14, atol=0) for s in (0.3, 7.0))
    assert holds == sigma.homogeneous


@EVERY_SIGMA
def test_results_follow_the_dtype_and_keep_nan_visible(sigma):
    x = torch.tensor([-1.0, 2.0, math.nan], dtype=torch.float32)
    assert sigma.value(x).dtype == sigma.derivative(x).dtype == torch.float32
    assert sigma.value(x)[2].isnan()


def test_kinks_are_strict():
    zero = torch.tensor([0.0, -0.0])
    assert relu.derivative(zero).tolist() == [0, 0]
    assert absolute.derivative(zero).tolist() == [0, 0]
    assert leaky_relu(0.25).derivative(zero).tolist() == [0.25, 0.25]
    assert softshrink.derivative(torch.tensor([-0.5, 0.5])).tolist() == [0, 0]


@pytest.mark.parametrize("s", [1.1, -2.0, math.nan])
def test_a_leaky_slope_above_one_is_refused(s):
    with pytest.raises(ValueError, match=f"slope s = {s}"):
        leaky_relu(s)


def test_names_are_keys():
    assert all(name == sigma.name for name, sigma in ACTIVATIONS.items())
    assert leaky_relu(0.1).name in ACTIVATIONS
