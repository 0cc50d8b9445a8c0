"""How tests wait for other processes: until something is there, and for so long that only what hangs is given up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 600.0  # seconds; no measure of speed: what is waited for takes a few, on a slow and busy machine a minute

Found = TypeVar("Found")


def wait_for(what: Callable[[], Found]) -> Found:
    """What a function finds, once it finds something.

    Args:
        what: looks, and gives something false as long as there is nothing.
    """
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, f"not within {PATIENCE:g} s"
        time.sleep(0.02)
    return found
