r"""Gradient flow and gradient descent of the network of E, Ma, Wang, Wu (2019), many networks at a time.

The state is the displacement $V = \Theta - \Theta_0$: that of B is of order $L^{-2}$, and would be lost in a difference
of parameters. The flow of the random features (6.1), $\tilde a_t = \Phi^\top c_t$ with $\Phi = (\sigma(B_0 x_i))_i$ and
$c' = y/n - Mc$, $M = \Phi\Phi^\top/n$, takes the same Runge-Kutta steps as the network, so that the difference of the
two is not that of two schemes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lemmata.networks.emww_deep import DeepNetwork

DIVERGED = 1e4  # times the first risk: all bounds on a path are at most the first risk
MOST_STEPS = 100_000


@dataclass(frozen=True)
class State:
    """B networks at one time. V is the integrator's own memory: what is to be kept of it, copy.

    Attributes:
        t: the time, or the number of the step of gradient descent.
        V: displacement [B, P, K], see `lemmata.networks.emww_deep`.
        f: outputs on the sample, [B, n].
        risk: empirical risk [B]; +inf once a path diverged.
        c: the random features' coefficients in their span, a~ = Phi^T c, [B, n]; None in gradient descent.
        energy: integral of ||grad R||^2, [B]; eta sum ||grad R||^2 in gradient descent.
        defect: of the energy balance, |sum over steps of (change of R + change of the energy) / R|, [B]: relative to
            the risk of its time, so that it is that of ln R; zero in gradient descent, which discretises nothing.
    """

    t: float
    V: Tensor
    f: Tensor
    risk: Tensor
    c: Tensor | None
    energy: Tensor
    defect: Tensor


def gradient_flow(
    network: DeepNetwork, times: Sequence[float], theta: float = 0.5, features: Tensor | None = None
) -> Iterator[State]:
    """Follow (2.4) from theta_0 by classical Runge-Kutta steps of order four.

    A step is theta over the mean of ||grad f(x_i)||^2, which is the trace of the matrix that drives the errors on the
    sample, and at least its largest eigenvalue; it is renewed in every step, for every network.

    Args:
        network: with its sample.
        times: increasing and positive, at which to stop.
        theta: relative step; 2.8 is the limit of stability.
        features: of the random feature model, [B, n, m, blocks]; those of the network unless given.

    Raises:
        ValueError: if the times are not positive and increasing, or theta is not positive.
        FloatingPointError: if a state left the range.
    """
    if not 0 < theta < 2.8 or not all(s < t for s, t in zip((0.0, *times), times, strict=False)):
        raise ValueError(f"theta = {theta}, times = {list(times)}: give 0 < theta < 2.8 and increasing positive times")
    V = torch.zeros_like(network.theta_0)
    slope, total, stage = torch.empty_like(V), torch.empty_like(V), torch.empty_like(V)
    n = network.y.shape[-1]
    Phi = (network.features() if features is None else features).flatten(2)
    M, c = Phi @ Phi.mT / n, torch.zeros_like(network.y)
    now = network.derivatives(V, slope)
    risk = network.risk(now.f)
    t, energy, defect = torch.zeros_like(risk), torch.zeros_like(risk), torch.zeros_like(risk)

    def of_features(c: Tensor) -> Tensor:
        return network.y / n - (M @ c[..., None])[..., 0]

    for stop in times:
        for _ in range(MOST_STEPS):
            left = stop - t
            if not bool((left > 0).any()):
                break
            h = torch.minimum(left, theta / now.squares.mean(-1))
            t = torch.where(h >= left, torch.full_like(t, stop), t + h)
            column = h[:, None, None]
            total.copy_(slope)
            power, k = _square(slope), of_features(c)
            total_c = k.clone()
            for fraction, weight in ((0.5, 2.0), (0.5, 2.0), (1.0, 1.0)):
                torch.addcmul(V, column, slope, value=-fraction, out=stage)
                network.derivatives(stage, slope)
                total.add_(slope, alpha=weight)
                power += weight * _square(slope)
                k = of_features(c + fraction * h[:, None] * k)
                total_c += weight * k
            V.addcmul_(column, total, value=-1 / 6)
            c = c + h[:, None] / 6 * total_c
            now, before = network.derivatives(V, slope), risk
            risk, spent = network.risk(now.f), h / 6 * power
            if not bool(risk.isfinite().all()):
                raise FloatingPointError(f"the risk is {risk.tolist()} at t = {t.tolist()}: take a smaller theta")
            energy = energy + spent
            gap = risk - before + spent
            defect = defect + torch.where(gap != 0, gap / risk, gap)
        else:
            raise FloatingPointError(f"t = {t.tolist()} after {MOST_STEPS} steps towards {stop}: shorten the times")
        yield State(stop, V, now.f, risk, c, energy, defect.abs())


def gradient_descent(network: DeepNetwork, eta: Tensor | float, steps: int) -> Iterator[State]:
    """Theta_0, .., Theta_steps of (7.1), one state after another; stop asking to stop early.

    A risk above 1e4 times the first one, or out of range, is +inf from then on, and its network rests at theta_0.

    Args:
        network: with its sample.
        eta: learning rate, a number or [B].
        steps: how many.
    """
    V = torch.zeros_like(network.theta_0)
    slope = torch.empty_like(V)
    eta = torch.as_tensor(eta, dtype=V.dtype).expand(len(V)).clone()
    energy = torch.zeros(len(V), dtype=V.dtype)
    diverged = torch.zeros(len(V), dtype=torch.bool)
    first: Tensor | None = None
    for step in range(steps + 1):
        now = network.derivatives(V, slope)
        risk = network.risk(now.f)
        first = risk if first is None else first
        lost = ~(risk <= DIVERGED * first)
        if bool(lost.any()):
            diverged |= lost
            V[lost], slope[lost], eta[lost] = 0.0, 0.0, 0.0
        yield State(step, V, now.f, risk.masked_fill(diverged, torch.inf), None, energy, torch.zeros_like(energy))
        energy = energy + eta * _square(slope)
        V.addcmul_(eta[:, None, None], slope, value=-1)


def _square(slope: Tensor) -> Tensor:
    """Squared norm of each gradient, [B]."""
    return torch.linalg.vector_norm(slope.flatten(1), dim=1).square()
