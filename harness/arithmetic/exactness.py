"""Which results of elementary operations are exact, so that rounding had no part in them.

Sizes are computed from exact results, as in ``int(np.sqrt(p.n))``: to move these would change what is computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from .noise import Array
from .rules import names

SAME = {
    "divide": "truediv",
    "true_divide": "truediv",
    "div": "truediv",
    "multiply": "mul",
    "subtract": "sub",
    "power": "pow",
    "float_power": "pow",
    "__add__": "add",
}
"""Other names of the same operations."""

CLOSED = names("""
    add sub mul square sum nansum prod cumsum cumprod trace matmul dot inner outer vdot vecdot matvec vecmat
    tensordot einsum convolve correlate kron multi_dot matrix_power mm bmm addmm baddbmm mv addmv cross diff ptp
    addcmul arange scatter_add index_add accumulate reduce convolution
""")
"""Operations that give integers when they are given integers."""


def is_exact(name: str, operands: Sequence[Any], result: float) -> bool:
    """Did an operation on plain numbers, with one number as its result, not round?

    Args:
        name: of the operation, as in ``operator``, ``math``, numpy or torch.
        operands: real numbers, in their order.
        result: what it gave.
    """
    if not math.isfinite(result) or not all(isinstance(x, int | float) and math.isfinite(x) for x in operands):
        return not math.isfinite(result)
    check = _CHECKS.get(SAME.get(name, name))
    return check is not None and check(result, *operands)


WHOLE = names("add sub rsub mul truediv square pow sqrt")
"""Elementwise operations that are exact where they are given integers and give one."""


def whole(name: str, operands: Sequence[Any], result: Array) -> Array | None:
    """Where an elementwise operation made integers of integers, as 1 of 1 * 1; None where it nowhere did."""
    if SAME.get(name, name) not in WHOLE or result.dtype.kind != "f":
        return None
    mask = (np.rint(result) == result) & (result != 0) & (np.abs(result) < 1 / np.finfo(result.dtype).eps)
    if not mask.any():
        return None
    try:
        for operand in operands:
            mask &= np.rint(operand) == operand
    except (TypeError, ValueError):
        return None
    return mask if mask.shape == result.shape else None


OVER = names("sum nansum mean nanmean prod nanprod norm vector_norm trace average cumsum cumprod dist")
"""Operations that give a number itself, or its modulus, where there is nothing to put together with it."""


def of_one_each(name: str, inputs: Sequence[Array], results: int) -> bool:
    """Is each result made of one real number only?"""
    if name not in OVER or len(inputs) != 1 or inputs[0].dtype.kind != "f":
        return False
    return inputs[0].size == results and (results == 1 or name not in {"cumsum", "cumprod"})


def are_integers(arrays: Sequence[Array]) -> bool:
    """Are all entries integers that floating point counts without gaps?"""
    return all(_is_integer(a) for a in arrays)


def _is_integer(a: Array) -> bool:
    if a.dtype.kind in "iub":
        return True
    if a.dtype.kind != "f" or not a.size or not float(a.flat[0]).is_integer():
        return False
    limit = min(2.0**53, 1 / float(np.finfo(a.dtype).eps))
    return bool(np.all((np.rint(a) == a) & (np.abs(a) < limit)))


def _ratio(x: float) -> tuple[int, int]:
    return x.as_integer_ratio()


def _add(r: float, a: float, b: float) -> bool:
    (n, d), (m, e), (p, q) = _ratio(a), _ratio(b), _ratio(r)
    return (n * e + m * d) * q == p * d * e


def _mul(r: float, a: float, b: float) -> bool:
    (n, d), (m, e), (p, q) = _ratio(a), _ratio(b), _ratio(r)
    return n * m * q == p * d * e


def _pow(r: float, a: float, b: float) -> bool:
    if 2 * b == 1:
        return _mul(a, r, r)
    if not float(b).is_integer() or abs(b) > 64:
        return abs(2 * math.frexp(a)[0]) == 1 and float(b).is_integer()
    return a != 0 and Fraction(a) ** int(b) == Fraction(r)


def _log(r: float, x: float, base: float) -> bool:
    return r.is_integer() and abs(r) < 1024 and Fraction(base) ** int(r) == Fraction(x)


def _at_zero(r: float, *operands: float) -> bool:
    return not any(operands)


_CHECKS: dict[str, Callable[..., bool]] = {
    "add": _add,
    "sub": lambda r, a, b: _add(r, a, -b),
    "rsub": lambda r, a, b: _add(r, b, -a),
    "mul": _mul,
    "square": lambda r, a: _mul(r, a, a),
    "truediv": lambda r, a, b: _mul(a, r, b),
    "reciprocal": lambda r, a: _mul(1.0, r, a),
    "pow": _pow,
    "sqrt": lambda r, a: _mul(a, r, r),
    "rsqrt": lambda r, a: _mul(1.0, r * r, a) and _mul(r * r, r, r),
    "cbrt": lambda r, a: Fraction(r) ** 3 == Fraction(a),
    "hypot": lambda r, *xs: Fraction(r) ** 2 == sum(Fraction(x) ** 2 for x in xs),
    "exp2": lambda r, a: float(a).is_integer(),
    "log": lambda r, x, *base: _log(r, x, *base) if base else x == 1,
    "log2": lambda r, x: _log(r, x, 2.0),
    "log10": lambda r, x: _log(r, x, 10.0),
    **dict.fromkeys(("exp", "cos", "cosh", "tan", "sin", "tanh", "sinh", "expm1", "log1p", "atan", "asin"), _at_zero),
}
