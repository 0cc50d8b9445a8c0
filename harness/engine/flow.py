"""How fine a discretisation has to be: until its error is one part in a hundred of what it decides.

A quantity of a gradient flow is computed with a step, with half of it, and so on. It is accepted, trial by trial, when
halving the step moved it by at most 1 % of its margin, and when the energy balance dR/dt = -||grad R||^2 holds along
the computed path to the same accuracy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

TOLERANCE = 0.01
HALVINGS = 4
STALLED = 0.9  # a defect that shrinks by less than a tenth with half of the step


class StepControlError(RuntimeError):
    """No step that was tried is fine enough: the trial has no result, neither a pass nor a failure."""


class Measured(NamedTuple):
    """A quantity of computed paths, and their energy defects relative to the risk, both [B]."""

    value: Tensor
    defect: Tensor


def refined(measure: Callable[[float], Measured], bound: Tensor | float | None = None, theta: float = 1.0) -> Tensor:
    """The quantity, with an error of the discretisation below 1 % of its distance to the bound.

    A trial's value does not depend on the others: it is that of the first step that is fine enough for it.

    Args:
        measure: the quantity for a step theta, in units of the fastest time scale; [B] values in equal order.
        bound: what the quantity is compared with, [B] or a number; None where only its size matters, as for a bound
            up to a constant: then the error is below 1 % of the quantity.
        theta: the first step.

    Raises:
        StepControlError: if four halvings were not enough for some trial, or halving no longer helps, with numbers.
    """
    before = measure(theta)
    accepted = torch.full_like(before.value, torch.nan)
    for _ in range(HALVINGS):
        theta /= 2
        after = measure(theta)
        value = after.value
        allowed = TOLERANCE * (value if bound is None else value - bound).abs()
        moved = (value - before.value).abs()
        moved[value == before.value] = 0.0  # two infinities agree
        fine = (moved <= allowed) & (after.defect * value.abs() <= allowed)
        fine |= value.isinf() & (moved == 0)
        accepted = torch.where(accepted.isnan() & fine, value, accepted)
        if not bool(accepted.isnan().any()):
            return accepted
        # Where a path slides along a kink of the activation, no step meets the balance: there is nothing to wait for.
        if bool((accepted.isnan() & (moved <= allowed) & (after.defect > STALLED * before.defect)).any()):
            break
        before = after
    b = int(accepted.isnan().nonzero()[0])
    raise StepControlError(
        f"trial {b} of {len(value)}: at theta = {theta:g} the quantity is {value[b]:.6g}, moved {moved[b]:.2g} with "
        f"the last halving and has an energy defect of {after.defect[b]:.2g}, but only {allowed[b]:.2g} is allowed: "
        "start from a smaller theta, look at shorter times, or see whether the path slides along a kink"
    )
