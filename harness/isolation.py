"""Checks run in a child process with limits on time and memory, so that no claim can take the others with it."""

from __future__ import annotations

import os
import resource
import traceback
from collections.abc import Callable
from concurrent.futures import TimeoutError as LimitReached
from multiprocessing import get_context
from typing import Any

from pebble import ProcessExpired, ProcessPool

from harness.engine.chunks import TooLargeError
from harness.engine.device import on_gpu
from harness.memory import GIBIBYTE, mapped
from harness.verdict import Verdict


class NotMeasuredError(RuntimeError):
    """A check that gave no verdict about mathematics: carries the status and the reason."""

    def __init__(self, status: Verdict, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(f"{status}: {why}")


def run_isolated(function: Callable[..., Any], *arguments: Any, seconds: float, memory: int) -> Any:
    """Call a function in a child process of its own.

    The child is forked from a server that has imported torch and holds no threads, so that it starts at once and
    cannot inherit a held lock.

    Args:
        function: what to call, by a name that the child can import; its result must survive pickling.
        arguments: for the function.
        seconds: after so long the child is killed, even inside code that never returns to Python.
        memory: bytes that it may ask for.

    Raises:
        NotMeasuredError: TIMEOUT when the time ran out; ERROR when memory ran out, the child died, or it raised.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["harness.check"])
    pool = ProcessPool(max_workers=1, context=context)
    try:
        future = pool.schedule(_guarded, args=[function, arguments, memory], timeout=seconds)
        status, problem, result = future.result()
    except LimitReached:
        raise NotMeasuredError(
            Verdict.TIMEOUT,
            f"no result after {seconds:g} s: lower its effort, or use a profile with more time",
        ) from None
    except ProcessExpired as death:
        raise NotMeasuredError(
            Verdict.ERROR, f"the process that ran it died (exit code {death.exitcode}); was it out of memory?"
        ) from None
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
    if problem:
        raise NotMeasuredError(status, problem)
    return result


def _guarded(function: Callable[..., Any], arguments: tuple[Any, ...], memory: int) -> tuple[Verdict, str, Any]:
    """In the child: limit its memory, call, and turn what is raised into words, which survive the way back."""
    if not on_gpu():  # CUDA maps more addresses than there is memory
        resource.setrlimit(resource.RLIMIT_AS, (mapped() + memory, resource.RLIM_INFINITY))
    try:
        return Verdict.HOLDS, "", function(*arguments)
    except TooLargeError as error:
        return Verdict.SKIPPED, f"memory: {error}", None
    except Exception as error:  # whatever a claim raises is its status; the other claims go on
        # torch reports a failed allocation as a RuntimeError of its own
        if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
            why = f"out of memory: over {memory / GIBIBYTE:.1f} GiB; lower `batch` or the largest sizes"
            return Verdict.ERROR, why, None
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        return Verdict.ERROR, f"{type(error).__name__}: {error} ({where})", None
