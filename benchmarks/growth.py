"""How the engine's time grows, what float64 and a second worker do to it, and whether its memory is as stated."""

from __future__ import annotations

import gc
import multiprocessing
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import machine
from benchmarks.contestants import Engine
from benchmarks.problem import SHAPES, Shape, draw
from benchmarks.rounds import Seconds, interleave

BASE = Shape(d=20, m=256, L=8, n=100, B=8)
GRIDS = {
    "m": (64, 128, 256, 512, 1024),
    "L": (4, 8, 16, 32, 64),
    "n": (50, 100, 200, 400, 800),
    "B": (4, 8, 16, 32, 64),
}
RATE = 60e9  # flops a second, from which the number of steps is chosen

Steps = dict[str, int]


def growth(quick: bool) -> dict[str, Any]:
    """Seconds of a step in m, L, n and B: one size is varied at a time, all points are in the same rounds."""
    points = {f"{axis}={value}": replace(BASE, **{axis: value}) for axis, grid in GRIDS.items() for value in grid}
    engines = {name: Engine(draw(shape), diagnostics=True) for name, shape in points.items()}
    steps = {name: _steps(shape, 0.02 if quick else 0.15) for name, shape in points.items()}
    return {"seconds": _a_step(engines, steps, rounds=2 if quick else 7), "grids": GRIDS}


def precision(quick: bool) -> dict[str, Any]:
    """Seconds of a step in float32 and float64, by shape."""
    found = {}
    for name in ("tiny", "small", "deep", "medium"):
        engines = {dtype: Engine(draw(SHAPES[name], dtype), diagnostics=True) for dtype in ("float32", "float64")}
        steps = dict.fromkeys(engines, _steps(SHAPES[name], 0.05 if quick else 0.3))
        found[name] = _a_step(engines, steps, rounds=2 if quick else 7)
    return found


def memory(quick: bool) -> dict[str, Any]:
    """Peak memory of a training with all diagnostics, and the formula for it, in bytes, by shape."""
    found = {}
    for name in ("small", "deep", "medium"):
        with _worker(machine.pin()) as worker:
            measured = worker.submit(_peak, name).result()
        found[name] = {"measured": measured, "formula": SHAPES[name].B * SHAPES[name].state_bytes(itemsize=4)}
    return found


def workers(quick: bool, cores: Sequence[int]) -> dict[str, Any]:
    """Wall time of one worker, and of two with the same work each, on a core each, by shape."""
    found = {}
    with _worker(cores[0]) as first, _worker(cores[1]) as second:
        for name in ("tiny", "small", "medium"):
            job = partial(_train, name, _steps(SHAPES[name], 0.1 if quick else 0.6))

            def run(pools: list[ProcessPoolExecutor], job: partial[None] = job) -> None:
                for future in [pool.submit(job) for pool in pools]:
                    future.result()

            run([first, second])
            pools = {"one": [first], "other": [second], "both": [first, second]}
            found[name] = interleave(
                {k: partial(run, v) for k, v in pools.items()}, 2 if quick else 9, clock=perf_counter
            )
    return found


def _steps(shape: Shape, seconds: float) -> int:
    """Steps that take about so long; at least one."""
    return max(1, round(seconds * RATE / shape.flops))


def _a_step(engines: dict[str, Engine], steps: Steps, rounds: int) -> Seconds:
    """Seconds of one step of warm engines."""
    runs = {name: partial(engine.run, steps[name]) for name, engine in engines.items()}
    for run in runs.values():
        run()
    return {name: [t / steps[name] for t in times] for name, times in interleave(runs, rounds).items()}


def _worker(core: int) -> ProcessPoolExecutor:
    """A fresh process on one core."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, context, initializer=machine.pin, initargs=(core,))


_engines: dict[str, Engine] = {}


def _train(name: str, steps: int) -> None:
    """Work of a worker; it keeps its networks."""
    if name not in _engines:
        _engines.clear()
        _engines[name] = Engine(draw(SHAPES[name]), diagnostics=True)
    _engines[name].run(steps)


def _peak(name: str) -> int:
    """Growth of the peak of this process's memory while all networks of a shape are trained together."""
    Engine(draw(Shape(d=16, m=32, L=2, n=32, B=2)), diagnostics=True).run(2)  # loads what is loaded once
    problem = draw(SHAPES[name])
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again from here
    before = _status("VmRSS")
    Engine(problem, diagnostics=True, chunk=SHAPES[name].B).run(2)
    return _status("VmHWM") - before


def _status(entry: str) -> int:
    """Bytes, from what the kernel says about this process."""
    found = re.search(rf"{entry}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    if found is None:
        raise OSError(f"/proc/self/status has no {entry}")
    return 1024 * int(found[1])
