r"""The largest value of a quadratic on a ball, $\max \frac12a^\top Aa + b^\top a$ over $\|a\| \le c$, for any A.

By strong duality it is the minimum of the convex function $D(\nu) = \frac12\nu c^2 + \frac12b^\top(\nu - A)^{-1}b$ over
$\nu > \lambda_{\max}(A)$, $\nu \ge 0$. Every $D(\nu)$ is an upper bound: what is computed errs to that side only.
"""

from __future__ import annotations

import torch
from torch import Tensor


def largest_quadratic(A: Tensor, b: Tensor, radius: float, halvings: int = 80) -> Tensor:
    """The maximum of a quadratic over a ball around zero.

    Args:
        A: symmetric matrices [B, k, k].
        b: vectors [B, k].
        radius: of the ball, positive.
        halvings: of the interval in which the multiplier is sought.

    Returns:
        Values [B].

    Raises:
        ValueError: if the radius is not positive, or a number is not finite.
    """
    if not radius > 0 or not bool(A.isfinite().all() and b.isfinite().all()):
        raise ValueError(f"radius = {radius}: a positive one is needed, and finite numbers in A and b")
    eigenvalues, vectors = torch.linalg.eigh((A + A.mT) / 2)
    squares = (vectors.mT @ b[..., None])[..., 0].square()
    low = eigenvalues[:, -1].clamp(min=0)
    high = low + squares.sum(1).sqrt() / radius
    for _ in range(halvings):
        middle = (low + high) / 2
        too_low = (squares / (middle[:, None] - eigenvalues).square()).nan_to_num(0.0).sum(1) > radius**2
        low, high = torch.where(too_low, middle, low), torch.where(too_low, high, middle)
    gaps = high[:, None] - eigenvalues
    # A direction without b adds nothing, also where the multiplier is its eigenvalue.
    quadratic = torch.where(squares > 0, squares / gaps, 0.0).sum(1)
    return (high * radius**2 + quadratic) / 2
