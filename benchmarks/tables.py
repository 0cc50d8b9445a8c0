"""Tables from the raw data of a benchmark, and the document that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problem import SHAPES
from benchmarks.rounds import Quartiles, Seconds, fastest, quartiles, ratio

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
JAX = ("JAX vmap", "JAX map")
GOALS = {  # tiny, small, deep, medium, large; on a core with AVX-512
    "loop over modules, full": (5.5, 1.6, 1.7, 1.9, 1.9),
    "faster of JAX, full": (1, 1, 1, 1, 1),
    "share of the limit, none": (85, 85, 80, 90, 90),
    "overhead of diagnostics": (30, 12, 14, 6, 6),
}
Cell = Callable[[dict[str, Any]], str]


def tables(data: dict[str, Any]) -> str:
    """Everything that was measured, in Markdown."""
    parts = [_machine(data), _races(data["shapes"]), _limits(data["shapes"])]
    parts += [make(data[name]) for name, make in SECTIONS.items() if name in data]
    return "\n\n".join(parts)


def rewrite(document: Path, data: dict[str, Any]) -> None:
    """Put the tables between the two markers of a document.

    Raises:
        ValueError: if it does not have both.
    """
    text = document.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{document} must have {BEGIN} and {END} once each")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    document.write_text(f"{before}{BEGIN}\n\n{tables(data)}\n\n{END}{after}", encoding="utf-8")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown, with columns aligned."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)


def _machine(data: dict[str, Any]) -> str:
    of = data["machine"]
    loads = [load for raced in data["shapes"].values() for load in raced["load"]]
    versions = ", ".join(f"{name} {of[name]}" for name in ("python", "torch", "numpy", "jax") if of.get(name))
    load = f"load average {min(loads)} to {max(loads)}, this run included"
    warning = " **Quick run: not for quotation.**" if data["quick"] else ""
    return f"{of['cpu']}, {of['vectors']}, {of['cores']} cores, of which one is used; {versions}; {load}.{warning}"


def limit(seconds: Seconds) -> str:
    """The contestant that makes the matrix products fastest."""
    return fastest(seconds, [name for name in seconds if name.startswith("limit, ")])


def overhead(seconds: Seconds, name: str) -> Quartiles:
    """What full diagnostics cost a contestant, in percent of what it takes without."""
    return Quartiles(*(100 * (q - 1) for q in ratio(seconds, f"{name}, full", f"{name}, none")))


def share(seconds: Seconds, name: str) -> Quartiles:
    """Percent of the limit that a contestant reaches."""
    return Quartiles(*(100 * q for q in ratio(seconds, limit(seconds), name)))


def _percent(found: Quartiles) -> str:
    return f"{found.median:.0f} [{found.low:.0f}, {found.high:.0f}]"


def _peer(peer: str, diagnostics: str) -> Cell:
    """How many times as fast as a peer the engine is."""
    return lambda raced: str(ratio(raced["seconds"], f"{peer}, {diagnostics}", f"engine, {diagnostics}"))


def _jax(diagnostics: str) -> Cell:
    def cell(raced: dict[str, Any]) -> str:
        found = [f"{name}, {diagnostics}" for name in JAX if f"{name}, {diagnostics}" in raced["seconds"]]
        return str(ratio(raced["seconds"], fastest(raced["seconds"], found), f"engine, {diagnostics}"))

    return cell


def _rows() -> dict[str, Cell]:
    """Rows of the main table."""
    rows: dict[str, Cell] = {}
    for diagnostics in ("full", "none"):
        for peer in ("loop over modules", "torch.func vmap", *JAX):
            rows[f"{peer}, {diagnostics}"] = _peer(peer, diagnostics)
        rows[f"faster of JAX, {diagnostics}"] = _jax(diagnostics)
    for diagnostics in ("none", "full"):
        rows[f"share of the limit, {diagnostics}"] = lambda raced, d=diagnostics: _percent(
            share(raced["seconds"], f"engine, {d}")
        )
    rows["overhead of diagnostics"] = lambda raced: _percent(overhead(raced["seconds"], "engine"))
    rows["the same of the loop over modules"] = lambda raced: _percent(overhead(raced["seconds"], "loop over modules"))
    rows["networks x steps a second, full"] = lambda raced: (
        f"{raced['networks'] / quartiles(raced['seconds']['engine, full']).median:.4g}"
    )
    return rows


def _races(shapes: dict[str, Any]) -> str:
    """Ratios: seconds of a peer over those of the engine in the same round."""
    rows = []
    for label, cell in _rows().items():
        cells = [_try(cell, raced) for raced in shapes.values()]
        if any(cells):
            rows.append([label, *cells])
        if any(cells) and label in GOALS:
            sign = "at most" if label.startswith("overhead") else "at least"
            goals = dict(zip(SHAPES, GOALS[label], strict=True))
            rows.append([f"- goal, {sign}", *(f"{goals[name]:g}" for name in shapes)])
    sizes = [f"{name} {s.d}/{s.m}/{s.L}/{s.n}/{s.B}" for name, s in SHAPES.items() if name in shapes]
    return table(["times as fast as; then percent", *sizes], rows)


def _limits(shapes: dict[str, Any]) -> str:
    """GF/s of the matrix products alone, by library, and of the engine."""
    names = sorted({name for raced in shapes.values() for name in raced["seconds"] if name.startswith("limit, ")})
    rows = []
    for name in [*names, "engine, none", "engine, full"]:
        cells = []
        for raced in shapes.values():
            if name not in raced["seconds"]:
                cells.append("")
                continue
            rate = raced["flops"] / quartiles(raced["seconds"][name]).median / 1e9
            cells.append(f"**{rate:.1f}**" if name == limit(raced["seconds"]) else f"{rate:.1f}")
        rows.append([name.replace("limit, ", "products by "), *cells])
    return table(["GF/s", *shapes], rows)


def slopes(growth: dict[str, Any]) -> dict[str, Quartiles]:
    """Of each axis, the slope of log time in log size, fitted inside each round."""
    seconds, found = growth["seconds"], {}
    for axis, grid in growth["grids"].items():
        rounds = zip(*(seconds[f"{axis}={value}"] for value in grid), strict=True)
        found[axis] = quartiles(float(np.polyfit(np.log(grid), np.log(times), 1)[0]) for times in rounds)
    return found


def _growth(growth: dict[str, Any]) -> str:
    goals = {"m": "2", "L": "1", "n": "1", "B": "1"}
    rows = []
    for axis, slope in slopes(growth).items():
        *_, before, last = growth["grids"][axis]
        doubling = ratio(growth["seconds"], f"{axis}={last}", f"{axis}={before}").median
        sizes = f"{growth['grids'][axis][0]} .. {last}"
        rows.append([axis, sizes, goals[axis], str(slope), f"{log(doubling) / log(last / before):.2f}"])
    return table(["time in", "sizes", "exponent", "log-log slope", "last doubling"], rows)


def _precision(found: dict[str, Seconds]) -> str:
    cells = [str(ratio(seconds, "float64", "float32")) for seconds in found.values()]
    return table(["", *found], [["float64 over float32, at most 2.6", *cells]])


def _workers(found: dict[str, Seconds]) -> str:
    cells = []
    for seconds in found.values():
        rounds = zip(seconds["one"], seconds["other"], seconds["both"], strict=True)
        cells.append(str(quartiles((one + other) / both for one, other, both in rounds)))
    return table(["", *found], [["two workers over one, at least 1.85", *cells]])


def _memory(found: dict[str, dict[str, int]]) -> str:
    rows = [
        [f"{kind}, MiB", *(f"{memory[kind] / 2**20:.0f}" for memory in found.values())]
        for kind in ("formula", "measured")
    ]
    rows.append(["ratio, at most 1.1", *(f"{m['measured'] / m['formula']:.2f}" for m in found.values())])
    return table(["peak memory", *found], rows)


SECTIONS: dict[str, Callable[[Any], str]] = {
    "growth": _growth,
    "precision": _precision,
    "memory": _memory,
    "workers": _workers,
}


def _try(cell: Cell, raced: dict[str, Any]) -> str:
    """Empty where a contestant was refused or is not installed."""
    try:
        return cell(raced)
    except (KeyError, ValueError):
        return ""
