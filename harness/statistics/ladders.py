"""The draws of a factorial of ladders, cut along one axis at a time and read towards one of its ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lemmata.statistics.growth import Growth, growth_interval
from lemmata.statistics.quantiles import quantile_bounds
from lemmata.statistics.rises import Floats
from lemmata.vocabulary.transient import End, Transient

Integers = NDArray[np.int64]

# A diverged draw counts as a ratio e^10 times the largest finite one.
_DIVERGED = 10.0


@dataclass(frozen=True)
class Design:
    """Draws and where they were taken.

    Attributes:
        y: log ratios, finite, shape [N].
        scales: name -> scale of each draw, shape [N].
        delta: probability with which the bound may fail, of each draw, shape [N].
    """

    y: Floats
    scales: Mapping[str, Floats]
    delta: Floats

    def where(self, mask: NDArray[np.bool_]) -> Design:
        """The draws of a mask."""
        return Design(self.y[mask], {name: x[mask] for name, x in self.scales.items()}, self.delta[mask])

    @cached_property
    def codes(self) -> dict[str, Integers]:
        """Number of the rung of each draw on each axis."""
        return {name: np.unique(x, return_inverse=True)[1].astype(np.int64) for name, x in self.scales.items()}

    def without_other_axes(self, axis: str) -> Floats:
        """Draws less the main effects of the other axes, by median polish: they are noise along this one.

        What is left is additive only if the axes do not interact: a pass may rest on it, where the ratios as they are
        do not speak against it; a trend never does.
        """
        if len(self.scales) == 1:
            return self.y
        rest, removed = self.y.copy(), np.zeros_like(self.y)
        for _ in range(2):
            for name, code in self.codes.items():
                for rung in range(int(code.max(initial=-1)) + 1):
                    draws = code == rung
                    effect = np.median(rest[draws])
                    rest[draws] -= effect
                    removed[draws] += 0.0 if name == axis else effect
        return self.y - removed


@dataclass(frozen=True)
class Ladder:
    """The draws along one axis, rung by rung in the direction that is judged.

    Attributes:
        axis: name of the axis.
        end: towards which end growth is sought.
        values: the rungs as they are, in the direction that is judged, shape [R].
        groups: R arrays of y, the ratios as they are.
        adjusted: R arrays of y less the main effects of the other axes.
        levels: quantile level of each rung, 1 - delta, shape [R].
        others: names of the other axes.
        transient: what does not count as growth along this axis.
    """

    axis: str
    end: End
    values: Floats
    groups: list[Floats]
    adjusted: list[Floats]
    levels: Floats
    others: tuple[str, ...]
    transient: Transient

    @property
    def sign(self) -> int:
        """Of an exponent in powers of the axis itself."""
        return 1 if self.end == "inf" else -1

    @property
    def scales(self) -> Floats:
        """The rungs as scales that increase: their inverses towards 0."""
        return self.values if self.end == "inf" else 1 / self.values

    @property
    def where(self) -> str:
        """The place in words."""
        return f"along {self.axis}" + (" towards 0" if self.end == "0" else "")

    @property
    def thinnest(self) -> int:
        """Draws of the rung that has fewest."""
        return min(group.size for group in self.groups)

    @cached_property
    def quantiles(self) -> Floats:
        """Estimates of the (1 - delta)-quantile of the ratios as they are, shape [R]."""
        pairs = zip(self.groups, self.levels, strict=True)
        return np.array([quantile_bounds(group, level, 0.5).estimate for group, level in pairs])

    def growth(self, alpha: float, alpha_pass: float, resolution: float) -> Growth:
        """Growth of the upper quantile of the adjusted ratios."""
        return growth_interval(self.adjusted, self.scales, self.levels, alpha, alpha_pass, self.transient, resolution)

    def facts(self, growth: Growth) -> dict[str, Any]:
        """The numbers behind a finding on this ladder."""
        return {
            "axis": self.axis,
            "toward": self.end,
            "rungs": self.values.tolist(),
            "draws": sum(group.size for group in self.groups),
            "transient": asdict(self.transient),
            "growth": asdict(growth),
        }


def cut(design: Design, axis: str, end: End, transient: Transient) -> Ladder:
    """The ladder of an axis towards one of its ends."""
    x, adjusted = design.scales[axis], design.without_other_axes(axis)
    values = np.unique(x)[:: 1 if end == "inf" else -1]
    masks = [x == value for value in values]
    return Ladder(
        axis,
        end,
        values,
        [design.y[mask] for mask in masks],
        [adjusted[mask] for mask in masks],
        np.array([1 - float(np.mean(design.delta[mask])) for mask in masks]),
        tuple(name for name in design.scales if name != axis),
        transient,
    )


def halves(design: Design, axis: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The low and the high half of every other axis, in words and as a mask of the draws."""
    for name, x in design.scales.items():
        if name != axis:
            middle = np.median(np.unique(x))
            yield f"{name} is low", x < middle
            yield f"{name} is high", x > middle


def checked_design(y: ArrayLike, axes: Mapping[str, ArrayLike], delta: ArrayLike) -> Design:
    """Draws, the scale of each on every axis, and its delta, as float arrays of one shape [N].

    Raises:
        ValueError: if an axis or delta does not fit y, a scale is not positive and finite, or a delta not in (0, 1).
    """
    y = np.asarray(y, np.float64)
    scales = {name: np.asarray(scale, np.float64) for name, scale in axes.items()}
    for name, scale in scales.items():
        if y.ndim != 1 or scale.shape != y.shape:
            raise ValueError(f"axis {name!r} needs one scale per draw: got {scale.shape} for y of {y.shape}")
        if not np.all((scale > 0) & np.isfinite(scale)):
            raise ValueError(f"axis {name!r} needs positive finite scales, got {scale.min()} to {scale.max()}")
    each = np.asarray(delta, np.float64)
    if each.shape not in {(), y.shape}:
        raise ValueError(f"delta is one number or one per draw, got {each.shape} for y of {y.shape}")
    if not np.all((each > 0) & (each < 1)):
        raise ValueError(f"delta must lie inside (0, 1), got {np.min(each)} to {np.max(each)}")
    return Design(y, scales, np.array(np.broadcast_to(each, y.shape)))


def correlations(scales: Mapping[str, Floats]) -> Iterator[tuple[str, str, float]]:
    """Correlation of log scales for every pair of axes that both vary."""
    varied = {name: np.log(scale) for name, scale in scales.items() if np.ptp(scale) > 0}
    for a, b in combinations(varied, 2):
        yield a, b, float(np.corrcoef(varied[a], varied[b])[0, 1])


def settled(y: Floats) -> Floats:
    """Replace infinities: diverged is very large; zero is the smallest ratio seen.

    Raising small ratios to a common floor changes no constant above the floor.
    """
    finite = y[np.isfinite(y)]
    if finite.size == 0:
        return np.zeros_like(y)
    return np.clip(y, finite.min(), finite.max() + _DIVERGED)
