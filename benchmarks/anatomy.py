"""Where the engine's time goes: products, passes over elements, norms, everything else.

A profiler reads the wall clock, which also counts what others do on the core; here operators are timed by CPU time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from time import process_time
from typing import Any
from unittest.mock import patch

import numpy as np
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.contestants import Engine
from benchmarks.limits import LIBRARIES, Products
from benchmarks.problem import Shape, draw
from benchmarks.rounds import interleave, quartiles, ratio

PARTS = {
    "products": ("bmm", "mm", "addmm", "baddbmm", "linear", "numpy.matmul"),
    "norms": ("linalg_vector_norm",),
    "elementwise": ("relu", "threshold", "add", "sub", "mul", "copy", "clamp", "zero", "fill"),
    "loss and margins": ("sigmoid", "log_sigmoid", "softplus", "exp", "neg", "sum"),
}
"""Operators by what their names begin with, underscores at the front left out."""


class Stopwatch(TorchDispatchMode):
    """Sums up the CPU seconds inside each operator."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # ruff: ignore[bad-dunder-method-name]
        """Time one operator of torch."""
        return self.time(func.overloadpacket.__name__, func, *args, **(kwargs or {}))

    def time(self, name: str, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Time one call."""
        start = process_time()
        result = func(*args, **kwargs)
        self.seconds[name] += process_time() - start
        self.calls[name] += 1
        return result


def anatomy(shape: Shape, rounds: int = 5, turn: float = 0.5) -> str:
    """Tables of the engine's parts and operators, with all diagnostics, beside the matrix products alone.

    Args:
        shape: of the networks.
        rounds: how often everything is run.
        turn: seconds of a run, about.
    """
    problem = draw(shape)
    engine, products = Engine(problem, diagnostics=True), Products(problem, LIBRARIES["torch.bmm"])
    steps, watch = max(1, round(turn * 60e9 / shape.flops)), Stopwatch()

    def watched() -> None:
        with watch, patch.object(np, "matmul", partial(watch.time, "numpy.matmul", np.matmul)):
            engine.run(steps)

    runs = {"engine": partial(engine.run, steps), "products": partial(products.run, steps), "watched": watched}
    for run in runs.values():
        run()
    watch.seconds.clear(), watch.calls.clear()
    seconds = interleave(runs, rounds)
    step = quartiles(seconds["engine"]).median / steps
    return "\n".join(
        [
            f"{shape}, products by {engine.kernel}",
            f"a step: {1e3 * step:.2f} ms, {shape.flops / step / 1e9:.1f} GF/s; "
            f"torch.bmm of the same products alone takes {ratio(seconds, 'products', 'engine')} of it",
            *_report(watch, step, rounds * steps),
        ]
    )


def _part(operator: str) -> str:
    name = operator.lstrip("_")
    return next((part for part, words in PARTS.items() if name.startswith(words)), "everything else")


def _report(watch: Stopwatch, step: float, steps: int) -> list[str]:
    """Lines for parts, which add up to a step, and for operators."""
    parts: Counter[str] = Counter()
    for operator, seconds in watch.seconds.items():
        parts[_part(operator)] += seconds / steps
    parts["everything else"] += max(step - parts.total(), 0)
    step = parts.total()  # a little more than without the stopwatch
    lines = ["", f"{'part':32}{'ms a step':>12}{'share %':>10}"]
    lines += [f"{part:32}{1e3 * took:12.3f}{100 * took / step:10.1f}" for part, took in parts.most_common()]
    lines += ["", f"{'operator':32}{'ms a step':>12}{'share %':>10}{'calls':>8}"]
    for operator, seconds in watch.seconds.most_common(12):
        took, calls = seconds / steps, watch.calls[operator] / steps
        lines.append(f"{operator:32}{1e3 * took:12.3f}{100 * took / step:10.1f}{calls:8.0f}")
    return lines
