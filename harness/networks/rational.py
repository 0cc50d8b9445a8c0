"""Linear algebra without rounding, on numpy arrays of ``int`` and ``Fraction`` (dtype object)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rationals = NDArray[np.object_]


def rationals(entries: Any) -> Rationals:
    """An array of exact numbers; integers of numpy become those of Python.

    Raises:
        TypeError: if an entry is neither an integer nor a fraction: a float would bring its rounding along.
    """
    array = np.asarray(entries)
    array = array.astype(object) if array.dtype.kind in "iu" else np.asarray(entries, dtype=object)
    if wrong := next((entry for entry in array.flat if not isinstance(entry, int | Fraction)), None):
        raise TypeError(f"{wrong!r} is no exact number: give int or Fraction")
    return array


def less(a: Fraction | int, b: Fraction | int) -> tuple[Fraction, Fraction]:
    """Sides of an `at_most` that says a < b: fractions that differ are one over both denominators apart, at least."""
    return Fraction(a), Fraction(b) - Fraction(1, Fraction(a).denominator * Fraction(b).denominator)


def greater(a: Fraction | int, b: Fraction | int) -> tuple[Fraction, Fraction]:
    """Sides of an `at_least` that says a > b."""
    return Fraction(a), Fraction(b) + Fraction(1, Fraction(a).denominator * Fraction(b).denominator)


def residual(y: Rationals, columns: Sequence[Rationals]) -> Rationals:
    """What the least-squares fit of y by the columns leaves of it, [n]; the columns may be dependent."""
    basis: list[Rationals] = []

    def remainder(vector: Rationals) -> Rationals:
        for b in basis:
            vector = vector - Fraction(vector @ b, b @ b) * b
        return vector

    for column in columns:
        if any(rest := remainder(column)):
            basis.append(rest)
    return remainder(y)


def null_space(A: Rationals) -> Rationals:
    """Integer vectors that span the x with A x = 0, [dimension, columns of A]."""
    from sympy import ZZ

    basis = _domain_matrix(A).nullspace()
    if basis.domain != ZZ:
        basis = basis.clear_denoms_rowwise()[1].convert_to(ZZ)
    return np.array([[int(entry) for entry in row] for row in basis.to_list()], dtype=object).reshape(-1, A.shape[1])


def rank(A: Rationals) -> int:
    """The rank of a matrix."""
    return int(_domain_matrix(A).to_field().rank())


def solve(A: Rationals, b: Rationals) -> Rationals:
    """The x with A x = b, for an invertible A.

    Raises:
        ValueError: if A is singular.
    """
    from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

    try:
        x = _domain_matrix(A).to_field().lu_solve(_domain_matrix(b[:, None]).to_field())
    except DMNonInvertibleMatrixError:
        raise ValueError("the matrix is singular") from None
    return np.array([_fraction(entry) for entry in x.to_list_flat()], dtype=object)


def is_positive_definite(A: Rationals) -> bool:
    """Are all pivots of a symmetric matrix positive?"""
    A = A * Fraction(1)
    while len(A):
        if A[0, 0] <= 0:
            return False
        A = A[1:, 1:] - np.outer(A[1:, 0], A[0, 1:]) / A[0, 0]
    return True


def _fraction(entry: Any) -> Fraction:
    return Fraction(int(entry.numerator), int(entry.denominator))


def _domain_matrix(A: Rationals) -> Any:
    from sympy import QQ, ZZ
    from sympy.polys.matrices import DomainMatrix

    if all(isinstance(entry, int) for entry in A.flat):  # fewer greatest common divisors
        return DomainMatrix([[ZZ(entry) for entry in row] for row in A], A.shape, ZZ)
    rows = [[QQ(entry.numerator, entry.denominator) for entry in row] for row in A]
    return DomainMatrix(rows, A.shape, QQ)
