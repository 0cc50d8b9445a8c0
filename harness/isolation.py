"""Checks run in a child process with limits on time and memory, so that no claim can take the others with it."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from concurrent.futures import TimeoutError as LimitReached
from multiprocessing import get_context
from typing import Any

from pebble import ProcessExpired, ProcessPool

from harness.verdict import Verdict

GIBIBYTE = 2**30


class NotMeasured(RuntimeError):
    """A check that gave no verdict about mathematics: carries the status and the reason."""

    def __init__(self, status: Verdict, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(f"{status}: {why}")


def memory_budget(workers: int) -> int:
    """Bytes that one of so many workers may use: half of the memory at hand, shared."""
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(int(0.5 * available / max(workers, 1)), GIBIBYTE)


def _limit_memory(budget: int) -> None:
    """Let the child ask for ``budget`` bytes beyond what it has mapped now; more raises MemoryError in it."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        mapped = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (mapped + budget, resource.RLIM_INFINITY))


def run_isolated(function: Callable[..., Any], *arguments: Any, seconds: float, memory: int) -> Any:
    """Call a function in a forked child process.

    Args:
        function: what to call; it and its result must survive pickling.
        arguments: for the function.
        seconds: after so long the child is killed, even inside code that never returns to Python.
        memory: bytes that it may ask for.

    Raises:
        NotMeasured: TIMEOUT when the time ran out, ERROR when memory ran out or the child died.
        Exception: whatever the function raised.
    """
    with ProcessPool(
        max_workers=1, context=get_context("fork"), initializer=_limit_memory, initargs=[memory]
    ) as pool:
        future = pool.schedule(function, args=list(arguments), timeout=seconds)
        try:
            return future.result()
        except LimitReached:
            raise NotMeasured(
                Verdict.TIMEOUT, f"no result after {seconds:g} s: lower `effort`, or use a profile with more time"
            ) from None
        except ProcessExpired as death:
            raise NotMeasured(
                Verdict.ERROR, f"the process that ran it died (exit code {death.exitcode}); was it out of memory?"
            ) from None
        except MemoryError:
            pass
        except RuntimeError as error:
            # torch reports a failed allocation as a RuntimeError of its own
            if "can't allocate memory" not in str(error):
                raise
        finally:
            pool.stop()
    raise NotMeasured(
        Verdict.ERROR,
        f"out of memory: it asked for more than {memory / GIBIBYTE:.1f} GiB. Lower `batch` or the largest sizes",
    )
