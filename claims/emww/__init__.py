"""E, Ma, Wang, Wu (2019), and what its statements about the neighbourhood I_c(Theta_0) share."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
from torch import Tensor

from generators.initialisation import emww_initialisation
from harness.adversaries.found import Found
from harness.adversaries.skip_network import attack, suprema
from harness.claim import Axis, Paper, Sides
from harness.networks.activations import Activation, identity, relu
from harness.networks.emww import Backward, Forward, Theta
from harness.networks.emww_sweeps import backward, forward
from harness.parameters import Params, Rule

EMWW = Paper(
    "emww",
    "W. E, C. Ma, Q. Wang, L. Wu. Analysis of the gradient descent algorithm for a deep neural network model with "
    "skip-connections. 2019.",
    "https://arxiv.org/abs/1904.05263",
)

Measure = Callable[[Theta, Tensor, Forward, Backward], Tensor]


def neighbourhood(ratio: float, spread: float = 16.0) -> dict[str, Any]:
    """Axes of a statement for L >= ratio c^2: c, in binary fractions, and L/c^2 upwards from that ratio."""
    c = Axis("c", values=(1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 12, 16))
    derived: dict[str, Rule] = {"L": lambda p: ceil(p.ratio * Fraction(p.c) ** 2)}
    return {"axes": [c, Axis("ratio", ratio, spread * ratio)], "derived": derived}
