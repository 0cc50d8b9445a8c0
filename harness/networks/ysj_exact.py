r"""The network of Yun, Sra, Jadbabaie (2019), Section 4, in rational numbers, and critical points of its risk.

As `lemmata.networks.ysj`, for one network and the squared loss, on arrays of ``int`` and ``Fraction``. The activations
are those whose values and derivatives at rational numbers are rational.

Given $\theta$ and inputs $x_i$, the gradient of the risk is $\frac2n\sum_i r_i\nabla f(x_i)$, $r_i = f(x_i) - y_i$. So
$\theta$ is critical if and only if the residuals are in the null space of $[\nabla f(x_1) \dots \nabla f(x_n)]$: from
there labels are drawn which make any $\theta$ critical, and all critical points can be had in this way.

Shapes: n samples; no batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from lemmata.networks.rational import Rationals, null_space, residual


@dataclass(frozen=True)
class Activation:
    """A function that acts on every entry.

    Attributes:
        name: how parameters refer to it.
        value: t -> phi(t).
        slope: t -> phi'(t), away from a kink.
        half_second: t -> phi''(t) / 2.
        kink_at_zero: is it not differentiable at 0?
    """

    name: str
    value: Callable[[Rationals], Rationals]
    slope: Callable[[Rationals], Rationals]
    half_second: Callable[[Rationals], Rationals]
    kink_at_zero: bool = False


def _zero(t: Rationals) -> Rationals:
    return 0 * t


relu = Activation("relu", lambda t: np.where(t > 0, t, 0), lambda t: np.where(t > 0, 1, 0), _zero, kink_at_zero=True)
absolute = Activation("absolute", abs, lambda t: np.where(t > 0, 1, -1), _zero, kink_at_zero=True)
quadratic = Activation("quadratic", lambda t: t + t * t, lambda t: 1 + 2 * t, lambda t: 1 + 0 * t)
bump = Activation(  # smooth and bounded, as tanh is
    "bump",
    lambda t: t * _inverse(1 + t * t),
    lambda t: (1 - t * t) * _inverse(1 + t * t) ** 2,
    lambda t: t * (t * t - 3) * _inverse(1 + t * t) ** 3,
)

ACTIVATIONS: Mapping[str, Activation] = MappingProxyType({phi.name: phi for phi in (relu, absolute, quadratic, bump)})


def _inverse(t: Rationals) -> Rationals:
    return Fraction(1) / t


class Theta(NamedTuple):
    """Parameters, or a direction: w [d], V_1 .. V_L, each [d, m_l] with m_1 = d, and U_2 .. U_L, each [m_l, d]."""

    w: Rationals
    V: Sequence[Rationals]
    U: Sequence[Rationals]

    @property
    def squared_norm(self) -> Fraction:
        """The sum of the squares of all entries."""
        return Fraction(sum((block * block).sum() for block in (self.w, *self.V, *self.U)))

    def moved(self, direction: Theta) -> Theta:
        """The parameters plus a direction."""
        pairs = [zip(a, b, strict=True) for a, b in ((self.V, direction.V), (self.U, direction.U))]
        return Theta(self.w + direction.w, *([a + b for a, b in pair] for pair in pairs))

    def only(self, w: Rationals | None = None, V: Mapping[int, Rationals] | None = None) -> Theta:
        """The direction of the same shapes that is zero but for w and the V_l that are given, by their l."""
        V = V or {}
        return Theta(
            0 * self.w if w is None else w,
            [V.get(l, 0 * block) for l, block in enumerate(self.V, start=1)],
            [0 * block for block in self.U],
        )

    def axes(self) -> Iterator[Theta]:
        """The directions of the single entries, in the order w, V_1 .. V_L, U_2 .. U_L."""
        zero = self.only()
        for place, block in enumerate((zero.w, *zero.V, *zero.U)):
            for index in np.ndindex(block.shape):
                blocks = [zero.w, *zero.V, *zero.U]
                blocks[place] = block.copy()
                blocks[place][index] = 1
                yield Theta(blocks[0], blocks[1 : len(self.V) + 1], blocks[len(self.V) + 1 :])


class Forward(NamedTuple):
    """h_0 .. h_L, each [n, d]; arguments and values of phi in the blocks 1 .. L, each [n, m_l]; outputs f [n]."""

    h: list[Rationals]
    pre: list[Rationals]
    phi: list[Rationals]
    f: Rationals


def forward(theta: Theta, x: Rationals, phi: Activation) -> Forward:
    """All block outputs and the network's output, for inputs x [n, d]."""
    h, pre, image = [x], [], []
    for l, V in enumerate(theta.V, start=1):
        pre.append(x if l == 1 else h[-1] @ theta.U[l - 2].T)
        image.append(phi.value(pre[-1]))
        h.append(h[-1] + image[-1] @ V.T)
    return Forward(h, pre, image, h[-1] @ theta.w)


def along(theta: Theta, direction: Theta, x: Rationals, phi: Activation) -> tuple[Rationals, Rationals, Rationals]:
    """f, f_1 and f_2, each [n], with f(theta + t direction) = f + f_1 t + f_2 t^2 + o(t^2), by a forward pass."""
    h = (x, 0 * x, 0 * x)
    for l, (V, dV) in enumerate(zip(theta.V, direction.V, strict=True), start=1):
        a, b, c = h if l == 1 else _times(h, theta.U[l - 2].T, direction.U[l - 2].T)
        slope = phi.slope(a)
        block = _times((phi.value(a), slope * b, slope * c + phi.half_second(a) * b * b), V.T, dV.T)
        h = (h[0] + block[0], h[1] + block[1], h[2] + block[2])
    return _times(h, theta.w, direction.w)


def _times(
    series: tuple[Rationals, Rationals, Rationals], M: Rationals, dM: Rationals
) -> tuple[Rationals, Rationals, Rationals]:
    """The series times M + t dM, up to t^2."""
    a, b, c = series
    return a @ M, b @ M + a @ dM, c @ M + b @ dM


def output_gradients(theta: Theta, out: Forward, phi: Activation) -> Rationals:
    """The gradients of f, [n, parameters], in the order of `Theta.axes`, by the formulas of Appendix A."""
    n = len(out.f)
    q = np.broadcast_to(theta.w, out.h[-1].shape)
    of_V, of_U = [], []
    for l in range(len(theta.V), 0, -1):
        of_V.append(q[:, :, None] * out.phi[l - 1][:, None, :])
        if l > 1:
            p = phi.slope(out.pre[l - 1]) * (q @ theta.V[l - 1])  # J_l^T V_l^T q
            of_U.append(p[:, :, None] * out.h[l - 1][:, None, :])
            q = q + p @ theta.U[l - 2]
    return np.concatenate([block.reshape(n, -1) for block in (out.h[-1], *of_V[::-1], *of_U[::-1])], axis=1)


@dataclass(frozen=True)
class Instance:
    """Parameters and a labelled sample, with the squared loss.

    Attributes:
        theta: parameters.
        x: inputs [n, d].
        y: labels [n].
        phi: activation.
        out: the forward pass.
    """

    theta: Theta
    x: Rationals
    y: Rationals
    phi: Activation
    out: Forward

    @property
    def slopes(self) -> Rationals:
        """l'(f; y) = 2 (f - y), [n]."""
        return 2 * (self.out.f - self.y)

    @property
    def risk(self) -> Fraction:
        """R(theta)."""
        return _mean((self.out.f - self.y) ** 2)

    @property
    def best_linear_risk(self) -> Fraction:
        """R_lin, without an intercept."""
        return _mean(residual(self.y, list(self.x.T)) ** 2)

    def b(self, l: int) -> Rationals:
        """b_l = E[l'(f; y) phi^l], [m_l]."""
        return self.slopes @ self.out.phi[l - 1] * Fraction(1, len(self.y))

    @property
    def A(self) -> Rationals:
        """E[l''(f; y) h_L h_L^T], [d, d]."""
        return 2 * self.out.h[-1].T @ self.out.h[-1] * Fraction(1, len(self.y))

    def slope(self, direction: Theta) -> Fraction:
        """The derivative of the risk in a direction."""
        _, f_1, _ = along(self.theta, direction, self.x, self.phi)
        return _mean(self.slopes * f_1)

    def curvature(self, direction: Theta) -> Fraction:
        """The Hessian's quadratic form at a direction, by a forward pass."""
        _, f_1, f_2 = along(self.theta, direction, self.x, self.phi)
        return _mean(2 * f_1 * f_1 + 2 * self.slopes * f_2)

    def hessian(self) -> Rationals:
        """The Hessian of the risk in all parameters, by polarisation; only for small networks."""
        axes = list(self.theta.axes())
        q = [self.curvature(axis) for axis in axes]
        return np.array(
            [[(self.curvature(a.moved(b)) - q[i] - q[j]) / 2 for j, b in enumerate(axes)] for i, a in enumerate(axes)]
        )

    def descent(self, l: int, alpha: Rationals) -> Theta:
        """The direction of the proof, w by epsilon and V_l by Delta = alpha b_l^T, with epsilon = -t Delta b_l.

        The proof takes epsilon = -A^{-1} Delta b_l; a short step is enough, and needs no inverse.
        """
        Delta = np.outer(alpha, self.b(l))
        step = Delta @ self.b(l)
        along_step = step @ self.A @ step
        t = Fraction(step @ step, along_step) if along_step else Fraction(1)
        return self.theta.only(w=-t * step, V={l: Delta})


def _mean(values: Rationals) -> Fraction:
    return Fraction(sum(values), len(values))


def critical_point(
    theta: Theta, x: Rationals, phi: Activation, mix: Callable[[int], Rationals], size: Fraction
) -> Instance:
    """Labels which make theta critical.

    Args:
        theta: parameters.
        x: inputs [n, d].
        phi: activation.
        mix: from the dimension of the null space to the coefficients of its vectors, not all zero.
        size: the largest residual.

    Raises:
        ValueError: if a block is at a kink, or no residuals but zero fit.
    """
    out = forward(theta, x, phi)
    if phi.kink_at_zero and any((pre == 0).any() for pre in out.pre[1:]):
        raise ValueError("a block is at its kink: the risk is not differentiable there")
    basis = null_space(output_gradients(theta, out, phi).T)
    if not len(basis):
        raise ValueError(f"{len(x)} samples are too few: only a zero residual makes these parameters critical")
    r = mix(len(basis)) @ basis
    return Instance(theta, x, out.f - r * (Fraction(size) / max(abs(r))), phi, out)
