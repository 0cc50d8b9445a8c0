r"""The worst network in the neighbourhood $I_c(\Theta_0)$ of E, Ma, Wang, Wu (2019), Definition 1.

Over all initialisations at once it has a closed form, `suprema`. Near one given initialisation it is searched for by
block Frank-Wolfe from an aligned start, `attack`; what falls as features and slopes shrink, by `attack_downwards`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from lemmata.adversaries.balls import frank_wolfe
from lemmata.adversaries.found import Found, best_of, normals, unit
from lemmata.networks.activations import Activation
from lemmata.networks.emww import Blocks, Theta

BITS = 256
INPUTS = 8

Measure = Callable[[Theta, Tensor], Tensor]


class Suprema(NamedTuple):
    r"""Largest values over $I_c(\Theta_0)$, all layers, inputs, widths, activations and initialisations.

    They are those of $|y|$, $\|z - x\|$, $\|g - g_0\|$, $|\alpha - 1|$, $\|\beta\|$ and $\|\gamma\|$.
    """

    y: Fraction
    z: Fraction
    g: Fraction
    alpha: Fraction
    beta: Fraction
    gamma: Fraction


def suprema(c: Fraction | float, L: int, blocks: int | None = None) -> Suprema:
    r"""The extremal network of Propositions 4.1 and 4.2, in rational arithmetic that rounds up in the 77th digit.

    It has d = m = 1, x = B_0 = 1 and every parameter raised by $\varepsilon = c/L$; see
    `lemmata.networks.emww.extremal` for why no other network does worse. All its states rise with the distance from
    where they start, so that the worst layer is the last one, or the first one backwards, and a power of a matrix
    with non-negative entries gives it.

    Args:
        c: radius of the neighbourhood times L.
        L: depth.
        blocks: number of blocks; L - 1, which the network uses, unless given.

    Raises:
        ValueError: if c is negative, or there is no block.
    """
    blocks = L - 1 if blocks is None else blocks
    if not c >= 0 or blocks < 1:
        raise ValueError(f"c = {c}, L = {L}, {blocks} blocks: choose c >= 0 and at least one block")
    e = Fraction(c) / L
    s, q = e * (1 + e), e * e
    # (1, o, y) -> (1, s (1 + o) + q y, y + s (1 + o) + q y), and (alpha, beta) -> (alpha + e gamma, (1 + e) gamma).
    _, o, y = _power([[1, 0, 0], [s, s, q], [s, s, 1 + q]], blocks)
    _, o_before, y_before = _power([[1, 0, 0], [s, s, q], [s, s, 1 + q]], blocks - 1)
    alpha, beta = _power([[1 + q, q], [s, s]], blocks)
    return Suprema(y, o, e + (1 + e) * o_before + e * y_before, alpha - 1, beta, beta / (1 + e))


def attack(
    measure: Measure,
    theta_0: Blocks,
    radius: float,
    sigma: Activation,
    rngs: Sequence[np.random.Generator],
    steps: int = 2,
) -> Found[tuple[Theta, Tensor]]:
    r"""Maximise a quantity over $I_c(\Theta_0)$ and one input on the sphere, for each network of a batch.

    Block Frank-Wolfe with the input as one more block, from the start that is aligned at $\Theta_0$: with unit
    vectors u along $\sigma(B_0x)$ and v along $\sigma'(B_0x) \circ u$ in each layer, $a = a_0 + \varepsilon u$,
    $r = r_0 + \varepsilon v$, $B = B_0 + \varepsilon v x^\top$ and $C = C_0 + \varepsilon x u^\top$, at the best of
    8 random inputs x.

    Args:
        measure: (parameters, x [B, 1, d]) -> values [B], differentiable by torch.
        theta_0: initialisations.
        radius: c/L.
        sigma: activation.
        rngs: one generator for each network.
        steps: gradients after the first.

    Returns:
        The largest value found [B], with its parameters and input [B, 1, d]; `random` is the largest at as many
        random parameters on the spheres of $I_c(\Theta_0)$, with random inputs.
    """
    centre = [theta_0.a, theta_0.r, theta_0.B, theta_0.C, torch.zeros_like(theta_0.B[:, :1, 0])]

    def value(point: Sequence[Tensor]) -> Tensor:
        # No gradient of the norm: with its radial part, a full step is a power step, else a turn by 90 degrees.
        *theta, x = point
        return measure(Theta(*theta), x / x.detach().norm(dim=-1, keepdim=True))

    start = _aligned_point(theta_0, radius, sigma, rngs)
    with torch.no_grad():
        randoms = [value(_random_point(centre, radius, rngs)) for _ in range(steps + 1)]
    found = frank_wolfe(value, centre, radius, steps, start=start, per_layer=True)
    *theta, x = found.point
    return Found(found.value, (Theta(*theta), normalize(x, dim=-1)), torch.stack(randoms).amax(0))


def attack_downwards(
    measure: Callable[[Theta], Tensor],
    theta_0: Blocks,
    radius: float,
    x: Tensor,
    sigma: Activation,
    rngs: Sequence[np.random.Generator],
    steps: int = 1,
) -> Found[Theta]:
    r"""Minimise a quantity over $I_c(\Theta_0)$ at given inputs, for each network of a batch.

    Block Frank-Wolfe from two starts that shrink the features and $\alpha$ of a whole layer at once. With unit vectors
    u along the features $\sum_i\sigma(B_0x_i)$ and v along $\sigma'(B_0x_1) \circ u$ in each layer, they are
    $a = \pm\varepsilon u$, $r = \mp\varepsilon v$, $B = B_0 - \varepsilon vx_1^\top$ and
    $C = -\varepsilon x_1u^\top$: then $r^\top a < 0$, so that $\alpha$ falls from layer to layer backwards, and $ry$
    and $Cg$ work against $B_0x$.

    Args:
        measure: parameters -> values [B], differentiable by torch.
        theta_0: initialisations.
        radius: c/L.
        x: inputs [B, n, d].
        sigma: activation.
        rngs: one generator for each network.
        steps: gradients from each start.

    Returns:
        The smallest value found [B], with its parameters; `random` is the smallest at as many random parameters on the
        spheres of $I_c(\Theta_0)$.
    """
    centre = [theta_0.a, theta_0.r, theta_0.B, theta_0.C]

    def value(point: Sequence[Tensor]) -> Tensor:
        return -measure(Theta(*point))

    pre = torch.einsum("bkmd,bnd->bnkm", theta_0.B, x)
    u = unit(sigma.value(pre).sum(1))
    v = unit(sigma.derivative(pre[:, 0]) * u)
    first = x[:, :1, None]
    B, C = theta_0.B - radius * v[..., None] * first, theta_0.C - radius * first.mT * u[:, :, None]
    starts = [[theta_0.a + sign * radius * u, theta_0.r - sign * radius * v, B, C] for sign in (1.0, -1.0)]
    found = best_of(*(frank_wolfe(value, centre, radius, steps, start=start, per_layer=True) for start in starts))
    with torch.no_grad():
        randoms = [value(_random_point(centre, radius, rngs)) for _ in range(2 * (steps + 1))]
    return Found(-found.value, Theta(*found.point), -torch.stack(randoms).amax(0))


def _random_point(centre: Sequence[Tensor], radius: float, rngs: Sequence[np.random.Generator]) -> list[Tensor]:
    """Uniform on the sphere around each block of each layer."""
    gaussian = [normals(rngs, block.shape[1:], block) for block in centre]
    return [c + radius * unit(step.flatten(2)).view_as(step) for c, step in zip(centre, gaussian, strict=True)]


def _aligned_point(
    theta_0: Blocks, radius: float, sigma: Activation, rngs: Sequence[np.random.Generator]
) -> list[Tensor]:
    """The start of `attack`, at the random input with the largest features."""
    x = unit(normals(rngs, (INPUTS, theta_0.B.shape[-1]), theta_0.B))
    pre = torch.einsum("bkmd,bnd->bnkm", theta_0.B, x)
    g = sigma.value(pre)
    trial, best = torch.arange(len(x), device=x.device), g.square().sum((2, 3)).argmax(1)
    x, u = x[trial, best][:, None], unit(g[trial, best])
    v = unit(sigma.derivative(pre[trial, best]) * u)
    B, C = v[..., None] * x[:, :, None], x[..., None] * u[:, :, None]
    moves = {"a": u, "r": v, "B": B, "C": C}
    return [*(getattr(theta_0, name) + radius * move for name, move in moves.items()), radius * x]


def _power(matrix: list[list[Fraction | int]], k: int) -> list[Fraction]:
    """First column of the k-th power, every entry rounded up to a multiple of 2^-BITS after each product."""
    base = np.array([[ceil(entry * 2**BITS) for entry in row] for row in matrix], dtype=object)
    power = np.array([[2**BITS * (i == j) for j in range(len(base))] for i in range(len(base))], dtype=object)
    while k:
        if k % 2:
            power = -(-(power @ base) // 2**BITS)
        base, k = -(-(base @ base) // 2**BITS), k // 2
    return [Fraction(int(entry), 2**BITS) for entry in power[:, 0]]
