"""From trials to a verdict: for each kind of bound a true one, a false one, and what must be neither."""

from __future__ import annotations

import json
from fractions import Fraction
from unittest.mock import ANY

import numpy as np
import pytest

from lemmata.doors.show import show
from lemmata.judging.check import check, decide
from lemmata.judging.kinds import subject_of
from lemmata.sampling.plan import make_plan
from lemmata.sampling.profiles import PROFILES
from lemmata.trials.pooling import Setting
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.error_rates import ROUNDING
from lemmata.vocabulary.verdict import Finding, Verdict, most_severe
from lemmata.vocabulary.words import Axis, Condition, Sides

SMOKE, STANDARD = PROFILES["smoke"], PROFILES["standard"]


def verdict_of(claim, profile=SMOKE, bound=0):
    claim.validate()
    return check(subject_of(claim, claim.bounds[bound]), Setting(profile, 0))


def ratio_claim(growth=0.0, sigma=0.1, **facts):
    """Q/B lognormal around m^growth: a bound up to a constant that is true if and only if growth <= 0."""
    claim = Claim("own.ratio", axes=[Axis("m", 16, 512), Axis("d", 2, 64)])

    @claim.at_most("ratio", up_to_constant=True, **facts)
    def ratio(p, rng):
        return p.m**0.5 * p.m**growth * np.exp(sigma * rng.standard_normal()), p.m**0.5

    @claim.control("ratio")
    def half_an_exponent_less(p, lhs, rhs):
        return lhs, rhs * p.m**-0.5

    @claim.true_twin("ratio")
    def looser(p, lhs, rhs):
        return lhs, rhs * p.m ** (0.25 + max(growth, 0))

    return claim


def test_a_true_ratio_holds_up_to_a_constant_that_is_found():
    assert verdict_of(ratio_claim())["verdict"] == "HOLDS_UP_TO_CONSTANT"
    record = verdict_of(ratio_claim(), STANDARD)
    low, high = record["interval"]
    assert low <= np.exp(0.1 * 1.2816) <= high, "the interval must hold the 0.9 quantile of the ratio"
    assert all(control["ok"] for control in record["controls"])
    assert record["power"]["m"] <= 0.5


def test_growth_is_a_trend_and_names_its_axis():
    record = verdict_of(ratio_claim(growth=0.35))
    assert record["verdict"] == "TREND"
    assert "along m" in record["why"]
    assert [example["which"] for example in record["counterexamples"]] == ["worst"]


def test_what_is_refuted_says_how_strong_the_evidence_is():
    weak, strong = (verdict_of(ratio_claim(growth=0.5, sigma=s))["e_value"] for s in (0.6, 0.1))
    assert 0.5 * 1e-3**-0.5 <= weak < strong, "a TREND at 1e-3 has an e-value of 1 / (2 sqrt(1e-3)) at least"
    assert verdict_of(ratio_claim())["e_value"] is None
    assert verdict_of(explicit_claim(true_constant=2, claimed=1))["e_value"] == 1 / ROUNDING, "it wins all or nothing"
    assert verdict_of(coin(0.5, 0.1))["e_value"] >= 1e3, "the e-process that called it VIOLATED"


def test_a_ratio_that_is_never_drawn_is_judged_with_its_twins():
    # One draw a point, and the twin reuses them: there is no noise in either.
    claim = Claim("own.still", axes=[Axis("m", 2, 256), Axis("L", 2, 64)])

    @claim.at_most("ratio", up_to_constant=True)
    def ratio(p, rng):
        return 1 + 1 / p.m + 1 / p.L, 1.0

    @claim.control("ratio")
    def smaller(p, lhs, rhs):
        return lhs, rhs * p.m**-0.5

    record = verdict_of(claim)
    assert record["verdict"] == "HOLDS_UP_TO_CONSTANT"
    assert "no noise" in record["why"]
    assert record["power"] == {}


@pytest.mark.parametrize(("toward", "verdict"), [(None, "TREND"), ("0", "TREND"), ("inf", "HOLDS_UP_TO_CONSTANT")])
def test_a_bound_that_breaks_as_a_parameter_falls(toward, verdict):
    claim = Claim("own.small", axes=[Axis("eps", 1e-4, 1.0, toward=toward)])

    @claim.at_most("ratio", up_to_constant=True)
    def ratio(p, rng):
        return p.eps**0.5 * np.exp(0.1 * rng.standard_normal()), p.eps

    @claim.control("ratio")
    def a_power_off(p, lhs, rhs):
        return lhs * (p.eps if toward == "inf" else 1 / p.eps) ** 2, rhs

    record = verdict_of(claim)
    assert record["verdict"] == verdict
    assert record["axes"][0]["toward"] == (toward or "both")
    assert record["axes"][0]["growth"]["est"] == pytest.approx(-0.5, abs=0.05)


def drifting(k):
    claim = Claim(f"own.power_{k}", axes=[Axis("d", 4, 256)])

    @claim.at_most("drift", up_to_constant=True, power=k)
    def drift(p, rng):
        return (1.9 - 0.9 * (p.d / 4) ** -0.5 + 0.01 * rng.standard_normal()) ** k, 1.0

    @claim.control("drift")
    def grows(p, lhs, rhs):
        return lhs, p.d**-4

    return claim


def test_a_squared_quantity_is_judged_as_its_root():
    records = [verdict_of(drifting(k), STANDARD) for k in (1, 2, 4)]
    assert {record["verdict"] for record in records} <= {"INCONCLUSIVE", "HOLDS_UP_TO_CONSTANT"}
    assert [record["scope"]["power"] for record in records] == [1, 2, 4]
    first, *rest = (record["axes"][0]["growth"]["est"] for record in records)
    assert rest == pytest.approx([2 * first, 4 * first], rel=0.1)  # other seeds for each claim


def test_each_rung_has_the_quantile_of_its_own_delta():
    claim = Claim("own.deltas", axes=[Axis("delta", values=(0.5, 0.2, 0.1, 0.05), toward="0")])

    @claim.at_most("tail", up_to_constant=True, delta="delta")
    def tail(p, rng):  # P(|N| >= q) = delta at a quantile that is below this bound
        return abs(rng.standard_normal()), np.sqrt(2 * np.log(2 / p.delta))

    @claim.control("tail")
    def too_small(p, lhs, rhs):
        return lhs, rhs * p.delta**2

    assert verdict_of(claim, STANDARD)["verdict"] in {"INCONCLUSIVE", "HOLDS_UP_TO_CONSTANT"}


def test_noise_too_large_for_the_draws_is_inconclusive():
    record = verdict_of(ratio_claim(sigma=3.0))
    assert record["verdict"] == "INCONCLUSIVE"


def regime_claim(ratio):
    claim = Claim("own.regime", axes=[Axis("kappa", 1, 64), Axis("m", 16, 512)])

    @claim.at_most("ratio", up_to_constant=True)
    def noisy(p, rng):
        return ratio(p) * np.exp(0.1 * rng.standard_normal()), 1.0

    @claim.control("ratio")
    def an_exponent_less(p, lhs, rhs):
        return lhs, rhs / p.m

    return claim


@pytest.mark.parametrize("profile", [SMOKE, STANDARD], ids=["smoke", "standard"])
def test_growth_that_persists_where_kappa_is_high_is_a_trend(profile):
    record = verdict_of(regime_claim(lambda p: p.m), profile)
    assert record["verdict"] == "TREND"
    assert "along m" in record["why"]


@pytest.mark.parametrize("profile", [SMOKE, STANDARD], ids=["smoke", "standard"])
def test_growth_below_the_constant_of_the_regime_is_no_trend(profile):
    record = verdict_of(regime_claim(lambda p: p.m if p.kappa < 32 else 1.0), profile)
    assert record["verdict"] in ("INCONCLUSIVE", "HOLDS_UP_TO_CONSTANT")
    assert any("judged at kappa" in part["why"] for part in record["parts"])


def test_a_frozen_constant_that_is_exceeded_stops_a_pass():
    record = verdict_of(ratio_claim(frozen=0.9))
    assert record["verdict"] == "INCONCLUSIVE"
    assert "frozen constant" in record["why"]
    assert verdict_of(ratio_claim(frozen=2.0))["verdict"] == "HOLDS_UP_TO_CONSTANT"


def test_a_term_that_is_never_the_largest_was_not_tested():
    claim = Claim("own.terms", axes=[Axis("m", 16, 512)])

    @claim.at_most("terms", up_to_constant=True)
    def terms(p, rng):
        return np.exp(0.1 * rng.standard_normal()), (1.0, 1e-3)

    @claim.control("terms")
    def falling(p, lhs, rhs):
        return lhs, rhs * p.m**-0.5

    record = verdict_of(claim)
    assert record["verdict"] == "VACUOUS"
    assert "term 2" in record["why"]


def explicit_claim(true_constant, claimed, **facts):
    claim = Claim("own.explicit", axes=[Axis("L", 1, 64)])

    @claim.at_most("explicit", **facts)
    def explicit(p):
        return true_constant * (1 - 2.0**-p.L), claimed

    @claim.control("explicit")
    def half(p, lhs, rhs):
        return lhs, rhs / 2

    return claim


def test_an_explicit_bound_holds_with_its_margin():
    record = verdict_of(explicit_claim(1.0, 1.0))
    assert record["verdict"] == "HOLDS"
    assert 0 <= record["margin"] <= 1e-15


def test_what_a_search_meets_and_cannot_tell_is_no_pass(monkeypatch):
    """It fails where nothing was planned, by what may be rounding. Mutation: a search that forgets all but the real."""
    claim, planned = Claim("own.between", axes=[Axis("L", 1, 64)]), set()

    @claim.equal("same")
    def same(p):
        return 1 + 1e-15 * (p.L not in planned), 1.0

    @claim.control("same")
    def another(p):
        return 1.0, 2.0

    planned |= {draw.point.L for draw in make_plan(subject_of(claim, claim.bounds[0]), SMOKE, 0).draws}
    monkeypatch.setattr(
        "lemmata.trials.evidence.certification", lambda _, trial, *error: "unclear" if trial.margin < 0 else "none"
    )
    record = verdict_of(claim)
    assert record["verdict"] == "INCONCLUSIVE"
    assert "met by the search" in record["why"]


def test_a_violation_is_shrunk_to_the_smallest_case():
    # 2 (1 - 2^-L) <= 1.6 fails from L = 3 on
    record = verdict_of(explicit_claim(2.0, 1.6))
    assert record["verdict"] == "VIOLATED"
    smallest = record["counterexamples"][0]
    assert (smallest["which"], smallest["params"]) == ("smallest", {"L": 3})
    assert smallest["certification"] == "real"


def test_rounding_is_not_a_violation():
    claim = Claim("own.rounding", axes=[Axis("k", 1, 64)])

    @claim.at_most("sum")
    def tenths(p):
        import torch

        tenth = torch.tensor(0.1, dtype=p.dtype)
        return torch.stack([tenth] * (10 * p.k)).cumsum(0)[-1], float(p.k)

    @claim.control("sum")
    def less(p, lhs, rhs):
        return lhs, 0.9 * rhs

    assert verdict_of(claim)["verdict"] != "VIOLATED"


def test_an_exact_computation_overrules_floats():
    def exact(p):
        return 1, 2

    record = verdict_of(explicit_claim(2.0, 1.6, exact=exact))
    assert record["verdict"] == "INCONCLUSIVE"
    assert "computed exactly" in record["why"]


def test_exact_arithmetic_decides_what_floats_cannot_see():
    claim = Claim("own.exact", points=[{"k": k} for k in (1, 2, 3)])

    @claim.at_most("exact")
    def exact(p):
        return 1 + Fraction(p.k == 3, 10**30), Fraction(1)

    @claim.control("exact")
    def never(p):
        return Fraction(2), Fraction(1)

    record = verdict_of(claim)
    assert record["verdict"] == "VIOLATED"
    assert record["counterexamples"][0]["params"] == {"k": 3}


def identity_claim(error):
    import torch

    claim = Claim("own.identity", axes=[Axis("n", 2, 64)])

    @claim.equal("square")
    def square(p, rng):
        x = torch.from_numpy(rng.standard_normal(p.n)).to(p.dtype)
        y = torch.from_numpy(rng.standard_normal(p.n)).to(p.dtype)
        return ((x + y) ** 2).sum() + error, (x**2).sum() + 2 * (x * y).sum() + (y**2).sum()

    @claim.control("square")
    def forgotten_product(p, lhs, rhs):
        return lhs, rhs * 1.001

    return claim


@pytest.mark.parametrize(("error", "verdict"), [(0.0, "HOLDS"), (1e-9, "VIOLATED")])
def test_an_identity_has_a_residual_that_follows_the_precision(error, verdict):
    assert verdict_of(identity_claim(error))["verdict"] == verdict


def coin(probability, delta):
    claim = Claim("own.coin", points=[{"n": 1}, {"n": 2}])

    @claim.at_most("coin", delta=delta)
    def coin(p, rng):
        return 2.0 * (rng.random() < probability) + 0.1, 1.0

    @claim.control("coin")
    def always(p, lhs, rhs):
        return lhs, 0.01

    return claim


@pytest.mark.parametrize(
    ("probability", "profile", "verdict"),
    # delta = 0.1. With p = 0.02 an e-value of 100 in both cells of 1200 draws, and with p = 0.3 one of 1000 against, is
    # certain up to 1e-9; with p = delta both are errors of probability 1e-2 and 1e-3 at the most.
    [
        (0.02, STANDARD, "HOLDS"),
        (0.1, STANDARD, "INCONCLUSIVE"),
        (0.3, STANDARD, "VIOLATED"),
        (0.08, SMOKE, "INCONCLUSIVE"),
    ],
)
def test_a_probability_is_judged_by_its_e_process(probability, profile, verdict):
    record = verdict_of(coin(probability, 0.1), profile)
    assert record["verdict"] == verdict
    if verdict == "VIOLATED":
        example = record["counterexamples"][0]
        assert (example["trials"], example["rhs"]) == (1200, 0.1)
        assert 0.2 < example["lhs"] < 0.4


def comparison(slow, fast):
    claim = Claim("own.comparison", axes=[Axis("L", 2, 64)])

    @claim.grows_slower("depth", axis="L")
    def depth(p, rng):
        return np.exp(0.1 * rng.standard_normal()) * p.L**slow, np.exp(0.1 * rng.standard_normal()) * p.L**fast

    @claim.control("depth")
    def exchanged(p, lhs, rhs):
        return rhs * p.L, lhs

    return claim


@pytest.mark.parametrize(("fast", "verdict"), [(1.0, "HOLDS"), (0.0, "VIOLATED")])
def test_a_comparison_needs_exponents_that_differ(fast, verdict):
    assert verdict_of(comparison(0.0, fast), STANDARD)["verdict"] == verdict


def test_a_control_that_is_not_caught_takes_the_pass_away():
    claim = explicit_claim(1.0, 1.0)
    claim.controls.clear()

    @claim.control("explicit")
    def no_twin_at_all(p, lhs, rhs):
        return lhs, rhs

    record = verdict_of(claim)
    assert record["verdict"] == "INCONCLUSIVE"
    assert "no_twin_at_all" in record["why"]


def test_a_true_twin_that_is_accused_makes_the_measurement_an_error():
    claim = explicit_claim(1.0, 1.0)

    @claim.true_twin("explicit")
    def accused(p, lhs, rhs):
        return 2 * rhs, rhs

    assert verdict_of(claim)["verdict"] == "ERROR"


def test_a_regime_that_nothing_meets_is_vacuous_and_tells_how_far_it_is():
    claim = explicit_claim(1.0, 1.0)
    claim.regime = [Condition("L >= 640", lambda p: p.L / 640)]
    record = verdict_of(claim)
    assert record["verdict"] == "VACUOUS"
    assert "L >= 640 is missed by a factor of 10 " in record["why"]


def test_a_bound_beyond_its_trivial_value_is_vacuous():
    record = verdict_of(explicit_claim(1.0, 5.0, cap=lambda p: 1.0))
    assert record["verdict"] == "VACUOUS"
    assert "factor of 5 " in record["why"]


def test_the_adversary_is_scored_against_random_search():
    claim = Claim("own.score", axes=[Axis("d", 2, 16)])

    @claim.at_most("score")
    def score(p, rng):
        return Sides(1.75, 2.0, random=0.03, known=1.8)

    @claim.control("score")
    def low(p, lhs, rhs):
        return lhs, 1.0

    assert verdict_of(claim)["adversary"] == {
        "found": 1.75,
        "random": 0.03,
        "known": 1.8,
        "weakest": {"at": {"d": ANY}, "share": pytest.approx(1.75 / 1.8)},
    }


def test_the_most_severe_part_decides():
    parts = [Finding(Verdict.HOLDS, "a"), Finding(Verdict.TREND, "b"), Finding(Verdict.VACUOUS, "c")]
    assert decide(parts, []).why == "b"
    with pytest.raises(ValueError, match="no findings"):
        most_severe([])


def test_the_record_says_how_often_each_term_of_a_bound_is_the_largest():
    claim = Claim("own.terms", axes=[Axis("m", 16, 512)])

    @claim.at_most("sum")
    def sum_of_two(p, rng):
        return 1.0 + 0 * rng.random(), (1.0 + float(p.m > 100), 1.5)

    @claim.control("sum")
    def too_small(p, lhs, rhs):
        return lhs, 0.5

    record = verdict_of(claim)
    plan_share = record["dominance"]
    assert set(plan_share) == {"1", "2"}
    assert plan_share["1"] == pytest.approx(1 / 3, abs=0.01), "one rung of three lies above 100"
    assert sum(plan_share.values()) == pytest.approx(1.0)
    assert verdict_of(ratio_claim())["dominance"] == {}


def test_a_quantity_that_diverged_can_be_written_down():
    claim = Claim("own.diverges", axes=[Axis("m", 4, 64)])

    @claim.at_most("norm", up_to_constant=True)
    def norm(p, rng):
        return (np.inf if rng.random() < 0.05 else 1.0), 1.0

    @claim.control("norm")
    def larger(p, lhs, rhs):
        return lhs * p.m, rhs

    record = check(subject_of(claim, claim.bounds[0]), Setting(PROFILES["smoke"], 0))
    assert record["counterexamples"][0]["lhs"] == "inf"
    json.dumps(record, allow_nan=False)
    assert "inf against 1" in show([record])
