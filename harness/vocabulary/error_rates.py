"""The two error rates of a verdict, and how they are shared across the claims of a suite and the nights of a claim."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

ALPHA = 1e-3
"""The most that a true claim risks to be accused, where chance is in the verdict."""

ROUNDING = 1e-4
"""The most with which rounding may be taken for a failure, in all trials of a bound together, where one refutes it."""

ALPHA_PASS = 1e-2
"""The most that a claim which is false by the stated resolution may hope to pass."""


def slack(delta: float) -> float:
    """How likely each failure may be rounding, where they are counted: a hundredth of delta, which is raised by it."""
    return min(delta, 1 - delta) / 100


def e_bh(e_values: Mapping[str, float], fdr: float = 0.05) -> list[str]:
    """Claims to list as refuted, strongest evidence first, with false discovery rate at most `fdr`.

    Valid whatever the dependence between the claims (Wang and Ramdas 2022): the k largest e-values are listed
    for the largest k whose k-th is at least M / (k fdr).

    Args:
        e_values: claim -> e-value against it.
        fdr: expected share of true claims in the list, inside (0, 1).
    """
    names = sorted(e_values, key=lambda name: e_values[name], reverse=True)
    last = 0
    for k, name in enumerate(names, start=1):
        if e_values[name] * k * fdr >= len(names):
            last = k
    return names[:last]


def calibrate(p: float) -> float:
    """An e-value from a p-value, 1 / (2 sqrt p): its mean is one when p is uniform (Vovk and Wang 2021).

    Raises:
        ValueError: if p is not in (0, 1].
    """
    if not 0 < p <= 1:
        raise ValueError(f"a p-value lies in (0, 1], got {p}")
    return 0.5 / sqrt(p)


def spend(alpha: float, look: int) -> float:
    """Error for look 0, 1, 2, ... at growing data: alpha / ((k + 1)(k + 2)), which sums to alpha.

    Look when the number of draws has doubled: ten looks last for 512 nights.

    Raises:
        ValueError: if look is negative.
    """
    if look < 0:
        raise ValueError(f"looks are counted from 0, got {look}")
    return alpha / ((look + 1) * (look + 2))
