"""How much memory there is to use: of the machine, of the container, of this process."""

from __future__ import annotations

import os
import resource
from pathlib import Path

GIBIBYTE = 2**30
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
CGROUP_USAGE = ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")


def available() -> int:
    """Bytes that the machine, or the container if that is smaller, has left."""
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        facts = dict(line.split(":", 1) for line in meminfo)
    left = int(facts["MemAvailable"].split()[0]) * 1024
    for limit, usage in zip(map(_number, CGROUP_LIMITS), map(_number, CGROUP_USAGE), strict=True):
        if limit is not None and usage is not None:
            left = min(left, max(limit - usage, 0))
    return left


def worker_share(workers: int) -> int:
    """Bytes that one of so many workers may use: half of the memory at hand, shared; a gibibyte at least."""
    return max(available() // 2 // max(workers, 1), GIBIBYTE)


def mapped() -> int:
    """Bytes of address space that this process holds."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def budget() -> int:
    """Bytes that this process may still ask for: its share as a worker, and what its own limit leaves."""
    share = worker_share(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return share if limit == resource.RLIM_INFINITY else max(min(share, limit - mapped()), 0)


def _number(path: str) -> int | None:
    """The number in a file, if the file exists and holds one ("max" is none)."""
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
