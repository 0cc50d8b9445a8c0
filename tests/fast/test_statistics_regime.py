"""Growth under a regime kappa >= C_0: what only small kappa does is no trend, however C_0 is found."""

from __future__ import annotations

import numpy as np
import pytest

from lemmata.statistics import judge_regime
from lemmata.vocabulary.verdict import Verdict, most_severe

ALONE, FITTED = 47, 360
"""Draws a rung: too few to fit a C_0, and enough."""


def design(rng, rungs, per_rung):
    ladder = np.geomspace(1, 64, rungs)
    return {name: rng.permutation(np.repeat(ladder, per_rung)) for name in ("kappa", "L")}


def judged(level, per_rung, rungs=3, seed=0, **settings):
    rng = np.random.default_rng(seed)
    axes = design(rng, rungs, per_rung)
    y = level(axes["kappa"], np.log(axes["L"])) + 0.1 * rng.normal(size=axes["L"].size)
    return judge_regime(y, axes, 0.1, **settings)


@pytest.mark.parametrize("per_rung", [ALONE, FITTED])
@pytest.mark.parametrize("seed", range(10))
def test_a_claim_that_is_true_at_the_largest_kappa_is_no_trend(per_rung, seed):
    findings = judged(lambda kappa, u: u * (kappa < 64), per_rung, rungs=3, seed=seed)
    assert most_severe(findings).verdict is not Verdict.TREND


def test_growth_at_small_kappa_is_told_and_doubted():
    findings = judged(lambda kappa, u: u * (kappa < 64), ALONE)
    doubted = next(f for f in findings if "a larger kappa could help" in f.why)
    assert doubted.verdict is Verdict.INCONCLUSIVE
    assert "not shown at kappa = 64 alone: the draws are too few to fit C_0" in doubted.why


@pytest.mark.parametrize("per_rung, least", [(ALONE, 4), (FITTED, 10)])
def test_growth_at_every_kappa_is_a_trend(per_rung, least):
    # At the largest kappa alone there are about 16 pairs, and 13 have to agree: four times in five there are enough.
    findings = [most_severe(judged(lambda kappa, u: 0.8 * u, per_rung, seed=seed)) for seed in range(10)]
    found = [f.why for f in findings if f.verdict is Verdict.TREND]
    assert len(found) >= least
    assert all("grows along L" in why for why in found)


def test_beyond_a_fitted_constant_the_rest_is_judged():
    findings = judged(lambda kappa, u: u * (kappa < 4), FITTED, rungs=4)
    assert any(f.why == "judged at kappa >= 4, the fitted C_0 of the regime" for f in findings)
    assert most_severe(findings).verdict is Verdict.HOLDS_UP_TO_CONSTANT


@pytest.mark.parametrize("per_rung", [ALONE, FITTED])
def test_growth_along_kappa_is_no_matter_of_its_constant(per_rung):
    finding = most_severe(judged(lambda kappa, u: np.log(kappa), per_rung))
    assert finding.verdict is Verdict.TREND
    assert "grows along kappa" in finding.why


def test_kappa_is_never_judged_towards_zero():
    findings = judged(lambda kappa, u: -np.log(kappa), FITTED, toward={"kappa": "both", "L": "inf"})
    assert most_severe(findings).verdict is Verdict.HOLDS_UP_TO_CONSTANT


def test_without_noise_the_largest_kappa_alone_counts():
    kappa, L = (axis.ravel() for axis in np.meshgrid(np.geomspace(1, 64, 4), np.geomspace(1, 64, 4)))
    low, everywhere = np.log(L) * (kappa < 64), np.log(L)
    verdicts = [
        most_severe(judge_regime(y, {"kappa": kappa, "L": L}, 0.1, drawn=False)).verdict for y in (low, everywhere)
    ]
    assert verdicts == [Verdict.INCONCLUSIVE, Verdict.TREND]


def test_delta_and_terms_go_with_the_draws():
    rng = np.random.default_rng(1)
    axes = design(rng, 3, ALONE)
    y = np.log(axes["L"]) * (axes["kappa"] < 64) + 0.1 * rng.normal(size=141)
    terms = (np.zeros(141, int), y)
    findings = judge_regime(y, axes, np.full(141, 0.1), terms=terms, transients={}, toward={"L": "both"})
    assert most_severe(findings).verdict is Verdict.INCONCLUSIVE


def test_the_axis_has_to_be_there():
    with pytest.raises(ValueError, match=r"'kappa' is not one of the axes \('m',\)"):
        judge_regime(np.zeros(3), {"m": [1.0, 2.0, 4.0]}, 0.1)
