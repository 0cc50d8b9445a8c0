"""JAX: the whole run in one compiled program, with the weights donated, in two ways of walking over the networks."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.problem import Array, Problem, displacement

jax.config.update("jax_cpu_enable_async_dispatch", False)  # work stays in the call that asked for it


def _loss(W: list[Any], x: Any, y: Any, v: Any, theta: float) -> tuple[Any, Any]:
    x = jax.nn.relu(x @ W[0])
    for W_l in W[1:-1]:
        x = x + theta * jax.nn.relu(x @ W_l)
    margin = y * (jax.nn.relu(x @ W[-1]) @ v)
    return jax.nn.softplus(-margin).mean(), margin


def _step(W: list[Any], W_0: list[Any], x: Any, y: Any, eta: Any, v: Any, theta: float) -> tuple[list[Any], Any]:
    """One step of one network, and its diagnostics if there is a W_0."""
    (loss, margin), gradients = jax.value_and_grad(_loss, has_aux=True)(W, x, y, v, theta)
    row = None
    if W_0:
        norms = [jnp.sqrt((g * g).sum()) for g in gradients]
        distances = [jnp.sqrt(((a - b) ** 2).sum()) for a, b in zip(W, W_0, strict=True)]
        row = jnp.stack([loss, jax.nn.sigmoid(-margin).mean(), *norms, *distances])
    return [a - eta * g for a, g in zip(W, gradients, strict=True)], row


def _together(W: list[Any], W_0: list[Any], x: Any, y: Any, eta: Any, v: Any, theta: float, steps: int) -> Any:
    """All networks make a step, then all make the next one."""
    step = jax.vmap(partial(_step, v=v, theta=theta))
    return lax.scan(lambda W, _: step(W, W_0, x, y, eta), W, length=steps)


def _in_turn(W: list[Any], W_0: list[Any], x: Any, y: Any, eta: Any, v: Any, theta: float, steps: int) -> Any:
    """A network makes all its steps, while its weights are in the cache; then the next one does."""

    def network(parts: Any) -> Any:
        W, *rest = parts
        return lax.scan(lambda W, _: _step(W, *rest, v=v, theta=theta), W, length=steps)

    W, rows = lax.map(network, (W, W_0, x, y, eta))
    return W, None if rows is None else rows.swapaxes(0, 1)


class Jax:
    """jit(vmap) or jit(lax.map) of value_and_grad."""

    def __init__(self, problem: Problem, diagnostics: bool, *, in_turn: bool) -> None:
        """Choose the walk over the networks.

        Args:
            problem: what to train.
            diagnostics: all of them in every step, or none.
            in_turn: lax.map over networks, instead of vmap.
        """
        self.problem = problem
        self.program = jax.jit(_in_turn if in_turn else _together, static_argnames="steps", donate_argnames="W")
        self.W = [jnp.array(W) for W in problem.W_0]
        W_0 = problem.W_0 if diagnostics else []
        rest = {"x": problem.x, "y": problem.y, "eta": problem.eta, "v": problem.v, "theta": problem.theta}
        self.rest = jax.tree.map(jnp.asarray, {"W_0": W_0, **rest})
        self.rows: Any = None

    def run(self, steps: int) -> None:
        """Train all networks."""
        self.W, self.rows = jax.block_until_ready(self.program(self.W, **self.rest, steps=steps))

    def displacement(self) -> list[Array]:
        """W - W_0 of each layer."""
        return displacement([np.asarray(W) for W in self.W], self.problem)

    def trace(self) -> Array | None:
        """Diagnostics of the last run."""
        return None if self.rows is None else np.asarray(self.rows)
