"""Growth under a regime with an unspecified constant, kappa = m / g(...) >= C_0: the claim is that some C_0 exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lemmata.statistics.constants import regime_constant
from lemmata.statistics.quantiles import min_draws
from lemmata.statistics.trend import judge_trend
from lemmata.vocabulary.transient import Toward
from lemmata.vocabulary.verdict import Finding, Verdict, most_severe

# Where C_0 cannot be fitted, the part of the error that growth along kappa itself may spend.
_ALONG_KAPPA = 0.1


def judge_regime(
    y: ArrayLike,
    axes: Mapping[str, ArrayLike],
    delta: ArrayLike,
    *,
    kappa: str = "kappa",
    alpha: float = 1e-3,
    toward: Mapping[str, Toward] | None = None,
    terms: tuple[ArrayLike, ArrayLike] | None = None,
    drawn: bool = True,
    **settings: Any,
) -> list[Finding]:
    """Judge "for some C_0 and C, Q <= C B wherever kappa >= C_0"; kappa is one of the axes.

    Growth that is seen at all kappa together may be that of kappa too small. Where the draws suffice, C_0 is fitted on
    every other draw and the rest judged beyond it, with half of the error each. Else nothing but the largest kappa
    alone can show growth along another axis; only growth along kappa itself is the same whatever C_0 is.

    Args:
        y: log ratios, shape [N].
        axes: name -> the scale of each draw, shape [N]; kappa among them.
        delta: probability with which the bound may fail, one number or one per draw.
        kappa: name of the axis, which is judged towards infinity.
        alpha: probability of a false TREND.
        toward: see `judge_trend`.
        terms: see `judge_trend`.
        drawn: see `judge_trend`.
        settings: other arguments of `judge_trend`.

    Raises:
        ValueError: as `judge_trend`, or if kappa is no axis.
    """
    if kappa not in axes:
        raise ValueError(f"{kappa!r} is not one of the axes {tuple(axes)}")
    y = np.asarray(y, np.float64)
    columns = {name: np.asarray(x, np.float64) for name, x in axes.items()}
    deltas = np.broadcast_to(np.asarray(delta, np.float64), y.shape)
    ends: dict[str, Toward] = {**(toward or {}), kappa: "inf"}
    fit = np.arange(y.size) % 2 == 0
    fits = drawn and y.size > 0 and _enough_to_fit(columns[kappa][fit], deltas[fit], alpha)
    part = 1 / 2 if fits else _ALONG_KAPPA
    settings |= {"drawn": drawn}
    findings = judge_trend(y, axes, delta, alpha=part * alpha, toward=ends, terms=terms, **settings)
    if most_severe(findings).verdict is not Verdict.TREND:
        return findings

    if fits:
        regime = regime_constant(columns[kappa][fit], y[fit], deltas[fit], alpha / 2)
        if regime.C0 is None:
            return _doubted(findings, kappa, "no C_0 could be fitted: too many draws diverged")
        if columns[kappa].min() >= regime.C0:
            return findings
        keep, why = ~fit & (columns[kappa] >= regime.C0), f"kappa >= {regime.C0:g}, the fitted C_0 of the regime"
    else:
        if any(finding.facts.get("axis") == kappa for finding in findings if finding.verdict is Verdict.TREND):
            return findings
        top = columns[kappa].max()
        keep, why = columns[kappa] == top, f"kappa = {top:g} alone: the draws are too few to fit C_0"
    rest = _rest(columns, keep, settings, ends)
    chosen = None if terms is None else (np.asarray(terms[0])[keep], np.asarray(terms[1])[keep])
    again = judge_trend(
        y[keep], rest.pop("axes"), deltas[keep], alpha=(1 - part) * alpha, terms=chosen, strata=fits, **rest
    )
    if not fits and most_severe(again).verdict is not Verdict.TREND:
        again += _doubted([f for f in findings if f.verdict is Verdict.TREND], kappa, f"not shown at {why}")
    return [*again, Finding(Verdict.HOLDS, f"judged at {why}")]


def _enough_to_fit(kappa: NDArray[np.float64], delta: NDArray[np.float64], alpha: float) -> bool:
    rungs, counts = np.unique(kappa, return_counts=True)
    needed = [min_draws(1 - float(np.mean(delta[kappa == k])), alpha / 2 / rungs.size) for k in rungs]
    return bool(np.all(counts >= needed))


def _doubted(findings: list[Finding], kappa: str, why: str) -> list[Finding]:
    """Growth that may be that of kappa too small is no trend."""
    return [
        Finding(Verdict.INCONCLUSIVE, f"{f.why}; {why}, and a larger {kappa} could help", f.facts)
        if f.verdict is Verdict.TREND
        else f
        for f in findings
    ]


def _rest(
    columns: Mapping[str, NDArray[np.float64]],
    keep: NDArray[np.bool_],
    settings: Mapping[str, Any],
    toward: Mapping[str, Toward],
) -> dict[str, Any]:
    """Arguments for the draws that are kept: of the axes those that still vary."""
    axes = {name: x[keep] for name, x in columns.items() if np.unique(x[keep]).size > 1}
    transients = {name: each for name, each in (settings.get("transients") or {}).items() if name in axes}
    return {
        **settings,
        "axes": axes,
        "transients": transients,
        "toward": {name: end for name, end in toward.items() if name in axes},
    }
