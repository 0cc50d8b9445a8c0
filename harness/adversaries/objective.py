"""A user's objective, written for tensors or for arrays, as values and gradients of blocks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from lemmata.adversaries.ascent import Blocks, require_number
from lemmata.adversaries.found import where


class UserObjective:
    """Values and gradients of a function of which it is not known whether it takes tensors or arrays.

    Attributes:
        takes_tensors: are points handed to it as tensors? It gets arrays if it fails on tensors, or has no
            gradient and takes arrays too.
        has_gradient: does its value, as a tensor, remember how it was computed?
    """

    def __init__(
        self, function: Callable[[Any], Any], names: Sequence[str] | None, single: bool, probe: Blocks
    ) -> None:
        """Try the function on a point.

        Args:
            function: from points to values.
            names: keys of the dict that it takes, or None if it takes the one block itself.
            single: does it take a point without a leading dimension, and give a number?
            probe: blocks [B, ...] to try it on.

        Raises:
            TypeError: if it fails on tensors and on arrays.
            ValueError: if the two give different numbers, or something that is no value.
        """
        self._function, self._names, self._single = function, names, single
        self.takes_tensors, self.has_gradient = self._find_out(probe)

    def form(self, point: Blocks) -> Any:
        """Blocks in the form that the function takes."""
        own = [block if self.takes_tensors else block.numpy() for block in point]
        if self._single:
            own = [block[0] for block in own]
        return own[0] if self._names is None else dict(zip(self._names, own, strict=True))

    def values(self, point: Blocks) -> Tensor:
        """Values [B].

        Raises:
            ValueError: if a value is NaN, or there is not one for each trial.
        """
        return self._checked(self._function(self.form(point)), point).detach()

    def values_and_gradients(self, point: Blocks) -> tuple[Tensor, Blocks]:
        """Values [B] and gradients; a trial whose gradient is missing or not finite gets zeros.

        Raises:
            ValueError: as `values`.
        """
        with torch.enable_grad():
            leaves = [block.detach().requires_grad_() for block in point]
            value = self._checked(self._function(self.form(leaves)), leaves)
            gradient = torch.autograd.grad(value.sum(), leaves, allow_unused=True, materialize_grads=True)
        zeros = [torch.zeros_like(block) for block in point]
        finite = torch.stack([block.isfinite().flatten(1).all(1) for block in gradient]).all(0)
        return value.detach(), where(finite, list(gradient), zeros)

    def _checked(self, raw: Any, point: Blocks) -> Tensor:
        value = torch.as_tensor(raw, device=point[0].device)
        wanted = () if self._single else (len(point[0]),)
        if value.shape != wanted:
            shapes = [tuple(block.shape[int(self._single) :]) for block in point]
            kind = "a number" if self._single else f"{wanted}, a value for each trial"
            raise ValueError(f"objective gave shape {tuple(value.shape)} for shapes {shapes}: must be {kind}")
        value = value.reshape(len(point[0])).to(point[0].dtype)
        require_number(value, point)
        return value

    def _find_out(self, probe: Blocks) -> tuple[bool, bool]:
        """Does the function take tensors, and has it a gradient then?"""
        results, errors = {}, {}
        for self.takes_tensors in (True, False):
            blocks = [block.clone().requires_grad_(self.takes_tensors) for block in probe]
            try:
                with warnings.catch_warnings(), torch.enable_grad():
                    warnings.simplefilter("ignore")  # a numpy function may warn about tensors
                    results[self.takes_tensors] = self._function(self.form(blocks))
            except Exception as error:
                errors[self.takes_tensors] = error
        if not results:
            raise TypeError(
                f"the objective failed on a tensor, with {errors[True]!r}, and on an array, with {errors[False]!r}"
            ) from errors[True]
        values = {takes_tensors: self._checked(raw, probe) for takes_tensors, raw in results.items()}
        has_gradient = True in values and values[True].requires_grad
        if len(values) == 1:
            return True in values, has_gradient
        if not torch.allclose(values[True], values[False], rtol=1e-3):
            raise ValueError(
                f"the objective is {values[True].tolist()} for a tensor and {values[False].tolist()} for the same "
                "array: functions such as std() and max() differ; use those of one library"
            )
        return has_gradient, has_gradient
