"""Where the engine's time goes: products, passes over elements, norms, everything else."""

from __future__ import annotations

import time
from collections import defaultdict

from torch.profiler import ProfilerActivity, profile

from benchmarks.contestants import Engine
from benchmarks.problem import Shape, draw

PARTS = {
    "products": ("bmm", "mm", "addmm", "baddbmm", "_linear_pointwise"),
    "elementwise": ("relu", "clamp_min", "threshold", "add", "sub", "mul", "addc", "copy"),
    "norms": ("norm", "pow", "sqrt"),
    "sums": ("sum", "mean"),
    "losses": ("sigmoid", "softplus", "exp", "log"),
}
"""Operators whose name, without its namespace and underscores at the end, begins so or ends so."""


def anatomy(shape: Shape, seconds: float = 2.0) -> str:
    """A table of the engine's operators, with all diagnostics.

    Args:
        shape: of the networks.
        seconds: length of the profiled run, about.
    """
    engine = Engine(draw(shape), diagnostics=True)
    steps = max(1, round(seconds * 60e9 / shape.flops))
    engine.run(max(1, steps // 4))
    start = time.process_time()
    engine.run(steps)
    plain = time.process_time() - start
    start = time.process_time()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        engine.run(steps)
    profiled = time.process_time() - start
    return "\n".join(_report(profiler, shape, steps, plain, profiled))


def _part(operator: str) -> str:
    name = operator.split("::")[-1].rstrip("_")
    return next((p for p, words in PARTS.items() if any(name.startswith(w) or name.endswith(w) for w in words)), "rest")


def _report(profiler: profile, shape: Shape, steps: int, plain: float, profiled: float) -> list[str]:
    parts: dict[str, float] = defaultdict(float)
    operators: dict[str, list[float]] = {}
    for event in profiler.key_averages():
        parts[_part(event.key)] += event.self_cpu_time_total / 1e6
        operators[event.key] = [event.self_cpu_time_total / 1e6, event.count / steps]
    inside = sum(parts.values())
    parts["outside of operators"] = max(profiled - inside, 0)
    lines = [
        f"{shape}: {1e3 * plain / steps:.2f} ms a step, {steps * shape.flops / plain / 1e9:.1f} GF/s; "
        f"{1e3 * profiled / steps:.2f} ms under the profiler",
        f"products at {steps * shape.flops / max(parts['products'], 1e-9) / 1e9:.1f} GF/s",
        "",
        f"{'part':32}{'ms a step':>12}{'share %':>10}",
    ]
    total = inside + parts["outside of operators"]
    for part, took in sorted(parts.items(), key=lambda item: -item[1]):
        lines.append(f"{part:32}{1e3 * took / steps:12.3f}{100 * took / total:10.1f}")
    lines += ["", f"{'operator':32}{'ms a step':>12}{'share %':>10}{'calls a step':>14}  part"]
    for key, (took, calls) in sorted(operators.items(), key=lambda item: -item[1][0])[:16]:
        lines.append(f"{key:32}{1e3 * took / steps:12.3f}{100 * took / total:10.1f}{calls:14.1f}  {_part(key)}")
    return lines
