r"""Upper bounds on the margin of a given sample (Assumption 3.2 of Frei, Cao, Gu 2019).

With $\mathcal F = \{E_u[c(u)\sigma(u^\top x)] : |c| \le 1\}$, the best margin is, by minimax,

$$\gamma^* = \max_{f \in \mathcal F} \min_i y_i f(x_i)
           = \min_{\lambda \in \Delta} E_{u \sim N(0, I)} \Big|\sum_i \lambda_i y_i \sigma(u^\top x_i)\Big|,$$

so that every $\lambda$ gives an upper bound. Two points of opposite label have the exact value
$\frac\kappa2\|x - x'\|$, because $|\sigma(a) - \sigma(b)| + |\sigma(-a) - \sigma(-b)| = |a - b|$.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lemmata.generators.draws import normals
from lemmata.generators.families import KAPPA


@dataclass(frozen=True, eq=False)
class DualMargin:
    """The dual objective at certain weights: in expectation an upper bound on the best margin.

    Attributes:
        value: unbiased estimate, [B].
        standard_error: of the estimate, [B].
        weights: lambda in the simplex, [B, n].
    """

    value: Tensor
    standard_error: Tensor
    weights: Tensor

    def upper_bound(self, sigmas: float = 4.0) -> Tensor:
        """The bound that holds up to an error of so many standard errors, [B]."""
        return self.value + sigmas * self.standard_error


def pair_bound(x: Tensor, y: Tensor) -> Tensor:
    """Exact upper bound on the margin from the closest points of opposite label.

    Args:
        x: unit vectors, [B, n, d].
        y: labels ±1, [B, n].

    Returns:
        The smallest kappa/2 ||x - x'||, [B]; kappa for a sample with one label only.
    """
    _check_sample(x, y)
    # Differences, not inner products: those lose half the digits for close points.
    distance = (x[:, :, None] - x[:, None]).norm(dim=-1)
    opposite = y[:, :, None] != y[:, None]
    return KAPPA / 2 * torch.where(opposite, distance, 2.0).amin(dim=(1, 2))


def dual_value(
    x: Tensor, y: Tensor, weights: Tensor, rngs: Sequence[np.random.Generator], draws: int = 10_000
) -> DualMargin:
    """Monte Carlo value of the dual objective at given weights.

    Args:
        x: unit vectors, [B, n, d].
        y: labels ±1, [B, n].
        weights: lambda, [B, n], non-negative with sum one. They must not depend on these generators.
        rngs: one generator per trial.
        draws: number of antithetic pairs ±u, at least 2.

    Raises:
        ValueError: for weights outside the simplex, or fewer than 2 draws.
    """
    _check_sample(x, y)
    if weights.min() < 0 or not torch.allclose(weights.sum(dim=1), weights.new_ones(())):
        raise ValueError(
            f"weights have minimum {weights.min():g} and sums {weights.sum(dim=1).tolist()}: "
            "they must be non-negative with sum 1"
        )
    terms = (_signed_features(x, y, rngs, draws) @ weights[..., None]).squeeze(-1).abs()
    pairs = (terms[:, :draws] + terms[:, draws:]) / 2
    return DualMargin(pairs.mean(dim=1), pairs.std(dim=1) / math.sqrt(draws), weights)


def dual_margin(
    x: Tensor, y: Tensor, rngs: Sequence[np.random.Generator], draws: int = 10_000, steps: int = 400
) -> DualMargin:
    r"""An upper bound close to the best margin: weights found on one set of draws, evaluated on another.

    On N draws u_k the problem is the saddle point of $\frac1N c^\top A\lambda$ over $\lambda \in \Delta$ and
    $|c| \le 1$, with $A_{ki} = y_i\sigma(u_k^\top x_i)$. After T steps of primal-dual mirror descent,
    entropic in $\lambda$ and Euclidean in c (Chambolle and Pock 2016), the mean of the iterates is within
    $\|A\|\sqrt{2\log(n + 1)}/T$ of it, where $\|A\|^2 = \max_i \frac1N\sum_k A_{ki}^2 \approx \frac12$.

    Args:
        x: unit vectors, [B, n, d].
        y: labels ±1, [B, n].
        rngs: one generator per trial.
        draws: number of antithetic pairs ±u, for each of the two sets.
        steps: of mirror descent.
    """
    _check_sample(x, y)
    A = _signed_features(x, y, rngs, draws)
    norm = A.square().mean(dim=1).amax(dim=1)[:, None].sqrt()
    spread = math.sqrt(2 * math.log(x.shape[1] + 1))
    step, dual_step = spread / norm, 1 / (spread * norm)
    weights = previous = torch.full_like(y, 1 / x.shape[1])
    total, c = torch.zeros_like(y), torch.zeros_like(A[..., 0])
    for _ in range(steps):
        ahead = 2 * weights - previous
        c = (c + dual_step * (A @ ahead[..., None]).squeeze(-1)).clamp(-1, 1)
        slope = (c[:, None] @ A).squeeze(1) / A.shape[1]
        previous, weights = weights, (weights.log() - step * slope).softmax(dim=1)
        total = total + weights
    return dual_value(x, y, total / steps, rngs, draws)


def _signed_features(x: Tensor, y: Tensor, rngs: Sequence[np.random.Generator], draws: int) -> Tensor:
    """y_i sigma(u^T x_i) for draws u and then for their opposites, [B, 2 draws, n]."""
    if draws < 2:
        raise ValueError(f"draws = {draws}: a standard error needs at least 2")
    if len(rngs) != x.shape[0]:
        raise ValueError(f"{len(rngs)} generators for {x.shape[0]} samples: give one per sample")
    z = normals(rngs, draws, x.shape[2], dtype=x.dtype).to(x.device) @ x.mT
    return y[:, None] * torch.cat([z, -z], dim=1).relu()


def _check_sample(x: Tensor, y: Tensor) -> None:
    """Refuse what is not a batch of labelled samples.

    Raises:
        ValueError: naming the shapes, or a label that is not ±1.
    """
    if x.ndim != 3 or y.shape != x.shape[:2] or x.numel() == 0:
        raise ValueError(f"x has shape {tuple(x.shape)} and y {tuple(y.shape)}; give [B, n, d] and [B, n], not empty")
    if not bool((y.abs() == 1).all()):
        raise ValueError(f"labels must be ±1, not {y[y.abs() != 1][0].item()}")
