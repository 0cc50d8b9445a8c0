"""One core and one thread for everything that is timed, and a description of the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lemmata.doors.run import processor

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
VECTORS = (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("sve", "SVE"), ("asimd", "NEON"))
PACKAGES = ("torch", "numpy", "jax", "jaxlib")


def pin(core: int | None = None) -> int:
    """Keep this process on one core, with one thread in every library; before any of them is imported.

    XLA has no setting for its threads that all releases obey: it starts as many as there are cores to run on.

    Args:
        core: which; the last of those allowed unless given, because interrupts like the first.

    Returns:
        The core.
    """
    core = max(os.sched_getaffinity(0)) if core is None else core
    os.sched_setaffinity(0, {core})
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    return core


def describe() -> dict[str, Any]:
    """Processor, vector instructions and versions."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    found = dict(_pair(line) for line in info if ":" in line)
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "vectors": vectors(found.get("flags") or found.get("Features", "")),
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
    }


def vectors(flags: str) -> str:
    """The widest vector instructions that a processor has, by its flags."""
    have = set(flags.split())
    return next((name for flag, name in VECTORS if flag in have), "less than AVX2")


def load() -> float:
    """Average load of the last minute."""
    return round(os.getloadavg()[0], 2)


def _pair(line: str) -> tuple[str, str]:
    key, value = line.split(":", 1)
    return key.strip(), value.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
