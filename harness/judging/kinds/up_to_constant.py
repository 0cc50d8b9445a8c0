"""A bound up to an absolute constant: the ratio must not grow along an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lemmata.judging.against import calibrated
from lemmata.judging.kinds.base import Example, Judged
from lemmata.judging.ladders import axis_record, constant_of, ladder_axes, log_ratios
from lemmata.statistics import Exceedance, Transient, judge_trend, planted, regime_constant
from lemmata.trials.pooling import Look
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.error_rates import ALPHA, ALPHA_PASS
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Trial, log_ratio
from lemmata.vocabulary.verdict import Finding, Verdict, most_severe
from lemmata.vocabulary.words import Bound, ClaimError

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence


class UpToConstant(Judged):
    """``quantity <= C bound``, or ``>=``, with probability 1 - delta and for an absolute constant C."""

    name = "up_to_constant"
    fixed_size = True
    hangs_on_digits = False
    unit = "constant"

    def takes(self, bound: Bound) -> bool:
        """An inequality that says so."""
        return bound.relation in {"at_most", "at_least"} and bound.up_to_constant

    def validate(self, claim: Claim, bound: Bound) -> None:
        """It needs axes to sweep."""
        if not claim.axes:
            problem = "a bound up to a constant needs axes to sweep"
            raise ClaimError(f"bound {bound.label!r}", problem, "Give axes=[Axis(...)]")

    def badness(self, bound: Bound, trial: Trial) -> float:
        """The logarithm of the ratio."""
        return log_ratio(trial, bound.relation)

    def judge(self, subject: Subject, evidence: Evidence) -> list[Finding]:
        """Does the ratio grow along an axis? With a frozen constant, is it exceeded?"""
        bound, trials = subject.bound, evidence.iid
        delta = bound.delta_at(trials[0].draw.point)
        y, axes = log_ratios(bound.relation, trials), ladder_axes(subject.claim, trials)
        findings = _trend(subject, y, axes, delta, evidence.look)
        kappa = axes.get("kappa")
        if kappa is not None and most_severe(findings).verdict is Verdict.TREND:
            findings = _beyond_regime_constant(subject, y, axes, delta, evidence.look) or findings
        if bound.frozen is not None:
            findings += _frozen_exceeded(y, delta, bound.frozen)
        return findings + _unexercised_terms(trials)

    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass."""
        return "growth of exact quantile bounds along every axis"

    def rates(self, subject: Subject, evidence: Evidence) -> list[str]:
        """Of an interval for the exponent of growth."""
        return growth_rates(evidence, f"a ratio that grows with an exponent of {subject.bound.resolution:g} or more")

    def e_value(self, subject: Subject, evidence: Evidence, findings: Sequence[Finding]) -> float:
        """From a p-value."""
        return calibrated(lambda again: self.judge(subject, again), evidence)

    def power(self, subject: Subject, evidence: Evidence) -> dict[str, float]:
        """For each axis, the smallest exponent error that tonight's draws would have shown as TREND.

        Nothing for a bound whose ratio grows by itself.
        """
        trials = evidence.iid
        if not trials:
            return {}
        y, axes = log_ratios(subject.bound.relation, trials), ladder_axes(subject.claim, trials)
        delta = subject.bound.delta_at(trials[0].draw.point)
        if any(finding.verdict is Verdict.TREND for finding in _trend(subject, y, axes, delta, evidence.look)):
            return {}
        alpha, transients = evidence.look.share * ALPHA, _transients(subject.claim, axes)
        return {name: planted(y, axes, name, delta, alpha=alpha, transients=transients) for name in axes}

    def numbers(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """The constant with its interval, the largest ratio that was met, and the ratio along each axis."""
        trials = evidence.iid
        axes, y = ladder_axes(subject.claim, trials), log_ratios(subject.bound.relation, trials)
        delta = subject.bound.delta_at(trials[0].draw.point)
        constant, interval = constant_of(y, axes, delta)
        largest = max(map(subject.badness, filter(None, [*trials, evidence.hunted.worst])))
        return {
            "constant": constant,
            "interval": interval,
            "largest_ratio": plain(math.exp(min(largest, 700))),
            "axes": [axis_record(subject.claim, name, column, y, delta) for name, column in axes.items()],
        }

    def scope(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """Which quantile is judged, at which resolution, and what may be a transient."""
        return growth_scope(subject, evidence)

    def examples(self, subject: Subject, evidence: Evidence, *, refuted: bool) -> list[Example]:
        """No single trial refutes it: its worst one is the largest ratio ever seen."""
        pool = [*evidence.trials, *filter(None, [evidence.hunted.worst, evidence.hunted.smallest])]
        return [Example(max(pool, key=subject.badness), "worst")] if pool else []


def growth_rates(evidence: Evidence, false: str) -> list[str]:
    """What is known of the errors of a verdict on growth."""
    alpha, alpha_pass = evidence.look.share * ALPHA, evidence.look.share_pass * ALPHA_PASS
    return [
        f"A true statement whose transients are in the declared class is accused with probability at most {alpha:.3g}.",
        f"With {false} along one axis it passes with probability at most {alpha_pass:.3g}; what grows only where "
        "several axes go together, or beyond the ladder, can pass.",
    ]


def growth_scope(subject: Subject, evidence: Evidence) -> dict[str, Any]:
    """The scope of a kind that judges growth."""
    trials, axes = evidence.trials, subject.claim.axes
    return {
        "quantile": 1 - subject.bound.delta_at(trials[0].draw.point) if trials else None,
        "transient": {"factor": axes[0].transient.factor, "rate": axes[0].transient.rate} if axes else None,
        "resolution": subject.bound.resolution,
    }


def _transients(claim: Claim, axes: dict[str, np.ndarray]) -> dict[str, Transient]:
    return {axis.name: axis.transient for axis in claim.axes if axis.name in axes}


def _frozen_exceeded(y: np.ndarray, delta: float, constant: float) -> list[Finding]:
    """Is a constant that was fixed before these draws exceeded more often than delta allows?"""
    test = Exceedance(delta, ("all",))
    test.update("all", y > math.log(constant), iid=True)
    if test.e_against() < 1 / ALPHA:
        return []
    why = f"the frozen constant {constant:g} is exceeded with probability above {delta:g}: refit it and watch"
    return [Finding(Verdict.INCONCLUSIVE, why)]


def _trend(
    subject: Subject, y: np.ndarray, axes: dict[str, np.ndarray], delta: float, look: Look, part: float = 1.0
) -> list[Finding]:
    return judge_trend(
        y,
        axes,
        delta,
        resolution=subject.bound.resolution,
        alpha=part * look.share * ALPHA,
        alpha_pass=look.share_pass * ALPHA_PASS,
        transients=_transients(subject.claim, axes),
    )


def _beyond_regime_constant(
    subject: Subject, y: np.ndarray, axes: dict[str, np.ndarray], delta: float, look: Look
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
    return [*_trend(subject, y[keep], rest, delta, look, 1 / 2), note]


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


KIND = UpToConstant()
