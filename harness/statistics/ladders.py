"""The draws of a factorial of ladders, cut along one axis at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lemmata.statistics.growth import Growth, growth_interval
from lemmata.statistics.quantiles import effective_level, resolvable
from lemmata.vocabulary.transient import Transient

Floats = NDArray[np.float64]

# A diverged draw counts as a ratio e^10 times the largest finite one.
_DIVERGED = 10.0


@dataclass(frozen=True)
class Ladder:
    """The draws along one axis, rung by rung, perhaps within one half of another axis.

    Attributes:
        axis: name of the axis.
        stratum: which half of which other axis; empty for all draws.
        scales: the rungs, increasing, shape [R].
        groups: R arrays of y, finite, less the main effects of the other axes.
        transient: what does not count as growth along this axis.
        alpha: error allowed to one test of growth.
    """

    axis: str
    stratum: str
    scales: Floats
    groups: list[Floats]
    transient: Transient
    alpha: float

    @property
    def where(self) -> str:
        """The place in words."""
        return f"along {self.axis}" + (f" where {self.stratum}" if self.stratum else "")

    @property
    def thinnest(self) -> int:
        """Draws of the rung that has fewest."""
        return min(group.size for group in self.groups)

    def growth(self, tau: float, alpha_pass: float) -> Growth:
        """Growth interval with the ladder's own error below and alpha_pass above."""
        return growth_interval(self.groups, self.scales, tau, self.alpha, alpha_pass, self.transient)

    def growths(self, delta: float, alpha_pass: float) -> Iterator[Growth]:
        """Growth of the highest quantile up to 1 - delta that the draws resolve, and of the median."""
        n = self.thinnest
        for tau in dict.fromkeys([effective_level(n, delta, self.alpha), 0.5]):
            if tau is not None and tau <= 1 - delta and resolvable(n, tau, self.alpha):
                yield self.growth(tau, alpha_pass)

    def facts(self, growth: Growth) -> dict[str, Any]:
        """The numbers behind a finding on this ladder."""
        return {
            "axis": self.axis,
            "stratum": self.stratum,
            "rungs": self.scales.tolist(),
            "draws": sum(group.size for group in self.groups),
            "transient": asdict(self.transient),
            "growth": asdict(growth),
        }


def checked_design(y: ArrayLike, axes: Mapping[str, ArrayLike]) -> tuple[Floats, dict[str, Floats]]:
    """Draws and the scale of each draw on every axis, as float arrays of one shape [N].

    Raises:
        ValueError: if an axis does not fit y or is not positive and finite.
    """
    y = np.asarray(y, np.float64)
    scales = {name: np.asarray(scale, np.float64) for name, scale in axes.items()}
    for name, scale in scales.items():
        if y.ndim != 1 or scale.shape != y.shape:
            raise ValueError(f"axis {name!r} needs one scale per draw: got {scale.shape} for y of {y.shape}")
        if not np.all((scale > 0) & np.isfinite(scale)):
            raise ValueError(f"axis {name!r} needs positive finite scales, got {scale.min()} to {scale.max()}")
    return y, scales


def main_tests(scales: Mapping[str, Floats], strata: bool) -> int:
    """Shares of alpha: two quantiles per axis and one test of divergence; strata take as much again."""
    return (2 * len(scales) + 1) * (2 if strata and len(scales) > 1 else 1)


def cut_ladders(
    y: Floats, scales: Mapping[str, Floats], axis: str, alpha: float, transient: Transient, strata: bool
) -> list[Ladder]:
    """The ladder of an axis on all draws, then within the low and the high half of every other axis.

    Args:
        y: draws, shape [N], no NaN.
        scales: name -> scale of each draw, shape [N].
        axis: the axis to cut along.
        alpha: error of the whole claim, of which each ladder gets its share.
        transient: what does not count as growth along the axis.
        strata: cut the halves as well: growth that lives in one corner is diluted in the whole.
    """
    x, others = scales[axis], [name for name in scales if name != axis]
    rungs = np.unique(x)
    z = _without_other_axes(_settled(y), scales, axis)
    main = alpha / main_tests(scales, strata)
    ladders = [Ladder(axis, "", rungs, [z[x == s] for s in rungs], transient, main)]
    if not strata:
        return ladders
    for name in others:
        middle = np.median(np.unique(scales[name]))
        # Half of alpha for two quantiles and two halves of every other axis, on every axis.
        share = alpha / (8 * len(scales) * len(others))
        for half, mask in (("low", scales[name] < middle), ("high", scales[name] > middle)):
            groups = [z[mask & (x == s)] for s in rungs]
            ladders.append(Ladder(axis, f"{name} is {half}", rungs, groups, transient, share))
    return ladders


def correlations(scales: Mapping[str, Floats]) -> Iterator[tuple[str, str, float]]:
    """Correlation of log scales for every pair of axes that both vary."""
    varied = {name: np.log(scale) for name, scale in scales.items() if np.ptp(scale) > 0}
    for a, b in combinations(varied, 2):
        yield a, b, float(np.corrcoef(varied[a], varied[b])[0, 1])


def _settled(y: Floats) -> Floats:
    """Replace infinities: diverged is very large; zero is the smallest ratio seen.

    Raising small ratios to a common floor changes no constant above the floor.
    """
    finite = y[np.isfinite(y)]
    if finite.size == 0:
        return np.zeros_like(y)
    return np.clip(y, finite.min(), finite.max() + _DIVERGED)


def _without_other_axes(y: Floats, scales: Mapping[str, Floats], axis: str) -> Floats:
    """Remove the main effects of the other axes by median polish: they would be noise along this one."""
    if len(scales) == 1:
        return y
    rest, removed = y.copy(), np.zeros_like(y)
    for _ in range(2):
        for name, x in scales.items():
            for s in np.unique(x):
                rung = x == s
                effect = np.median(rest[rung])
                rest[rung] -= effect
                removed[rung] += 0.0 if name == axis else effect
    return y - removed
