"""The pass side of a trend: does the ratio settle, towards one end of one axis?"""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np

from lemmata.statistics.growth import Growth, compared_rungs, draws_to_exclude, margins
from lemmata.statistics.hits import still_rises
from lemmata.statistics.ladders import Ladder
from lemmata.statistics.quantiles import min_draws, quantile_bounds
from lemmata.statistics.rises import Floats, least_rise, resolved
from lemmata.statistics.transients import still_to_fall
from lemmata.vocabulary.verdict import Finding, Verdict


def settles(ladder: Ladder, diverged: list[int], resolution: float, alpha: float, alpha_pass: float) -> Finding:
    """Is the exponent of the (1 - delta)-quantile below the resolution?

    The exponent is that of the ratios less the medians of the other axes. Where axes interact those differ from the
    ratios as they are, so that the estimates of these must not contradict.

    Args:
        ladder: the draws.
        diverged: how many of them were infinite, rung by rung.
        resolution: the exponent that must not pass.
        alpha: error of the drift that is mentioned.
        alpha_pass: error of a pass.
    """
    if missing := _too_few(ladder, diverged, alpha_pass):
        return missing
    growth = ladder.growth(alpha, alpha_pass, resolution)
    raw, drift = _estimate(ladder, resolution), _drift(ladder, alpha)
    facts = ladder.facts(growth) | {"alpha_pass": alpha_pass, "resolution": resolution, "as_they_are": raw}
    tau, factor = float(ladder.levels[-1]), f"{ladder.transient.factor:g}"
    among = "" if len(ladder.others) == 0 else ", less the medians of the other axes"
    if growth.hi < resolution and raw < resolution:
        why = f"no growth {ladder.where}: exponent below {growth.hi:.3f} at the {tau:g}-quantile{among}"
        if growth.hi_raw < 0:
            why += f", loose by at least {ladder.axis}^{ladder.sign * growth.hi_raw:.2f} on the measured range"
        if drift > 0:
            why += f", with a drift on the measured range that a transient of factor {factor} can explain"
        return Finding(Verdict.HOLDS_UP_TO_CONSTANT, why, facts)
    if growth.hi < resolution:
        why = (
            f"{ladder.where}: the axes interact: less the medians of the other axes the exponent is below "
            f"{growth.hi:.3f}, of the ratios as they are it is estimated as {raw:.3f}; sweep fewer axes at a time"
        )
        return Finding(Verdict.INCONCLUSIVE, why, facts)
    enough = draws_to_exclude(ladder.adjusted, ladder.scales, ladder.levels, resolution, alpha_pass, ladder.transient)
    remedy = f"about {enough} draws per rung would exclude" if enough else "only a longer ladder would exclude"
    seen = "no growth seen"
    if drift > 0:
        seen = f"grows by at least {drift:.3f} on the measured range, as a transient of factor {factor} can"
    why = (
        f"{ladder.where}: {seen}; exponents up to {growth.hi:.3f} are not excluded{among}; {remedy} {resolution:g}, "
        f"has {ladder.thinnest}"
    )
    return Finding(Verdict.INCONCLUSIVE, why, facts | {"draws_needed": enough})


def without_noise(ladder: Ladder, resolution: float) -> Finding:
    """The decision where each number is exact: the largest ratio of each rung takes the place of a quantile."""
    u = np.log(ladder.scales / ladder.scales[0])
    top = np.array([float(np.max(group)) for group in ladder.groups])
    rising = [i for i in range(u.size - 1) if still_rises(top[i:], u[i:], ladder.transient.rise)]
    slope = float(np.polyfit(u, top, 1)[0])
    if rising:
        first = max(rising, key=lambda i: top[-1] - top[i])
        rise, span = float(top[-1] - top[first]), float(u[-1] - u[first])
        why = (
            f"grows {ladder.where}: the ratio rises {exp(min(rise, 700.0)):.3g}-fold from {ladder.values[first]:g} to "
            f"{ladder.values[-1]:g}, a transient may {ladder.transient.factor:g}-fold"
        )
        growth = Growth(slope, (rise - ladder.transient.rise) / span, np.inf, rise / span, rise / span, 1.0)
        return Finding(Verdict.TREND, why, ladder.facts(growth) | {"breakdown_factor": exp(min(rise, 700.0))})
    margin = margins(ladder.scales, ladder.transient, resolution)
    best = int(np.argmax(margin[:-1]))
    fall = float(still_to_fall(ladder.transient, ladder.scales)[best])
    raw = float(top[-1] - top[0]) / float(u[-1])
    growth = Growth(slope, -np.inf, (top[-1] - top[best] + fall) / float(u[-1] - u[best]), raw, raw, 1.0)
    facts = ladder.facts(growth) | {"resolution": resolution}
    if growth.hi < resolution:
        why = f"no growth {ladder.where}: exponent below {growth.hi:.3f} of the largest ratio of each rung, no noise"
        return Finding(Verdict.HOLDS_UP_TO_CONSTANT, why, facts)
    why = (
        f"{ladder.where}: exponents up to {growth.hi:.3f} are not excluded, though there is no noise; only a longer "
        f"ladder would exclude {resolution:g}"
    )
    return Finding(Verdict.INCONCLUSIVE, why, facts | {"draws_needed": None})


def _drift(ladder: Ladder, alpha: float) -> float:
    """Least slope from the first rung to the last that the draws show, at the highest quantile that they resolve."""
    near, far, levels = ladder.groups[0], ladder.groups[-1], (float(ladder.levels[0]), float(ladder.levels[-1]))
    shown = resolved(near.size, levels, alpha)
    span = float(np.log(ladder.scales[-1] / ladder.scales[0]))
    return least_rise(near, far, shown, alpha) / span if shown else -np.inf


def _estimate(ladder: Ladder, resolution: float) -> float:
    """The largest exponent that the ratios as they are leave open, were their estimates exact."""
    rungs = compared_rungs([group.size for group in ladder.groups], ladder.scales, ladder.transient, resolution)
    u, q = np.log(ladder.scales / ladder.scales[0]), ladder.quantiles
    weights = np.array([ladder.groups[i].size for i in rungs], np.float64)
    falls = still_to_fall(ladder.transient, ladder.scales)[rungs]
    return float(weights @ (q[-1] - q[rungs] + falls) / (weights @ (u[-1] - u[rungs])))


def _too_few(ladder: Ladder, diverged: list[int], alpha_pass: float) -> Finding | None:
    """Why the draws cannot bound the (1 - delta)-quantile from above on every rung, if they cannot."""
    rungs = zip(ladder.groups, ladder.levels, ladder.values, diverged, strict=True)
    for group, level, value, infinite in rungs:
        needed = min_draws(float(level), alpha_pass)
        facts: dict[str, Any] = {"axis": ladder.axis, "draws_per_rung": group.size, "draws_needed": needed}
        if group.size < needed:
            why = f"{ladder.where}: bounding the {level:g}-quantile needs {needed} draws per rung, has {group.size}"
            return Finding(Verdict.INCONCLUSIVE, why, facts)
        ratios: Floats = np.sort(group)
        ratios[group.size - infinite :] = np.inf
        if quantile_bounds(ratios, float(level), alpha_pass).high == np.inf:
            why = (
                f"{ladder.where}: {infinite} of {group.size} draws diverged at {value:g}, too many to bound the "
                f"{level:g}-quantile; more draws would decide whether it is finite"
            )
            return Finding(Verdict.INCONCLUSIVE, why, facts)
    return None
