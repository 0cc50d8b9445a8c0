"""The emww network against a loop over samples, autograd, exact rationals, and the readings of (4.3)."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.networks import emww
from lemmata.networks.activations import ACTIVATIONS, identity, relu
from lemmata.networks.emww import Theta

# Sums of at most 12 terms through at most 6 blocks, compared with the largest entry: about 100 roundings of
# 1.1e-16 in the worst case, and the test asks for 90 times that.
TOLERANCE = 1e-12
EVERY_SIGMA = pytest.mark.parametrize("sigma", ACTIVATIONS.values(), ids=ACTIVATIONS)


def network(B: int = 3, K: int = 5, m: int = 4, d: int = 3, scale: float = 0.5, seed: int = 0) -> Theta:
    rng = np.random.default_rng(seed)
    shapes = [(B, K, m), (B, K, m), (B, K, m, d), (B, K, d, m)]
    return Theta(*(torch.from_numpy(scale * rng.normal(size=shape)) for shape in shapes))


def inputs(B: int = 3, n: int = 4, d: int = 3, seed: int = 1) -> Tensor:
    x = torch.from_numpy(np.random.default_rng(seed).normal(size=(B, n, d)))
    return x / x.norm(dim=-1, keepdim=True)


def scalar(value: float, K: int = 1) -> Tensor:
    return torch.full((1, K), value, dtype=torch.float64)


def scalar_network(a: float, r: float, B: float, C: float, K: int = 1) -> Theta:
    """The network d = m = 1 whose blocks are all equal."""
    return Theta(
        scalar(a, K)[..., None],
        scalar(r, K)[..., None],
        scalar(B, K)[..., None, None],
        scalar(C, K)[..., None, None],
    )


ONE = torch.ones(1, 1, 1, dtype=torch.float64)


def assert_close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= TOLERANCE * expected.abs().max()


def derivatives(theta: Theta, x: Tensor, sigma) -> emww.Backward:
    """Autograd's derivatives of f in every state: the input of each block is a variable of its own."""
    states = emww.forward(theta, x, sigma)
    K = states.g.shape[2]
    leaf = [torch.zeros_like(t).requires_grad_() for t in (states.y, states.z, states.g, states.pre)]
    dy, dz, dg, dpre = leaf
    z, y = x, torch.zeros_like(x[..., 0])
    for k in range(K):
        z, y = z + dz[:, :, k], y + dy[:, :, k]
        pre = z @ theta.B[:, k].mT + y[..., None] * theta.r[:, None, k] + dpre[:, :, k]
        g = sigma.value(pre) + dg[:, :, k]
        z, y = x + g @ theta.C[:, k].mT, y + (g * theta.a[:, None, k]).sum(-1)
    f = (y + dy[:, :, K]).sum() + 0 * dz.sum()
    return emww.Backward(*torch.autograd.grad(f, leaf))


@EVERY_SIGMA
def test_forward_is_the_recursion_sample_by_sample(sigma):
    theta, x = network(), inputs()
    states = emww.forward(theta, x, sigma)
    for b in range(3):
        for i in range(4):
            z, y = x[b, i], torch.zeros((), dtype=torch.float64)
            for k in range(5):
                assert_close(states.z[b, i, k], z)
                assert_close(states.y[b, i, k], y)
                pre = theta.B[b, k] @ z + theta.r[b, k] * y
                g = sigma.value(pre)
                assert_close(states.pre[b, i, k], pre)
                assert_close(states.g[b, i, k], g)
                z, y = x[b, i] + theta.C[b, k] @ g, y + theta.a[b, k] @ g
            assert_close(states.z[b, i, 5], z)
            assert_close(states.f[b, i], y)


def test_states_at_initialisation_are_the_printed_ones():
    theta = network()
    theta = Theta(0 * theta.a, 0 * theta.r, theta.B, 0 * theta.C)
    x = inputs()
    states = emww.forward(theta, x, relu)
    back = emww.backward(theta, states, relu)
    assert torch.equal(states.z, x[:, :, None].expand_as(states.z))
    assert torch.equal(back.alpha, torch.ones_like(back.alpha))
    assert not torch.stack([t.abs().max() for t in (states.y, back.beta, back.gamma)]).any()
    features = torch.relu(torch.einsum("bkmd,bnd->bnkm", theta.B, x))
    H = torch.einsum("bikm,bjkm->bij", features, features) / (4 * 6)  # n = 4, L = K + 1 = 6
    assert_close(emww.gram(theta, x, relu), H)
    assert_close(emww.gram(theta, x, relu, L=5), H * 6 / 5)


@EVERY_SIGMA
def test_recursion_with_the_derivative_is_that_of_autograd(sigma):
    theta, x = network(), inputs()
    states = emww.forward(theta, x, sigma)
    for found, expected in zip(emww.backward(theta, states, sigma), derivatives(theta, x, sigma), strict=True):
        assert_close(found, expected)


def test_printed_recursion_holds_only_where_the_derivative_is_one():
    theta, x = network(), inputs()
    states = emww.forward(theta, x, identity)
    printed = emww.backward(theta, states, identity, derivative=False)
    for found, expected in zip(printed, derivatives(theta, x, identity), strict=True):
        assert_close(found, expected)

    positive = Theta(*(p.abs() for p in theta))
    states = emww.forward(positive, x.abs(), relu)
    assert (states.pre > 0).all()
    printed = emww.backward(positive, states, relu, derivative=False)
    for found, expected in zip(printed, derivatives(positive, x.abs(), relu), strict=True):
        assert_close(found, expected)


def test_printed_recursion_is_wrong_at_a_negative_preactivation():
    # d = m = 1, one block, x = 1, B = -1, r = a = 1: the unit is dead, f = 0 near x, and (4.3) prints
    # gamma = a = 1, beta = B gamma = -1, alpha = 1 + r gamma = 2.
    theta = scalar_network(a=1, r=1, B=-1, C=0)
    states = emww.forward(theta, ONE, relu)
    printed = emww.backward(theta, states, relu, derivative=False)
    true = emww.backward(theta, states, relu)
    for found, expected in zip(true, derivatives(theta, ONE, relu), strict=True):
        assert torch.equal(found, expected)
    assert printed.gamma.item() == true.gamma.item() == 1  # the first line of (4.3) is right
    assert (printed.beta[0, 0, 0].item(), true.beta[0, 0, 0].item()) == (-1, 0)
    assert (printed.alpha[0, 0, 0].item(), true.alpha[0, 0, 0].item()) == (2, 1)


def test_beta_leaves_out_the_long_skips():
    # x enters every z^(l+1) = x + ..., so that grad_x f is the sum of all beta, and not beta^(1).
    theta, x = network(), inputs().requires_grad_()
    states = emww.forward(theta, x, relu)
    gradient = torch.autograd.grad(states.f.sum(), x)[0]
    back = emww.backward(theta, states, relu)
    assert_close(back.beta.sum(2), gradient)
    assert (back.beta[:, :, 0] - gradient).abs().max() > 0.1


@EVERY_SIGMA
def test_gradients_are_those_of_autograd(sigma):
    theta, x = Theta(*(p.requires_grad_() for p in network())), inputs()
    states = emww.forward(theta, x, sigma)
    found = emww.gradients(states, emww.backward(theta, states, sigma))
    of_a = []
    for i in range(4):
        expected = torch.autograd.grad(states.f[:, i].sum(), theta, retain_graph=True)
        of_a.append(expected[0].flatten(1))
        for gradient, of_autograd in zip(found, expected, strict=True):
            assert_close(gradient[:, i], of_autograd)
    features = torch.stack(of_a, 1)
    assert_close(emww.gram(theta, x, sigma), features @ features.mT / (4 * 6))


def test_printed_indices_of_the_gradients_are_one_too_low():
    # Identity activation, d = m = 1, two blocks, all parameters 1/2, x = 1. By hand: z^(2) = 5/4,
    # y^(2) = 1/4, g^(2) = 3/4, and from layer 3 down to 2 alpha = 1, 5/4 and beta = 0, 1/4.
    theta = scalar_network(0.5, 0.5, 0.5, 0.5, K=2)
    states = emww.forward(theta, ONE, identity)
    back = emww.backward(theta, states, identity)
    chain, printed = emww.gradients(states, back), emww.gradients(states, back, shift=False)
    assert (chain.a[0, 0, 1].item(), printed.a[0, 0, 1].item()) == (0.75, 1.25 * 0.75)
    assert (chain.C[0, 0, 1].item(), printed.C[0, 0, 1].item()) == (0, 0.25 * 0.75)
    assert torch.equal(chain.B, printed.B)
    assert torch.equal(chain.r, printed.r)


@EVERY_SIGMA
def test_risk_gradient_is_that_of_autograd(sigma):
    theta, x = Theta(*(p.requires_grad_() for p in network())), inputs()
    y = torch.from_numpy(np.random.default_rng(3).uniform(-1, 1, size=(3, 4)))
    risk = emww.risk(emww.forward(theta, x, sigma), y)
    assert_close(risk, ((emww.forward(theta, x, sigma).f - y) ** 2).sum(-1) / 8)
    expected = torch.autograd.grad(risk.sum(), theta)
    for found, of_autograd in zip(emww.risk_gradient(theta, x, y, sigma), expected, strict=True):
        assert_close(found, of_autograd)


def test_networks_of_a_batch_do_not_disturb_each_other():
    # BLAS may sum in another order for another batch size: equal up to TOLERANCE, not bit for bit.
    theta, x = network(B=7, m=12), inputs(B=7)
    y = torch.ones(7, 4, dtype=torch.float64)

    def everything(theta: Theta, x: Tensor) -> list[Tensor]:
        gradient = emww.risk_gradient(theta, x, y[: len(x)], relu)
        return [*emww.forward(theta, x, relu), *gradient, emww.gram(theta, x, relu)]

    together = everything(theta, x)
    for b in range(7):
        alone = everything(Theta(*(p[b : b + 1] for p in theta)), x[b : b + 1])
        for found, expected in zip(together, alone, strict=True):
            assert_close(found[b : b + 1], expected)


def literal_extremal(c: Fraction, L: int) -> emww.Extremal:
    """States of the network d = m = 1, x = 1, a = r = C = c/L, B = 1 + c/L, minus those at initialisation."""
    e = c / L
    z, y, g = [Fraction(1)], [Fraction(0)], []
    for _ in range(L - 1):
        g.append((1 + e) * z[-1] + e * y[-1])
        z.append(1 + e * g[-1])
        y.append(y[-1] + e * g[-1])
    alpha, beta, gamma = [Fraction(1)], [Fraction(0)], []
    for _ in range(L - 1):
        gamma.insert(0, e * alpha[0] + e * beta[0])
        beta.insert(0, (1 + e) * gamma[0])
        alpha.insert(0, alpha[0] + e * gamma[0])
    return emww.Extremal(y, [v - 1 for v in z], [v - 1 for v in g], [v - 1 for v in alpha], beta, gamma)


@pytest.mark.parametrize("c, L", [(Fraction(1), 2), (Fraction(1), 4), (Fraction(3, 2), 9), (Fraction(7, 3), 60)])
def test_extremal_numbers_are_exact_and_are_those_of_the_network(c, L):
    exact = emww.extremal(c, L)
    assert exact == literal_extremal(c, L)
    with mpmath.workdps(40):
        for found, expected in zip(emww.extremal(mpmath.mpf(c.numerator) / c.denominator, L), exact, strict=True):
            for number, fraction in zip(found, expected, strict=True):
                assert abs(number * fraction.denominator - fraction.numerator) <= 1e-36 * abs(fraction.numerator)

    e = float(c / L)
    theta = scalar_network(e, e, 1 + e, e, K=L - 1)
    states = emww.forward(theta, ONE, relu)
    back = emww.backward(theta, states, relu)
    network = [states.y, states.z - 1, states.g - 1, back.alpha - 1, back.beta, back.gamma]
    for found, expected, numbers in zip(emww.extremal(float(c), L), exact, network, strict=True):
        # Four roundings of 1.1e-16 a layer, relative because nothing cancels ...
        assert found == pytest.approx([float(v) for v in expected], rel=4 * L * 2.0**-53)
        # ... and in the network relative to states of size 1 + y.
        assert numbers.flatten().tolist() == pytest.approx(
            found, rel=0, abs=4 * L * 2.0**-53 * (1 + float(exact.y[-1]))
        )


@EVERY_SIGMA
def test_no_network_of_the_neighbourhood_beats_the_extremal_numbers(sigma):
    c, L, m, d, B = 2.0, 7, 3, 2, 200
    rng = np.random.default_rng(11)

    def on_sphere(*shape: int, dims: int) -> Tensor:
        t = torch.from_numpy(rng.normal(size=shape))
        return t / torch.linalg.vector_norm(t, dim=tuple(range(-dims, 0)), keepdim=True)

    B_0 = on_sphere(B, L - 1, m, d, dims=1) / math.sqrt(m)
    steps = on_sphere(B, L - 1, m, dims=1), on_sphere(B, L - 1, m, dims=1), on_sphere(B, L - 1, m, d, dims=2)
    a, r, step = (c / L * s for s in steps)
    theta = Theta(a, r, B_0 + step, c / L * on_sphere(B, L - 1, d, m, dims=2))
    x = on_sphere(B, 4, d, dims=1)
    states, start = (
        emww.forward(theta, x, sigma),
        emww.forward(Theta(0 * a, 0 * r, B_0, 0 * theta.C), x, sigma),
    )
    back = emww.backward(theta, states, sigma)
    found = [
        states.y.abs(), (states.z - start.z).norm(dim=-1), (states.g - start.g).norm(dim=-1),
        (back.alpha - 1).abs(), back.beta.norm(dim=-1), back.gamma.norm(dim=-1),
    ]  # fmt: skip
    for numbers, bound in zip(found, emww.extremal(c, L), strict=True):
        assert (numbers <= torch.tensor(bound) * (1 + TOLERANCE)).all()


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda p, x: (p, x[..., :2]), r"B has shape \(3, 5, 4, 3\): it must be \(3, 5, 4, 2\)"),
        (lambda p, x: (p, x[:, :0]), "x is empty"),
        (lambda p, x: (p._replace(C=p.C.mT), x), "C has shape"),
        (lambda p, x: (p._replace(r=p.r[:, :2]), x), r"r has shape \(3, 2, 4\): it must be \(3, 5, 4\)"),
        (lambda p, x: (p._replace(a=p.a[:2]), x), r"a has shape \(2, 5, 4\): it must be \(3, \*, \*\)"),
        (lambda p, x: (p._replace(a=p.a * math.nan), x), r"a\[0, 0, 0\] is nan"),
        (lambda p, x: (Theta(p.a[:, :0], p.r[:, :0], p.B[:, :0], p.C[:, :0]), x), "a is empty"),
    ],
)
def test_bad_input_is_refused_with_its_value(change, message):
    with pytest.raises(ValueError, match=message):
        emww.forward(*change(network(), inputs()), relu)


def test_bad_labels_and_radii_are_refused():
    states = emww.forward(network(), inputs(), relu)
    with pytest.raises(ValueError, match=r"y has shape \(3, 1\)"):
        emww.risk(states, torch.ones(3, 1))
    with pytest.raises(ValueError, match=r"y\[0, 0\] is inf"):
        emww.risk(states, torch.full((3, 4), math.inf))
    for c, L in [(-1.0, 4), (math.nan, 4), (1.0, 1)]:
        with pytest.raises(ValueError, match=f"c = {c}, L = {L}"):
            emww.extremal(c, L)
