"""Do two quantities grow at different rates?"""

from __future__ import annotations

from dataclasses import asdict

from lemmata.statistics.growth import Growth
from lemmata.vocabulary.verdict import Finding, Verdict


def judge_separation(fast: Growth, slow: Growth, gap: float) -> Finding:
    """Judge "the exponent of `fast` exceeds that of `slow` by more than `gap`".

    Both intervals are needed for either answer, so ends of error alpha / 2 give a verdict of error alpha.
    Common seeds for the two quantities are allowed: the bound on the error is a union bound.

    Args:
        fast: growth of the quantity that is said to grow faster.
        slow: growth of the other one, along the same axis.
        gap: difference of exponents that counts, at least 0.

    Raises:
        ValueError: if gap is negative.
    """
    if not gap >= 0:
        raise ValueError(f"a gap between exponents is at least 0, got {gap}")
    at_least, at_most = fast.lo - slow.hi, fast.hi - slow.lo
    facts = {"fast": asdict(fast), "slow": asdict(slow), "gap": gap, "difference": (at_least, at_most)}
    if at_least > gap:
        return Finding(Verdict.HOLDS, f"the exponents differ by more than {at_least:.3f}", facts)
    if at_most < gap:
        return Finding(Verdict.VIOLATED, f"the exponents differ by less than {at_most:.3f}", facts)
    raw = fast.lo_raw - slow.hi_raw, fast.hi_raw - slow.lo_raw
    why = (
        f"the exponents differ by {at_least:.3f} to {at_most:.3f}, which does not decide {gap:g}; more draws "
        f"can narrow this to the allowance for transients, a longer ladder can narrow that: on the measured range the "
        f"slopes differ by {raw[0]:.3f} to {raw[1]:.3f}"
    )
    return Finding(Verdict.INCONCLUSIVE, why, facts)
