"""Inputs moved by the backward error of an operation, and results moved by its last rounding.

Sums: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., sections 3 and 4; solutions 9.3, Cholesky 10.1.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import sqrt
from typing import Any

import numpy as np

from .noise import Array, Noise
from .rules import EXPONENTIAL, SPECIAL, VANISHING, Rule

BLOCK = 16
"""How many numbers a library adds in a row before it adds sums: 16 in numpy's and torch's blocks."""

PRODUCTS = frozenset({"dot", "vdot", "inner", "matmul"})
SUMS = PRODUCTS | {"sum", "nansum", "mean", "nanmean", "cumsum"}

HALF_DIGITS = 2.0**-26
"""What is taken for the accuracy of foreign code, relative to the largest number that goes in or comes out."""


def moved_inputs(noise: Noise, rule: Rule, arrays: Sequence[Array], length: int, site: Hashable) -> list[Array]:
    """The inputs of an operation, off by what its roundings amount to.

    Args:
        noise: of this run.
        rule: the operation's.
        arrays: its floating or complex inputs in their order; a matrix that is factorised comes first.
        length: how many products are summed for one result.
        site: which operation it is.
    """
    if rule.inputs in {"", "entries"}:
        ulps = sqrt(min(length, BLOCK) if rule.sums == "short" else length if rule.sums == "long" else 1)
        return [_entries(noise, rule, a, ulps, (site, i)) for i, a in enumerate(arrays)]
    matrix, *others = arrays
    if matrix.ndim >= 2:
        matrix = _alike(matrix, noise.around(matrix, np.finfo(matrix.dtype).eps * _radius(rule, matrix)))
    else:
        matrix = noise.array(matrix, (site, 0))
    return [matrix, *(noise.array(a, (site, i + 1)) for i, a in enumerate(others))]


def moved_result(
    noise: Noise,
    rule: Rule,
    result: Array,
    length: int,
    site: Hashable,
    grain: float = 1.0,
    radius: Array | None = None,
) -> Array:
    """A result moved by its own rounding, and by that of the sums in it; see :func:`sum_radius`.

    What is rounded to fewer digits than it is kept in, by the factor ``grain``, is summed in more.
    """
    moved = noise.array(result, site, rule.ulps, length if rule.sums == "long" and grain == 1 else 0, grain)
    if rule.absolute:
        radius = np.full(result.shape, rule.absolute * np.finfo(result.dtype).eps)
    return moved if radius is None else noise.around(moved, radius.reshape(result.shape))


def sum_radius(rule: Rule, name: str, inputs: Sequence[Array], axes: Any) -> Array | None:
    """How far off a sum is for the size of its partial sums, which sorted terms make larger than their sum.

    Args:
        rule: of the operation.
        name: of the operation.
        inputs: its numbers.
        axes: along which is summed: an integer, several, or None for all.

    Returns:
        One radius for each result, or None where the operation is no plain sum.
    """
    if name not in SUMS or not inputs or not inputs[0].size:
        return None
    terms = inputs[0]
    if name in PRODUCTS:
        if [x.ndim for x in inputs] != [1, 1] or len(inputs[0]) != len(inputs[1]):
            return None
        terms = inputs[0].astype(np.result_type(inputs[0], float)) * inputs[1]
    if axes is None:
        axes = tuple(range(terms.ndim))
    axes = [axis % max(1, terms.ndim) for axis in np.atleast_1d(axes)] if terms.ndim else []
    eps = np.finfo(inputs[0].dtype).eps
    terms = np.moveaxis(terms, axes, range(-len(axes), 0))
    kept = terms.shape[: terms.ndim - len(axes)]
    sums = np.abs(np.cumsum(terms.reshape((*kept, -1)), axis=-1, dtype=np.result_type(terms, float)))
    if name == "cumsum":
        return eps * np.moveaxis(np.sqrt(np.cumsum(sums**2, axis=-1)), -1, axes[0] if axes else 0)
    size = 2 * sums.max(-1) if rule.sums == "short" else np.sqrt((sums**2).sum(-1))
    return np.asarray(eps * size / (sums.shape[-1] if "mean" in name else 1))


def vanished(noise: Noise, name: str, result: Array, inputs: Sequence[Any]) -> Array:
    """Zeros that are numbers too small for floating point, made 0 or the smallest one."""
    if name not in VANISHING or not result.size or np.all(result):
        return result
    nonzero = [np.asarray(x) != 0 for x in inputs]
    try:
        factors = np.broadcast_to(np.logical_and.reduce(nonzero), result.shape)
    except ValueError:  # a product of many
        factors = np.full(result.shape, all(map(np.all, nonzero)))
    return noise.vanished(result, (result == 0) & (factors | (name in EXPONENTIAL)))


def foreign(noise: Noise, result: Array, inputs: Sequence[Array]) -> Array:
    """What unknown code gave, good to half of its digits."""
    sizes = [float(np.max(np.abs(a))) for a in (result, *inputs) if a.size]
    return noise.around(result, HALF_DIGITS * max((s for s in sizes if np.isfinite(s)), default=0.0))


def _entries(noise: Noise, rule: Rule, a: Array, ulps: float, site: Hashable) -> Array:
    moved = noise.array(a, site, ulps)
    # Domains end at integers: erfinv of an ulp more than 1 is not defined.
    return np.where(np.rint(a.real) == a, a, moved) if rule is SPECIAL else moved


def _radius(rule: Rule, a: Array) -> Array | float:
    """By how much the entries of a stack of matrices are off, in units of eps."""
    if rule.inputs == "diagonal":
        root = np.sqrt(np.abs(np.diagonal(a, axis1=-2, axis2=-1)))
        return sqrt(a.shape[-1]) * root[..., :, None] * root[..., None, :]
    if rule.inputs == "factors" and np.isfinite(a).all():
        from scipy.linalg import lu

        p, lower, upper = lu(a)
        return np.asarray(p @ np.abs(lower) @ np.abs(upper)).real
    # A matrix of independent entries of size r has the norm 2 r sqrt(n), about.
    norm = np.sqrt(np.sum(np.abs(a) ** 2, axis=(-2, -1), keepdims=True))
    return norm / sqrt(max(1, min(a.shape[-2:])))


def _alike(matrix: Array, moved: Array) -> Array:
    """Symmetric where the matrix is: factorisations of symmetric matrices keep them so."""
    mirrored = np.conj(np.swapaxes(matrix, -1, -2))
    if matrix.shape[-1] != matrix.shape[-2] or not np.array_equal(matrix, mirrored):
        return moved
    return np.tril(moved) + np.conj(np.swapaxes(np.tril(moved, -1), -1, -2))
