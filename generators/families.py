r"""Data with a certified margin: functions of the class of Assumption 3.2 in Frei, Cao, Gu (2019).

$\mathcal F = \{f(x) = E_{u \sim N(0, I_d)}[c(u)\,\sigma(u^\top x)] : |c| \le 1\}$, and a sample has margin $\gamma$ if
$y f(x) \ge \gamma$ for some $f \in \mathcal F$. As $\sigma(z) = (z + |z|)/2$, the odd part of $c$ gives a linear
function and the even part an even one. No margin exceeds $\kappa = E\,\sigma(u^\top x) = 1/\sqrt{2\pi}$.

Each family fixes its directions to the first coordinate axes; the sphere and the Gaussian law are rotation invariant.
With $\rho = x_1$ and $s = \sqrt{1 - \rho^2}$, the families on the sphere are

    F1  Constant(b)    c = b                             f = b kappa
    F2  Linear()       c = sign(u_1)                     f = kappa rho
    F3  Affine(a, b)   c = a sign(u_1) + b               f = kappa (a rho + b)
    F4  Xor()          c = sign(u_1 u_2)                 f = see :class:`Xor`; kappa (|x_1| + |x_2| - 1) sign(x_1 x_2) if d = 2
    F5  Band(t)        c = sign(|u_1| - t)               f = see :class:`Band`
    F6  Cosine(k)      c = cos(k u_1)                    f = see :class:`Cosine`
"""  # noqa: E501

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import torch
from torch import Tensor

KAPPA = 1 / math.sqrt(2 * math.pi)


class Family(ABC):
    """A function f of the class, with what is needed to sample at a margin."""

    @property
    def name(self) -> str:
        """The family with its parameters, as it is written in code."""
        return repr(self)

    @property
    def largest_margin(self) -> float:
        """The largest margin at which both labels still have points on the sphere."""
        return min(self.reach(1), self.reach(-1))

    @abstractmethod
    def c(self, u: Tensor) -> Tensor:
        """The weight c(u) of the class: [..., d] -> [...], at most one in absolute value."""

    @abstractmethod
    def value(self, x: Tensor) -> Tensor:
        """f(x) for unit vectors x: [..., d] -> [...]."""

    @abstractmethod
    def reach(self, label: int) -> float:
        """The largest value of label * f on the sphere, d >= 2."""

    @abstractmethod
    def peak(self, x: Tensor, label: int) -> Tensor:
        """The point nearest to x at which label * f is largest: [..., d] -> [..., d]."""

    def between(self, x: Tensor) -> Tensor:
        """The point near x from which the ways to the two peaks are closest: [..., d] -> [..., d].

        It is x itself where f depends on one coordinate only, since both ways then lie on one meridian.
        """
        return x


@dataclass(frozen=True)
class Constant(Family):
    """F1: f = b kappa, for one class only."""

    b: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < abs(self.b) <= 1:
            raise ValueError(f"Constant: b = {self.b} but 0 < |b| <= 1 is needed for a margin with |c| <= 1")

    @property
    def largest_margin(self) -> float:
        """The margin of the single class, |b| kappa."""
        return abs(self.b) * KAPPA

    def c(self, u: Tensor) -> Tensor:
        """See :meth:`Family.c`."""
        return torch.full_like(u[..., 0], self.b)

    def value(self, x: Tensor) -> Tensor:
        """See :meth:`Family.value`."""
        return torch.full_like(x[..., 0], self.b * KAPPA)

    def reach(self, label: int) -> float:
        """See :meth:`Family.reach`."""
        return label * self.b * KAPPA

    def peak(self, x: Tensor, label: int) -> Tensor:
        """See :meth:`Family.peak`: every point."""
        return x


@dataclass(frozen=True)
class Affine(Family):
    """F3: f = kappa (a x_1 + b) with |a| + |b| <= 1; a = b = 1/2 has c the indicator of a half-space."""

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (abs(self.a) + abs(self.b) <= 1 and self.a != 0):
            raise ValueError(
                f"Affine: a = {self.a}, b = {self.b} but a != 0 and |a| + |b| <= 1 are needed for |c| <= 1"
            )

    def c(self, u: Tensor) -> Tensor:
        """See :meth:`Family.c`."""
        return self.a * u[..., 0].sign() + self.b

    def value(self, x: Tensor) -> Tensor:
        """See :meth:`Family.value`."""
        return KAPPA * (self.a * x[..., 0] + self.b)

    def reach(self, label: int) -> float:
        """See :meth:`Family.reach`."""
        return KAPPA * (abs(self.a) + label * self.b)

    def peak(self, x: Tensor, label: int) -> Tensor:
        """See :meth:`Family.peak`."""
        return _pole(x, torch.full_like(x[..., 0], label * self.a))


@dataclass(frozen=True)
class Linear(Affine):
    """F2: f = kappa x_1, the linearly separable case; points with |x_1| >= rho have margin kappa rho."""

    a: float = field(default=1.0, init=False, repr=False)
    b: float = field(default=0.0, init=False, repr=False)


@dataclass(frozen=True)
class Xor(Family):
    r"""F4: $c = \mathrm{sign}(u_1 u_2)$. With $p = x_1$, $q = x_2$ and $r$ the norm of the other coordinates,

    $f = \frac{2\kappa}{\pi}\left[p\arctan\frac qr + q\arctan\frac pr - \arctan\frac{pq}r\right]$,

    which the arctangents evaluate without cancellation down to $r = 0$, where it is
    $\kappa(|p| + |q| - 1)\,\mathrm{sign}(pq)$.
    """

    def c(self, u: Tensor) -> Tensor:
        """See :meth:`Family.c`."""
        return (u[..., 0] * u[..., 1]).sign()

    def value(self, x: Tensor) -> Tensor:
        """See :meth:`Family.value`."""
        p, q, r = x[..., 0], x[..., 1], x[..., 2:].norm(dim=-1)
        return 2 * KAPPA / math.pi * (p * torch.atan2(q, r) + q * torch.atan2(p, r) - torch.atan2(p * q, r))

    def reach(self, label: int) -> float:
        """See :meth:`Family.reach`: kappa (sqrt 2 - 1) on the diagonals."""
        return KAPPA * (math.sqrt(2) - 1)

    def peak(self, x: Tensor, label: int) -> Tensor:
        """See :meth:`Family.peak`."""
        side = sign(x[..., 0] + label * x[..., 1]) / math.sqrt(2)
        peak = torch.zeros_like(x)
        peak[..., 0], peak[..., 1] = side, label * side
        return peak

    def between(self, x: Tensor) -> Tensor:
        """See :meth:`Family.between`: the smaller of x_1 and x_2 set to zero; changing its sign changes that of f."""
        small = x[..., :2].abs().argmin(dim=-1, keepdim=True)
        flat = x.scatter(-1, small, 0.0)
        return flat / flat.norm(dim=-1, keepdim=True)


@dataclass(frozen=True)
class Band(Family):
    r"""F5: $c = +1$ where $|u_1| > t$, else $-1$. With $A = t/(\sqrt2\,s)$,

    $f = \kappa\left[1 - 2\,\mathrm{erf}(A) + 2|\rho| e^{-t^2/2}\,\mathrm{erf}(|\rho| A)\right]$, increasing in
    $|\rho|$. At t = 0.931 both labels reach the same margin, 0.118.
    """

    t: float = 0.931

    def __post_init__(self) -> None:
        if not 0 < self.t < math.inf:
            raise ValueError(
                f"Band: t = {self.t} but 0 < t < inf is needed: the band |u_1| <= t must have an outside"
            )

    def c(self, u: Tensor) -> Tensor:
        """See :meth:`Family.c`."""
        return torch.where(u[..., 0].abs() > self.t, 1.0, -1.0).to(u)

    def value(self, x: Tensor) -> Tensor:
        """See :meth:`Family.value`."""
        rho, s = x[..., 0].abs(), x[..., 1:].norm(dim=-1)
        A = self.t / (math.sqrt(2) * s)
        edge = rho * math.exp(-(self.t**2) / 2) * torch.erf(rho * A)
        return KAPPA * (1 - 2 * torch.erf(A) + 2 * edge)

    def reach(self, label: int) -> float:
        """See :meth:`Family.reach`."""
        if label > 0:
            return KAPPA * (2 * math.exp(-(self.t**2) / 2) - 1)
        return KAPPA * (2 * math.erf(self.t / math.sqrt(2)) - 1)

    def peak(self, x: Tensor, label: int) -> Tensor:
        """See :meth:`Family.peak`: the poles for +1, the equator for -1."""
        return _pole(x, x[..., 0]) if label > 0 else _equator(x)


@dataclass(frozen=True)
class Cosine(Family):
    r"""F6: $c = \cos(k u_1)$. With Dawson's function $D$ and $z = k\rho/\sqrt2$,

    $f = \kappa e^{-k^2 s^2/2}\left(1 - 2 z D(z)\right)$, decreasing in $|\rho|$; negative values need k > 1.307.
    """

    k: float = 1.7

    def __post_init__(self) -> None:
        if not 0 < self.k < math.inf:
            raise ValueError(f"Cosine: k = {self.k} but 0 < k < inf is needed; k = 0 is Constant(1)")

    def c(self, u: Tensor) -> Tensor:
        """See :meth:`Family.c`."""
        return torch.cos(self.k * u[..., 0])

    def value(self, x: Tensor) -> Tensor:
        """See :meth:`Family.value`."""
        rho, s = x[..., 0], x[..., 1:].norm(dim=-1)
        return KAPPA * torch.exp(-((self.k * s) ** 2) / 2) * _dawson_slope(self.k * rho / math.sqrt(2))

    def reach(self, label: int) -> float:
        """See :meth:`Family.reach`."""
        if label > 0:
            return KAPPA * math.exp(-(self.k**2) / 2)
        return -KAPPA * float(_dawson_slope(torch.tensor(self.k / math.sqrt(2), dtype=torch.float64)))

    def peak(self, x: Tensor, label: int) -> Tensor:
        """See :meth:`Family.peak`: the equator for +1, the poles for -1."""
        return _equator(x) if label > 0 else _pole(x, x[..., 0])


def sign(z: Tensor) -> Tensor:
    """Sign with sign(0) = 1."""
    return torch.where(z >= 0, 1.0, -1.0).to(z)


def _pole(x: Tensor, side: Tensor) -> Tensor:
    """The pole ± e_1 on the given side, [..., d]."""
    pole = torch.zeros_like(x)
    pole[..., 0] = sign(side)
    return pole


def _equator(x: Tensor) -> Tensor:
    """The point with x_1 = 0 nearest to x, [..., d]."""
    flat = x.clone()
    flat[..., 0] = 0
    return flat / flat.norm(dim=-1, keepdim=True)


def _dawson_slope(z: Tensor) -> Tensor:
    """Derivative 1 - 2 z D(z) of Dawson's function D."""
    from scipy.special import dawsn

    return 1 - 2 * z * torch.as_tensor(dawsn(z.detach().cpu().numpy()), dtype=z.dtype, device=z.device)
