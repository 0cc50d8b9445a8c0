"""The training engine on a GPU: single steps against graphs, and both against what the device can do.

    python -m benchmarks.gpu                # a few minutes; prints a table and writes build/speed_gpu.json

Time is wall time: a GPU computes while the process waits. The limit of a step is its matrix products, run alone, and
then its other passes over memory at the bandwidth of a copy.
It needs torch and numpy only, and fails where there is no GPU.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks.problem import SHAPES, Shape, draw
from benchmarks.rounds import interleave, quartiles, ratio
from lemmata.engine import segments
from lemmata.engine.descent import Descent
from lemmata.engine.products import BATCHED
from lemmata.engine.train import Network

OUTPUT = Path(__file__).resolve().parent.parent / "build" / "speed_gpu.json"
STEPS = segments.LENGTH
ROUNDS = 7
LARGE_BATCH = {"tiny": 4096, "small": 64, "deep": 64, "medium": 8, "large": 2}


def main() -> int:
    """Measure every shape in both precisions."""
    if not torch.cuda.is_available():
        print(f"torch {torch.__version__} sees no GPU: run this on a machine that has one", file=sys.stderr)
        return 1
    bandwidth = copy_bandwidth()
    data: dict[str, Any] = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "bandwidth": bandwidth,
        "shapes": {},
    }
    print(f"{data['device']}, torch {data['torch']}, copies at {bandwidth / 1e12:.2f} TB/s")
    print("shape            ms/step  networks*steps/s  share of the limit    graph / single steps")
    for name, shape in SHAPES.items():
        for dtype in ("float32", "float64"):
            sized = Shape(shape.d, shape.m, shape.L, shape.n, LARGE_BATCH[name])
            row = data["shapes"][f"{name} {dtype}"] = measure(sized, dtype, bandwidth)
            speed = f"{row['ms']:>8.3f}{row['rate']:>18,.0f}"
            print(f"{name:<7}{dtype:<9}{speed}  {row['share_text']:<22}{row['graph_text']}", flush=True)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {OUTPUT}")
    return 0


@torch.no_grad()
def measure(shape: Shape, dtype: str, bandwidth: float) -> dict[str, Any]:
    """One shape: seconds of a step in graphs and one by one, of its products alone, and the ratios inside rounds."""
    descent = on_gpu(shape, dtype)
    trace = torch.zeros(STEPS, *descent.now.shape, dtype=descent.now.dtype, device="cuda")
    segments._on_side_stream(descent, trace, 1)
    graph = segments._captured(descent, STEPS, 1)
    work: dict[str, Callable[[], object]] = {
        "graph": lambda: graph(descent, trace, 1),
        "single": lambda: segments._eager(descent, trace, 1),
        "products": lambda: [products_alone(descent) for _ in range(STEPS)],
    }
    waiting = {name: _and_wait(run) for name, run in work.items()}
    for run in waiting.values():
        run()
    seconds = interleave(waiting, ROUNDS, clock=perf_counter)
    passes = 8 * shape.n * shape.m * (shape.L + 1) + 8 * shape.parameters
    other = STEPS * shape.B * passes * trace.element_size() / bandwidth
    shares = quartiles((p + other) / g for p, g in zip(seconds["products"], seconds["graph"], strict=True))
    step = quartiles(seconds["graph"]).median / STEPS
    speed = ratio(seconds, "single", "graph")
    return {
        "ms": 1e3 * step,
        "rate": shape.B / step,
        "share": shares,
        "graph": speed,
        "share_text": str(shares),
        "graph_text": str(speed),
        "seconds": seconds,
    }


def on_gpu(shape: Shape, dtype: str) -> Descent:
    """The engine on the benchmark's problem."""
    problem = draw(shape, dtype)
    padded = Network(shape.d, shape.m, shape.L, problem.theta).shape(shape.n)
    x = F.pad(torch.from_numpy(problem.x), (0, padded.layers[0][0] - shape.d)).cuda()
    W_0 = []
    for (rows, _), W in zip(padded.layers, problem.W_0, strict=True):
        W_0.append(F.pad(torch.from_numpy(W), (0, 0, 0, rows - W.shape[1])).cuda())
    y, eta = (torch.from_numpy(part).cuda() for part in (problem.y, problem.eta))
    return Descent(W_0, x, y, eta, theta=problem.theta, m_out=shape.m, products=BATCHED)


def products_alone(descent: Descent) -> None:
    """The matrix products of a step and nothing else."""
    for l in range(1, descent.L + 2):
        x, W, G = descent.x[l - 1], descent.W[l - 1], descent.R[l - 1]
        torch.bmm(x, W, out=descent.G[G.shape[2]])
        if l > 1:
            torch.bmm(G, W.mT, out=descent.D[W.shape[1]])
        torch.bmm(x.mT, G, out=descent.blocks[l - 1].blocks[0].g)


def copy_bandwidth() -> float:
    """Bytes a second that a copy of 2 GB reads and writes."""
    source = torch.ones(1 << 28, device="cuda")
    target = torch.empty_like(source)
    run = _and_wait(lambda: target.copy_(source))
    run()
    seconds = interleave({"copy": run}, ROUNDS, clock=perf_counter)["copy"]
    return 2 * source.numel() * source.element_size() / quartiles(seconds).median


def _and_wait(run: Callable[[], object]) -> Callable[[], None]:
    def waited() -> None:
        run()
        torch.cuda.synchronize()

    return waited


if __name__ == "__main__":
    sys.exit(main())
