"""Critical points of the logistic risk in floating point: weights of the samples that make any parameters critical.

The gradient of the risk is the sum of p_i l'(f(x_i); y_i) times that of f(x_i). For any c in the null space of these
gradients, the labels y_i = -sign(c_i) and weights p_i = |c_i| / |l'| make it vanish.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from lemmata.claims.ysj.critical import SHAPES
from lemmata.generators.draws import normals
from lemmata.networks import ysj
from lemmata.networks.activations import ACTIVATIONS
from lemmata.networks.ysj import Theta, logistic

_OUTPUT = ysj.Loss("output", lambda p, _: p, lambda p, _: torch.ones_like(p), lambda p, _: torch.zeros_like(p))
SPARE = 6  # samples more than parameters: the dimension from which c is drawn


class Weighted(NamedTuple):
    """Critical points: parameters, inputs [B, n, d], labels and weights [B, n]; their activation, by name."""

    theta: Theta
    x: Tensor
    y: Tensor
    weights: Tensor
    phi: str

    def risk(self, theta: Theta) -> Tensor:
        """The logistic risk at any parameters, [B]."""
        out = ysj.forward(theta, self.x, ACTIVATIONS[self.phi])
        return (self.weights * logistic.value(out.f, self.y)).sum(1)


def weighted(p, rngs) -> Weighted:
    """A critical point a trial, in the case p."""
    d, widths, k = SHAPES[p.shape]
    rows = normals(rngs, max(k, 1), d, dtype=p.dtype) * (k > 0)
    U = [normals(rngs, m, max(k, 1), dtype=p.dtype) @ rows for m in widths]
    V = [normals(rngs, d, m, dtype=p.dtype) for m in (d, *widths)]
    top = normals(rngs, k if p.w == "inside" else d, dtype=p.dtype)
    w = {"inside": lambda: (top[:, None] @ rows)[:, 0], "zero": lambda: 0 * top}.get(p.w, lambda: top)()
    theta = Theta(w / w.norm(dim=1, keepdim=True).clamp(min=1e-9), V, U)
    n = d + sum(block[0].numel() for block in (*V, *U)) + SPARE
    x = normals(rngs, n, d, dtype=p.dtype)
    J = output_gradients(theta, x, p.phi)
    null = torch.linalg.svd(J.double()).U[..., J.shape[-1] :].to(p.dtype)
    c = (null @ normals(rngs, SPARE, 1, dtype=p.dtype))[..., 0]
    y = -c.sign()
    weights = c.abs() / logistic.first(ysj.forward(theta, x, ACTIVATIONS[p.phi]).f, y).abs()
    return Weighted(theta, x, y, weights / weights.sum(1, keepdim=True), p.phi)


def output_gradients(theta: Theta, x: Tensor, phi: str) -> Tensor:
    """The gradient of f at every sample, [B, n, parameters]: each sample makes a network of its own."""
    B, n, _ = x.shape
    w, V, U = ([block.repeat_interleave(n, 0) for block in blocks] for blocks in ([theta.w], theta.V, theta.U))
    one_each = Theta(w[0], V, U)
    alone = x.flatten(0, 1)[:, None]
    out = ysj.forward(one_each, alone, ACTIVATIONS[phi])
    gradient = ysj.risk_gradient(one_each, out, torch.zeros_like(out.f), ACTIVATIONS[phi], _OUTPUT)
    return torch.cat([b.flatten(1) for b in (gradient.w, *gradient.V, *gradient.U)], 1).unflatten(0, (B, n))


def smallest_curvature(point: Weighted) -> Tensor:
    """The smallest of the Hessian's quadratic form at a unit vector for each block, [B].

    In the plane of w along alpha and V_l along alpha b_l^T / ||b_l||, alpha orthogonal to all rows of the U_l, the form
    should be ((a, ||b_l||), (||b_l||, 0)); whether it is or not, the form is measured, at the lowest eigenvector of that.
    """
    theta, phi = point.theta, ACTIVATIONS[point.phi]
    out = ysj.forward(theta, point.x, phi)
    slope, second = (g(out.f, point.y) * point.weights for g in (logistic.first, logistic.second))
    alpha = torch.linalg.svd(torch.cat([0 * theta.w[:, None], *theta.U], 1)).Vh[:, -1]
    a = (second * (out.h[-1] @ alpha[..., None])[..., 0] ** 2).sum(1)
    curvatures = []
    for l in range(len(theta.V)):
        b = (slope[..., None] * out.phi[l]).sum(1)
        size = b.norm(dim=1)
        plane = torch.stack([(a - (a**2 + 4 * size**2).sqrt()) / 2, size], 1)
        plane = plane / plane.norm(dim=1, keepdim=True).clamp(min=1e-30)
        epsilon = plane[:, :1] * alpha
        Delta = plane[:, 1:, None] * alpha[:, :, None] * (b / size[:, None].clamp(min=1e-30))[:, None]
        t = torch.zeros_like(a, requires_grad=True)  # one step length a network
        moved = [V + t[:, None, None] * Delta if i == l else V for i, V in enumerate(theta.V)]
        risk = point.risk(Theta(theta.w + t[:, None] * epsilon, moved, theta.U))
        (first,) = torch.autograd.grad(risk.sum(), t, create_graph=True)
        (twice,) = torch.autograd.grad(first.sum(), t)
        curvatures.append(twice)
    return torch.stack(curvatures).amin(0)


def best_linear_risk(point: Weighted, steps: int = 15) -> Tensor:
    """The smallest logistic risk of a linear predictor that damped Newton steps find, [B]; never below R_lin."""
    t = torch.zeros_like(point.theta.w)
    shares = 0.5 ** torch.arange(12, dtype=t.dtype)
    eye = torch.eye(t.shape[1], dtype=t.dtype)

    def risks(t: Tensor) -> Tensor:  # [B, candidates]
        f = point.x @ t.mT
        return (point.weights[..., None] * logistic.value(f, point.y[..., None])).sum(1)

    for _ in range(steps):
        f = (point.x @ t[..., None])[..., 0]
        slope, second = (g(f, point.y) * point.weights for g in (logistic.first, logistic.second))
        H = (point.x * second[..., None]).mT @ point.x + 1e-9 * eye
        step = torch.linalg.solve(H, (slope[..., None] * point.x).sum(1))
        candidates = t[:, None] - shares[:, None] * step[:, None]
        t = candidates[torch.arange(len(t)), risks(candidates).argmin(1)]
    return risks(t[:, None])[:, 0]
