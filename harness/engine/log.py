"""What was trained, and how, while a bound was checked: for the record, never for a result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_LOG: ContextVar[Counter[tuple[str, str, str]] | None] = ContextVar("training", default=None)


@contextmanager
def logged() -> Generator[Counter[tuple[str, str, str]]]:
    """Collect, while inside, how many networks were trained by (kernel, precision, device)."""
    log: Counter[tuple[str, str, str]] = Counter()
    token = _LOG.set(log)
    try:
        yield log
    finally:
        _LOG.reset(token)


def note(kernel: str, precision: str, device: str, networks: int) -> None:
    """Count networks that were trained; nothing where nobody asked."""
    log = _LOG.get()
    if log is not None:
        log[kernel, precision, device] += networks


def summary(log: Counter[tuple[str, str, str]], is_bitwise: Callable[[], bool]) -> dict[str, Any] | None:
    """The field ``training`` of a record; None where nothing was trained.

    Args:
        log: what was trained.
        is_bitwise: do networks train to the same bits alone and in a batch, on the CPU?
    """
    if not log:
        return None
    kernels, precisions, devices = (", ".join(sorted({key[i] for key in log})) for i in range(3))
    return {
        "networks": log.total(),
        "kernel": kernels,
        "dtype": precisions,
        "device": devices,
        "bitwise": "yes" if devices == "cpu" and is_bitwise() else "no",
        "tf32": "off",
    }
