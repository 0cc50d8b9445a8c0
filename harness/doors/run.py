"""The facts of a run: when, where and with what it was made, and the sums over its bounds. Imports nothing heavy."""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lemmata.doors.release import release
from lemmata.vocabulary.error_rates import ALPHA, ROUNDING

PACKAGES = ("torch", "numpy", "scipy", "hypothesis", "pytest", "pytest-xdist")
PROCESSOR_NUMBERS = ("cpu family", "model", "CPU implementer", "CPU part", "CPU variant")  # of x86, and of Arm


def new_id(begin: datetime) -> str:
    """An id for a run, which sorts by time."""
    return f"{begin:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"


def new_run(
    profile: str,
    root: int,
    begin: datetime,
    device: str = "cpu",
    *,
    bounds: int = 0,
    selected: Sequence[str] = (),
    identifier: str = "",
) -> dict[str, Any]:
    """The facts of a run that began then and is not finished.

    Args:
        profile: how much evidence it gathers.
        root: root seed of its trials.
        begin: when it began.
        device: where it trains.
        bounds: how many bounds it is to check.
        selected: what was asked for: paths and expressions. Runs that were asked for the same can miss bounds.
        identifier: its id, unless one is to be made.
    """
    return {
        "id": identifier or new_id(begin),
        "started": begin.isoformat(timespec="seconds"),
        "finished": None,
        "profile": profile,
        "seed": root,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "lemmata": release(),
        "host": f"{platform.machine()}, {processor()}, {os.cpu_count()} cores",
        "device": device,
        "engine": "one child process a bound",
        "seconds": 0.0,
        "selected": list(selected),
        "bounds": bounds,
        "planned": 0,
        "executed": 0,
    }


def finished(run: dict[str, Any], items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The run with its end, its duration, and the sums over its bounds."""
    now = datetime.now(UTC)
    return run | {
        "finished": now.isoformat(timespec="seconds"),
        "seconds": round(run["seconds"] + (now - latest_start(run)).total_seconds(), 1),
        "bounds": len(items),
        **sums(items),
    }


def latest_start(run: dict[str, Any]) -> datetime:
    """When a run was begun, or gone on with for the last time; ``seconds`` of its facts is what went before."""
    return datetime.fromisoformat((run.get("resumed") or [run["started"]])[-1])


def sums(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the bounds of a run add up to, finished or not; an ablation accuses nobody."""
    accusing = [item.get("by_chance", True) for item in items if not item.get("ablates")]
    return {
        "planned": sum(item["draws"]["planned"] for item in items),
        "executed": sum(item["draws"]["executed"] for item in items),
        "alpha_suite": round(sum(ALPHA if by_chance else ROUNDING for by_chance in accusing), 6),
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The kind of processor: the last bits of a float may hang on it.

    The numbers tell apart what has one name, as machines of a cloud often do, or none, as on Arm.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    name = facts.get("model name") or platform.processor() or "unknown processor"
    numbers = [f"{key.split()[-1]} {facts[key]}" for key in PROCESSOR_NUMBERS if key in facts]
    return f"{name} ({', '.join(numbers)})" if numbers else name
