"""The general adversary on every domain, with gradients and without, against maxima in closed form."""

from __future__ import annotations

import itertools
import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries.balls import frank_wolfe
from lemmata.adversaries.domains import Ball, Box, Product, Sparse, Sphere
from lemmata.adversaries.evolution import evolve
from lemmata.adversaries.maximise import maximise
from lemmata.adversaries.sparse import top_s_norm
from lemmata.adversaries.sphere import ascend_on_sphere


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def rngs(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng(i) for i in range(n)]


A = gaussian(0, 2, 6, 6)
A = A @ A.mT
q = gaussian(1, 2, 6)
# Name: domain, objective of tensors, the same of arrays, exact maximum.
CASES = {
    "sphere": (
        Sphere((6,)),
        lambda x: torch.einsum("bi,bij,bj->b", x, A, x),
        lambda x: np.einsum("bi,bij,bj->b", x, A.numpy(), x),
        torch.linalg.eigvalsh(A)[:, -1],
    ),
    "ball, maximum on its sphere": (
        Ball((2, 3), 0.3),
        lambda x: (x.flatten(1) * q).sum(1),
        lambda x: (x.reshape(len(x), -1) * q.numpy()).sum(1),
        0.3 * q.norm(dim=1),
    ),
    "ball, maximum inside": (
        Ball((6,), 100.0),
        lambda x: 1 - (x - q).square().sum(1),
        lambda x: 1 - ((x - q.numpy()) ** 2).sum(1),
        torch.ones(2, dtype=torch.float64),
    ),
    "box": (
        Box([-1.0, -2, 0, 0, -1, -1], [1, 1, 1, 5, 0, 1]),
        lambda x: torch.einsum("bi,bij,bj->b", x, A, x),
        lambda x: np.einsum("bi,bij,bj->b", x, A.numpy(), x),
        torch.stack(
            [
                torch.stack(
                    [
                        torch.tensor(v, dtype=torch.float64) @ M @ torch.tensor(v, dtype=torch.float64)
                        for v in itertools.product(
                            (-1.0, 1.0), (-2.0, 1.0), (0.0, 1.0), (0.0, 5.0), (-1.0, 0.0), (-1.0, 1.0)
                        )
                    ]
                ).max()
                for M in A
            ]
        ),
    ),
    "sparse": (
        Sparse((6,), 2),
        lambda x: (x * q).sum(1),
        lambda x: (x * q.numpy()).sum(1),
        top_s_norm(q, 2),
    ),
    "product": (
        Product({"W": Ball((3, 6), 0.5), "x": Sphere((3,))}),
        lambda p: torch.einsum("bi,bij,bj->b", p["x"], p["W"], q),
        lambda p: np.einsum("bi,bij,bj->b", p["x"], p["W"], q.numpy()),
        0.5 * q.norm(dim=1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_with_gradients_the_maximum_is_found(name):
    domain, objective, _, exact = CASES[name]
    found = maximise(objective, domain, rngs(2), starts=6, steps=100)
    torch.testing.assert_close(found.value, exact, rtol=1e-4, atol=0)
    torch.testing.assert_close(objective(found.point), found.value)
    assert found.random is not None
    assert (found.random <= found.value).all()


@pytest.mark.parametrize("name", CASES)
def test_without_gradients_nearly_the_maximum_is_found(name):
    domain, _, objective, exact = CASES[name]
    found = maximise(objective, domain, rngs(2), starts=8, steps=150)
    assert (found.value <= exact * (1 + 1e-12)).all()
    assert (found.value >= 0.95 * exact).all()
    value = objective(found.point)
    assert isinstance(value, np.ndarray)
    np.testing.assert_allclose(value, found.value)


@pytest.mark.parametrize("name", CASES)
def test_points_are_inside_their_domain(name):
    domain, objective, _, _ = CASES[name]
    point = maximise(objective, domain, rngs(2), starts=2, steps=15).point
    parts = {key: (factor, point[key]) for key, factor in domain.factors.items()} if name == "product" else {}
    for factor, x in parts.values() or [(domain, point)]:
        assert x.shape == (2, *factor.shape)
        norm = x.flatten(1).norm(dim=1)
        if isinstance(factor, Box):
            assert (x >= torch.from_numpy(factor.low)).all()
            assert (x <= torch.from_numpy(factor.high)).all()
        elif isinstance(factor, Ball):
            assert (norm <= factor.radius * (1 + 1e-12)).all()
        else:
            torch.testing.assert_close(norm, torch.ones_like(norm))
        if isinstance(factor, Sparse):
            assert ((x != 0).sum(1) <= factor.s).all()


def test_the_smallest_useful_call_is_a_numpy_function_and_one_generator():
    found = maximise(lambda x: np.linalg.norm(x, 1), Sphere((3,)), np.random.default_rng(0))
    assert float(found.value) == pytest.approx(math.sqrt(3), rel=1e-3)
    assert found.random is not None
    assert float(found.random) <= float(found.value)
    assert found.point.shape == (3,)
    np.testing.assert_allclose(np.abs(found.point), 1 / math.sqrt(3), rtol=0.1)


def test_a_single_torch_function_of_a_product():
    domain = Product({"a": Sphere((4,)), "b": Ball((4,), 2.0)})
    found = maximise(lambda p: p["a"] @ p["b"], domain, np.random.default_rng(0), starts=4, steps=60)
    assert found.value.shape == ()
    assert float(found.value) == pytest.approx(2.0, rel=1e-4)
    assert set(found.point) == {"a", "b"}


def test_a_function_without_torch_or_numpy_is_fine():
    found = maximise(lambda x: -abs(float(x[0]) - 0.25), Box([0.0], 1.0), np.random.default_rng(0), starts=4)
    assert float(found.value) == pytest.approx(0.0, abs=1e-3)


def test_counts_have_no_gradient_and_are_searched_without():
    # How many of these planes can have x on their positive side: all, but a random point seldom has.
    Z = torch.cat([gaussian(2, 12, 5), torch.full((12, 1), 1.0, dtype=torch.float64)], 1)
    found = maximise(lambda x: (x @ Z.T > 0).sum(-1), Sphere((6,)), rngs(3), starts=8, steps=150)
    assert (found.value == 12).all()


def test_only_trials_without_a_gradient_are_searched_without():
    # Trial 1 is constant but for a jump that its gradient does not show.
    scale = torch.tensor([1.0, 0.0], dtype=torch.float64)

    def objective(x: Tensor) -> Tensor:
        return scale * x[:, 0] + (1 - scale) * (x[:, 1] > 0.8)

    found = maximise(objective, Sphere((4,)), rngs(2), starts=4, steps=60)
    alone = maximise(lambda x: x[:, 0], Sphere((4,)), rngs(2)[:1], starts=4, steps=60)
    assert found.value.tolist() == pytest.approx([1.0, 1.0], rel=1e-6)
    torch.testing.assert_close(found.value[:1], alone.value, rtol=1e-12, atol=0)


@pytest.mark.parametrize("domain", [Box([-1.0, -1.0, -1.0], 1.0), Ball((3,), 1.0)])
def test_a_steep_part_that_is_used_up_does_not_hide_a_flat_one(domain):
    # On the boundary the gradient points out of the domain but for one part in a billion.
    def objective(x: Tensor) -> Tensor:
        steep = x[:, 0] if isinstance(domain, Box) else x.square().sum(1)
        return 1e9 * steep - (x[:, 1] - 0.5).square()

    found = maximise(objective, domain, rngs(2), starts=1, steps=40)
    assert (found.point[:, 1] - 0.5).abs().max() < 0.02


def test_evolution_crosses_a_plateau():
    # Steps of 1 to the right; the first changes nothing, the second pays.
    value, (x,) = evolve(
        lambda point: (point[0][:, 0] > 1.5).double(),
        [torch.zeros(1, 1, dtype=torch.float64)],
        lambda: [torch.ones(1, 1, dtype=torch.float64)],
        lambda point, direction, step: [point[0] + step[:, None] * direction[0]],
        steps=2,
    )
    assert (value.item(), x.item()) == (1.0, 2.0)


def test_infinite_gradients_are_none():
    found = maximise(lambda x: (x[:, 0] * 0).sqrt() - x[:, 1], Sphere((2,)), rngs(2), starts=4, steps=60)
    assert (found.value > 0.999).all()


@pytest.mark.parametrize("kind", [0, 1])
def test_random_is_random_search_with_as_many_points(kind):
    domain, *objectives, _ = CASES["sphere"]
    found = maximise(objectives[kind], domain, rngs(2), starts=3, steps=9)
    draws = [[domain.draw(rng) for _ in range(30)] for rng in rngs(2)]
    values = torch.stack([CASES["sphere"][1](x) for x in torch.from_numpy(np.array(draws)).transpose(0, 1)])
    torch.testing.assert_close(found.random, values.amax(0))


@pytest.mark.parametrize("kind", [0, 1])
def test_a_trial_does_not_depend_on_its_batch(kind):
    M = gaussian(3, 3, 5, 5)

    def objective(trials: slice):
        if kind:
            return lambda x: np.sin(np.einsum("bi,bij->bj", x, M.numpy()[trials])).sum(-1)
        return lambda x: torch.sin(torch.einsum("bi,bij->bj", x, M[trials])).sum(-1)

    every, one = slice(0, 3), slice(1, 2)
    together = maximise(objective(every), Ball((5,)), rngs(3), starts=4, steps=40)
    alone = maximise(objective(one), Ball((5,)), rngs(3)[one], starts=4, steps=40)
    torch.testing.assert_close(together.value[one], alone.value, rtol=1e-9, atol=0)


def test_gradients_are_used_where_they_are_switched_off():
    domain, objective, _, exact = CASES["sphere"]
    with torch.no_grad():
        found = maximise(objective, domain, rngs(2), starts=2, steps=60)
    torch.testing.assert_close(found.value, exact, rtol=1e-5, atol=0)


def test_an_objective_may_use_gradients_of_its_own():
    # |grad of x^T A x / 2| = |A x|; with create_graph it has a gradient, without it has none.
    def slope(x: Tensor, create_graph: bool) -> Tensor:
        x = x if x.requires_grad else x.detach().requires_grad_()
        f = torch.einsum("b...i,bij,b...j->b...", x, A, x) / 2
        return torch.autograd.grad(f.sum(), x, create_graph=create_graph)[0].norm(dim=-1)

    exact = torch.linalg.eigvalsh(A)[:, -1]
    for create_graph in (True, False):
        found = maximise(partial(slope, create_graph=create_graph), Sphere((6,)), rngs(2), starts=4, steps=100)
        torch.testing.assert_close(found.value, exact, rtol=0.02, atol=0)
    on_sphere = ascend_on_sphere(lambda x: slope(x, True), rngs(2), 4, 6, 100)
    torch.testing.assert_close(on_sphere.value, exact, rtol=1e-5, atol=0)
    in_ball = frank_wolfe(lambda W: slope(W[0], True), [torch.zeros_like(q)], 1.0, 60, rngs=rngs(2))
    torch.testing.assert_close(in_ball.value, exact, rtol=1e-3, atol=0)


def test_dtype_follows_like():
    like = torch.zeros(1, dtype=torch.float32)
    found = maximise(lambda x: x[:, 0], Sphere((3,)), rngs(2), starts=2, steps=30, like=like)
    assert found.point.dtype == found.value.dtype == torch.float32


def test_nan_names_the_trial_and_its_point():
    def objective(x: Tensor) -> Tensor:
        return torch.where(x[:, 0] > 0.5, torch.nan, x[:, 0])

    with pytest.raises(ValueError, match=r"NaN at trial \[\d\], point \[0\.[5-9]"):
        maximise(objective, Sphere((3,)), rngs(2))


def test_functions_that_mean_something_else_for_arrays_are_refused():
    # std() divides by n for arrays and by n - 1 for tensors.
    with pytest.raises(ValueError, match="for a tensor and"):
        maximise(lambda x: x.std(), Sphere((3,)), np.random.default_rng(0))


def test_broken_objectives_are_refused_with_both_errors():
    with pytest.raises(TypeError, match=r"on a tensor, with KeyError.*on an array, with KeyError"):
        maximise(lambda x: {}["b"], Sphere((3,)), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"gave shape \(\) for shapes .* a value for each trial"):
        maximise(lambda x: x.sum(), Sphere((3,)), rngs(2))
    with pytest.raises(ValueError, match="must be a number"):
        maximise(lambda x: x, Sphere((3,)), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sphere(3), "shape = 3"),
        (lambda: Sphere(()), "shape"),
        (lambda: Ball((3,), 0.0), "radius = 0"),
        (lambda: Ball((0,)), "shape"),
        (lambda: Box([0.0, 2.0], 1.0), "low <= high"),
        (lambda: Box([0.0], math.inf), "finite"),
        (lambda: Box(0.0, 1.0), "shape"),
        (lambda: Sparse((3,), 4), "s = 4"),
        (lambda: Product({}), "no domains"),
        (lambda: maximise(lambda x: x[:, 0], Sphere((3,)), []), "0 generators"),
        (lambda: maximise(lambda x: x[:, 0], Sphere((3,)), rngs(1), starts=0), "0 starts"),
    ],
)
def test_bad_domains_and_sizes_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
