"""Verdicts on bounds whose constants are explicit: for all parameters, or with probability 1 - delta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from lemmata.statistics.binomial import Exceedance, log_e, violating_fraction_bound
from lemmata.vocabulary.verdict import Finding, Verdict

Certificate = Literal["real", "roundoff", "unclear"]
"""What is said of a failure."""


def judge_explicit(n_in_regime: int, certified: Sequence[str], alpha: float = 1e-3, *, drawn: bool = True) -> Finding:
    """Judge "no parameter in the regime violates the bound", or an identity.

    Args:
        n_in_regime: draws that satisfied the regime.
        certified: what was said of draws with a negative margin; of all of them, unless one is real.
        alpha: error of the bound on the violating fraction that goes with a pass.
        drawn: were the points drawn at random? Points of a grid, or of a search, say nothing of a fraction.

    Raises:
        ValueError: if there are more certificates than draws, or an unknown one.
    """
    if unknown := set(certified) - set(get_args(Certificate)):
        raise ValueError(f"certificates are {get_args(Certificate)}, got {sorted(unknown)}")
    if len(certified) > n_in_regime:
        raise ValueError(f"{len(certified)} certificates for {n_in_regime} draws in the regime")
    if n_in_regime == 0:
        return Finding(Verdict.VACUOUS, "no draw satisfied the regime: nothing was measured", {"draws": 0})
    count = {word: sum(c == word for c in certified) for word in get_args(Certificate)}
    facts = {"draws": n_in_regime, "certified": count}
    if count["real"]:
        why = f"{count['real']} of {n_in_regime} draws violate the bound by more than rounding explains"
        return Finding(Verdict.VIOLATED, why, facts)
    if count["unclear"]:
        why = f"{count['unclear']} negative margins may be rounding"
        return Finding(Verdict.INCONCLUSIVE, why, facts)
    if not drawn:
        return Finding(Verdict.HOLDS, f"no violation at the {n_in_regime} points that were tried", facts)
    fraction = violating_fraction_bound(n_in_regime, alpha)
    why = f"no violation in {n_in_regime} draws: a fraction below {fraction:.2g} violates (error {alpha:g})"
    return Finding(Verdict.HOLDS, why, facts | {"violating_fraction": fraction, "alpha": alpha})


def judge_probability(test: Exceedance, alpha: float = 1e-3, alpha_pass: float = 1e-2) -> Finding:
    """Judge "for all parameters, the bound fails with probability at most delta"; valid at every look.

    Args:
        test: the evidence, cell by cell.
        alpha: probability of ever calling a true claim VIOLATED.
        alpha_pass: probability of ever passing a claim that fails with probability delta or more in some
            cell.
    """
    against, in_favour = test.e_against(), test.e_for()
    facts = {
        "delta": test.delta,
        "e_against": against,
        "e_for": in_favour,
        "counts": dict(test.counts),
        "independent": dict(test.iid),
    }
    if not any(n for _, n in test.counts.values()):
        return Finding(Verdict.VACUOUS, "no draw satisfied the regime: nothing was measured", facts)
    if against >= 1 / alpha:
        worst = max(test.cells, key=lambda cell: float(log_e(*test.counts[cell], test.delta + test.mistaken)))
        k, n = test.counts[worst]
        why = f"fails with probability above {test.delta:g}, worst in {worst} ({k} of {n} draws): "
        return Finding(Verdict.VIOLATED, f"{why}e-value {against:.3g}", facts)
    if in_favour >= 1 / alpha_pass:
        cells = f"each of {len(test.cells)} cells" if len(test.cells) > 1 else test.cells[0]
        why = f"fails with probability below {test.delta:g} in {cells} (error {alpha_pass:g})"
        return Finding(Verdict.HOLDS, why, facts)
    missing = {cell: n for cell, n in test.missing(alpha_pass).items() if n}
    most = sorted(missing, key=lambda cell: -missing[cell])
    needs = ", ".join(f"{c} {missing[c]} more (has {test.iid[c][0]} bad of {test.iid[c][1]})" for c in most[:3])
    needs += f", and {len(most) - 3} other cells" if len(most) > 3 else ""
    why = f"not shown to fail with probability below {test.delta:g}; clean independent draws needed: {needs}"
    return Finding(Verdict.INCONCLUSIVE, why, facts | {"missing": missing})
