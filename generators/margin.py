"""Samples with a certified margin for Frei, Cao, Gu (2019), crowded where the margin is smallest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from generators.families import KAPPA, Constant, Family, sign
from generators.labelled import Labelled
from generators.sphere import sphere


def with_margin(
    rngs: Sequence[np.random.Generator],
    family: Family,
    n: int,
    d: int,
    gamma: float,
    dtype: torch.dtype = torch.float64,
) -> Labelled:
    """Labelled points on the sphere with y f(x) >= gamma (Assumption 3.2), at least half of them with equality.

    The first ceil(n/4) points have f = gamma, the next as many are their mirrored partners with f = -gamma. The others
    are uniform on the sphere with y = sign f(x); those with |f| < gamma are not drawn again but moved along a great
    circle until |f| = gamma. A single point has |f| = gamma. (Constant has one label and no level sets: its points are
    uniform.)

    Args:
        rngs: one generator per trial.
        family: the function f.
        n: points per trial.
        d: dimension, at least 2.
        gamma: margin, positive.
        dtype: of the result; in float32 the certified margin differs from gamma by rounding.

    Returns:
        The sample. Its margin is the smallest y f(x) of each trial, evaluated in float64 on the rounded points.

    Raises:
        ValueError: if gamma is not positive or larger than the family allows, or d < 2.
    """
    _refuse_impossible(family, d, gamma)
    x = sphere(rngs, n, d)
    f = family.value(x)
    y = sign(f)
    if not isinstance(family, Constant):
        pairs = math.ceil(n / 4) if n > 1 else 0
        onto_level = (f.abs() < gamma) | (n == 1)
        between, plus = family.between(x[:, :pairs]), torch.ones_like(y[:, :pairs])
        x = torch.where(onto_level[..., None], _on_level(family, x, y, gamma), x)
        x[:, :pairs], y[:, :pairs] = _on_level(family, between, plus, gamma), plus
        x[:, pairs : 2 * pairs], y[:, pairs : 2 * pairs] = _on_level(family, between, -plus, gamma), -plus
    x = x.to(dtype)
    return Labelled(x, y.to(dtype), (y * family.value(x.double())).amin(dim=1))


def _refuse_impossible(family: Family, d: int, gamma: float) -> None:
    """Refuse a margin that no sample of the family can have.

    Raises:
        ValueError: naming the margin and the largest one possible.
    """
    if d < 2:
        raise ValueError(f"d = {d}: on S^0 there are no points with a prescribed margin; choose d >= 2")
    largest = family.largest_margin
    if largest <= 0:
        raise ValueError(f"{family.name} cannot give both labels a positive margin; choose other parameters")
    # A caller who asks for the largest margin itself may be off by rounding.
    if not 0 < gamma <= largest * (1 + 1e-12):
        raise ValueError(
            f"gamma = {gamma:g} is impossible: {family.name} allows 0 < gamma <= {largest:.6g}, "
            f"and no function of the class more than kappa = {KAPPA:.6g}"
        )


def _on_level(family: Family, x: Tensor, y: Tensor, gamma: float) -> Tensor:
    """Move every x [B, n, d] along a great circle to y f(x) = gamma, by bisection; the end found has y f(x) >= gamma.

    The circle leads to the nearest peak of the label y when x falls short of gamma, else to that of the other label,
    so that y f takes the value gamma on the way.
    """
    short = y * family.value(x) < gamma
    goal = torch.where(((y > 0) == short)[..., None], family.peak(x, 1), family.peak(x, -1))
    inside = short.to(x)
    outside = 1 - inside
    for _ in range(64):  # beyond the resolution of float64
        middle = (inside + outside) / 2
        reached = y * family.value(_arc(x, goal, middle)) >= gamma
        inside, outside = torch.where(reached, middle, inside), torch.where(reached, outside, middle)
    return _arc(x, goal, inside)


def _arc(x: Tensor, goal: Tensor, t: Tensor) -> Tensor:
    """The point at t in [0, 1] on the great circle from x to goal, in projective time."""
    point = (1 - t)[..., None] * x + t[..., None] * goal
    return point / point.norm(dim=-1, keepdim=True)
