"""From evidence to findings: what holds for all kinds of bounds; the rest is said by the kind."""

from __future__ import annotations

from lemmata.judging.blind import able_to_fail
from lemmata.judging.kinds import judged
from lemmata.sampling.plan import Plan
from lemmata.trials.evidence import Evidence
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.verdict import Finding, Verdict
from lemmata.vocabulary.words import Bound


def judge(subject: Subject, evidence: Evidence) -> list[Finding]:
    """All findings of a bound; the verdict is the most severe of them."""
    if not evidence.plan.draws:
        return [Finding(Verdict.VACUOUS, unreached(evidence.plan))]
    if trivial := _trivial(subject.bound, evidence):
        return [trivial]
    evidence, note = able_to_fail(subject, evidence)
    findings = judged(subject).judge(subject, evidence)
    return [*findings, *([Finding(Verdict.HOLDS, note)] if note else [])]


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
