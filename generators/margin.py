"""Samples with a certified margin for Frei, Cao, Gu (2019), crowded where the margin is smallest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lemmata.generators.families import KAPPA, Family, sign
from lemmata.generators.labelled import Labelled
from lemmata.generators.sphere import sphere


def with_margin(
    rngs: Sequence[np.random.Generator],
    family: Family,
    n: int,
    d: int,
    gamma: float | Sequence[float],
    dtype: torch.dtype = torch.float64,
) -> Labelled:
    """Labelled points on the sphere with y f(x) >= gamma (Assumption 3.2), at least half with equality.

    The first ceil(n/4) points have f = gamma, the next as many are their mirrored partners at f = -gamma.
    The others are uniform on the sphere with y = sign f(x); those with |f| < gamma are not drawn again but
    moved along a great circle to |f| = gamma. A single point has |f| = gamma. For a constant f, which has
    one label and no other level, all points are uniform.

    Args:
        rngs: one generator per trial.
        family: the function f.
        n: points per trial.
        d: dimension, at least 2.
        gamma: margin, positive; one number, or one for each trial.
        dtype: of the result; in float32 the certified margin differs from gamma by rounding.

    Returns:
        The sample. Its margin is the smallest y f(x) of the trial, in float64 at the rounded points.

    Raises:
        ValueError: if gamma is not positive or larger than the family allows, or d < 2.
    """
    gammas = list(gamma) if isinstance(gamma, Sequence) else [gamma]
    if len(gammas) not in {1, len(rngs)}:
        raise ValueError(f"{len(gammas)} margins for {len(rngs)} trials: give one, or one for each")
    for each in gammas:
        _refuse_impossible(family, d, each)
    level = torch.tensor(gammas, dtype=torch.float64)[:, None]
    x = sphere(rngs, n, d)
    f = family.value(x)
    y = sign(f)
    if not family.one_label:
        pairs = math.ceil(n / 4) if n > 1 else 0
        between, plus = family.between(x[:, :pairs]), torch.ones_like(y[:, :pairs])
        move = (f.abs() < level) | (n == 1)
        x = torch.where(move[..., None], _to_level(family, x, y, level), x)
        x[:, :pairs], y[:, :pairs] = _to_level(family, between, plus, level), plus
        x[:, pairs : 2 * pairs], y[:, pairs : 2 * pairs] = _to_level(family, between, -plus, level), -plus
    x = x.to(dtype)
    return Labelled(x, y.to(dtype), (y * family.value(x.double())).amin(dim=1))


def _refuse_impossible(family: Family, d: int, gamma: float) -> None:
    """Refuse a margin that no sample of the family can have.

    Raises:
        ValueError: naming the margin and the largest one possible.
    """
    if d < 2:
        raise ValueError(f"d = {d}: on S^0 no point has a prescribed margin; choose d >= 2")
    largest = family.largest_margin
    if largest <= 0:
        raise ValueError(f"{family.name} gives no positive margin to both labels; choose other parameters")
    # A caller who computes the largest margin may be off by rounding.
    if not 0 < gamma <= largest * (1 + 1e-12):
        raise ValueError(
            f"gamma = {gamma:g} is impossible: {family.name} allows 0 < gamma <= {largest:.6g}, "
            f"and no function of the class more than kappa = {KAPPA:.6g}"
        )


def _to_level(family: Family, x: Tensor, y: Tensor, gamma: Tensor) -> Tensor:
    """Move every point along a great circle to y f(x) = gamma.

    The way leads to the extreme point of its label when x falls short of gamma, else to that of the other
    label: y f passes gamma on it. Bisection keeps the side with y f(x) >= gamma.

    Args:
        family: the function f.
        x: points [B, n, d].
        y: labels [B, n].
        gamma: the level, [1, 1] or [B, 1].

    Returns:
        Points [B, n, d].
    """
    short = y * family.value(x) < gamma
    goal = torch.where(((y > 0) == short)[..., None], family.top(x), family.bottom(x))
    cosine = (x * goal).sum(dim=-1, keepdim=True)
    across = goal - cosine * x
    sine = across.norm(dim=-1, keepdim=True)
    across, distance = across / sine.clamp(min=1e-300), torch.atan2(sine, cosine)

    def after(t: Tensor) -> Tensor:
        angle = t[..., None] * distance
        point = angle.cos() * x + angle.sin() * across
        return point / point.norm(dim=-1, keepdim=True)

    inside = short.to(x)
    outside = 1 - inside
    for _ in range(64):  # past the resolution of float64
        middle = (inside + outside) / 2
        enough = y * family.value(after(middle)) >= gamma
        inside, outside = torch.where(enough, middle, inside), torch.where(enough, outside, middle)
    return after(inside)
