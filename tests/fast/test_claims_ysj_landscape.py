"""The exact networks, critical points and fits of the ysj claims, against floating point and search."""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from lemmata.claims.ysj import weighted
from lemmata.claims.ysj.corollary_3 import distance
from lemmata.claims.ysj.critical import CASES, CURVATURE, anywhere, descent, draw, integers, is_inside, strict_minimum
from lemmata.claims.ysj.kinked import coefficients, error, points, relu, smallest_error
from lemmata.networks import activations, rational, ysj, ysj_exact
from lemmata.networks.rational import rationals
from lemmata.vocabulary.parameters import Params

CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case.values()))
# In floating point, with the derivative that the formulas of the network use.
IN_TORCH = {
    "relu": activations.relu,
    "absolute": activations.absolute,
    "quadratic": activations.Activation("quadratic", lambda t: t + t**2, lambda t: 1 + 2 * t, homogeneous=False),
    "bump": activations.Activation(
        "bump", lambda t: t / (1 + t**2), lambda t: (1 - t**2) / (1 + t**2) ** 2, homogeneous=False
    ),
}


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array.astype(float))


def in_torch(theta: ysj_exact.Theta) -> ysj.Theta:
    return ysj.Theta(tensor(theta.w)[None], [tensor(V)[None] for V in theta.V], [tensor(U)[None] for U in theta.U])


def random_matrix(rows: int, columns: int, low_rank: int) -> np.ndarray:
    rng = generator()
    return integers(rng, rows, low_rank) @ integers(rng, low_rank, columns) * Q(1, 7)


def test_null_space_and_rank_are_those_of_the_singular_values():
    A = random_matrix(5, 8, 3)
    basis = rational.null_space(A)
    assert basis.shape == (5, 8)
    assert not (A @ basis.T).any()
    assert np.linalg.matrix_rank(basis.astype(float)) == 5
    assert all(isinstance(entry, int) for entry in basis.flat)
    assert rational.rank(A) == np.linalg.matrix_rank(A.astype(float)) == 3
    assert rational.null_space(rationals(np.eye(3, dtype=int))).shape == (0, 3)


def test_residual_of_dependent_columns_is_that_of_numpy():
    columns, y = random_matrix(6, 4, 2), integers(generator(1), 6)
    x = columns.astype(float)
    expected = y.astype(float) - x @ np.linalg.lstsq(x, y.astype(float), rcond=None)[0]
    found = rational.residual(y, list(columns.T))
    assert not (found @ columns).any()
    assert found.astype(float) == pytest.approx(expected, abs=1e-12)


def test_solve_and_pivots():
    A = integers(generator(2), 4, 4)
    b = integers(generator(3), 4)
    assert (A @ rational.solve(A, b) == b).all()
    with pytest.raises(ValueError, match="singular"):
        rational.solve(random_matrix(4, 4, 3), b)
    S = A @ A.T
    smallest = np.linalg.eigvalsh(S.astype(float))[0]
    eye = rationals(np.eye(4, dtype=int))
    assert rational.is_positive_definite(S - Q(0.99 * smallest) * eye)
    assert not rational.is_positive_definite(S - Q(1.01 * smallest) * eye)
    assert not rational.is_positive_definite(0 * S)


def test_strict_inequalities_between_fractions():
    for a, b in ((Q(1, 3), Q(1, 2)), (Q(1, 2), Q(1, 2)), (Q(2, 3), Q(1, 2))):
        lhs, rhs = rational.less(a, b)
        assert (lhs <= rhs) == (a < b)
        lhs, rhs = rational.greater(b, a)
        assert (lhs >= rhs) == (b > a)


def test_a_float_is_no_exact_number():
    with pytest.raises(TypeError, match=r"0\.5 is no exact number"):
        rationals([1, 0.5])


@CASE
def test_exact_network_is_the_one_in_floating_point(case):
    point = anywhere(Params(case), generator())
    theta, x, y = in_torch(point.theta), tensor(point.x)[None], tensor(point.y)[None]
    out = ysj.forward(theta, x, IN_TORCH[case["phi"]])
    assert out.f[0].numpy() == pytest.approx(point.out.f.astype(float), rel=1e-12)
    assert ysj.risk(out, y, ysj.square).item() == pytest.approx(float(point.risk), rel=1e-12)
    gradient = ysj.risk_gradient(theta, out, y, IN_TORCH[case["phi"]], ysj.square)
    expected = torch.cat([block.flatten() for block in (gradient.w, *gradient.V, *gradient.U)])
    found = point.slopes @ ysj_exact.output_gradients(point.theta, point.out, point.phi) * Q(1, len(point.y))
    assert found.astype(float) == pytest.approx(expected.numpy(), rel=1e-11, abs=1e-11)
    assert [point.slope(axis) for axis in point.theta.axes()] == [*found]


@pytest.mark.parametrize("phi", ["quadratic", "bump"])
def test_hessian_is_that_of_autograd(phi):
    rng = generator(4)
    theta = ysj_exact.Theta(integers(rng, 2), [integers(rng, 2, 2), integers(rng, 2, 1)], [integers(rng, 1, 2)])
    x, y, exact = integers(rng, 4, 2), integers(rng, 4), ysj_exact.ACTIVATIONS[phi]
    point = ysj_exact.Instance(theta, x, y, exact, ysj_exact.forward(theta, x, exact))
    start = torch.cat([block.flatten() for block in (lambda t: (t.w, *t.V, *t.U))(in_torch(theta))])

    def risk(vector: torch.Tensor) -> torch.Tensor:
        w, V_1, V_2, U_2 = vector.split([2, 4, 2, 2])
        moved = ysj.Theta(w[None], [V_1.view(1, 2, 2), V_2.view(1, 2, 1)], [U_2.view(1, 1, 2)])
        return ysj.risk(ysj.forward(moved, tensor(x)[None], IN_TORCH[phi]), tensor(y)[None], ysj.square)[0]

    expected = torch.autograd.functional.hessian(risk, start).numpy()
    assert point.hessian().astype(float) == pytest.approx(expected, rel=1e-10, abs=1e-10 * abs(expected).max())


@CASE
def test_drawn_points_are_critical_and_in_their_place(case):
    # The gradient by a forward pass, which shares nothing with the formulas from which the labels are made.
    for thin in (False, True):
        point = draw(Params(case), generator(5), thin=thin)
        assert not any(point.slope(axis) for axis in point.theta.axes())
        assert is_inside(point.theta) == (case["w"] != "outside")
        assert any(point.out.f != point.y)
        if point.phi.kink_at_zero:
            assert all(pre.all() for pre in point.out.pre[1:])
        assert not thin or rational.rank(point.A) < len(point.A)


def test_direction_of_the_proof_lowers_the_risk_of_the_moved_network():
    point = draw(Params({"shape": "a unit a block", "phi": "absolute", "w": "inside"}), generator(6))
    direction = descent(point)
    assert point.curvature(direction) < 0
    step = Q(1, 10**6)
    scaled = ysj_exact.Theta(step * direction.w, [step * V for V in direction.V], [step * U for U in direction.U])
    moved = point.theta.moved(scaled)
    risk = ((ysj_exact.forward(moved, point.x, point.phi).f - point.y) ** 2).sum() / len(point.y)
    assert risk < point.risk


def test_strict_minimum_is_one_in_floating_point():
    point = strict_minimum()
    assert point.risk > 2 * point.best_linear_risk
    assert np.linalg.eigvalsh(point.hessian().astype(float))[0] > CURVATURE
    theta = in_torch(point.theta)

    def risk(w, V_1, V_2, U_2):
        out = ysj.forward(ysj.Theta(w, [V_1, V_2], [U_2]), tensor(point.x)[None], IN_TORCH["bump"])
        return ysj.risk(out, tensor(point.y)[None], ysj.square).item()

    here = (theta.w, *theta.V, *theta.U)
    noise = torch.Generator().manual_seed(0)
    for _ in range(50):
        moved = [block + 1e-3 * torch.randn(block.shape, generator=noise, dtype=block.dtype) for block in here]
        assert risk(*moved) > risk(*here)


@pytest.mark.parametrize("degree", [0, 1])
@pytest.mark.parametrize("seed", range(4))
def test_smallest_error_of_one_kink_against_all_kinks_of_a_grid(degree, seed):
    x, _ = points(1)
    y = integers(generator(seed), 6)
    left = [x**0, x][: degree + 1]
    on_the_grid = min([error(y, x**0, x), *(error(y, *left, relu(x - Q(k, 64))) for k in range(-1, 6 * 64))])
    smallest = smallest_error(x, y, degree)
    assert smallest <= on_the_grid
    assert float(on_the_grid - smallest) <= 0.05 * float(on_the_grid)


def test_coefficients_are_those_of_polyfit():
    x, y = points(Q(1, 3))
    c, w = coefficients(y, x**0, x)
    assert [float(w), float(c)] == pytest.approx(np.polyfit(x.astype(float), y.astype(float), 1))


@pytest.fixture(scope="module", params=["outside", "inside", "zero"])
def logistic_points(request) -> weighted.Weighted:
    case = Params({"shape": "a unit a block", "phi": "tanh", "w": request.param})
    return weighted.weighted(case, [generator(seed) for seed in range(3)])


def test_weights_make_the_logistic_risk_critical(logistic_points):
    theta = logistic_points.theta
    blocks = [block.clone().requires_grad_() for block in (theta.w, *theta.V, *theta.U)]
    L = len(theta.V)
    risk = logistic_points.risk(ysj.Theta(blocks[0], blocks[1 : L + 1], blocks[L + 1 :]))
    for gradient in torch.autograd.grad(risk.sum(), blocks):
        assert gradient.abs().max() < 1e-13
    assert (logistic_points.weights > 0).all()
    assert logistic_points.weights.sum(1).tolist() == pytest.approx([1.0] * 3)


def test_curvature_of_the_logistic_risk_is_one_of_its_hessian(logistic_points):
    # A Rayleigh quotient is never below the smallest eigenvalue; it is negative where w is in the span.
    found = weighted.smallest_curvature(logistic_points)
    theta = logistic_points.theta
    shapes = [block[0].shape for block in (theta.w, *theta.V, *theta.U)]
    L = len(theta.V)
    for b in range(3):
        start = torch.cat([block[b].flatten() for block in (theta.w, *theta.V, *theta.U)])

        def risk(vector: torch.Tensor, b: int = b) -> torch.Tensor:
            parts = vector.split([shape.numel() for shape in shapes])
            blocks = [part.view(1, *shape) for part, shape in zip(parts, shapes, strict=True)]
            alone = logistic_points._replace(
                x=logistic_points.x[b : b + 1],
                y=logistic_points.y[b : b + 1],
                weights=logistic_points.weights[b : b + 1],
            )
            return alone.risk(ysj.Theta(blocks[0], blocks[1 : L + 1], blocks[L + 1 :]))[0]

        smallest = torch.linalg.eigvalsh(torch.autograd.functional.hessian(risk, start))[0]
        assert found[b] >= smallest - 1e-12
    missed = torch.linalg.svd(torch.cat(theta.U, 1)).Vh[:, -1]
    if ((missed * theta.w).sum(1).abs() < 1e-12).all():
        assert (found < 0).all()


def test_best_linear_logistic_risk_is_that_of_scipy(logistic_points):
    found = weighted.best_linear_risk(logistic_points)
    for b in range(3):
        x, y, p = (block[b].numpy() for block in (logistic_points.x, logistic_points.y, logistic_points.weights))
        result = minimize(lambda t, x=x, y=y, p=p: p @ np.logaddexp(0, -y * (x @ t)), np.zeros(3), tol=1e-12)
        assert found[b].item() == pytest.approx(result.fun, rel=1e-9)


def test_no_homogeneous_network_is_nearer_to_one_than_a_fifth_of_x():
    middles = (np.arange(6000) + 0.5) / 1000 + 1

    for slope in (Q(-1), Q(1, 20), Q(1, 7), Q(19, 100), Q(1, 5), Q(21, 100), Q(1), Q(3)):
        assert float(distance(slope)) == pytest.approx(np.abs(float(slope) * middles - 1).mean(), rel=1e-5)
        assert distance(slope) >= distance(Q(1, 5)) == Q(1, 3)
    rng = generator(7)
    theta, x = draw(Params({"shape": "deep", "phi": "relu", "w": "outside"}), rng).theta, integers(rng, 3, 2)
    once, thrice = (ysj_exact.forward(theta, c * x, ysj_exact.relu).f for c in (1, 3))
    assert (thrice == 3 * once).all()
