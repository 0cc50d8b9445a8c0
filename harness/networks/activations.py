"""Activations with sigma(0) = 0 and Lipschitz constant 1, each with the derivative that the formulas use.

At a kink the derivative is that of a strict indicator, 1(x > 0) for ReLU, as papers and autograd take it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Activation:
    """A scalar function that acts on every entry of a tensor.

    Attributes:
        name: how parameters and reports refer to it.
        value: x -> sigma(x), same shape, differentiable by autograd.
        derivative: x -> sigma'(x), same shape, dtype and device.
        homogeneous: does sigma(s x) = s sigma(x) hold for all s > 0?
        lipschitz: the smallest Lipschitz constant.
    """

    name: str
    value: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    homogeneous: bool
    lipschitz: float = 1.0


def leaky_relu(s: float) -> Activation:
    """The activation x for x > 0 and s x for x <= 0.

    Args:
        s: slope on the left.

    Raises:
        ValueError: if |s| > 1 or s is NaN, because the Lipschitz constant would not be 1.
    """
    if not abs(s) <= 1:
        raise ValueError(f"leaky_relu slope s = {s}: choose |s| <= 1, so that the activation is 1-Lipschitz")
    return Activation(
        f"leaky_relu({s:g})",
        lambda x: torch.where(x > 0, x, s * x),
        lambda x: torch.where(x > 0, torch.ones_like(x), torch.full_like(x, s)),
        homogeneous=True,
    )


relu = Activation("relu", torch.relu, lambda x: (x > 0).to(x), homogeneous=True)
identity = Activation("identity", lambda x: x, torch.ones_like, homogeneous=True)
absolute = Activation("absolute", torch.abs, torch.sign, homogeneous=True)
tanh = Activation("tanh", torch.tanh, lambda x: 1 - torch.tanh(x) ** 2, homogeneous=False)
elu = Activation("elu", F.elu, lambda x: torch.exp(x.clamp(max=0)), homogeneous=False)
softshrink = Activation("softshrink", F.softshrink, lambda x: (x.abs() > 0.5).to(x), homogeneous=False)
tanhshrink = Activation("tanhshrink", F.tanhshrink, lambda x: torch.tanh(x) ** 2, homogeneous=False)

ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {sigma.name: sigma for sigma in (relu, identity, absolute, leaky_relu(0.1), tanh, elu, softshrink, tanhshrink)}
)
