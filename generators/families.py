r"""Functions of the class of Assumption 3.2 in Frei, Cao, Gu (2019), by which data are labelled.

$\mathcal F = \{f(x) = E_{u \sim N(0, I_d)}[c(u)\,\sigma(u^\top x)] : |c| \le 1\}$. As
$\sigma(z) = (z + |z|)/2$, the odd part of $c$ makes a linear $f$ and the even part an even one. Nothing
in the class exceeds $\kappa = E\,\sigma(u^\top x) = 1/\sqrt{2\pi}$ on the sphere.

Directions are the first coordinate axes: the sphere and the Gaussian law are invariant under rotations.
Below, $x$ is a unit vector, $\rho = x_1$ and $s = \sqrt{1 - \rho^2}$.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

KAPPA = 1 / math.sqrt(2 * math.pi)

Map = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Family:
    """A function f of the class, with what it takes to sample points at a given margin.

    Attributes:
        name: the family and its parameters, as in code.
        c: the weight u -> c(u), [..., d] -> [...], at most one in absolute value.
        value: unit vectors x -> f(x), [..., d] -> [...].
        lowest: smallest value of f on the sphere, d >= 2.
        highest: largest value of f on the sphere, d >= 2.
        bottom: x -> the point nearest to x with f = lowest, [..., d] -> [..., d].
        top: x -> the point nearest to x with f = highest.
        between: x -> a point near x half-way between its top and its bottom; x itself where f depends on
            one coordinate, because top and bottom then lie on the meridian of x.
        one_label: is f constant?
    """

    name: str
    c: Map
    value: Map
    lowest: float
    highest: float
    bottom: Map
    top: Map
    between: Map = lambda x: x
    one_label: bool = False

    @property
    def largest_margin(self) -> float:
        """The largest margin at which both labels (for a constant f: its one label) still have points."""
        if self.one_label:
            return abs(self.highest)
        return min(self.highest, -self.lowest)


def constant(b: float = 1.0) -> Family:
    """F1: c = b, f = b kappa, a single class.

    Raises:
        ValueError: unless 0 < |b| <= 1.
    """
    if not 0 < abs(b) <= 1:
        raise ValueError(f"constant: b = {b}, but |c| <= 1 and a margin need 0 < |b| <= 1")
    return Family(
        f"constant({b:g})",
        c=lambda u: torch.full_like(u[..., 0], b),
        value=lambda x: torch.full_like(x[..., 0], b * KAPPA),
        lowest=b * KAPPA,
        highest=b * KAPPA,
        bottom=lambda x: x,
        top=lambda x: x,
        one_label=True,
    )


def linear() -> Family:
    """F2: c = sign(u_1), f = kappa x_1. Linearly separable data with |x_1| >= rho have margin kappa rho."""
    return replace(affine(1.0, 0.0), name="linear()")


def affine(a: float, b: float) -> Family:
    """F3: c = a sign(u_1) + b, f = kappa (a x_1 + b). With a = b = 1/2, c is the indicator of a half-space.

    Raises:
        ValueError: unless a != 0 and |a| + |b| <= 1.
    """
    if not (abs(a) + abs(b) <= 1 and a != 0):
        raise ValueError(f"affine: a = {a}, b = {b}, but |c| <= 1 needs |a| + |b| <= 1, and a != 0")
    return Family(
        f"affine({a:g}, {b:g})",
        c=lambda u: a * u[..., 0].sign() + b,
        value=lambda x: KAPPA * (a * x[..., 0] + b),
        lowest=KAPPA * (b - abs(a)),
        highest=KAPPA * (b + abs(a)),
        bottom=lambda x: _pole(torch.full_like(x, -a)),
        top=lambda x: _pole(torch.full_like(x, a)),
    )


def xor() -> Family:
    r"""F4: $c = \mathrm{sign}(u_1 u_2)$.

    With $p = x_1$, $q = x_2$ and $r$ the norm of the other coordinates,
    $f = \frac{2\kappa}{\pi}\left[p\arctan\frac qr + q\arctan\frac pr - \arctan\frac{pq}r\right]$. Arctangents
    evaluate this without cancellation down to r = 0, where it is $\kappa(|p| + |q| - 1)\,\mathrm{sign}(pq)$.
    """
    diagonal = KAPPA * (math.sqrt(2) - 1)

    def value(x: Tensor) -> Tensor:
        p, q, r = x[..., 0], x[..., 1], x[..., 2:].norm(dim=-1)
        return 2 * KAPPA / math.pi * (p * torch.atan2(q, r) + q * torch.atan2(p, r) - torch.atan2(p * q, r))

    def peak(x: Tensor, label: int) -> Tensor:
        side = sign(x[..., 0] + label * x[..., 1]) / math.sqrt(2)
        point = torch.zeros_like(x)
        point[..., 0], point[..., 1] = side, label * side
        return point

    def between(x: Tensor) -> Tensor:
        # Reflecting the coordinate that is zero here exchanges top and bottom, and the sign of f.
        smaller = x[..., :2].abs().argmin(dim=-1, keepdim=True)
        return _unit(x.scatter(-1, smaller, 0.0))

    return Family(
        "xor()",
        c=lambda u: (u[..., 0] * u[..., 1]).sign(),
        value=value,
        lowest=-diagonal,
        highest=diagonal,
        bottom=lambda x: peak(x, -1),
        top=lambda x: peak(x, 1),
        between=between,
    )


def band(t: float = 0.931) -> Family:
    r"""F5: $c = +1$ where $|u_1| > t$, else $-1$.

    With $A = t/(\sqrt2\,s)$,
    $f = \kappa\,[1 - 2\,\mathrm{erf}(A) + 2|\rho| e^{-t^2/2}\,\mathrm{erf}(|\rho| A)]$, which increases with
    $|\rho|$. At t = 0.931 both labels reach the same margin, 0.118.

    Raises:
        ValueError: unless 0 < t < inf.
    """
    if not 0 < t < math.inf:
        raise ValueError(f"band: t = {t}, but the band |u_1| <= t needs 0 < t < inf")
    edge = math.exp(-(t**2) / 2)

    def value(x: Tensor) -> Tensor:
        rho, s = x[..., 0].abs(), x[..., 1:].norm(dim=-1)
        A = t / (math.sqrt(2) * s)
        return KAPPA * (1 - 2 * torch.erf(A) + 2 * rho * edge * torch.erf(rho * A))

    return Family(
        f"band({t:g})",
        c=lambda u: torch.where(u[..., 0].abs() > t, 1.0, -1.0).to(u),
        value=value,
        lowest=KAPPA * (1 - 2 * math.erf(t / math.sqrt(2))),
        highest=KAPPA * (2 * edge - 1),
        bottom=_equator,
        top=_pole,
    )


def cosine(k: float = 1.724) -> Family:
    r"""F6: $c = \cos(k u_1)$.

    With Dawson's function D and $z = k\rho/\sqrt2$,
    $f = \kappa\,e^{-k^2 s^2/2}\,(1 - 2 z D(z))$, which decreases with $|\rho|$. It has negative values only
    for k > 1.307; at k = 1.724 both labels reach the same margin, 0.0902.

    Raises:
        ValueError: unless 0 < k < inf.
    """
    if not 0 < k < math.inf:
        raise ValueError(f"cosine: k = {k}, but 0 < k < inf is needed; constant() is the case k = 0")

    def value(x: Tensor) -> Tensor:
        rho, s = x[..., 0], x[..., 1:].norm(dim=-1)
        return KAPPA * torch.exp(-((k * s) ** 2) / 2) * _dawson_slope(k * rho / math.sqrt(2))

    return Family(
        f"cosine({k:g})",
        c=lambda u: torch.cos(k * u[..., 0]),
        value=value,
        lowest=KAPPA * float(_dawson_slope(torch.tensor(k / math.sqrt(2), dtype=torch.float64))),
        highest=KAPPA * math.exp(-(k**2) / 2),
        bottom=_pole,
        top=_equator,
    )


def sign(z: Tensor) -> Tensor:
    """The sign of every entry, where that of 0 is 1."""
    return torch.where(z >= 0, 1.0, -1.0).to(z)


def _unit(x: Tensor) -> Tensor:
    """Every row divided by its norm."""
    return x / x.norm(dim=-1, keepdim=True)


def _pole(x: Tensor) -> Tensor:
    """The pole e_1 or -e_1 that is nearer to x."""
    pole = torch.zeros_like(x)
    pole[..., 0] = sign(x[..., 0])
    return pole


def _equator(x: Tensor) -> Tensor:
    """The unit vector with x_1 = 0 that is nearest to x."""
    flat = x.clone()
    flat[..., 0] = 0
    return _unit(flat)


def _dawson_slope(z: Tensor) -> Tensor:
    """Derivative D'(z) = 1 - 2 z D(z) of Dawson's function."""
    from scipy.special import dawsn

    return 1 - 2 * z * torch.as_tensor(dawsn(z.detach().cpu().numpy()), dtype=z.dtype, device=z.device)
