"""Does an absolute constant exist? Trend along the axes of a factorial of ladders.

"There is a C with Q <= C B" cannot be refuted on a bounded region: the largest ratio seen is such a C. What can be
refuted is that the ratio settles. The null of a TREND is that towards an end of an axis no quantile of y = log(Q / B)
up to 1 - delta rises by more than log(factor) (see `Transient`): a TREND says that the ratio rises by more than the
factor, and is rising still. The smallest exponent that can show is so log(factor) / log(s_max / s_min): with the
factor 2, 1/2 on a ladder that spans 4, 1/4 on 16, 0.15 on 100, 0.1 on 1000.

The null of a pass is that the (1 - delta)-quantile grows with an exponent of at least `resolution` beneath a fall of
the class. What rejects neither is INCONCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log

import numpy as np
from numpy.typing import ArrayLike

from lemmata.statistics.growth import RESOLUTION, Growth
from lemmata.statistics.hits import Hit, hits
from lemmata.statistics.ladders import (
    Design,
    Ladder,
    checked_design,
    correlations,
    cut,
    settled,
)
from lemmata.statistics.rises import Floats, log_tail
from lemmata.statistics.settling import settles, without_noise
from lemmata.statistics.shapes import shape
from lemmata.statistics.shares import of_one_end, shares
from lemmata.vocabulary.transient import End, Toward, Transient
from lemmata.vocabulary.verdict import Finding, Verdict

# Beyond this correlation of two axes their effects cannot be removed from each other.
_TOGETHER = 0.5
# A term is left along an axis if its share of the draws falls by more than this.
_LEFT = 0.1


def judge_trend(
    y: ArrayLike,
    axes: Mapping[str, ArrayLike],
    delta: ArrayLike,
    *,
    resolution: float = RESOLUTION,
    alpha: float = 1e-3,
    alpha_pass: float = 1e-2,
    transients: Mapping[str, Transient] | None = None,
    toward: Mapping[str, Toward] | None = None,
    power: float = 1.0,
    terms: tuple[ArrayLike, ArrayLike] | None = None,
    drawn: bool = True,
    strata: bool = True,
) -> list[Finding]:
    """Judge "Q <= C B with probability 1 - delta, for an absolute constant C" on independent draws.

    Args:
        y: log(Q/B) for an upper bound, log(B/Q) for a lower bound; one number per trial, shape [N]. +inf is a
            diverged trial, -inf a quantity that was zero.
        axes: name -> the scale of each draw, shape [N]: a ladder of at least three rungs, drawn independently
            of the other axes.
        delta: probability with which the bound may fail, inside (0, 1): one number, or one per draw, shape [N].
        resolution: smallest exponent that must not pass.
        alpha: probability of a false TREND, shared by all tests (see shares.py).
        alpha_pass: probability of a pass although some exponent is `resolution` or more.
        transients: name -> what does not count as growth along that axis; `Transient()` where unnamed.
        toward: name -> towards which end of that axis growth is sought; ``"inf"`` where unnamed.
        power: the quantity is this power of the thing: ratios, exponents and factors are those of the thing.
        terms: for a bound that is a sum, of each draw the number of its largest term and y against that term
            alone, both of shape [N]: a trend is judged where each term dominates.
        drawn: were the trials drawn at random? Without randomness each number is exact, and the largest of a rung is
            compared; no error is left to be shared.
        strata: also test every axis within the low and the high half of each other axis.

    Returns:
        Findings, largest rise first; `most_severe` of them is the verdict. A finding on an axis names it in
        `facts["axis"]` and carries the growth as a dict in `facts["growth"]`.

    Raises:
        ValueError: if an axis does not fit y or is not positive, `transients` or `toward` names an unknown axis,
            delta is not inside (0, 1), or power is not positive.
    """
    design = checked(y, axes, delta, transients, toward, power)
    y, n = design.y, design.y.size
    if n == 0:
        return [Finding(Verdict.VACUOUS, "no draw satisfied the regime: nothing was measured", {"draws": 0})]
    if np.isnan(y).any():
        return [Finding(Verdict.ERROR, f"{np.isnan(y).sum()} of {n} ratios are NaN", {"nan": int(np.isnan(y).sum())})]
    if np.isneginf(y).all():
        return [Finding(Verdict.VACUOUS, f"the ratio was zero in all {n} draws: nothing was measured", {"draws": n})]
    if not axes:
        return [Finding(Verdict.INCONCLUSIVE, "no axis was swept: growth needs one with at least 3 rungs")]

    ends = axis_ends(design, toward)
    part = of_one_end(alpha, len(ends))
    found = [*_divergence(design, part, drawn), *_confounding(design.scales)]
    whole = Design(settled(y), design.scales, design.delta)
    for axis, end in ends:
        transient = (transients or {}).get(axis, Transient())
        ladder = cut(whole, axis, end, transient)
        if ladder.values.size < 3:
            why = f"{ladder.where}: growth needs at least 3 rungs, has {ladder.values.size}"
            found.append(Finding(Verdict.INCONCLUSIVE, why, {"axis": axis, "rungs": ladder.values.tolist()}))
        elif not drawn:
            found.append(without_noise(ladder, resolution))
        else:
            regions = [whole] if terms is None else list(_regions(whole, ladder, terms, power))
            trends = [hit for region in regions if (hit := _trend(region, ladder, part / len(regions), power, strata))]
            diverged = [int(np.isposinf(y[design.scales[axis] == value]).sum()) for value in ladder.values]
            found += trends or [settles(ladder, diverged, resolution, part, alpha_pass)]
    return sorted(found, key=lambda finding: -finding.facts.get("breakdown_factor", 0.0))


def axis_ends(design: Design, toward: Mapping[str, Toward] | None) -> list[tuple[str, End]]:
    """The ends of all axes that are judged."""
    ends: list[tuple[str, End]] = []
    for axis in design.scales:
        where = (toward or {}).get(axis, "inf")
        ends += [(axis, "inf")] if where in {"inf", "both"} else []
        ends += [(axis, "0")] if where in {"0", "both"} else []
    return ends


def without_polylog(y: ArrayLike, scale: ArrayLike, k: float) -> Floats:
    """What is left of y = log(Q/B) after k factors of log s, for bounds with a tilde: y - k log log s.

    Raises:
        ValueError: if a scale is not above 1.
    """
    scale = np.asarray(scale, np.float64)
    if not np.all(scale > 1):
        raise ValueError(f"log log s needs scales above 1, got {np.min(scale)}")
    return np.asarray(np.asarray(y, np.float64) - k * np.log(np.log(scale)))


def checked(
    y: ArrayLike,
    axes: Mapping[str, ArrayLike],
    delta: ArrayLike,
    transients: Mapping[str, Transient] | None,
    toward: Mapping[str, Toward] | None,
    power: float,
) -> Design:
    """The draws as a design, y of the thing whose power was measured.

    Raises:
        ValueError: see `judge_trend`.
    """
    for what, named in (("transients", transients), ("ends", toward)):
        if unknown := set(named or {}) - set(axes):
            raise ValueError(f"{what} are declared for {sorted(unknown)}, but the axes are {tuple(axes)}")
    if strange := set((toward or {}).values()) - {"inf", "0", "both"}:
        raise ValueError(f"an axis is judged towards 'inf', '0' or 'both', got {sorted(map(str, strange))}")
    if not 0 < power < np.inf:
        raise ValueError(f"the power of a quantity is positive and finite, got {power}")
    design = checked_design(y, axes, delta)
    return Design(design.y / power, design.scales, design.delta)


def _regions(whole: Design, ladder: Ladder, terms: tuple[ArrayLike, ArrayLike], power: float) -> list[Design]:
    """Where each term of a bound is the largest, with the ratio to that term.

    A term that is left towards the end of the axis, because others outgrow it, says nothing of the limit there.
    """
    largest, against = np.asarray(terms[0]), settled(np.asarray(terms[1], np.float64) / power)
    x = whole.scales[ladder.axis]
    near, far = (largest[x == ladder.values[rung]] for rung in (0, -1))
    kept = [k for k in np.unique(largest) if np.mean(far == k) >= np.mean(near == k) - _LEFT]
    return [Design(against, whole.scales, whole.delta).where(largest == k) for k in kept]


def _trend(region: Design, ladder: Ladder, part: float, power: float, strata: bool) -> Finding | None:
    """TREND, if a test finds growth; the largest rise speaks for all."""
    here = cut(region, ladder.axis, ladder.end, ladder.transient)
    if here.values.size < 3:
        return None
    parts = shares(part, len(here.others) if strata else 0, here.values.size)
    found = list(hits(region, here, parts))
    return _grows(here, max(found, key=lambda hit: hit.rise), power) if found else None


def _grows(ladder: Ladder, hit: Hit, power: float) -> Finding:
    values, span = ladder.values, float(np.log(ladder.scales[-1] / ladder.scales[hit.first]))
    factor, allowed = exp(min(hit.rise, 700.0)), ladder.transient.factor
    exponent = (hit.rise - ladder.transient.rise) / span
    name = shape(ladder.groups, ladder.scales, float(ladder.levels[-1]), ladder.transient.rate)
    of = "the ratio" if power == 1 else f"the ratio to the power 1/{power:g}"
    who = "half of the pairs that differ in it alone" if hit.test == "pairs" else f"its {hit.test}"
    where = ladder.where + (f" where {hit.half}" if hit.half else "")
    why = (
        f"grows {where}: {of} rises at least {factor:.3g}-fold from {values[hit.first]:g} to {values[-1]:g} "
        f"({who}), a transient may {allowed:g}-fold; exponent at least {exponent:.3f}, shape {name}"
    )
    growth = Growth(
        est=float((ladder.quantiles[-1] - ladder.quantiles[hit.first]) / span),
        lo=exponent,
        hi=np.inf,
        lo_raw=hit.rise / span,
        hi_raw=np.inf,
        tau=float(ladder.levels[-1]),
    )
    facts = {
        "test": hit.test, "stratum": hit.half, "alpha": hit.alpha, "shape": name, "breakdown_factor": factor,
        "used": hit.draws,
    }  # fmt: skip
    return Finding(Verdict.TREND, why, ladder.facts(growth) | facts)


def _divergence(design: Design, alpha: float, drawn: bool) -> list[Finding]:
    """If more than a fraction delta of the ratios is infinite, no constant will do."""
    k, n, delta = int(np.isposinf(design.y).sum()), design.y.size, float(np.mean(design.delta))
    if k == 0 or (drawn and log_tail(n, delta)[k] > log(alpha)):
        return []
    allowed = f", the bound may fail in a fraction {delta:g}" if drawn else ""
    why = f"{k} of {n} draws diverged{allowed}: no constant fits"
    return [Finding(Verdict.TREND, why, {"draws": n, "diverged": k, "alpha": alpha})]


def _confounding(scales: Mapping[str, Floats]) -> list[Finding]:
    """Pairs of axes that moved together: growth along one could hide behind decay along the other."""
    return [
        Finding(
            Verdict.INCONCLUSIVE,
            f"{a} and {b} moved together (correlation {r:.2f}): draw their rungs independently",
            {"axes": [a, b], "correlation": r},
        )
        for a, b, r in correlations(scales)
        if abs(r) > _TOGETHER
    ]
