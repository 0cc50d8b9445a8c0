"""What share of a known maximum each adversary reaches, on a ladder of sizes.

An adversary that finds less of the maximum on larger instances hides growth that is there: a bound that fails like
m^0.1 looks as if it held. So the share must be high on every rung, and must not fall along the ladder. Random search
with as many evaluations does both badly; each test shows it, so that a passing score is known to mean something.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from lemmata.adversaries import (
    Ball,
    Box,
    Product,
    Sparse,
    Sphere,
    ascend_on_sphere,
    edge_perturbation,
    frank_wolfe,
    homogeneous_ascent,
    lanczos,
    largest_margin,
    maximise,
    pseudo_random_start,
    top_s_norm,
    truncated_power,
)
from lemmata.adversaries.found import Found, unit

TRIALS = 8
# An exponent of the lost share may not pass for growth of a claim's ratio: half of a resolution of 0.05.
STEEPEST = 0.025


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def rngs() -> list[np.random.Generator]:
    return [np.random.default_rng(i) for i in range(TRIALS)]


def check_ladder(
    sizes: Sequence[int],
    rung: Callable[[int], tuple[Tensor, Tensor | None]],
    *,
    least: float,
    random: float = 0.8,
) -> None:
    """The mean of every rung reaches the least share, without decay; random search ends below what is given.

    Args:
        sizes: the ladder.
        rung: size -> shares of the known maximum [B], by the adversary and by random search if it has one.
        least: mean share that every rung has to reach.
        random: mean share that random search must not reach on the last rung.
    """
    scores = [rung(size) for size in sizes]
    table = {size: round(share.mean().item(), 4) for size, (share, _) in zip(sizes, scores, strict=True)}
    assert min(table.values()) >= least, table
    slope = np.polyfit(np.log(sizes), [share.log().mean().item() for share, _ in scores], 1)[0]
    assert slope > -STEEPEST, (slope, table)
    last = scores[-1][1]
    assert last is None or last.mean() < random, last


def scores(found: Found[object], known: Tensor) -> tuple[Tensor, Tensor]:
    assert found.random is not None
    assert (found.value <= known * (1 + 1e-9)).all()  # else the maximum is not known
    return found.value / known, found.random / known


def forms(seed: int, d: int) -> Tensor:
    """Positive semidefinite matrices; the spread of their eigenvalues grows with d."""
    A = gaussian(seed, TRIALS, d, d)
    return A @ A.mT


def test_lanczos_on_products_of_residual_layers():
    def rung(m: int) -> tuple[Tensor, None]:
        layers = [0.05 * (2 / m) ** 0.5 * gaussian(l, 2, m, m) for l in range(4)]

        def product(x: Tensor) -> Tensor:
            for W in layers:
                x = x + (x[:, None] @ W)[:, 0]
            return x

        def transposed(y: Tensor) -> Tensor:
            for W in reversed(layers):
                y = y + (y[:, None] @ W.mT)[:, 0]
            return y

        H = torch.eye(m, dtype=torch.float64)
        for W in layers:
            H = H + H @ W
        found = lanczos(product, transposed, pseudo_random_start(H))
        # The growth rate log |H|, not |H|, is what claims are about.
        return found.value.log() / torch.linalg.matrix_norm(H, ord=2).log(), None

    check_ladder([64, 128, 256, 512], rung, least=1 - 1e-9)


def test_sphere_smooth():
    def rung(d: int) -> tuple[Tensor, Tensor]:
        A = forms(d, d)
        found = ascend_on_sphere(lambda x: ((x @ A) * x).sum(-1), rngs(), 16, d, 60)
        return scores(found, torch.linalg.eigvalsh(A)[:, -1])

    check_ladder([2, 4, 8, 16, 32, 64], rung, least=0.99)


def test_sphere_ridge():
    """The largest margin: a maximum where d planes meet, known from non-negative least squares."""

    def rung(d: int) -> tuple[Tensor, Tensor]:
        Z = gaussian(d, TRIALS, d, d) + 1
        found = ascend_on_sphere(lambda x: (x @ Z.mT).amin(-1), rngs(), 16, d, 200)
        return scores(found, largest_margin(Z).upper)

    check_ladder([2, 4, 8, 16, 32, 64], rung, least=0.97)


def test_homogeneous_network():
    """The norm of h(x) = (relu(A x), relu(-A x)), which has many cones, is that of A x."""

    def rung(d: int) -> tuple[Tensor, Tensor]:
        A = gaussian(d, TRIALS, d, 4 * d)
        found = homogeneous_ascent(lambda x: torch.relu(torch.cat([x @ A, -x @ A], -1)), rngs(), 16, d, 60)
        return scores(found, torch.linalg.matrix_norm(A, ord=2))

    check_ladder([4, 8, 16, 32, 64], rung, least=0.99, random=0.9)


@pytest.mark.parametrize(("sizes", "axis"), [([4, 16, 64, 128], "width"), ([2, 4, 8, 16], "depth")])
def test_frank_wolfe_on_linear_networks(sizes, axis):
    """The largest u^T W_1 .. W_K w over |W_k| <= 1 is |u| |w|; the centre is a saddle of order K."""

    def rung(size: int) -> tuple[Tensor, Tensor]:
        K, m = (3, size) if axis == "width" else (size, 8)
        u, w = unit(gaussian(1, TRIALS, m)), unit(gaussian(2, TRIALS, m))

        def chain(W: list[Tensor]) -> Tensor:
            x = u[:, None]
            for W_k in W:
                x = x @ W_k
            return (x[:, 0] * w).sum(-1)

        centre = [torch.zeros(TRIALS, m, m, dtype=torch.float64) for _ in range(K)]
        found = frank_wolfe(chain, centre, 1.0, 30, rngs=rngs(), n_starts=3)
        return scores(found, torch.ones(TRIALS, dtype=torch.float64))

    check_ladder(sizes, rung, least=0.99)


def test_truncated_power_on_gaussian_matrices():
    """For s = 2 the norm of each pair of rows and columns has a closed form, and all pairs can be tried."""

    def exact(M: Tensor) -> float:
        k, l = torch.triu_indices(M.shape[1], M.shape[1], 1)
        best = 0.0
        for i, j in itertools.combinations(range(len(M)), 2):
            a, b, c, d = M[i, k], M[i, l], M[j, k], M[j, l]
            square, det = a * a + b * b + c * c + d * d, a * d - b * c
            best = max(best, ((square + (square**2 - 4 * det**2).clamp(min=0).sqrt()) / 2).max().item())
        return math.sqrt(best)

    def rung(m: int) -> tuple[Tensor, Tensor]:
        M = gaussian(m, TRIALS, m, m)
        return scores(truncated_power(M, 2, rngs()), torch.tensor([exact(one) for one in M], dtype=torch.float64))

    check_ladder([8, 16, 32, 64], rung, least=0.97, random=0.9)


def test_truncated_power_on_planted_spikes():
    """A block of 4 x 4 entries whose norm stands 30 % out of the best that the noise has."""

    def rung(m: int) -> tuple[Tensor, None]:
        s, M = 4, gaussian(m, TRIALS, m, m)
        M[:, :s, -s:] += 1.3 * 2 * math.sqrt(s * math.log(m)) / s
        planted = torch.linalg.matrix_norm(M[:, :s, -s:], ord=2)
        return (truncated_power(M, s, rngs()).value / planted).clamp(max=1), None

    check_ladder([32, 64, 128, 256, 512], rung, least=0.99)


def test_edge_units_against_the_fractional_knapsack():
    """No set of units has more than the greedy one and the part of the next unit that the budget would pay for."""

    def rung(m: int) -> tuple[Tensor, None]:
        x, q, tau = gaussian(m, TRIALS, 5), gaussian(m + 1, TRIALS, m), 0.3
        W = (2 / m) ** 0.5 * gaussian(m + 2, TRIALS, 5, m)
        units = edge_perturbation(W, x, q, tau, 1e-8).units
        shares = []
        for b in range(TRIALS):
            cost = (x[b] @ W[b] / x[b].norm()).square()[q[b] > 0]
            value = q[b].square()[q[b] > 0]
            left, most = tau**2, 0.0
            for j in (cost / value).argsort().tolist():
                part = min(1.0, left / cost[j].item())
                left, most = left - part * cost[j].item(), most + part * value[j].item()
            shares.append(math.sqrt((q[b].square() * units[b]).sum().item() / most))
        return torch.tensor(shares), None

    check_ladder([256, 1024, 4096], rung, least=0.95)


def test_margins_are_certified_at_every_size():
    def rung(n: int) -> tuple[Tensor, None]:
        margin = largest_margin(gaussian(n, 2, n, n) + 0.3)
        return margin.value / margin.upper, None

    check_ladder([8, 32, 128, 400], rung, least=1 - 1e-9)


def test_maximise_with_gradients():
    def rung(d: int) -> tuple[Tensor, Tensor]:
        A = forms(d, d)
        found = maximise(lambda x: torch.einsum("bi,bij,bj->b", x, A, x), Sphere((d,)), rngs(), starts=4)
        return scores(found, torch.linalg.eigvalsh(A)[:, -1])

    check_ladder([2, 8, 32, 128], rung, least=0.99)


def test_maximise_a_product_with_gradients():
    """The largest x^T W y + u^T z over |W| <= 1/2 and 2-sparse unit x, u is |y| / 2 and the top-2 norm of z."""

    def rung(d: int) -> tuple[Tensor, Tensor]:
        y, z = gaussian(d, TRIALS, d), gaussian(d + 1, TRIALS, d)
        domain = Product({"W": Ball((d, d), 0.5), "x": Sparse((d,), 2), "u": Sparse((d,), 2)})

        def objective(p: dict[str, Tensor]) -> Tensor:
            return torch.einsum("bi,bij,bj->b", p["x"], p["W"], y) + (p["u"] * z).sum(1)

        return scores(maximise(objective, domain, rngs(), starts=4), y.norm(dim=1) / 2 + top_s_norm(z, 2))

    check_ladder([4, 16, 64], rung, least=0.97)


def test_maximise_without_gradients():
    def rung(d: int) -> tuple[Tensor, Tensor]:
        A = forms(d, d)
        found = maximise(lambda x: np.einsum("bi,bij,bj->b", x, A.numpy(), x), Sphere((d,)), rngs())
        return scores(found, torch.linalg.eigvalsh(A)[:, -1])

    check_ladder([2, 4, 8, 16, 32], rung, least=0.97)


def test_maximise_without_gradients_over_sparse_vectors():
    def rung(d: int) -> tuple[Tensor, Tensor]:
        q = gaussian(d, TRIALS, d)
        found = maximise(lambda x: (x * q.numpy()).sum(1), Sparse((d,), 4), rngs())
        return scores(found, top_s_norm(q, 4))

    check_ladder([8, 16, 32, 64], rung, least=0.95, random=0.9)


def test_maximise_without_gradients_on_a_box():
    """A convex form has many local maxima, at corners."""

    def rung(d: int) -> tuple[Tensor, Tensor]:
        A = forms(d, d).numpy()
        corners = np.array(list(itertools.product((-1.0, 1.0), repeat=d)))
        known = torch.from_numpy(np.einsum("ki,bij,kj->bk", corners, A, corners).max(1))
        found = maximise(lambda x: np.einsum("bi,bij,bj->b", x, A, x), Box(-np.ones(d), 1.0), rngs())
        return scores(found, known)

    check_ladder([2, 4, 6, 8], rung, least=0.95)


def test_maximise_without_gradients_on_a_ridge():
    """Found from the values alone, up to 16 dimensions."""

    def rung(d: int) -> tuple[Tensor, Tensor]:
        Z = (gaussian(d, TRIALS, d, d) + 1).numpy()
        found = maximise(lambda x: np.einsum("bd,bnd->bn", x, Z).min(1), Sphere((d,)), rngs())
        return scores(found, largest_margin(torch.from_numpy(Z)).upper)

    check_ladder([2, 4, 8, 16], rung, least=0.95)
