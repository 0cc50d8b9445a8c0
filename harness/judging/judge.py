"""From evidence to findings: one pure function a kind of statement. Knows nothing of networks."""

from __future__ import annotations

import json
import math
from collections import defaultdict

import numpy as np

from lemmata.sampling.plan import Plan
from lemmata.statistics import (
    Exceedance,
    Growth,
    growth_interval,
    judge_explicit,
    judge_probability,
    judge_separation,
    judge_trend,
    planted,
    regime_constant,
)
from lemmata.trials.evidence import Evidence
from lemmata.trials.pooling import Look, counted
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.transient import Transient
from lemmata.vocabulary.trial import Trial, log_ratio
from lemmata.vocabulary.verdict import ALPHA, ALPHA_PASS, Finding, Verdict, most_severe
from lemmata.vocabulary.words import Bound


def judge(claim: Claim, bound: Bound, evidence: Evidence) -> list[Finding]:
    """All findings of a bound; the verdict is the most severe of them.

    Args:
        claim: which says what is swept.
        bound: which says what is claimed.
        evidence: the trials.
    """
    if not evidence.plan.draws:
        return [Finding(Verdict.VACUOUS, unreached(evidence.plan))]
    if trivial := _trivial(bound, evidence):
        return [trivial]
    decide = {
        "identity": _explicit,
        "explicit": _explicit,
        "probability": _probability,
        "up_to_constant": _up_to_constant,
        "comparison": _comparison,
    }[bound.kind]
    return decide(claim, bound, evidence)


def unreached(plan: Plan) -> str:
    """Why no trial was in the regime, and how far away it is."""
    if not plan.proposed:
        return "no trial was planned"
    parts = [
        f"{reach.statement} is missed by a factor of {1 / reach.best:.3g} at best"
        if reach.best > 0
        else f"{reach.statement} is nowhere near"
        for reach in plan.reach
        if not reach.constant and reach.best < 1
    ]
    why = "; ".join(parts) or "its conditions are never met together"
    return f"no parameter that was proposed is in the regime: {why}"


def _trivial(bound: Bound, evidence: Evidence) -> Finding | None:
    """VACUOUS where the bound is beyond what its quantity can reach, in every trial."""
    if bound.cap is None:
        return None
    above = [(trial.rhs, float(bound.cap(trial.draw.point))) for trial in evidence.trials]
    telling = [rhs < cap if bound.relation == "at_most" else rhs > cap for rhs, cap in above]
    if any(telling):
        return None
    nearest = min(rhs / cap if bound.relation == "at_most" else cap / rhs for rhs, cap in above)
    return Finding(
        Verdict.VACUOUS,
        f"the bound is beyond the trivial value of its quantity in all {len(above)} trials, by a factor of "
        f"{nearest:.3g} at least: nothing that was tested could have failed",
    )


def _explicit(claim: Claim, bound: Bound, evidence: Evidence) -> list[Finding]:
    """K1 and K4: certified failures against none in n draws."""
    labels = list(evidence.certified.values())
    if evidence.hunted.smallest is not None:
        labels.append("real")
    if any(math.isinf(trial.lhs) for trial in evidence.trials):
        where = next(trial.draw.point for trial in evidence.trials if math.isinf(trial.lhs))
        return [Finding(Verdict.ERROR, f"the quantity is infinite at {where}: rescale it, or bound its logarithm")]
    n, failing = len(evidence.trials), sum(trial.margin < 0 for trial in evidence.trials)
    # Only the iid stream supports a pass; the others can refute, and count where they do.
    finding = judge_explicit(max(len(evidence.iid), len(labels)), labels, evidence.look.share * ALPHA)
    if all(trial.is_exact for trial in evidence.trials):
        why = (
            f"holds in exact arithmetic at all {n} points"
            if not failing
            else f"fails in exact arithmetic at {failing} of {n} points"
        )
    elif finding.verdict is Verdict.VIOLATED:
        real = labels.count("real")
        why = f"{failing} of {n} trials fail; {real} of the worst, examined in two precisions, are no round-off"
    else:
        return [finding]
    if not failing and evidence.hunted.smallest:
        why = f"fails at a point that a search found, though at none of the {n} that were planned"
    return [Finding(finding.verdict, why, finding.facts)]


def _probability(claim: Claim, bound: Bound, evidence: Evidence) -> list[Finding]:
    """K2: an e-process for each point, points of one delta together."""
    levels: dict[float, dict[str, tuple[int, int]]] = defaultdict(dict)
    for cell, pair in counted(evidence.counts, evidence.iid).items():
        levels[bound.delta_at(claim.params(json.loads(cell)))][cell] = pair
    findings = []
    for delta, cells in sorted(levels.items()):
        test = Exceedance(delta, tuple(cells))
        for cell, (bad, n) in cells.items():
            test.update(cell, np.arange(n) < bad, iid=True)
        findings.append(judge_probability(test, evidence.look.share * ALPHA / len(levels), ALPHA_PASS))
    return findings


def ladder_axes(claim: Claim, trials: list[Trial]) -> dict[str, np.ndarray]:
    """The value of each axis in each trial; axes that stand still are left out."""
    columns = {axis.name: np.array([float(t.draw.point[axis.name]) for t in trials]) for axis in claim.axes}
    return {name: column for name, column in columns.items() if np.unique(column).size > 1}


def log_ratios(bound: Bound, trials: list[Trial]) -> np.ndarray:
    """One y = log(quantity / bound) a trial."""
    return np.array([log_ratio(trial, bound.relation) for trial in trials])


def _transients(claim: Claim, axes: dict[str, np.ndarray]) -> dict[str, Transient]:
    return {axis.name: axis.transient for axis in claim.axes if axis.name in axes}


def _up_to_constant(claim: Claim, bound: Bound, evidence: Evidence) -> list[Finding]:
    """K3: does the ratio grow along an axis? With a frozen constant, is it exceeded?"""
    trials = evidence.iid
    delta = bound.delta_at(trials[0].draw.point)
    y, axes = log_ratios(bound, trials), ladder_axes(claim, trials)
    findings = _trend(claim, bound, y, axes, delta, evidence.look)
    kappa = axes.get("kappa")
    if kappa is not None and most_severe(findings).verdict is Verdict.TREND:
        findings = _beyond_regime_constant(claim, bound, y, axes, delta, evidence.look) or findings
    if bound.frozen is not None:
        findings += _frozen_exceeded(y, delta, bound.frozen)
    return findings + _unexercised_terms(trials)


def _frozen_exceeded(y: np.ndarray, delta: float, constant: float) -> list[Finding]:
    """Is a constant that was fixed before these draws exceeded more often than delta allows?"""
    test = Exceedance(delta, ("all",))
    test.update("all", y > math.log(constant), iid=True)
    if test.e_against() < 1 / ALPHA:
        return []
    why = f"the frozen constant {constant:g} is exceeded with probability above {delta:g}: refit it and watch"
    return [Finding(Verdict.INCONCLUSIVE, why)]


def _trend(
    claim: Claim, bound: Bound, y: np.ndarray, axes: dict[str, np.ndarray], delta: float, look: Look, part: float = 1.0
) -> list[Finding]:
    return judge_trend(
        y,
        axes,
        delta,
        resolution=bound.resolution,
        alpha=part * look.share * ALPHA,
        alpha_pass=look.share_pass * ALPHA_PASS,
        transients=_transients(claim, axes),
    )


def _beyond_regime_constant(
    claim: Claim, bound: Bound, y: np.ndarray, axes: dict[str, np.ndarray], delta: float, look: Look
) -> list[Finding] | None:
    """Fit C_0 of the regime kappa >= C_0 on half of the draws and judge the others beyond it.

    Where it cannot be fitted, a trend has to persist in the upper half of the rungs of kappa.
    """
    kappa, fit = axes["kappa"], np.arange(y.size) % 2 == 0
    regime = regime_constant(kappa[fit], y[fit], delta, look.share * ALPHA / 2)
    if regime.C0 is None:
        middle = float(np.median(np.unique(kappa)))
        why, keep = f"at kappa >= {middle:g}, half of the range: no C_0 could be fitted", kappa >= middle
    elif kappa.min() >= regime.C0:
        return None
    else:
        why, keep = f"at kappa >= {regime.C0:g}, the fitted C_0 of the regime", ~fit & (kappa >= regime.C0)
    rest = {name: column[keep] for name, column in axes.items() if np.unique(column[keep]).size > 1}
    note = Finding(Verdict.HOLDS, f"judged {why}")
    return [*_trend(claim, bound, y[keep], rest, delta, look, 1 / 2), note]


def _unexercised_terms(trials: list[Trial]) -> list[Finding]:
    """A term of a bound that is nowhere the largest was never tested."""
    terms = np.array([trial.terms for trial in trials if trial.terms])
    if not terms.size:
        return []
    shares = np.bincount(np.argmax(terms, axis=1), minlength=terms.shape[1]) / len(terms)
    return [
        Finding(Verdict.VACUOUS, f"term {k + 1} of the bound is the largest in only {share:.0%} of the draws")
        for k, share in enumerate(shares)
        if share < 0.1
    ]


def _comparison(claim: Claim, bound: Bound, evidence: Evidence) -> list[Finding]:
    """K5: do the exponents of the two quantities differ by the gap?"""
    trials = evidence.iid
    scale = np.array([float(trial.draw.point[bound.axis]) for trial in trials])
    rungs = np.unique(scale)
    if rungs.size < 3:
        return [Finding(Verdict.INCONCLUSIVE, f"axis {bound.axis} has {rungs.size} rungs, 3 are needed")]
    transient = next(axis.transient for axis in claim.axes if axis.name == bound.axis)

    def growth(values: np.ndarray) -> Growth:
        groups = [np.log(values[scale == rung]) for rung in rungs]
        alpha = evidence.look.share * ALPHA / 2
        return growth_interval(groups, rungs, 0.5, alpha, alpha, transient)

    slow, fast = np.array([t.lhs for t in trials]), np.array([t.rhs for t in trials])
    return [judge_separation(growth(fast), growth(slow), bound.gap)]


def power(claim: Claim, bound: Bound, evidence: Evidence) -> dict[str, float]:
    """For each axis, the smallest exponent error that tonight's draws would have shown as TREND.

    Nothing for kinds that have no growth, and for a bound whose ratio grows by itself.
    """
    if bound.kind != "up_to_constant" or not evidence.iid:
        return {}
    trials = evidence.iid
    y, axes = log_ratios(bound, trials), ladder_axes(claim, trials)
    delta = bound.delta_at(trials[0].draw.point)
    if any(finding.verdict is Verdict.TREND for finding in _trend(claim, bound, y, axes, delta, evidence.look)):
        return {}
    alpha = evidence.look.share * ALPHA
    return {name: planted(y, axes, name, delta, alpha=alpha, transients=_transients(claim, axes)) for name in axes}
