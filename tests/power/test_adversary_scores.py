"""What share of a known maximum each adversary reaches, on a ladder of sizes.

An adversary that finds less of the maximum on larger instances hides growth that is there: a bound that fails like
m^0.1 looks as if it held. So the share must be high on every rung, and must not fall along the ladder. Random search
with as many evaluations does both badly; each test shows it, so that a passing score is known to mean something.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.adversaries import (
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
from harness.adversaries.found import Found, unit

TRIALS = 4
# An exponent of the lost share may not pass for growth of a claim's ratio: half of a resolution of 0.05.
STEEPEST = 0.025


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def rngs() -> list[np.random.Generator]:
    return [np.random.default_rng(i) for i in range(TRIALS)]


def check_ladder(
    sizes: Sequence[int], shares: Sequence[Tensor], least: float = 0.95, randoms: Sequence[Tensor] = ()
) -> None:
    """Every trial of every rung reaches the least share; no decay; and random search does worse at the top."""
    table = {size: round(share.min().item(), 4) for size, share in zip(sizes, shares, strict=True)}
    assert min(table.values()) >= least, table
    means = [share.log().mean().item() for share in shares]
    slope = np.polyfit(np.log(sizes), means, 1)[0]
    assert slope > -STEEPEST, (slope, table)
    if randoms:
        assert randoms[-1].mean() < 0.8 * shares[-1].mean(), randoms[-1]


def scores(found: Found[object], known: Tensor) -> tuple[Tensor, Tensor]:
    assert found.random is not None
    assert (found.value <= known * (1 + 1e-9)).all()  # else the maximum is not known
    return found.value / known, found.random / known


def test_lanczos_on_products_of_residual_layers():
    sizes, shares = [64, 128, 256, 512], []
    for m in sizes:
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
        # The growth rate log |H|, not |H|, is what the claims are about.
        shares.append(found.value.log() / torch.linalg.matrix_norm(H, ord=2).log())
    check_ladder(sizes, shares, least=1 - 1e-9)


def test_sphere_smooth():
    sizes, shares, randoms = [2, 4, 8, 16, 32, 64], [], []
    for d in sizes:
        A = gaussian(d, TRIALS, d, d)
        A = A @ A.mT
        found = ascend_on_sphere(lambda x: ((x @ A) * x).sum(-1), rngs(), 16, d, 60)
        share, random = scores(found, torch.linalg.eigvalsh(A)[:, -1])
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, least=0.99, randoms=randoms)


def test_sphere_ridge():
    """The largest margin: a maximum where d planes meet, known from non-negative least squares."""
    sizes, shares, randoms = [2, 4, 8, 16, 32, 64], [], []
    for d in sizes:
        Z = gaussian(d, TRIALS, d, d) + 1
        found = ascend_on_sphere(lambda x: (x @ Z.mT).amin(-1), rngs(), 16, d, 200)
        share, random = scores(found, largest_margin(Z).upper)
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, randoms=randoms)


def test_homogeneous_network():
    """Of h(x) = (relu(A x), relu(-A x)), cut into 2^m cones, the norm is that of A x."""
    sizes, shares, randoms = [4, 8, 16, 32, 64], [], []
    for d in sizes:
        A = gaussian(d, TRIALS, d, 4 * d)
        found = homogeneous_ascent(lambda x: torch.relu(torch.cat([x @ A, -x @ A], -1)), rngs(), 16, d, 60)
        share, random = scores(found, torch.linalg.matrix_norm(A, ord=2))
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, least=0.99)
    assert randoms[-1].mean() < 0.9


@pytest.mark.parametrize("axis", ["width", "depth"])
def test_frank_wolfe_on_linear_networks(axis):
    """sup u^T W_1 .. W_K w over |W_k| <= r is r^K |u| |w|; the centre is a saddle of order K."""
    sizes, shares, randoms = [2, 4, 8, 16] if axis == "depth" else [4, 16, 64, 256], [], []
    for size in sizes:
        K, m = (size, 8) if axis == "depth" else (3, size)
        u, w = unit(gaussian(1, TRIALS, m)), unit(gaussian(2, TRIALS, m))

        def chain(W: list[Tensor]) -> Tensor:
            x = u[:, None]
            for W_k in W:
                x = x @ W_k
            return (x[:, 0] * w).sum(-1)

        centre = [torch.zeros(TRIALS, m, m, dtype=torch.float64) for _ in range(K)]
        found = frank_wolfe(chain, centre, 1.0, 30, rngs=rngs(), n_starts=3)
        share, random = scores(found, torch.ones(TRIALS, dtype=torch.float64))
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, least=0.99, randoms=randoms)


def test_truncated_power_on_gaussian_matrices():
    """For s = 2 the supremum over all pairs of rows and columns has a closed form for each pair."""

    def exact(M: Tensor) -> float:
        k, l = torch.triu_indices(M.shape[1], M.shape[1], 1)
        best = 0.0
        for i, j in itertools.combinations(range(len(M)), 2):
            a, b, c, d = M[i, k], M[i, l], M[j, k], M[j, l]
            square, det = a * a + b * b + c * c + d * d, a * d - b * c
            best = max(best, ((square + (square**2 - 4 * det**2).clamp(min=0).sqrt()) / 2).max().item())
        return math.sqrt(best)

    sizes, shares, randoms = [8, 16, 32, 64], [], []
    for m in sizes:
        M = gaussian(m, TRIALS, m, m)
        found = truncated_power(M, 2, rngs())
        share, random = scores(found, torch.tensor([exact(one) for one in M], dtype=torch.float64))
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, least=0.97)
    assert randoms[-1].mean() < 0.9


def test_truncated_power_on_planted_spikes():
    """A block of s x s entries whose norm stands 30 % out of what the noise alone gives."""
    sizes, shares = [32, 64, 128, 256, 512], []
    s = 4
    for m in sizes:
        noise = gaussian(m, TRIALS, m, m)
        spike = 1.3 * 2 * math.sqrt(s * math.log(m)) / s
        M = noise.clone()
        M[:, :s, -s:] += spike
        known = torch.linalg.matrix_norm(M[:, :s, -s:], ord=2)
        shares.append((truncated_power(M, s, rngs()).value / known).clamp(max=1))
    check_ladder(sizes, shares)


def test_edge_units_against_the_fractional_knapsack():
    sizes, shares = [16, 64, 256, 1024, 4096], []
    for m in sizes:
        x, W, q = (
            gaussian(m, TRIALS, 5),
            (2 / m) ** 0.5 * gaussian(m + 1, TRIALS, 5, m),
            gaussian(m + 2, TRIALS, m),
        )
        tau = 0.3
        edge = edge_perturbation(W, x, q, tau, 1e-8)
        value = q.clamp(min=0).square()
        cost = ((x[:, None] @ W)[:, 0] / x.norm(dim=1, keepdim=True)).square()
        order = torch.where(q > 0, cost / value, torch.inf).argsort(1)
        spent, gained = cost.gather(1, order).cumsum(1), value.gather(1, order).cumsum(1)
        full = (spent <= tau**2).sum(1, keepdim=True)
        left = tau**2 - torch.where(full > 0, spent.gather(1, (full - 1).clamp(min=0)), 0)
        part = left / cost.gather(1, order).gather(1, full) * value.gather(1, order).gather(1, full)
        most = torch.where(full > 0, gained.gather(1, (full - 1).clamp(min=0)), 0) + part.clamp(
            max=value.max()
        )
        shares.append((value * edge.units).sum(1).sqrt() / most[:, 0].sqrt())
    # The fraction of a unit that no subset can have is all that is missing: the share rises with m.
    check_ladder(sizes[2:], shares[2:])
    assert shares[0].min() > 0.5


def test_margins_are_certified_at_every_size():
    sizes, shares = [8, 32, 128, 400], []
    for n in sizes:
        margin = largest_margin(gaussian(n, 2, n, n) + 0.3)
        shares.append(margin.value / margin.upper)
    check_ladder(sizes, shares, least=1 - 1e-9)


def test_maximise_with_gradients():
    sizes, shares, randoms = [2, 8, 32, 128], [], []
    for d in sizes:
        A = gaussian(d, TRIALS, d, d)
        A = A @ A.mT
        found = maximise(lambda x: torch.einsum("bi,bij,bj->b", x, A, x), Sphere((d,)), rngs(), starts=4)
        share, random = scores(found, torch.linalg.eigvalsh(A)[:, -1])
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, least=0.99, randoms=randoms)


def test_maximise_products_with_gradients():
    """sup x^T W y over |W| <= 1/2 and s-sparse x, with y given, is half of the norm of y."""
    sizes, shares, randoms = [4, 16, 64], [], []
    for d in sizes:
        y, z = gaussian(d, TRIALS, d), gaussian(d + 1, TRIALS, d)
        domain = Product({"W": Ball((d, d), 0.5), "x": Sparse((d,), 2), "u": Sparse((d,), 2)})
        found = maximise(
            lambda p: torch.einsum("bi,bij,bj->b", p["x"], p["W"], y) + (p["u"] * z).sum(1),
            domain,
            rngs(),
            starts=6,
        )
        share, random = scores(found, y.norm(dim=1) / 2 + top_s_norm(z, 2))
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, randoms=randoms)


def test_maximise_without_gradients():
    """Smooth, with the default budget: up to 32 dimensions."""
    sizes, shares, randoms = [2, 4, 8, 16, 32], [], []
    for d in sizes:
        A = gaussian(d, TRIALS, d, d)
        A = (A @ A.mT).numpy()
        found = maximise(lambda x: np.einsum("bi,bij,bj->b", x, A, x), Sphere((d,)), rngs())
        share, random = scores(found, torch.linalg.eigvalsh(torch.from_numpy(A))[:, -1])
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, randoms=randoms)


def test_maximise_without_gradients_on_a_box():
    sizes, shares, randoms = [2, 4, 8, 12], [], []
    for d in sizes:
        A = gaussian(d, TRIALS, d, d)
        A = (A @ A.mT).numpy()
        corners = np.array(list(itertools.product((-1.0, 1.0), repeat=d)))
        known = torch.from_numpy(np.einsum("ki,bij,kj->bk", corners, A, corners).max(1))
        found = maximise(lambda x: np.einsum("bi,bij,bj->b", x, A, x), Box(-np.ones(d), 1.0), rngs())
        share, random = scores(found, known)
        shares.append(share)
        randoms.append(random)
    check_ladder(sizes, shares, randoms=randoms)


def test_maximise_without_gradients_on_a_ridge():
    """Harder: the docstring promises 90 % in 16 dimensions, and this is where it may be held to that."""
    sizes, shares, randoms = [2, 4, 8, 16], [], []
    for d in sizes:
        Z = (gaussian(d, TRIALS, d, d) + 1).numpy()
        found = maximise(lambda x: np.einsum("bd,bnd->bn", x, Z).min(1), Sphere((d,)), rngs())
        share, random = scores(found, largest_margin(torch.from_numpy(Z)).upper)
        shares.append(share)
        randoms.append(random)
    print([s.tolist() for s in shares])
    check_ladder(sizes, shares, least=0.9, randoms=randoms)
