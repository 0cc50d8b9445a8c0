"""A comparison of two growth rates: the exponents along an axis differ by a gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lemmata.judging.against import calibrated
from lemmata.judging.kinds.base import Judged
from lemmata.judging.kinds.up_to_constant import growth_rates, growth_scope
from lemmata.statistics import growth_interval, judge_separation
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.error_rates import ALPHA, ALPHA_PASS
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.verdict import Finding, Verdict
from lemmata.vocabulary.words import Bound, ClaimError

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence


class Comparison(Judged):
    """One quantity grows slower than another one."""

    name = "comparison"
    fixed_size = True
    hangs_on_digits = False

    def takes(self, bound: Bound) -> bool:
        """A bound that compares growth."""
        return bound.relation == "grows_slower"

    def validate(self, claim: Claim, bound: Bound) -> None:
        """Its axis has to be swept."""
        names = {axis.name for axis in claim.axes}
        if bound.axis not in names:
            problem = f"axis {bound.axis!r} is not swept"
            raise ClaimError(f"bound {bound.label!r}", problem, f"Name one of: {', '.join(sorted(names))}")

    def judge(self, subject: Subject, evidence: Evidence) -> list[Finding]:
        """Does the ratio of the two quantities, trial by trial, grow with an exponent of at least the gap?"""
        trials = evidence.iid
        scale = np.array([float(trial.draw.point[subject.bound.axis]) for trial in trials])
        rungs = np.unique(scale)
        if rungs.size < 3:
            return [Finding(Verdict.INCONCLUSIVE, f"axis {subject.bound.axis} has {rungs.size} rungs, 3 are needed")]
        transient = next(axis.transient for axis in subject.claim.axes if axis.name == subject.bound.axis)

        slow, fast = np.array([t.lhs for t in trials]), np.array([t.rhs for t in trials])
        if not (np.isfinite(slow).all() and np.isfinite(fast).all()):
            return [Finding(Verdict.ERROR, "a quantity is infinite: growth is compared of finite ones")]
        ratio, look, gap = np.log(fast / slow), evidence.look, subject.bound.gap
        groups = [ratio[scale == rung] for rung in rungs]
        growth = growth_interval(
            groups, rungs, 0.5, look.share_pass * ALPHA_PASS, look.share * ALPHA, transient, resolution=gap
        )
        return [judge_separation(growth, gap)]

    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass."""
        return "growth of the ratio of the two quantities"

    def rates(self, subject: Subject, evidence: Evidence) -> list[str]:
        """Of an interval for an exponent."""
        return growth_rates(evidence, f"exponents that differ by less than {subject.bound.gap:g}")

    def e_value(self, subject: Subject, evidence: Evidence, findings: Sequence[Finding]) -> float:
        """From a p-value."""
        return calibrated(lambda again: self.judge(subject, again), evidence)

    def scope(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """At which resolution, and what may be a transient."""
        return growth_scope(subject, evidence)


KIND = Comparison()
