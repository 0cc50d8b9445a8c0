"""Do two quantities grow at different rates?"""

from __future__ import annotations

from dataclasses import asdict

from lemmata.statistics.growth import Growth
from lemmata.vocabulary.verdict import Finding, Verdict


def judge_separation(growth: Growth, gap: float) -> Finding:
    """Judge "the exponent of the fast quantity exceeds that of the slow one by more than `gap`".

    Args:
        growth: of the ratio fast / slow of each trial, along the axis; its ends have the errors of the verdicts, the
            lower one that of a pass, the upper one that of an accusation.
        gap: difference of exponents that counts, at least 0.

    Raises:
        ValueError: if gap is negative.
    """
    if not gap >= 0:
        raise ValueError(f"a gap between exponents is at least 0, got {gap}")
    facts = {"growth": asdict(growth), "gap": gap, "difference": (growth.lo, growth.hi)}
    if growth.lo > gap:
        return Finding(Verdict.HOLDS, f"the exponents differ by more than {growth.lo:.3f}", facts)
    if growth.hi < gap:
        return Finding(Verdict.VIOLATED, f"the exponents differ by less than {growth.hi:.3f}", facts)
    why = (
        f"the exponents differ by {growth.lo:.3f} to {growth.hi:.3f}, which does not decide {gap:g}; on the measured "
        f"range the slopes differ by {growth.lo_raw:.3f} to {growth.hi_raw:.3f}: more draws narrow this, and a longer "
        "ladder the allowance for transients"
    )
    return Finding(Verdict.INCONCLUSIVE, why, facts)
