"""Random numbers that are nobody's: a trial that takes them from a global generator cannot be replayed."""

from __future__ import annotations

import ctypes
import random
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from lemmata.places.sides import TrialError

MT19937 = 625 * 4  # bytes: 624 words and a position
REMEDY = {
    "numpy.random": "draw from the trial's own generator, as in rng.standard_normal(p.d)",
    "random": "draw from the trial's own generator, as in rng.random() or rng.integers(n)",
    "torch": "draw from the trial's own generator, as in torch.from_numpy(rng.standard_normal(p.d))",
}


def states() -> dict[str, Any]:
    """What each of them would go on from.

    That of numpy is read where it lies in memory: to ask for it takes a third of a millisecond.
    """
    numpys = np.random.get_bit_generator()  # type: ignore[attr-defined]
    found = {"random": random.getstate(), "numpy.random": ctypes.string_at(numpys.ctypes.state_address, MT19937)}
    if torch := sys.modules.get("torch"):
        found["torch"] = torch.get_rng_state().numpy().tobytes()
    return found


def require_unused(before: Mapping[str, Any]) -> None:
    """Refuse trials that used one of them since its states were these.

    Raises:
        TrialError: with the name of the generator and what to do.
    """
    now = states()
    for name, state in before.items():
        if state != now[name]:
            raise TrialError(
                f"it uses the global generator of {name}, so that it cannot be run again from its seed: {REMEDY[name]}"
            )
