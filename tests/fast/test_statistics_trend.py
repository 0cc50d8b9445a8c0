"""The trend decision: what it says, what it refuses to say, and what must not change it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lemmata.statistics import judge_trend, planted, without_polylog
from lemmata.statistics.ladders import cut_ladders, main_tests
from lemmata.vocabulary.transient import Transient
from lemmata.vocabulary.verdict import Verdict, most_severe

RUNGS = 16.0 * 10 ** np.linspace(0, 1.5, 6)
HOLDS = Verdict.HOLDS_UP_TO_CONSTANT


def design(rng, n, *names):
    return {name: rng.choice(RUNGS, n) for name in names}


def verdict(*args, **kwargs):
    return most_severe(judge_trend(*args, **kwargs)).verdict


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_one_axis_names_its_exponent_and_quantile(rng):
    axes = {"L": np.repeat(RUNGS, 167)}
    y = 0.1 * rng.normal(size=axes["L"].size)
    (flat,) = judge_trend(y, axes, 0.05)
    assert flat.verdict is HOLDS
    assert flat.why.startswith("no growth along L: exponent below 0.")
    assert flat.facts["growth"]["hi"] < 0.25
    grown = judge_trend(y + 0.25 * np.log(axes["L"]), axes, 0.05)
    assert [f.verdict for f in grown] == [Verdict.TREND] * 2  # at the median and at the 0.95-quantile
    assert {f.facts["growth"]["tau"] for f in grown} == {0.5, 0.95}
    assert all("grows along L: exponent at least 0.1" in f.why for f in grown)


def test_facts_are_plain_data(rng):
    axes = design(rng, 1000, "m", "L")
    y = 0.1 * rng.normal(size=1000) + 0.3 * np.log(axes["m"])
    for finding in judge_trend(y, axes, 0.05):
        facts = json.loads(json.dumps(finding.facts))
        assert facts["axis"] in axes
        assert set(facts["growth"]) == {"est", "lo", "hi", "lo_raw", "hi_raw", "bias", "tau", "mde"}
        assert facts["transient"] == {"factor": 2.0, "rate": 0.5}


def test_guilty_axis_is_found_among_innocent_and_loose_ones(rng):
    axes = design(rng, 1000, "m", "L", "d", "n")
    y = 0.1 * rng.normal(size=1000) + 0.25 * np.log(axes["L"]) - 0.3 * np.log(axes["m"] * axes["d"])
    findings = judge_trend(y, axes, 0.05)
    assert {f.facts["axis"] for f in findings if f.verdict is Verdict.TREND} == {"L"}
    loose = next(f for f in findings if f.facts["axis"] == "m")
    assert loose.verdict is HOLDS
    assert "loose by at least m^-0.2" in loose.why
    # The most robust trend speaks for the claim.
    factors = [f.facts["breakdown_factor"] for f in findings if f.verdict is Verdict.TREND]
    assert factors == sorted(factors, reverse=True)
    assert most_severe(findings) is findings[0]


def test_other_axes_are_no_noise(rng):
    axes = design(rng, 1000, "m", "L", "d")
    y = 0.1 * rng.normal(size=1000)
    steep = y - np.log(axes["L"]) + (axes["d"] / 16) ** -2
    alone, among = (judge_trend(z, axes, 0.05)[0].facts["growth"] for z in (y, steep))
    assert among["est"] == pytest.approx(alone["est"], abs=0.03)
    assert among["hi"] == pytest.approx(alone["hi"], abs=0.03)


def test_strata_see_growth_that_lives_in_one_corner(rng):
    # Published: growth s^0.5 only where the other axis is high is caught always, at 4 axes and 1000 draws.
    for _ in range(5):
        axes = design(rng, 1000, "m", "L", "d", "n")
        y = 0.3 * rng.normal(size=1000) + 0.5 * np.log(axes["m"]) * (axes["d"] >= RUNGS[3])
        findings = judge_trend(y, axes, 0.05)
        assert most_severe(findings).verdict is Verdict.TREND
        where = {(f.facts["axis"], f.facts["stratum"]) for f in findings if f.verdict is Verdict.TREND}
        assert ("m", "d is high") in where
        assert ("m", "d is low") not in where


def test_shares_of_alpha_add_up():
    for names in (("a",), ("a", "b"), ("a", "b", "c", "d")):
        scales = design(np.random.default_rng(1), 3000, *names)
        for strata in (True, False):
            shares = [
                2 * ladder.alpha  # the median and the tail
                for name in names
                for ladder in cut_ladders(np.zeros(3000), scales, name, 1.0, Transient(), strata)
            ]
            divergence = 1 / main_tests(scales, strata)
            assert sum(shares) + divergence == pytest.approx(1.0)


@pytest.mark.parametrize("change", ["order", "unit of y", "unit of s", "order of axes"])
def test_verdict_does_not_depend_on_how_the_draws_are_written(rng, change):
    axes = design(rng, 600, "m", "L")
    y = 0.2 * rng.normal(size=600) + 0.2 * np.log(axes["L"])
    before = judge_trend(y, axes, 0.1)
    if change == "order":
        order = rng.permutation(600)
        y, axes = y[order], {name: x[order] for name, x in axes.items()}
    elif change == "unit of y":
        y += 7.0
    elif change == "unit of s":
        axes["L"] = axes["L"] * 1000
    else:
        axes = dict(reversed(axes.items()))
    after = judge_trend(y, axes, 0.1)

    def told(findings):
        return sorted((f.verdict, f.facts["axis"], f.facts["stratum"], f.facts["growth"]["tau"]) for f in findings)

    def lows(findings):
        return sorted(f.facts["growth"]["lo"] for f in findings)

    assert told(before) == told(after)
    # Median polish visits the axes in their order, and two sweeps leave a little of it.
    assert lows(before) == pytest.approx(lows(after), abs=0.02 if change == "order of axes" else 1e-6)


def test_nothing_measured_is_vacuous():
    assert verdict([], {"m": []}, 0.05) is Verdict.VACUOUS
    assert verdict(np.full(900, -np.inf), {"m": np.repeat(RUNGS, 150)}, 0.05) is Verdict.VACUOUS


def test_nan_is_an_error():
    y = np.zeros(600)
    y[17] = np.nan
    finding = most_severe(judge_trend(y, {"m": np.repeat(RUNGS, 100)}, 0.05))
    assert finding.verdict is Verdict.ERROR
    assert finding.why == "1 of 600 ratios are NaN"


def test_divergence_is_refuted_where_it_is_frequent(rng):
    axes = {"m": np.repeat(RUNGS, 167)}
    # Everywhere infinite is perfectly flat, and must not pass for it.
    finding = most_severe(judge_trend(np.full(1002, np.inf), axes, 0.05))
    assert finding.verdict is Verdict.TREND
    assert "1002 of 1002 draws diverged" in finding.why
    # At the largest scale only, in a share of all draws that delta allows: it is the growth that counts.
    y = np.where((axes["m"] == RUNGS[-1]) & (rng.random(1002) < 0.5), np.inf, 0.1 * rng.normal(size=1002))
    assert np.isinf(y).mean() < 0.1
    assert verdict(y, axes, 0.1) is Verdict.TREND


def test_rare_divergence_is_not_passed_unseen(rng):
    axes = {"m": np.repeat(RUNGS, 167)}
    y = 0.1 * rng.normal(size=1002)
    y[rng.choice(1002, 30, replace=False)] = np.inf  # 3%: is the 0.95-quantile finite?
    finding = most_severe(judge_trend(y, axes, 0.05))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "draws diverged at" in finding.why
    y[np.isinf(y)] = 0.0
    y[5] = np.inf  # one draw in a thousand is within delta
    assert verdict(y, axes, 0.05) is HOLDS


def test_zero_ratios_neither_accuse_nor_break(rng):
    axes = {"m": np.repeat(RUNGS, 167)}
    y = 0.1 * rng.normal(size=1002)
    y[rng.random(1002) < 0.3] = -np.inf
    assert verdict(y, axes, 0.05) is HOLDS


def test_too_few_draws_say_how_many_are_needed(rng):
    axes = {"m": np.repeat(RUNGS, 20)}
    finding = most_severe(judge_trend(0.1 * rng.normal(size=120), axes, 0.05))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.why == "along m: bounding the 0.95-quantile needs 90 draws per rung, has 20"
    assert finding.facts["draws_needed"] == 90


def test_few_draws_can_still_alarm(rng):
    # Published: 100 draws catch exponent 0.25 always at sigma = 0.1, and can pass nothing.
    axes = {"m": np.repeat(RUNGS, 16)}
    for _ in range(10):
        y = 0.1 * rng.normal(size=96) + 0.25 * np.log(axes["m"])
        assert verdict(y, axes, 0.05) is Verdict.TREND


def test_undecided_growth_says_what_would_decide(rng):
    axes = {"m": np.repeat(RUNGS, 167)}
    noise = 0.3 * rng.normal(size=1002)
    drifting = most_severe(judge_trend(noise + 0.12 * np.log(axes["m"]), axes, 0.05))
    assert drifting.verdict is Verdict.INCONCLUSIVE
    assert "on the measured range, as a transient of factor 2 can" in drifting.why
    assert f"exponents up to {drifting.facts['growth']['hi']:.3f} are not excluded" in drifting.why
    assert drifting.facts["draws_needed"] > 167
    noisy = most_severe(judge_trend(5 * noise, axes, 0.05))
    assert "no growth seen" in noisy.why
    assert f"about {noisy.facts['draws_needed']} draws per rung would exclude 0.25, has 167" in noisy.why
    hopeless = most_severe(judge_trend(noise + 0.12 * np.log(axes["m"]), axes, 0.05, resolution=0.05))
    assert "only a longer ladder would exclude 0.05" in hopeless.why


def test_declared_transients_decide_what_a_drift_is(rng):
    axes = {"L": np.repeat(RUNGS, 167)}
    y = 0.05 * rng.normal(size=1002) - np.log(2) * (axes["L"] / 16) ** -0.5
    settled = most_severe(judge_trend(y, axes, 0.05))
    assert settled.verdict is HOLDS
    assert "drift on the measured range" in settled.why
    assert verdict(y, axes, 0.05, transients={"L": Transient(1.0)}) is Verdict.TREND


def test_axes_need_three_rungs_and_some_axis_is_needed(rng):
    finding = most_severe(judge_trend(rng.normal(size=400), {"m": np.repeat([2.0, 4.0], 200)}, 0.05))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.why == "along m: growth needs at least 3 rungs, has 2"
    assert verdict(rng.normal(size=400), {}, 0.05) is Verdict.INCONCLUSIVE


def test_axes_that_move_together_are_not_passed(rng):
    # Growth in L and decay in m along one diagonal look flat: y is constant up to noise.
    m = rng.choice(RUNGS, 1000)
    findings = judge_trend(0.1 * rng.normal(size=1000), {"m": m, "L": 2 * m}, 0.05)
    finding = most_severe(findings)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "m and L moved together (correlation 1.00)" in finding.why


def test_polylog_allowance_removes_a_log_and_leaves_a_power(rng):
    axes = {"m": np.repeat(RUNGS, 167)}
    noise = 0.1 * rng.normal(size=1002)
    log_log = np.log(np.log(axes["m"]))
    assert verdict(noise + log_log, axes, 0.05) is Verdict.TREND
    assert verdict(without_polylog(noise + log_log, axes["m"], 1), axes, 0.05) is HOLDS
    power = noise + 0.5 * np.log(axes["m"])
    assert verdict(without_polylog(power, axes["m"], 1), axes, 0.05) is Verdict.TREND
    with pytest.raises(ValueError, match="scales above 1, got 1"):
        without_polylog(np.zeros(2), [1.0, 2.0], 1)


@pytest.mark.parametrize("names", [("m",), ("m", "L")])
def test_planted_is_the_first_exponent_that_the_decision_catches(rng, names):
    axes = design(rng, 900, *names)
    y = 0.2 * rng.normal(size=900)
    exponents = (0.05, 0.1, 0.15, 0.2, 0.25, 0.35)
    found = planted(y, axes, "m", 0.1, exponents=exponents)
    verdicts = [verdict(y + beta * np.log(axes["m"]), axes, 0.1) for beta in exponents]
    assert exponents[verdicts.index(Verdict.TREND)] == pytest.approx(found)
    assert planted(y, axes, "m", 0.1, exponents=(0.001,)) == np.inf


def test_planted_on_nothing_is_infinite():
    rungs = np.repeat(RUNGS, 10)
    assert planted([], {"m": []}, "m", 0.05) == np.inf
    assert planted(np.full(60, np.inf), {"m": rungs}, "m", 0.05) == np.inf
    assert planted(np.full(60, np.nan), {"m": rungs}, "m", 0.05) == np.inf
    assert planted(np.zeros(60), {"m": np.ones(60)}, "m", 0.05) == np.inf
    with pytest.raises(ValueError, match=r"'d' is not one of the axes \('m',\)"):
        planted(np.zeros(60), {"m": rungs}, "d", 0.05)


def test_a_ratio_without_noise_is_judged(rng):
    axes = design(rng, 1000, "m", "L")
    assert verdict(np.zeros(1000), axes, 0.05) is HOLDS
    assert verdict(0.1 * np.log(axes["L"]), axes, 0.05) is Verdict.TREND
    log_log = judge_trend(np.log(np.log(axes["L"])), axes, 0.05)
    assert most_severe(log_log).facts["shape"] == "log"


@pytest.mark.parametrize("axes, message", [
    ({"m": [1.0, 2.0]}, r"'m' needs one scale per draw: got \(2,\) for y of \(3,\)"),
    ({"m": [1.0, 0.0, 2.0]}, "'m' needs positive finite scales, got 0.0 to 2.0"),
    ({"m": [1.0, np.nan, 2.0]}, "'m' needs positive finite scales"),
])  # fmt: skip
def test_bad_designs_are_refused(axes, message):
    with pytest.raises(ValueError, match=message):
        judge_trend(np.zeros(3), axes, 0.05)


def test_bad_settings_are_refused():
    y, axes = np.zeros(3), {"m": [1.0, 2.0, 4.0]}
    with pytest.raises(ValueError, match=r"declared for \['L'\], but the axes are \('m',\)"):
        judge_trend(y, axes, 0.05, transients={"L": Transient()})
    for delta in (0.0, 1.0, np.nan):
        with pytest.raises(ValueError, match="delta must lie inside"):
            judge_trend(y, axes, delta)
