"""Verdicts on explicit bounds, separation of exponents, and error budgets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lemmata.statistics import (
    Exceedance,
    Growth,
    growth_interval,
    judge_explicit,
    judge_probability,
    judge_separation,
)
from lemmata.vocabulary.error_rates import calibrate, e_bh, spend
from lemmata.vocabulary.transient import Transient
from lemmata.vocabulary.verdict import Verdict


def test_explicit_bounds():
    assert judge_explicit(0, []).verdict is Verdict.VACUOUS
    holds = judge_explicit(700, ["roundoff", "roundoff"], alpha=1e-3)
    assert holds.verdict is Verdict.HOLDS
    assert holds.why == "no violation in 700 draws: a fraction below 0.0098 violates (error 0.001)"
    unclear = judge_explicit(700, ["roundoff", "unclear"])
    assert unclear.verdict is Verdict.INCONCLUSIVE
    assert "may be rounding" in unclear.why
    violated = judge_explicit(700, ["real", "unclear", "real"])
    assert violated.verdict is Verdict.VIOLATED
    assert violated.why.startswith("2 of 700 draws violate")
    assert violated.facts["certified"] == {"real": 2, "roundoff": 0, "unclear": 1}


def test_explicit_bounds_refuse_evidence_that_does_not_add_up():
    with pytest.raises(ValueError, match="2 certificates for 1 draws"):
        judge_explicit(1, ["real", "real"])
    with pytest.raises(ValueError, match=r"got \['none'\]"):
        judge_explicit(5, ["none"])


def test_probability_without_draws_is_vacuous():
    assert judge_probability(Exceedance(0.05, ("a", "b"))).verdict is Verdict.VACUOUS


def test_probability_passes_at_the_109th_clean_draw():
    test = Exceedance(0.05)
    test.update("all", np.zeros(108, bool))
    waiting = judge_probability(test)
    assert waiting.verdict is Verdict.INCONCLUSIVE
    assert "all 1 more (has 0 bad of 108)" in waiting.why
    test.update("all", [False])
    assert judge_probability(test).verdict is Verdict.HOLDS


def test_probability_says_what_each_cell_lacks():
    test = Exceedance(0.05, ("small", "large", "huge"))
    test.update("small", np.zeros(200, bool))
    test.update("large", np.arange(100) < 2)
    test.update("huge", np.zeros(50, bool), iid=False)
    finding = judge_probability(test)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert set(finding.facts["missing"]) == {"large", "huge"}
    assert finding.facts["missing"]["huge"] == 109
    # The promise is exact: so many clean draws, and no fewer, decide.
    more = finding.facts["missing"]["large"]
    test.update("huge", np.zeros(109, bool))
    test.update("large", np.zeros(more - 1, bool))
    assert judge_probability(test).verdict is Verdict.INCONCLUSIVE
    test.update("large", [False])
    assert judge_probability(test).verdict is Verdict.HOLDS


def test_probability_names_the_cells_that_lack_most():
    test = Exceedance(0.05, tuple("abcdefgh"))
    for i, cell in enumerate(test.cells):
        test.update(cell, np.zeros(10 * i, bool))
    why = judge_probability(test).why
    assert why.endswith("a 109 more (has 0 bad of 0), b 99 more (has 0 bad of 10), "
                        "c 89 more (has 0 bad of 20), and 5 other cells")  # fmt: skip


def test_probability_is_refuted_by_one_cell():
    test = Exceedance(0.05, ("small", "large", "single"))
    test.update("small", np.zeros(500, bool))
    test.update("large", np.arange(100) < 30)
    test.update("single", [True])  # the highest rate, and next to no evidence
    finding = judge_probability(test)
    assert finding.verdict is Verdict.VIOLATED
    assert "worst in large (30 of 100 draws)" in finding.why


def test_probability_is_accused_at_alpha_and_not_before():
    test = Exceedance(0.05)
    test.update("all", np.arange(100) < 15)
    assert 100 < test.e_against() < 1000
    assert judge_probability(test, alpha=1e-3, alpha_pass=1e-2).verdict is Verdict.INCONCLUSIVE
    assert judge_probability(test, alpha=1e-2, alpha_pass=1e-2).verdict is Verdict.VIOLATED


def growth(lo, hi):
    return Growth(est=(lo + hi) / 2, lo=lo, hi=hi, lo_raw=lo, hi_raw=hi, tau=0.5)


@pytest.mark.parametrize("low, high, expected", [
    (0.9, 1.1, Verdict.HOLDS),
    (0.2, 0.5, Verdict.INCONCLUSIVE),
    (0.0, 0.1, Verdict.VIOLATED),
    (-np.inf, np.inf, Verdict.INCONCLUSIVE),
])  # fmt: skip
def test_separation(low, high, expected):
    finding = judge_separation(growth(low, high), gap=0.25)
    assert finding.verdict is expected
    if expected is Verdict.INCONCLUSIVE:
        assert "does not decide 0.25" in finding.why


def test_separation_of_a_log_from_a_power():
    rng = np.random.default_rng(1)
    s = 16.0 * 10 ** np.linspace(0, 1.5, 6)
    noise = 0.1 * rng.normal(size=(6, 167))

    def ratio(of):  # of fast to slow, trial by trial
        return growth_interval(list(of(s)[:, None] + noise), s, 0.5, 1e-2, 1e-3, Transient(), resolution=0.25)

    assert judge_separation(ratio(lambda s: np.log(s) - np.log(np.log(s))), gap=0.25).verdict is Verdict.HOLDS
    assert judge_separation(ratio(np.zeros_like), gap=0.25).verdict is Verdict.VIOLATED
    with pytest.raises(ValueError, match="at least 0, got -1"):
        judge_separation(growth(0, 1), gap=-1)


def test_e_bh_lists_the_largest_set_its_rule_allows():
    rng = np.random.default_rng(2)
    for _ in range(50):
        e = {f"claim {i}": float(x) for i, x in enumerate(np.exp(3 * rng.normal(size=8)))}
        listed = e_bh(e, fdr=0.2)
        sizes = [k for k in range(9) if sum(x >= 8 / (k * 0.2) for x in e.values() if k) >= k]
        assert len(listed) == max(sizes)
        assert min((e[name] for name in listed), default=np.inf) >= max(
            (x for name, x in e.items() if name not in listed), default=0
        )
    assert e_bh({}) == []


def test_calibrated_p_values_have_mean_one():
    # Midpoint rule after p = u^2, which removes the singularity of 1 / sqrt(p).
    u = (np.arange(1000) + 0.5) / 1000
    assert np.mean([calibrate(x**2) * 2 * x for x in u]) == pytest.approx(1)
    for p in (0.0, 1.1, np.nan):
        with pytest.raises(ValueError, match="a p-value lies in"):
            calibrate(p)


def test_looks_spend_alpha_and_no_more():
    spent = list(itertools.accumulate(spend(0.01, k) for k in range(1000)))
    assert spent[-1] == pytest.approx(0.01 * (1 - 1 / 1001))
    with pytest.raises(ValueError, match="counted from 0"):
        spend(0.01, -1)
