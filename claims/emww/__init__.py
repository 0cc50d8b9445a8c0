"""E, Ma, Wang, Wu (2019), and what its statements about the neighbourhood I_c(Theta_0) share."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

from torch import Tensor

from lemmata import Axis, Condition, Paper, Sides
from lemmata.adversaries.skip_network import attack, suprema
from lemmata.generators.initialisation import EmwwParameters, emww_initialisation
from lemmata.networks import emww_sweeps
from lemmata.networks.activations import Activation, identity, relu
from lemmata.networks.emww import Backward, Forward, Theta

EMWW = Paper(
    "emww",
    "W. E, C. Ma, Q. Wang, L. Wu. Analysis of the gradient descent algorithm for a deep neural network model with "
    "skip-connections. 2019.",
    "https://arxiv.org/abs/1904.05263",
    (
        "Section 2.1; (2.1); (2.2); (2.3); (2.4); (2.5); (2.6); Assumption 2.1; Remark 1; Lemma 3.1; (3.1); "
        "Theorem 3.2; (3.2); Assumption 3.3; Theorem 3.4; Corollary 3.5; Definition 1; (4.1); Section 4.1; "
        "Proposition 4.1; (4.2); Remark 2; Section 4.2; (4.3); Proposition 4.2; (4.4); (4.5); (4.6); "
        "Section 4.3; Lemma 4.3; (4.7); (4.8); Lemma 4.4; (4.9); Lemma 4.5; (4.10); (4.11); Lemma 4.6; (4.12); "
        "(5.1); (5.2); Proposition 5.1; Section 6.1; Theorem 6.1; (6.1); Lemma 6.2; Theorem 6.3; Section 6.2; "
        "(6.2); Lemma 6.4; Lemma 6.5; (6.3); Section 6.3; Theorem 6.6; Proposition 6.7; (6.4); (7.1); "
        "Theorem 7.1; (7.2); Lemma 7.2; (7.3); (7.4); (7.5); (7.6); Lemma 7.3; (7.7); (7.8); (7.9); (7.10); "
        "(7.11); Lemma 7.4; (7.12); Appendix A; (A.2); Appendix B; Appendix C.1; (C.1); Appendix C.2; Appendix C.3; (C.2); (C.3); "
        "(C.4)"
    ),
)

RADII = (1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 12, 16)  # binary fractions, so that c/L is exact
WIDTH = 2  # of the networks that are attacked; with d = 1 the supremum is attained at any width
NETWORKS = 8  # attacked at once: 32 of 12,288 layers take 0.7 GB, and no less time each
EFFORT = 0.25  # an attack on thousands of layers takes 0.05 s, at most 0.3 s; an exact bound has its whole grid anyway


def radius_and_depth(ratio, spread=8, largest_c=16):
    """Axes of a statement for L >= ratio c^2: c, and L/c^2 from that ratio up to spread times as much.

    Both ends are set by the deepest network, of spread ratio largest_c^2 layers: 8,192 or 12,288 by default.
    """
    return [
        Axis("c", values=tuple(c for c in RADII if c <= largest_c)),
        Axis("ratio", float(ratio), float(spread * ratio)),
    ]


def depth(p):
    """L, from its ratio to c^2."""
    return ceil(p.ratio * p.c**2)


def deep(ratio):
    """The regime L >= ratio c^2 and c >= 1."""
    return [
        Condition(rf"L \ge {ratio}c^2", lambda p: p.L / (ratio * p.c**2)),
        Condition(r"c \ge 1", lambda p: p.c),
    ]


def too_shallow(ratio):
    """Changes of a claim near I_c(Theta_0) that leave L >= ratio c^2, down to a 200th of it, or to L = 2.

    They end at 0.7 of it, because L is rounded up: that is still outside at c = 1.
    """
    return {
        "axes": [Axis("ratio", ratio / 200, 0.7 * ratio)],
        "derived": {"L": lambda p: max(2, depth(p))},
    }


SMALL_RADII: dict[str, Any] = {
    "axes": [Axis("c", values=tuple(2.0**-k for k in range(6, 0, -1)))],
    "derived": {"L": lambda p: max(2, depth(p))},
}
"""Changes of a claim near I_c(Theta_0) that leave c >= 1."""


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
        """The features at Theta_0, [B, 1, blocks, m]."""
        return self.sigma.value((self.theta_0.B[:, None] * self.x[:, :, None, None]).sum(-1))


DEVIATIONS = {
    "y": lambda near: near.forward.y[..., None],
    "z": lambda near: near.forward.z - near.x[:, :, None],
    "g": lambda near: near.forward.g - near.g_0,
    "alpha": lambda near: near.backward.alpha[..., None] - 1,
    "beta": lambda near: near.backward.beta,
    "gamma": lambda near: near.backward.gamma,
}


def largest(p, rngs, deviation, sigma=identity, d=1):
    """Attack the largest norm of a deviation, over layers, I_c(Theta_0) and x, for sampled Theta_0.

    The deviation takes a network `Near` Theta_0 and gives [B, 1, layers, dims].
    """
    theta_0 = emww_initialisation(rngs, d, WIDTH, p.L, dtype=p.dtype)

    def measure(theta, x):
        return deviation(Near(theta, theta_0, x, sigma)).flatten(3).norm(dim=-1).amax((1, 2))

    return attack(measure, theta_0, p.c / p.L, sigma, rngs)


def sampled(p, rngs, name, bound):
    """What the attack finds in linear networks with d = 1, where the supremum is attained near every Theta_0."""
    found = largest(p, rngs, DEVIATIONS[name])
    return Sides(found.value, bound, found.random, known=supremum(p, name))


def relu_below_supremum(p, rngs, name):
    """What the attack finds in ReLU networks with d = 2, against the supremum over all networks."""
    return largest(p, rngs, DEVIATIONS[name], relu, d=2).value, supremum(p, name)


def supremum(p, name):
    return float(getattr(suprema(p.c, p.L), name))
