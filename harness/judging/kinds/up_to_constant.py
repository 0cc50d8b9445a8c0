"""A bound up to an absolute constant: the ratio must not grow along an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lemmata.judging.against import calibrated
from lemmata.judging.kinds.base import Example, Judged
from lemmata.judging.ladders import axis_record, constant_of, deltas, ladder_axes, largest_terms, log_ratios
from lemmata.statistics import Exceedance, judge_regime, judge_trend, planted
from lemmata.trials.pooling import Look
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.error_rates import ALPHA, ALPHA_PASS
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Trial, log_ratio
from lemmata.vocabulary.verdict import Finding, Verdict
from lemmata.vocabulary.words import KAPPA, Bound, ClaimError

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
        trials = evidence.iid
        findings = _trend(subject, trials, evidence.look)
        if subject.bound.frozen is not None:
            findings += _frozen_exceeded(Draws.of(subject, trials), subject.bound.frozen)
        return findings + _unexercised_terms(trials)

    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass."""
        return "exact tests of the rise of the ratio along every axis"

    def rates(self, subject: Subject, evidence: Evidence) -> list[str]:
        """Of an interval for the exponent of growth."""
        return growth_rates(evidence, f"a ratio that grows with an exponent of {subject.bound.resolution:g} or more")

    def e_value(self, subject: Subject, evidence: Evidence, findings: Sequence[Finding]) -> float:
        """From a p-value."""
        return calibrated(lambda again: self.judge(subject, again), evidence)

    def power(self, subject: Subject, evidence: Evidence) -> dict[str, float]:
        """For each axis, the exponent that such draws would show as a TREND with probability 0.8.

        Nothing for a bound whose ratio grows by itself, or has no noise.
        """
        trials = evidence.iid
        if not trials or not subject.is_random:
            return {}
        if any(finding.verdict is Verdict.TREND for finding in _trend(subject, trials, evidence.look)):
            return {}
        draws = Draws.of(subject, trials)
        settings, alpha = _settings(subject, draws), evidence.look.share * ALPHA
        return {name: planted(draws.y, draws.axes, name, draws.delta, alpha=alpha, **settings) for name in draws.axes}

    def numbers(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """The constant with its interval, the largest ratio that was met, and the ratio along each axis."""
        trials = evidence.iid
        y, columns, delta = Draws.of(subject, trials)
        axes, power = {axis.name: axis for axis in subject.claim.axes}, subject.bound.power
        constant, interval = constant_of(y, columns, delta)
        largest = max(map(subject.badness, filter(None, [*trials, evidence.hunted.worst])))
        return {
            "constant": constant,
            "interval": interval,
            "largest_ratio": plain(math.exp(min(largest, 700))),
            "axes": [axis_record(axes[name], column, y, delta, power) for name, column in columns.items()],
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
        "transient": {**asdict(axes[0].transient), "rise": "any"} if axes else None,
        "power": subject.bound.power,
        "resolution": subject.bound.resolution,
    }


def _frozen_exceeded(draws: Draws, constant: float) -> list[Finding]:
    """Is a constant that was fixed before these draws exceeded more often than delta allows?"""
    levels = np.unique(draws.delta)
    for delta in levels:
        test = Exceedance(float(delta), ("all",))
        test.update("all", draws.y[draws.delta == delta] > math.log(constant), iid=True)
        if test.e_against() >= levels.size / ALPHA:
            why = f"the frozen constant {constant:g} is exceeded with probability above {delta:g}: refit it and watch"
            return [Finding(Verdict.INCONCLUSIVE, why)]
    return []


class Draws(NamedTuple):
    """What the statistics of growth take of trials; see `judge_trend` for the names."""

    y: np.ndarray
    axes: dict[str, np.ndarray]
    delta: np.ndarray

    @classmethod
    def of(cls, subject: Subject, trials: list[Trial]) -> Draws:
        """The log ratios of trials, where they were taken, and how often each may fail."""
        bound = subject.bound
        return cls(log_ratios(bound.relation, trials), ladder_axes(subject.claim, trials), deltas(bound, trials))


def _settings(subject: Subject, draws: Draws) -> dict[str, Any]:
    """What the claim says of growth along its axes."""
    axes = [axis for axis in subject.claim.axes if axis.name in draws.axes]
    return {
        "transients": {axis.name: axis.transient for axis in axes},
        "toward": {axis.name: axis.judged_toward for axis in axes},
        "power": subject.bound.power,
    }


def _trend(subject: Subject, trials: list[Trial], look: Look) -> list[Finding]:
    draws = Draws.of(subject, trials)
    judge = judge_regime if KAPPA in draws.axes else judge_trend
    return judge(
        *draws,
        resolution=subject.bound.resolution,
        alpha=look.share * ALPHA,
        alpha_pass=look.share_pass * ALPHA_PASS,
        terms=largest_terms(subject.bound.relation, trials),
        drawn=subject.is_random,
        **_settings(subject, draws),
    )


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
