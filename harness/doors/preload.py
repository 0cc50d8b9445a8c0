"""What the server of the children imports before it forks them, so that each of them starts at once.

Everything imported is then taken out of the garbage collector's sight: Hypothesis collects garbage in each process that
uses it, which costs 0.1 s and more where all of torch has to be looked through.
"""

from __future__ import annotations

import gc
from importlib import import_module

OURS = (
    "lemmata.doors.session",
    "lemmata.nights.tonight",
    "lemmata.judging.check",
    "lemmata.adversaries",
    "lemmata.generators",
)
for name in (*OURS, "scipy.integrate", "scipy.optimize"):
    import_module(name)
gc.collect()
gc.freeze()
