"""E, Ma, Wang, Wu (2019), and what its statements about the neighbourhood I_c(Theta_0) share."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

from torch import Tensor

from generators.initialisation import EmwwParameters, emww_initialisation
from harness.adversaries.skip_network import attack
from harness.claim import Axis, Paper
from harness.networks import emww_sweeps
from harness.networks.activations import Activation, identity
from harness.networks.emww import Backward, Forward, Theta

EMWW = Paper(
    "emww",
    "W. E, C. Ma, Q. Wang, L. Wu. Analysis of the gradient descent algorithm for a deep neural network model with "
    "skip-connections. 2019.",
    "https://arxiv.org/abs/1904.05263",
)

WIDTH = 2
RADII = (1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 12, 16)


@dataclass(frozen=True)
class Near:
    """A network of I_c(Theta_0) at an input x [B, 1, d], with its states and derivatives."""

    theta: Theta
    theta_0: EmwwParameters
    x: Tensor
    sigma: Activation

    @cached_property
    def forward(self) -> Forward:
        """States, [B, 1, layers, ...]."""
        return emww_sweeps.forward(self.theta, self.x, self.sigma)

    @cached_property
    def backward(self) -> Backward:
        """Derivatives of f, [B, 1, layers, ...]."""
        return emww_sweeps.backward(self.theta, self.forward, self.sigma)

    @property
    def g_0(self) -> Tensor:
        """The features at Theta_0, [B, 1, K, m]."""
        return self.sigma.value((self.theta_0.B[:, None] * self.x[:, :, None, None]).sum(-1))


def neighbourhood(ratio, spread=8, largest_c=16):
    """Axes of a statement for L >= ratio c^2: c, in binary fractions, and L/c^2 upwards from that ratio."""
    return {
        "axes": [
            Axis("c", values=tuple(c for c in RADII if c <= largest_c)),
            Axis("ratio", float(ratio), float(spread * ratio)),
        ],
        "derived": {"L": lambda p: ceil(p.ratio * p.c**2)},
        "batch": 8,
        "effort": 0.25,
    }


def largest(p, rngs, deviation, sigma=identity, d=1):
    """Attack the largest norm of a deviation, over layers, I_c(Theta_0) and x, for sampled Theta_0 of width 2.

    The deviation takes a network `Near` Theta_0 and gives [B, 1, layers, dims].
    """
    theta_0 = emww_initialisation(rngs, d, WIDTH, p.L, dtype=p.dtype)

    def measure(theta, x):
        return deviation(Near(theta, theta_0, x, sigma)).flatten(3).norm(dim=-1).amax((1, 2))

    return attack(measure, theta_0, p.c / p.L, sigma, rngs)
