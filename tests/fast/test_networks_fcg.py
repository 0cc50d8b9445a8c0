"""The fcg network against loops over samples, products of dense matrices, and autograd."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.networks import fcg

# Sums of at most 20 terms through at most 7 layers, compared with the largest entry: about 150 roundings of
# 1.1e-16 in the worst case, and the test asks for 60 times that.
TOLERANCE = 1e-12
SHAPES = [(1, 3, 4, 2), (2, 3, 4, 6), (3, 2, 1, 2), (5, 4, 20, 8)]  # L, d, m, m_out
THETAS = [0.3, torch.tensor([0.5, -0.2, 0.0], dtype=torch.float64)]


def network(L: int, d: int, m: int, m_out: int, B: int = 3, seed: int = 0) -> list[Tensor]:
    rng = np.random.default_rng(seed)
    widths = [d, *[m] * L, m_out]
    shapes = [(B, *pair) for pair in pairwise(widths)]
    return [torch.from_numpy(rng.normal(size=shape) * (2 / shape[-1]) ** 0.5) for shape in shapes]


def inputs(d: int, B: int = 3, n: int = 4, seed: int = 1) -> Tensor:
    x = torch.from_numpy(np.random.default_rng(seed).normal(size=(B, n, d)))
    return x / x.norm(dim=-1, keepdim=True)


def labels(B: int = 3, n: int = 4, seed: int = 2) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).choice([-1.0, 1.0], size=(B, n)))


def assert_close(found: Tensor, expected: Tensor, scale: Tensor | None = None) -> None:
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    size = (expected if scale is None else scale).abs().max()
    assert (found - expected).abs().max() <= TOLERANCE * size


def theta_of(theta: float | Tensor, b: int) -> float:
    return theta if isinstance(theta, float) else float(theta[b])


def dense(W: list[Tensor], result: fcg.Forward, l: int, l2: int, b: int, i: int) -> Tensor:
    """H_l^{l2} of network b and sample i as the product of matrices of equation (1), case by case."""

    def masked(r: int) -> Tensor:
        return torch.diag(result.sigma[r][b, i].double()) @ W[r - 1][b].T

    eye = torch.eye(result.x[l2].shape[-1], dtype=torch.float64)
    if l > l2:
        return eye
    if l2 == len(W):
        return masked(l2) @ dense(W, result, l, l2 - 1, b, i)
    if l == 1:
        return dense(W, result, 2, l2, b, i) @ masked(1)
    factor = eye + theta_of(result.theta, b) * masked(l2) if result.skip else masked(l2)
    return factor @ dense(W, result, l, l2 - 1, b, i)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("skip", [True, False])
def test_forward_is_the_recursion_sample_by_sample(shape, theta, skip):
    W, x = network(*shape), inputs(shape[1])
    result = fcg.forward(W, x, theta, skip)
    L = shape[0]
    assert result.L == L
    for b in range(3):
        for i in range(4):
            state = x[b, i].numpy()
            for l in range(1, L + 2):
                before = W[l - 1][b].numpy().T @ state
                after = np.where(before > 0, before, 0.0)
                state = state + theta_of(theta, b) * after if skip and 2 <= l <= L else after
                assert_close(result.x[l][b, i], torch.from_numpy(state))
                assert np.array_equal(result.sigma[l][b, i].numpy(), before > 0)
            half = len(state) // 2
            f = torch.tensor(state[:half].sum() - state[half:].sum())
            assert_close(fcg.output(result)[b, i], f, scale=torch.from_numpy(state).sum())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("skip", [True, False])
def test_interlayer_is_the_product_of_dense_matrices(shape, theta, skip):
    W = network(*shape)
    result = fcg.forward(W, inputs(shape[1]), theta, skip)
    L = shape[0]
    for l2 in range(L + 2):
        for l in range(1, l2 + 2):
            H = fcg.interlayer(W, result, l, l2)
            assert H.shape == (3, 4, result.x[l2].shape[-1], result.x[l - 1].shape[-1])
            for b, i in [(0, 0), (1, 3), (2, 1)]:
                assert_close(H[b, i], dense(W, result, l, l2, b, i))


def test_interlayer_products_match_the_matrices_they_stand_for():
    W = network(4, 3, 7, 6)
    result = fcg.forward(W, inputs(3), THETAS[1])
    rng = np.random.default_rng(5)
    for l, l2 in [(1, 5), (1, 1), (5, 5), (2, 4), (3, 3), (3, 2)]:
        H = fcg.interlayer(W, result, l, l2)
        a = torch.from_numpy(rng.normal(size=(3, 4, 2, H.shape[-1])))
        b = torch.from_numpy(rng.normal(size=(3, 4, 5, H.shape[-2])))
        assert_close(fcg.apply_interlayer(W, result, l, l2, a), a @ H.mT)
        assert_close(fcg.apply_interlayer_transposed(W, result, l, l2, b), b @ H)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("skip", [True, False])
def test_output_identity_of_equation_1_holds_from_every_layer(shape, theta, skip):
    W = network(*shape)
    result = fcg.forward(W, inputs(shape[1]), theta, skip)
    f, v = fcg.output(result), fcg.signs(shape[-1])
    scale = result.x[-1].sum(-1)  # f is a difference of two sums of this size
    q = fcg.backward(W, result)
    for l in range(shape[0] + 2):
        H = fcg.interlayer(W, result, l + 1, shape[0] + 1)
        assert_close(torch.einsum("o,bnoi,bni->bn", v, H, result.x[l]), f, scale)
        assert_close(q[l], torch.einsum("o,bnoi->bni", v, H))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("skip", [True, False])
def test_gradients_are_those_of_autograd(shape, theta, skip):
    W = [W_l.requires_grad_() for W_l in network(*shape)]
    x = inputs(shape[1]).requires_grad_()
    result = fcg.forward(W, x, theta, skip)
    f = fcg.output(result)
    q = fcg.backward(W, result)
    assert_close(q[0], torch.autograd.grad(f.sum(), x, retain_graph=True)[0])
    for i in range(4):
        expected = torch.autograd.grad(f[:, i].sum(), W, retain_graph=True)
        for l in range(1, shape[0] + 2):
            assert_close(fcg.gradient(W, result, l)[:, i], expected[l - 1])


@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("skip", [True, False])
def test_loss_gradient_is_that_of_autograd(theta, skip):
    W, x, y = [W_l.requires_grad_() for W_l in network(3, 4, 8, 6)], inputs(4), labels()
    result = fcg.forward(W, x, theta, skip)
    margins = y * fcg.output(result)
    naive = torch.log(1 + torch.exp(-margins)).mean(-1)
    assert_close(fcg.loss(result, y), naive)
    assert_close(fcg.surrogate(result, y), (1 / (1 + torch.exp(margins))).mean(-1))
    expected = torch.autograd.grad(naive.sum(), W)
    for found, gradient in zip(fcg.loss_gradient(W, result, y), expected, strict=True):
        assert_close(found, gradient)


@pytest.mark.parametrize("margin", [-800.0, -20.5, -1e-9, 0.0, 20.5, 40.0, 700.0])
def test_loss_and_surrogate_keep_their_digits_at_any_margin(margin):
    # f(x) = |margin| x for x = 1. At -20.5 softplus with its default threshold is off by 6e-11 relative.
    W = [torch.ones(1, 1, 1, dtype=torch.float64), torch.tensor([[[abs(margin), 0.0]]], dtype=torch.float64)]
    y = torch.full((1, 1), -1.0 if margin < 0 else 1.0, dtype=torch.float64)
    result = fcg.forward(W, torch.ones(1, 1, 1, dtype=torch.float64), 1.0)
    loss = math.log1p(math.exp(-margin)) if margin > 0 else math.log1p(math.exp(margin)) - margin
    surrogate = math.exp(-margin) / (1 + math.exp(-margin)) if margin > 0 else 1 / (1 + math.exp(margin))
    assert float(fcg.loss(result, y)) == pytest.approx(loss, rel=1e-15)  # a few roundings of 1.1e-16
    assert float(fcg.surrogate(result, y)) == pytest.approx(surrogate, rel=1e-15)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_a_unit_on_the_kink_is_inactive(zero):
    W = [torch.tensor([[[1.0, zero]]]), torch.tensor([[[0.0, 1.0], [1.0, 1.0]]]), torch.ones(1, 2, 2)]
    result = fcg.forward(W, torch.ones(1, 1, 1), 1.0)
    assert result.sigma[1].tolist() == [[[True, False]]]  # >= would make both active
    assert result.sigma[2].tolist() == [[[False, True]]]
    assert torch.equal(fcg.gradient(W, result, 2)[..., 0], torch.zeros(1, 1, 2))
    assert fcg.interlayer(W, result, 2, 2).tolist() == [[[[1.0, 0.0], [1.0, 2.0]]]]


def test_networks_of_a_batch_do_not_disturb_each_other():
    # BLAS may sum in another order for another batch size: equal up to TOLERANCE, not bit for bit.
    W, x, y = network(4, 5, 16, 6, B=7), inputs(5, B=7, n=3), labels(B=7, n=3)
    theta = torch.linspace(-0.5, 0.5, 7, dtype=torch.float64)
    together = fcg.forward(W, x, theta)
    for b in range(7):
        W_b, x_b, y_b = [W_l[b : b + 1] for W_l in W], x[b : b + 1], y[b : b + 1]
        alone = fcg.forward(W_b, x_b, theta[b : b + 1])
        for found, expected in zip(together.x, alone.x, strict=True):
            assert_close(found[b : b + 1], expected)
        assert_close(fcg.interlayer(W, together, 1, 5)[b : b + 1], fcg.interlayer(W_b, alone, 1, 5))
        gradients = fcg.loss_gradient(W, together, y)
        for found, expected in zip(gradients, fcg.loss_gradient(W_b, alone, y_b), strict=True):
            assert_close(found[b : b + 1], expected)


def test_one_theta_for_all_is_the_same_as_one_for_each():
    W, x, y = network(3, 4, 8, 6), inputs(4), labels()
    number = fcg.forward(W, x, 0.3)
    for theta in (torch.tensor(0.3, dtype=torch.float64), torch.full((3,), 0.3, dtype=torch.float64)):
        tensor = fcg.forward(W, x, theta)
        assert all(map(torch.equal, number.x, tensor.x))
        assert all(map(torch.equal, fcg.loss_gradient(W, number, y), fcg.loss_gradient(W, tensor, y)))
        assert torch.equal(fcg.interlayer(W, number, 1, 4), fcg.interlayer(W, tensor, 1, 4))


def test_theta_plays_no_part_without_skip_and_widths_are_free():
    W = [
        network(1, 3, 5, 4)[0],
        torch.ones(3, 5, 2, dtype=torch.float64),
        torch.ones(3, 2, 4, dtype=torch.float64),
    ]
    one, other = fcg.forward(W, inputs(3), 0.1, skip=False), fcg.forward(W, inputs(3), 9.0, skip=False)
    assert torch.equal(fcg.output(one), fcg.output(other))
    assert torch.equal(fcg.gradient(W, one, 2), fcg.gradient(W, other, 2))
    with pytest.raises(ValueError, match=r"W_2 has shape \(3, 5, 2\): it must be \(3, 5, 5\)"):
        fcg.forward(W, inputs(3), 0.1)


def test_h_distance_takes_spectral_norms_and_scales_the_middle():
    hat, tilde = network(4, 3, 7, 6, seed=0), network(4, 3, 7, 6, seed=9)
    norms = np.array([np.linalg.svd((a - b).numpy(), compute_uv=False)[:, 0] for a, b in zip(hat, tilde, strict=True)])
    for theta in (0.3, torch.tensor([0.5, 0.2, 0.0], dtype=torch.float64)):
        expected = norms[0] + np.asarray(theta) * norms[1:-1].sum(0) + norms[-1]
        assert_close(fcg.h_distance(hat, tilde, theta), torch.from_numpy(expected))


def test_results_follow_the_dtype_of_the_inputs():
    W, x, y = [W_l.float() for W_l in network(3, 4, 8, 6)], inputs(4).float(), labels().float()
    result = fcg.forward(W, x, 0.5)
    found = [*result.x, fcg.output(result), fcg.interlayer(W, result, 1, 4), *fcg.backward(W, result)]
    found += [fcg.loss(result, y), fcg.surrogate(result, y), *fcg.loss_gradient(W, result, y)]
    assert {tensor.dtype for tensor in found} == {torch.float32}


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda W, x: (W[:1], x, 0.1), "1 weight matrices"),
        (lambda W, x: (W, x[:, :0], 0.1), r"x is empty, shape \(3, 0, 3\)"),
        (lambda W, x: (W, x[0], 0.1), r"x has shape \(4, 3\): it must be \(\*, \*, \*\)"),
        (lambda W, x: (W, x.index_fill(2, torch.tensor([1]), math.nan), 0.1), r"x\[0, 0, 1\] is nan"),
        (lambda W, x: ([W[0], W[1] / 0, W[2]], x, 0.1), "W_2"),
        (lambda W, x: ([W[0][:2], *W[1:]], x, 0.1), r"W_1 has shape \(2, 3, 4\): it must be \(3, 3, \*\)"),
        (lambda W, x: (W, x, math.nan), "theta"),
        (lambda W, x: (W, x, torch.ones(2)), r"theta has shape \(2,\): it must be \(3\)"),
    ],
)
def test_bad_input_is_refused_with_its_value(change, message):
    with pytest.raises(ValueError, match=message):
        fcg.forward(*change(network(2, 3, 4, 6), inputs(3)))


def test_bad_layers_labels_and_widths_are_refused():
    W, y = network(2, 3, 4, 6), labels()
    result = fcg.forward(W, inputs(3), 0.1)
    for l, l2 in [(0, 2), (4, 2), (1, 4), (2, 0)]:
        with pytest.raises(ValueError, match=f"layers l = {l}, l2 = {l2}"):
            fcg.interlayer(W, result, l, l2)
    with pytest.raises(ValueError, match=r"labels y hold 0\.0"):
        fcg.loss(result, 0 * y)
    with pytest.raises(ValueError, match=r"y has shape \(3, 2\)"):
        fcg.loss_gradient(W, result, y[:, :2])
    with pytest.raises(ValueError, match="m_out = 3"):
        fcg.signs(3)
    with pytest.raises(ValueError, match="3 and 2 layers"):
        fcg.h_distance(W, W[:2], 0.1)
    with pytest.raises(ValueError, match="a has shape"):
        fcg.apply_interlayer(W, result, 1, 2, torch.ones(3, 4, 1, 4))
