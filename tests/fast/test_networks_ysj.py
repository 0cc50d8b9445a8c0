"""The ysj network against a loop over samples, autograd, the product of Appendix A, and an exact example."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.networks import ysj
from lemmata.networks.activations import ACTIVATIONS, relu, tanh
from lemmata.networks.ysj import Theta, logistic, pseudo_huber, square

# Sums of at most 9 terms through at most 4 blocks, compared with the largest entry: about 60 roundings of
# 1.1e-16 in the worst case, and the test asks for 150 times that.
TOLERANCE = 1e-12
EVERY_PHI = pytest.mark.parametrize("phi", ACTIVATIONS.values(), ids=ACTIVATIONS)
LOSSES = pytest.mark.parametrize("loss", [square, logistic, pseudo_huber(0.3)], ids=lambda loss: loss.name)


def network(widths: Sequence[int] = (5, 1, 4), d: int = 3, B: int = 3, seed: int = 0) -> Theta:
    """Random blocks; widths are those of U_2 .. U_L."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> Tensor:
        return torch.from_numpy(0.6 * rng.normal(size=(B, *shape)))

    return Theta(draw(d), [draw(d, m) for m in (d, *widths)], [draw(m, d) for m in widths])


def data(d: int = 3, B: int = 3, n: int = 9, seed: int = 1) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.normal(size=(B, n, d))), torch.from_numpy(rng.choice([-1.0, 1.0], size=(B, n)))


def flat(theta: Theta) -> list[Tensor]:
    return [theta.w, *theta.V, *theta.U]


def assert_close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= TOLERANCE * expected.abs().max()


@EVERY_PHI
def test_forward_is_the_recursion_sample_by_sample(phi):
    theta, (x, _) = network(), data()
    result = ysj.forward(theta, x, phi)
    for b in range(3):
        for i in range(9):
            h = x[b, i]
            for l in range(1, 5):
                h = h + theta.V[l - 1][b] @ phi.value(h if l == 1 else theta.U[l - 2][b] @ h)
                assert_close(result.h[l][b, i], h)
            assert_close(result.f[b, i], theta.w[b] @ h)


@EVERY_PHI
@LOSSES
@pytest.mark.parametrize("widths", [(5, 1, 4), ()], ids=["L=4", "L=1"])
def test_risk_gradient_is_that_of_autograd(phi, loss, widths):
    theta, (x, y) = network(widths), data()
    for parameter in flat(theta):
        parameter.requires_grad_()
    result = ysj.forward(theta, x, phi)
    risk = ysj.risk(result, y, loss)
    expected = torch.autograd.grad(risk.sum(), flat(theta))
    found = flat(ysj.risk_gradient(theta, result, y, phi, loss))
    for gradient, of_autograd in zip(found, expected, strict=True):
        assert_close(gradient, of_autograd)


def test_product_of_appendix_a_has_its_factors_in_increasing_order():
    theta, (x, y) = network(), data()
    result = ysj.forward(theta, x, tanh)
    gradient = ysj.risk_gradient(theta, result, y, tanh, square)
    for b in range(3):
        forwards, backwards = torch.zeros(3, 3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64)
        for i in range(9):
            eye = torch.eye(3, dtype=torch.float64)
            factors = []
            for k in range(2, 5):
                U, V = theta.U[k - 2][b], theta.V[k - 1][b]
                J = torch.diag(1 - torch.tanh(U @ result.h[k - 1][b, i]) ** 2)
                factors.append(eye + U.T @ J.T @ V.T)
            slope = 2 * (result.f[b, i] - y[b, i]) / 9
            phi_1 = torch.tanh(x[b, i])
            forwards += slope * torch.outer(torch.linalg.multi_dot([*factors, theta.w[b]]), phi_1)
            backwards += slope * torch.outer(torch.linalg.multi_dot([*factors[::-1], theta.w[b]]), phi_1)
        assert_close(gradient.V[0][b], forwards)
        assert (gradient.V[0][b] - backwards).abs().max() > 1e-2


def test_example_of_section_3_2_is_reproduced_exactly():
    # Biases become a second coordinate that is always 1; the first block, which has no U, is switched off.
    def vector(*entries: float) -> Tensor:
        return torch.tensor([entries], dtype=torch.float64)

    theta = Theta(
        vector(1.0, 0.0),
        [
            torch.zeros(1, 2, 2, dtype=torch.float64),
            vector(1.0, 0.0)[..., None],
            vector(-4.0, 0.0)[..., None],
        ],
        [vector(1.0, -2.0)[:, None], vector(1.0, -3.5)[:, None]],
    )
    x = torch.tensor([[[1.0, 1.0], [2.5, 1.0], [3.0, 1.0]]], dtype=torch.float64)
    result = ysj.forward(theta, x, relu)
    assert result.h[2][..., 0].tolist() == [[1.0, 3.0, 4.0]]
    assert result.f.tolist() == [[1.0, 3.0, 2.0]]
    assert ysj.risk(result, vector(1.0, 3.0, 2.0), square).tolist() == [0.0]
    assert ysj.risk(result, vector(1.0, 3.0, 5.0), square).tolist() == [3.0]


@LOSSES
def test_loss_derivatives_are_those_of_autograd(loss):
    p = torch.linspace(-30, 30, 41, dtype=torch.float64).requires_grad_()
    for y in (torch.ones_like(p), -torch.ones_like(p), torch.full_like(p, 0.3)):
        value = loss.value(p, y)
        (first,) = torch.autograd.grad(value.sum(), p, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), p)
        # Entry by entry, because the tails of the logistic loss are tiny; absolute where autograd cancels.
        torch.testing.assert_close(loss.first(p, y), first, rtol=TOLERANCE, atol=1e-15)
        torch.testing.assert_close(loss.second(p, y), second, rtol=TOLERANCE, atol=1e-15)
        assert (loss.second(p, y) >= 0).all()


def test_losses_are_the_printed_ones():
    p, y = torch.tensor([2.0, -1.0], dtype=torch.float64), torch.tensor([1.0, 1.0], dtype=torch.float64)
    assert square.value(p, y).tolist() == [1.0, 4.0]
    assert logistic.value(p, y).tolist() == pytest.approx([math.log1p(math.exp(-2)), math.log1p(math.e)], rel=1e-15)
    # softplus with its default threshold is off by 6e-11 here
    tail = logistic.value(torch.tensor(-20.5, dtype=torch.float64), torch.tensor(1.0)).item()
    assert tail == pytest.approx(20.5 + math.log1p(math.exp(-20.5)), rel=1e-15)


def test_pseudo_huber_is_close_to_the_absolute_value():
    p, y = torch.tensor([2.0, -1.0, 1.0], dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    assert pseudo_huber(1e-6).value(p, y).tolist() == pytest.approx([1.0, 2.0, 0.0], abs=1e-6)
    assert pseudo_huber(0.75).value(p, y).tolist() == pytest.approx([0.5, 4.5625**0.5 - 0.75, 0.0], rel=1e-15)
    with pytest.raises(ValueError, match="must be positive"):
        pseudo_huber(0.0)


def test_hessian_can_be_taken_through_the_forward_pass():
    # torch.func must not trip over the checks of the inputs.
    theta, (x, y) = network((2,), B=1), data(B=1)
    shapes = [p.shape for p in flat(theta)]

    def risk(vector: Tensor) -> Tensor:
        parts = vector.split([shape.numel() for shape in shapes])
        w, V_1, V_2, U_2 = (part.view(shape) for part, shape in zip(parts, shapes, strict=True))
        return ysj.risk(ysj.forward(Theta(w, [V_1, V_2], [U_2]), x, tanh), y, square)[0]

    start = torch.cat([p.flatten() for p in flat(theta)])
    hessian = torch.func.jacrev(torch.func.jacrev(risk))(start)
    assert_close(hessian, torch.autograd.functional.hessian(risk, start))


def test_networks_of_a_batch_do_not_disturb_each_other():
    # BLAS may sum in another order for another batch size: equal up to TOLERANCE, not bit for bit.
    theta, (x, y) = network(B=7), data(B=7)

    def everything(theta: Theta, x: Tensor, y: Tensor) -> list[Tensor]:
        result = ysj.forward(theta, x, relu)
        return [*result.h, result.f, *flat(ysj.risk_gradient(theta, result, y, relu, logistic))]

    together = everything(theta, x, y)
    for b in range(7):
        one = slice(b, b + 1)
        alone = Theta(theta.w[one], [V[one] for V in theta.V], [U[one] for U in theta.U])
        for found, expected in zip(together, everything(alone, x[one], y[one]), strict=True):
            assert_close(found[one], expected)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda p, x: (p._replace(V=p.V[1:]), x), "3 V and 3 U"),
        (lambda p, x: (p, x[..., :2]), r"w has shape \(3, 3\): it must be \(3, 2\)"),
        (lambda p, x: (p, x[:0]), "x is empty"),
        (
            lambda p, x: (p._replace(V=[*p.V[:3], p.V[3][..., :2]]), x),
            r"V_4 has shape \(3, 3, 2\): it must be \(3, 3, 4\)",
        ),
        (lambda p, x: (p._replace(U=[p.U[0].mT, *p.U[1:]]), x), "V_2 has shape"),
        (lambda p, x: (p._replace(w=p.w / 0), x), r"w\[0, 0\] is -?inf"),
    ],
)
def test_bad_input_is_refused_with_its_value(change, message):
    with pytest.raises(ValueError, match=message):
        ysj.forward(*change(network(), data()[0]), relu)


def test_bad_labels_are_refused():
    theta, (x, y) = network(), data()
    result = ysj.forward(theta, x, relu)
    with pytest.raises(ValueError, match=r"y has shape \(3, 1\)"):
        ysj.risk(result, y[:, :1], square)
    with pytest.raises(ValueError, match=r"y\[0, 0\] is nan"):
        ysj.risk_gradient(theta, result, math.nan * y, relu, square)
