"""Does an absolute constant exist? Trend along the axes of a factorial of ladders.

"There is a C with Q <= C B" cannot be refuted on a bounded region: the largest ratio seen is such a C. What
can be refuted is that the ratio settles. On each axis the null of a TREND is

    q_tau(y | s) = c + beta log s + transient   with beta <= 0,   y = log(Q / B),   tau = 1 - delta and 1/2

(a constant for the (1 - delta)-quantile is one for every lower quantile), and the null of a pass is beta >=
resolution on some axis. What rejects neither is INCONCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lemmata.statistics.growth import Growth, breakdown_factor, draws_to_exclude
from lemmata.statistics.ladders import Floats, Ladder, checked_design, correlations, cut_ladders, main_tests
from lemmata.statistics.quantiles import min_draws, quantile_bounds
from lemmata.statistics.shapes import shape
from lemmata.vocabulary.transient import Transient
from lemmata.vocabulary.verdict import Finding, Verdict

# Beyond this correlation of two axes their effects cannot be removed from each other.
_TOGETHER = 0.5


def judge_trend(
    y: ArrayLike,
    axes: Mapping[str, ArrayLike],
    delta: float,
    *,
    resolution: float = 0.25,
    alpha: float = 1e-3,
    alpha_pass: float = 1e-2,
    transients: Mapping[str, Transient] | None = None,
    strata: bool = True,
) -> list[Finding]:
    """Judge "Q <= C B with probability 1 - delta, for an absolute constant C" on independent draws.

    Args:
        y: log(Q/B) for an upper bound, log(B/Q) for a lower bound; one number per trial, shape [N]. +inf is a
            diverged trial, -inf a quantity that was zero.
        axes: name -> the scale of each draw, shape [N]: a ladder of at least three rungs, drawn independently
            of the other axes.
        delta: probability with which the bound may fail, inside (0, 1).
        resolution: smallest exponent that must not pass.
        alpha: probability of a false TREND, shared by all tests.
        alpha_pass: probability of a pass although some exponent is `resolution` or more.
        transients: name -> what does not count as growth along that axis; `Transient()` where unnamed.
        strata: also test every axis within the low and the high half of each other axis, with half of alpha.

    Returns:
        Findings, most robust trend first; `most_severe` of them is the verdict. A finding on an axis names it
        in `facts["axis"]` and carries the interval as a dict in `facts["growth"]`.

    Raises:
        ValueError: if an axis does not fit y or is not positive, `transients` names an unknown axis, or delta
            is not inside (0, 1).
    """
    y, scales = _checked(y, axes, delta, transients)
    if y.size == 0:
        return [Finding(Verdict.VACUOUS, "no draw satisfied the regime: nothing was measured", {"draws": 0})]
    if np.isnan(y).any():
        n = int(np.isnan(y).sum())
        return [Finding(Verdict.ERROR, f"{n} of {y.size} ratios are NaN", {"draws": y.size, "nan": n})]
    if np.isneginf(y).all():
        why = f"the ratio was zero in all {y.size} draws: nothing was measured"
        return [Finding(Verdict.VACUOUS, why, {"draws": y.size})]
    if not scales:
        return [Finding(Verdict.INCONCLUSIVE, "no axis was swept: growth needs one with at least 3 rungs")]

    findings = [*_divergence(y, delta, alpha / main_tests(scales, strata)), *_confounding(scales)]
    for axis, x in scales.items():
        transient = (transients or {}).get(axis, Transient())
        whole, *parts = cut_ladders(y, scales, axis, alpha, transient, strata)
        if whole.scales.size < 3:
            why = f"{whole.where}: growth needs at least 3 rungs, has {whole.scales.size}"
            findings.append(Finding(Verdict.INCONCLUSIVE, why, {"axis": axis, "rungs": whole.scales.tolist()}))
            continue
        growths = [(ladder, g) for ladder in (whole, *parts) for g in ladder.growths(delta, alpha_pass)]
        drift = max((g.lo_raw for _, g in growths), default=-np.inf)
        findings += [_trend(ladder, g) for ladder, g in growths if g.lo > 0] or [
            _too_few(whole, y, x, delta, alpha_pass) or _ceiling(whole, delta, resolution, alpha_pass, drift)
        ]
    return sorted(findings, key=lambda finding: -finding.facts.get("breakdown_factor", 0.0))


def planted(
    y: ArrayLike,
    axes: Mapping[str, ArrayLike],
    axis: str,
    delta: float,
    *,
    exponents: Sequence[float] = (0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75),
    alpha: float = 1e-3,
    transients: Mapping[str, Transient] | None = None,
    strata: bool = True,
) -> float:
    """Smallest exponent that, added to the draws along one axis, would be called a TREND: their power.

    Arguments are those of `judge_trend`, with the axis to plant on and the exponents to try.

    Returns:
        inf if no exponent of the list would be.

    Raises:
        ValueError: as `judge_trend`, or if `axis` is not one of the axes.
    """
    y, scales = _checked(y, axes, delta, transients)
    if axis not in scales:
        raise ValueError(f"{axis!r} is not one of the axes {tuple(scales)}")
    if np.isnan(y).any() or not np.isfinite(y).any() or np.unique(scales[axis]).size < 3:
        return np.inf
    transient = (transients or {}).get(axis, Transient())
    log_t = np.log(scales[axis] / scales[axis].min())
    for beta in sorted(exponents):
        ladders = cut_ladders(y + beta * log_t, scales, axis, alpha, transient, strata)
        # The upper ends of the intervals are not used here, so neither is their error.
        if any(g.lo > 0 for ladder in ladders for g in ladder.growths(delta, alpha_pass=0.5)):
            return float(beta)
    return np.inf


def without_polylog(y: ArrayLike, scale: ArrayLike, k: float) -> Floats:
    """What is left of y = log(Q/B) after k factors of log s, for bounds with a tilde: y - k log log s.

    Raises:
        ValueError: if a scale is not above 1.
    """
    scale = np.asarray(scale, np.float64)
    if not np.all(scale > 1):
        raise ValueError(f"log log s needs scales above 1, got {np.min(scale)}")
    return np.asarray(np.asarray(y, np.float64) - k * np.log(np.log(scale)))


def _checked(
    y: ArrayLike, axes: Mapping[str, ArrayLike], delta: float, transients: Mapping[str, Transient] | None
) -> tuple[Floats, dict[str, Floats]]:
    if not 0 < delta < 1:
        raise ValueError(f"delta must lie inside (0, 1), got {delta}")
    if unknown := set(transients or {}) - set(axes):
        raise ValueError(f"transients are declared for {sorted(unknown)}, but the axes are {tuple(axes)}")
    return checked_design(y, axes)


def _trend(ladder: Ladder, growth: Growth) -> Finding:
    tau, rate = growth.tau, ladder.transient.rate
    factor = breakdown_factor(ladder.groups, ladder.scales, tau, ladder.alpha, rate)
    label = shape(ladder.groups, ladder.scales, tau, rate)
    why = (
        f"grows {ladder.where}: exponent at least {growth.lo:.3f} at the {tau:g}-quantile, shape {label}; a "
        f"transient would have to change the ratio by more than a factor {factor:g}"
    )
    facts = {"alpha": ladder.alpha, "shape": label, "breakdown_factor": factor}
    return Finding(Verdict.TREND, why, ladder.facts(growth) | facts)


def _too_few(ladder: Ladder, y: Floats, x: Floats, delta: float, alpha_pass: float) -> Finding | None:
    """Why the draws cannot bound the (1 - delta)-quantile from above on every rung, if they cannot."""
    tau, n = 1 - delta, ladder.thinnest
    needed = min_draws(tau, alpha_pass)
    facts: dict[str, Any] = {"axis": ladder.axis, "draws_per_rung": n, "draws_needed": needed}
    if n < needed:
        why = f"{ladder.where}: bounding the {tau:g}-quantile needs {needed} draws per rung, has {n}"
        return Finding(Verdict.INCONCLUSIVE, why, facts)
    for s in ladder.scales:
        rung = y[x == s]
        if quantile_bounds(rung, tau, alpha_pass).high == np.inf:
            why = (
                f"{ladder.where}: {np.isposinf(rung).sum()} of {rung.size} draws diverged at {s:g}, too many "
                f"to bound the {tau:g}-quantile; more draws would decide whether it is finite"
            )
            return Finding(Verdict.INCONCLUSIVE, why, facts)
    return None


def _ceiling(ladder: Ladder, delta: float, resolution: float, alpha_pass: float, drift: float) -> Finding:
    """The pass side: is the exponent of the (1 - delta)-quantile below the resolution?

    `drift` is the steepest slope shown on the measured range by any test of the axis.
    """
    tau, factor = 1 - delta, f"{ladder.transient.factor:g}"
    growth = ladder.growth(tau, alpha_pass)
    facts = ladder.facts(growth) | {"alpha_pass": alpha_pass, "resolution": resolution}
    if growth.hi < resolution:
        why = f"no growth {ladder.where}: exponent below {growth.hi:.3f} at the {tau:g}-quantile"
        if growth.hi_raw < 0:
            why += f", loose by at least {ladder.axis}^{growth.hi_raw:.2f} on the measured range"
        if drift > 0:
            why += f", with a drift on the measured range that a transient of factor {factor} can explain"
        return Finding(Verdict.HOLDS_UP_TO_CONSTANT, why, facts)

    n = ladder.thinnest
    enough = draws_to_exclude(ladder.groups, ladder.scales, tau, resolution, alpha_pass, ladder.transient)
    remedy = f"about {enough} draws per rung would exclude" if enough else "only a longer ladder would exclude"
    seen = "no growth seen"
    if drift > 0:
        seen = f"grows by at least {drift:.3f} on the measured range, as a transient of factor {factor} can"
    why = (
        f"{ladder.where}: {seen}; exponents up to {growth.hi:.3f} are not excluded ({growth.mde:.3f} would "
        f"be called a trend); {remedy} {resolution:g}, has {n}"
    )
    return Finding(Verdict.INCONCLUSIVE, why, facts | {"draws_needed": enough})


def _divergence(y: Floats, delta: float, alpha: float) -> list[Finding]:
    """If more than a fraction delta of the ratios is infinite, no constant will do."""
    k, n = int(np.isposinf(y).sum()), y.size
    if k == 0 or special.bdtrc(k - 1, n, delta) > alpha:
        return []
    why = f"{k} of {n} draws diverged, the bound may fail in a fraction {delta:g}: no constant fits"
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
