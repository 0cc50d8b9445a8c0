"""The training engine side by side with other ways to train many networks, and with the limit of the machine.

    python -m benchmarks.engine                 # everything, about 12 minutes; writes docs/speed.json
    python -m benchmarks.engine --quick         # a look, about three minutes; writes build/speed.json
    python -m benchmarks.engine --docs          # put the tables of docs/speed.json into docs/speed.md
    python -m benchmarks.engine --profile deep  # where the engine's time goes on one shape

Run it on a machine that does nothing else. Everything is timed on one core with one thread, and JAX is left out where
it is not installed (`pip install '.[bench]'`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks import machine

ROOT = Path(__file__).resolve().parent.parent
DATA, DOCUMENT, QUICK = ROOT / "docs" / "speed.json", ROOT / "docs" / "speed.md", ROOT / "build" / "speed.json"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; what computes is imported after the process is kept on one core."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few and short rounds, without the large shape")
    parser.add_argument("--shapes", help="only these, separated by commas")
    parser.add_argument("--docs", action="store_true", help="rewrite the tables of docs/speed.md and measure nothing")
    parser.add_argument("--profile", metavar="SHAPE", help="print where the engine's time goes, and nothing else")
    options = parser.parse_args(arguments)
    cores = sorted(os.sched_getaffinity(0))
    machine.pin(cores[-1])
    if options.docs:
        from benchmarks.tables import rewrite

        rewrite(DOCUMENT, json.loads(DATA.read_text(encoding="utf-8")))
        return 0
    if options.profile:
        from benchmarks.anatomy import anatomy
        from benchmarks.problem import SHAPES

        print(anatomy(SHAPES[options.profile]))
        return 0
    usual = "tiny,small,deep,medium" if options.quick else "tiny,small,deep,medium,large"
    data = measure((options.shapes or usual).split(","), options.quick, cores)
    from benchmarks.tables import tables

    path = QUICK if options.quick else DATA
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(tables(data), f"\nwrote {path.relative_to(ROOT)}")
    return any(raced["refused"] for raced in data["shapes"].values())


def measure(shapes: list[str], quick: bool, cores: list[int]) -> dict[str, Any]:
    """All raw data: of the machine, of each shape, and what `growth` measures."""
    from benchmarks import growth
    from benchmarks.problem import SHAPES
    from benchmarks.race import race

    rounds, turn = (3, 0.05) if quick else (7, 0.35)
    data: dict[str, Any] = {"machine": machine.describe(), "quick": quick, "shapes": {}}
    for name in shapes:
        print(f"{name}: {SHAPES[name]}, load {machine.load()}", flush=True)
        data["shapes"][name] = race(SHAPES[name], rounds, turn)
    for measurement in (growth.growth, growth.precision, growth.memory):
        print(measurement.__name__, flush=True)
        data[measurement.__name__] = measurement(quick)
    if len(cores) > 1:
        print("workers", flush=True)
        data["workers"] = growth.workers(quick, cores[-2:])
    return data


if __name__ == "__main__":
    sys.exit(main())
