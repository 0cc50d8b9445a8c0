"""The matrix products of a step by JAX, in one compiled program.

The compiler drops what nobody reads and takes out of the loop what does not change in it. So the inputs of a step are
what the step before left, and every product goes into the state.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.problem import Problem


def _step(state: tuple[Any, Any, Any], W: list[Any]) -> tuple[Any, Any, Any]:
    """Products of one network: state is (x, x_1 .. x_{L+1} and gradients of the step before)."""
    x, _, first = state
    h = [x @ first]
    for W_l in W:
        h.append(h[-1] @ W_l)
    D, gradients = h[-1], []
    for W_l, h_l in zip(W[::-1], h[-2::-1], strict=True):
        gradients.append(h_l.T @ D)
        D = D @ W_l.T
    return x, gradients, x.T @ D


def _together(state: Any, W: list[Any], steps: int) -> Any:
    return lax.fori_loop(0, steps, lambda _, state: jax.vmap(_step)(state, W), state)


def _in_turn(state: Any, W: list[Any], steps: int) -> Any:
    def network(parts: Any) -> Any:
        return lax.fori_loop(0, steps, lambda _, state: _step(state, parts[1]), parts[0])

    return lax.map(network, (state, W))


class JaxProducts:
    """Forward, G W^T and x^T G of every layer, for all networks together or one after the other."""

    def __init__(self, problem: Problem, *, in_turn: bool) -> None:
        """Prepare a state that stays as large as it is.

        Args:
            problem: gives the shapes.
            in_turn: lax.map over networks, instead of vmap.
        """
        shape, dtype = problem.shape, problem.x.dtype
        rng = np.random.default_rng(0)

        def isometry(rows: int, columns: int) -> Any:
            """Rows or columns of a reflection: dense, and no product with it grows or fades."""
            u = rng.standard_normal((shape.B, max(rows, columns)))
            u *= (2 / (u**2).sum(1, keepdims=True)) ** 0.5
            reflection = np.eye(rows, columns) - u[:, :rows, None] * u[:, None, :columns]
            return jnp.asarray(reflection, dtype)

        self.W = [isometry(shape.m, shape.m) for _ in range(shape.L)]
        x, first = isometry(shape.n, shape.d), isometry(shape.d, shape.m)
        self.state = (x, [jnp.zeros_like(W) for W in self.W], first)
        self.program = jax.jit(partial(_in_turn if in_turn else _together), donate_argnames="state")

    def run(self, steps: int) -> None:
        """The products of so many steps."""
        self.state = jax.block_until_ready(self.program(self.state, self.W, steps))
