r"""Worst weight perturbations of one ReLU layer: sign flips, the edge adversary, and the aligned rank-one move.

Everything rests on one fact. To move the pre-activation $z_j = w_j^\top x$ by $\delta_j$, the cheapest change of the
column $w_j$ is along x and costs $|\delta_j| / \|x\|$ in Frobenius norm; costs of different units add in squares.
Layers are those of Frei, Cao, Gu (2019): $x = x_{l-1}$ for one input, W = W_l, and $q = (H_{l+1}^{L+1})^\top v$.
Several layers at once are `frank_wolfe` on the output: its vertices are the aligned moves of all layers.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lemmata.adversaries.found import unit

# Units are left this share of their step below the kink, so that rounding cannot put them above it.
CLEARANCE = 1e-3


def worst_flips(z: Tensor, norm: Tensor, tau: float | Tensor) -> Tensor:
    r"""Most signs in one layer that some $\tilde W$ with $\|\tilde W - W\|_F \le \tau$ flips, exactly.

    It is $\max\{k : \sum_{i \le k} z_{(i)}^2 \le \tau^2 \|x\|^2\}$ with $|z_{(1)}| \le |z_{(2)}| \le \dots$
    A unit counts once it reaches the kink; one from below must go past it, by as little as one likes.

    Args:
        z: pre-activations W^T x, [B, m].
        norm: norm of x, [B].
        tau: radius, a number or one for each trial [B].

    Returns:
        Counts [B], as integers.

    Raises:
        ValueError: if a norm is not positive, tau is negative, or z holds a NaN.
    """
    return (_costs(z, norm).cumsum(-1) <= _budget(tau, z)).sum(-1)


def worst_flips_between(z: Tensor, norm: Tensor, tau: float | Tensor) -> Tensor:
    r"""Signs in one layer that differ between some $\hat W$ and $\tilde W$, both within tau of W: attained.

    Each of the two flips every second of the k cheapest units. At most one flip is missed:
    `worst_flips(z, norm, tau * 2**0.5)` is an upper bound, and the count is within one of it.

    Args:
        z: pre-activations W^T x, [B, m].
        norm: norm of x, [B].
        tau: radius, a number or one for each trial [B].

    Returns:
        Counts [B], as integers.

    Raises:
        ValueError: as `worst_flips`.
    """
    costs = _costs(z, norm)
    spent = torch.zeros_like(costs)
    for parity in (0, 1):  # who flips the dearest of the first k units flips all of its parity
        spent[:, parity::2] = costs[:, parity::2].cumsum(-1)
    return (spent <= _budget(tau, z)).sum(-1)


class Edge(NamedTuple):
    """A pair of weights of one layer with kinks between them.

    Attributes:
        tilde: weights with the chosen units on the kink, [B, in, out].
        hat: weights a short step further, with these units active, [B, in, out].
        units: which units are inactive at tilde and active at hat, [B, out].
    """

    tilde: Tensor
    hat: Tensor
    units: Tensor


def edge_perturbation(W: Tensor, x: Tensor, q: Tensor, tau: float | Tensor, step: float) -> Edge:
    r"""The edge adversary: the pair in the tau-ball at which the output is least like its linearisation.

    Units with the least $|z_j| / q_j$ (among $q_j > 0$) are moved onto the kink, as many as the budget allows; then a
    step along q crosses all kinks at once. The gradient at tilde does not see them, so the output exceeds its
    linearisation by $step\,\|x\|\,\|q_E\|$, E the chosen units, as long as no later layer changes its pattern. To
    choose E is a knapsack problem with values $q_j^2$ and costs $z_j^2$; the greedy choice misses less than one unit.
    For the most negative remainder give -q.

    Args:
        W: weights of the layer, [B, in, out].
        x: input of the layer, [B, in].
        q: gradient of the output in what the layer puts out, [B, out].
        tau: radius of the Frobenius ball, a number or one for each trial [B]; both weights lie inside.
        step: Frobenius distance of hat and tilde, far below tau. Below 1e-8 (float64), rounding shows.

    Returns:
        The pair. Where no kink is in reach `units` is empty, and hat is a step from W along positive q.

    Raises:
        ValueError: if shapes do not fit, x is zero, or not 0 < 2 step <= tau.
    """
    _check_layer(W, x, q)
    tau = torch.as_tensor(tau).to(W).expand(len(W))
    if not bool((step > 0) and (2 * step <= tau).all()):
        raise ValueError(f"step = {step}, tau = {tau.tolist()}: need 0 < 2 step <= tau, and step far below tau")
    norm = x.norm(dim=-1, keepdim=True)
    z = _rows(x, W)
    positive = q.clamp(min=0)
    ratio = torch.where(positive > 0, z.abs() / positive, torch.inf)
    order = ratio.argsort(dim=-1)
    spent = torch.empty_like(z).scatter(-1, order, (z / norm).square().gather(-1, order).cumsum(-1))
    # hat and the clearance need a share of the budget: by the triangle inequality no more than this.
    chosen = (spent <= (tau - (1 + CLEARANCE) * step).square()[:, None]) & (positive > 0)
    direction = unit(torch.where(chosen.any(-1, keepdim=True), positive * chosen, positive))
    shift = (z + CLEARANCE * step * norm * direction) * chosen
    tilde = W - _outer(x / norm, shift / norm)
    hat = tilde + step * _outer(x / norm, direction)
    return Edge(tilde, hat, (_rows(x, tilde) <= 0) & (_rows(x, hat) > 0))


def aligned_rank_one(x: Tensor, q: Tensor, sigma: Tensor, tau: float | Tensor) -> Tensor:
    r"""$\tau\,\frac{x}{\|x\|} \frac{(\Sigma q)^\top}{\|\Sigma q\|}$, the change that raises the linearised output most.

    Args:
        x: input of the layer, [B, in].
        q: gradient of the output in what the layer puts out, [B, out].
        sigma: diagonal of Sigma, [B, out].
        tau: its Frobenius norm, a number or one for each trial [B].

    Returns:
        A change of the weights [B, in, out]; zero where Sigma q is.
    """
    tau = torch.as_tensor(tau).to(x).expand(len(x))
    return tau[:, None, None] * _outer(unit(x), unit(q * sigma))


def _costs(z: Tensor, norm: Tensor) -> Tensor:
    if z.ndim != 2 or norm.shape != z.shape[:1] or bool(z.isnan().any()) or not bool((norm > 0).all()):
        raise ValueError(
            f"z of shape {tuple(z.shape)}, norm = {norm.tolist()}: give [B, m] without NaN and B positive norms"
        )
    return (z / norm[:, None]).square().sort(dim=-1).values


def _budget(tau: float | Tensor, like: Tensor) -> Tensor:
    tau = torch.as_tensor(tau).to(like).expand(len(like))
    if not bool((tau >= 0).all()):
        raise ValueError(f"tau = {tau.tolist()}: must be 0 or more")
    return tau.square()[:, None]


def _check_layer(W: Tensor, x: Tensor, q: Tensor) -> None:
    B, m_in, m_out = W.shape
    if x.shape != (B, m_in) or q.shape != (B, m_out):
        raise ValueError(
            f"W, x, q of shapes {tuple(W.shape)}, {tuple(x.shape)}, {tuple(q.shape)}: "
            "must be [B, in, out], [B, in], [B, out]"
        )
    if not bool((x.norm(dim=-1) > 0).all()):
        raise ValueError("x is zero or NaN in a trial: the layer's output does not depend on its weights there")


def _rows(x: Tensor, W: Tensor) -> Tensor:
    return (x[:, None] @ W)[:, 0]


def _outer(x: Tensor, y: Tensor) -> Tensor:
    return x[:, :, None] * y[:, None]
