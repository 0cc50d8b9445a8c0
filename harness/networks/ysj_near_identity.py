r"""The ResNets of Yun, Sra, Jadbabaie (2019), Section 5: $h_l = h_{l-1} + V_l\,\sigma(U_l h_{l-1})$ in every block.

Unlike those of Section 4 the first block has a $U_1$, and the blocks may have no parameters of their own, so that
$w$ alone is trained: by convexity its critical points are the minimisers that `best_top_layer` finds.

Shapes: B networks, L blocks, n samples.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lemmata.networks.activations import Activation
from lemmata.networks.checks import require_finite, require_shape
from lemmata.networks.ysj import Loss

# The Newton step on w is halved up to this often.
HALVINGS = 40


def block_outputs(V: Tensor, U: Tensor, x: Tensor, sigma: Activation) -> list[Tensor]:
    """All h_0 .. h_L.

    Args:
        V: outer layers [B, L, d, m].
        U: inner layers [B, L, m, d].
        x: inputs [B, n, d].
        sigma: activation of every block.

    Returns:
        L + 1 tensors [B, n, d].

    Raises:
        ValueError: if shapes do not fit, or an input is empty or not finite.
    """
    for name, tensor in (("V", V), ("U", U), ("x", x)):
        require_finite(name, tensor)
    require_shape("x", x, None, None, None)
    require_shape("V", V, len(x), None, x.shape[-1], None)
    require_shape("U", U, len(x), V.shape[1], V.shape[3], x.shape[-1])
    h = [x]
    for outer, inner in zip(V.unbind(1), U.unbind(1), strict=True):
        h.append(h[-1] + sigma.value(h[-1] @ inner.mT) @ outer.mT)
    return h


def best_top_layer(h: Tensor, y: Tensor, loss: Loss, steps: int = 60) -> Tensor:
    r"""The minimiser of $w \mapsto E[\ell(w^\top h; y)]$, by Newton steps that are halved until the risk falls.

    It is attained where the risk grows in every direction, as it does if the features span and no w separates them.

    Args:
        h: features [B, n, d].
        y: labels [B, n].
        loss: a convex loss.
        steps: most Newton steps.

    Returns:
        w [B, d], without a gradient.

    Raises:
        ValueError: if shapes do not fit, an input is not finite, or the gradient is above 1e-7 after all steps
            (1e-3 in single precision).
    """
    require_finite("h", h)
    require_shape("h", h, None, None, None)
    require_shape("y", y, *h.shape[:2])
    h, y = h.detach(), y.detach()
    eps = torch.finfo(h.dtype).eps
    w = torch.zeros_like(h[:, 0])
    lengths = torch.cat([torch.zeros(1), 0.5 ** torch.arange(HALVINGS)]).to(h)

    def risks(w: Tensor) -> Tensor:
        return loss.value(w @ h.mT, y[:, None]).mean(-1)  # of candidates [B, k, d]

    def derivatives(w: Tensor) -> tuple[Tensor, Tensor]:
        f = (h @ w[..., None])[..., 0]
        gradient = (loss.first(f, y)[..., None] * h).mean(1)
        return gradient, (loss.second(f, y)[..., None] * h).mT @ h / h.shape[1]

    gradient, hessian = derivatives(w)
    for _ in range(steps):
        if bool((gradient.norm(dim=-1) <= 16 * eps * h.norm(dim=-1).mean(-1)).all()):
            break
        ridge = eps * hessian.diagonal(dim1=1, dim2=2).sum(-1) + torch.finfo(h.dtype).tiny
        step = torch.linalg.solve(hessian + ridge[:, None, None] * torch.eye(w.shape[1]).to(h), gradient)
        candidates = w[:, None] - lengths[:, None] * step[:, None]
        risk = risks(candidates)
        # At the minimum the risk is flat to rounding, and the gradient tells which point is better.
        full = derivatives(candidates[:, 1])[0].norm(dim=-1) < gradient.norm(dim=-1)
        full &= risk[:, 1] <= risk[:, 0] * (1 + 4 * eps)
        chosen = torch.where(full, 1, risk.argmin(1))
        w = candidates[torch.arange(len(w), device=w.device), chosen]
        gradient, hessian = derivatives(w)
    left = gradient.norm(dim=-1).max()
    if not bool(left <= 5 * eps**0.5):
        raise ValueError(f"the gradient in w is still {left:.3g} after {steps} Newton steps: is the minimum attained?")
    return w
