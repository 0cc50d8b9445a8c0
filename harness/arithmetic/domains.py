"""Where functions are defined: noise must not push an argument off the edge of a domain.

``sqrt(1 - x * x)`` is zero at x = 1, where the code as written rounds nothing; with a product that is moved up it would
be no number. The code as written stays inside, or its own result would be none; so a moved argument that leaves goes
back to the edge.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import torch

TINY = float(np.finfo(float).tiny)
EDGES = (
    dict.fromkeys(("sqrt", "isqrt"), (0.0, inf))
    | dict.fromkeys(("log", "log2", "log10", "rsqrt", "xlogy"), (TINY, inf))
    | dict.fromkeys(("acos", "arccos", "asin", "arcsin"), (-1.0, 1.0))
    | dict.fromkeys(("acosh", "arccosh"), (1.0, inf))
    | dict.fromkeys(("atanh", "arctanh"), (-1 + 2.0**-53, 1 - 2.0**-53))
    | {"log1p": (-1 + 2.0**-53, inf)}
)


def inside(name: str, args: Any) -> Any:
    """The arguments of a function with the first one in its domain, where that is a real number, array or tensor."""
    if name == "pow" and len(args) == 2 and isinstance(args[1], float) and not args[1].is_integer():
        low, high = 0.0, inf
    elif name in EDGES and args:
        low, high = EDGES[name]
    else:
        return args
    x = args[0]
    if isinstance(x, torch.Tensor):
        if not x.is_floating_point() or x.numel() == 0 or bool(((x >= low) & (x <= high)).all()):
            return args
        # What is no number, or infinite, stays: it is the code's own.
        return (torch.where(x.isfinite(), x.clamp(low, high), x), *args[1:])
    if isinstance(x, float) and not low <= x <= high and np.isfinite(x):
        return (type(x)(min(max(x, low), high)), *args[1:])
    if isinstance(x, np.ndarray) and x.dtype.kind == "f" and not ((x >= low) & (x <= high)).all():
        return (np.where(np.isfinite(x), np.clip(x, low, high), x).astype(x.dtype), *args[1:])
    return args
