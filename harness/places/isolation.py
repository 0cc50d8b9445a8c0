"""Work in child processes with limits on time and memory, so that no claim can take the others with it."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import TimeoutError as LimitReached
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver, get_context
from typing import Any

from pebble import ProcessExpired, ProcessPool

from lemmata.engine.device import on_gpu
from lemmata.engine.memory import GIBIBYTE, mapped
from lemmata.vocabulary.verdict import NotMeasuredError, Verdict

PR_SET_PDEATHSIG = 1  # of Linux
# Several threads in each of several workers cost a factor of 20 and more.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
WITHOUT_SPINNING = {"OMP_WAIT_POLICY": "PASSIVE"}


class TimeLimitError(NotMeasuredError):
    """The time ran out, and the child was killed."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            Verdict.TIMEOUT, f"no result after {seconds:g} s: lower its effort, or use a profile with more time"
        )


class DiedError(NotMeasuredError):
    """The child died; ``how`` says of what."""

    def __init__(self, exitcode: int) -> None:
        self.how = words_for(exitcode)
        super().__init__(Verdict.ERROR, f"the process that ran it died ({self.how}); was it out of memory?")


class NotStartedError(NotMeasuredError):
    """No child took the work: it, or the server of the children, died before, or there is no room for one."""

    def __init__(self, why: str) -> None:
        self.how = "before it began"
        super().__init__(Verdict.ERROR, f"no process could be started for it: {why}")


def words_for(exitcode: int) -> str:
    """How a process ended, for a person."""
    try:
        return f"killed by {signal.Signals(-exitcode).name}" if exitcode < 0 else f"exit code {exitcode}"
    except ValueError:  # a signal without a name
        return f"killed by signal {-exitcode}"


class Children:
    """Child processes of this one, that call functions.

    They are forked from a server that has imported torch and holds no threads, so that a child starts at once and
    cannot inherit a held lock. One that dies is replaced.

    Args:
        workers: how many at once.
        memory: bytes that each may ask for.
    """

    def __init__(self, workers: int = 1, *, memory: int) -> None:
        context = get_context("forkserver")
        with _one_thread():
            forkserver.ensure_running()
        self.memory = memory
        self._pool = ProcessPool(max_workers=workers, context=context)

    def call(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> Result:
        """Call a function in a child.

        Args:
            function: what to call, by a name that the child can import; its result must survive pickling.
            arguments: for the function.
            seconds: after so long the child is killed, even inside code that never returns to Python.

        Raises:
            NotStartedError: if there is no child to take it.
        """
        try:
            future = self._pool.schedule(_guarded, args=[function, arguments, self.memory], timeout=seconds)
        except (BrokenProcessPool, OSError, RuntimeError) as error:
            raise NotStartedError(str(error) or type(error).__name__) from None
        return Result(future, seconds)

    def stop(self) -> None:
        """End them all."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


@dataclass(frozen=True)
class Result:
    """What a call in a child gave, or will give."""

    future: Any
    seconds: float

    def result(self) -> Any:
        """Wait for it.

        Raises:
            NotMeasuredError: TIMEOUT when the time ran out; ERROR when memory ran out, the child died, or it raised.
        """
        try:
            status, problem, result = self.future.result()
        except LimitReached:
            raise TimeLimitError(self.seconds) from None
        except ProcessExpired as death:
            raise DiedError(death.exitcode or 0) from None
        except BrokenProcessPool as error:
            raise NotStartedError(str(error)) from None
        if problem:
            raise NotMeasuredError(status, problem)
        return result


@contextmanager
def _one_thread() -> Generator[None]:
    """Inside, the environment asks numpy and torch for one thread, unless it says something already.

    They read it when they are imported, which the server of the children does; the process that starts it is a
    person's pytest, and keeps its environment.
    """
    added = {name: value for name, value in (ONE_THREAD | WITHOUT_SPINNING).items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def run_isolated(function: Callable[..., Any], *arguments: Any, seconds: float, memory: int) -> Any:
    """Call a function in a child process of its own; see :class:`Children`.

    Raises:
        NotMeasuredError: TIMEOUT when the time ran out; ERROR when memory ran out, the child died, or it raised.
    """
    children = Children(memory=memory)
    try:
        return children.call(function, *arguments, seconds=seconds).result()
    finally:
        children.stop()


def _guarded(function: Callable[..., Any], arguments: tuple[Any, ...], memory: int) -> tuple[Verdict, str, Any]:
    """In the child: limit its memory, call, and turn what is raised into words, which survive the way back."""
    _die_with_parent()
    if not on_gpu():  # CUDA maps more addresses than there is memory
        resource.setrlimit(resource.RLIMIT_AS, (mapped() + memory, resource.RLIM_INFINITY))
    try:
        return Verdict.HOLDS, "", function(*arguments)
    except NotMeasuredError as error:
        return error.status, error.why, None
    except (Exception, SystemExit) as error:  # whatever a claim raises is its status; the other claims go on
        # torch reports a failed allocation as a RuntimeError of its own
        if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
            why = f"out of memory: over {memory / GIBIBYTE:.1f} GiB; lower `batch` or the largest sizes"
            return Verdict.ERROR, why, None
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        return Verdict.ERROR, f"{type(error).__name__}: {error} ({where})", None


def _die_with_parent() -> None:
    """Leave no orphan that computes on: the server of the children ends with the process that started it.

    Elsewhere than on Linux an orphan ends when its work does.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
