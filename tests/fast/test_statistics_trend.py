"""The trend decision: what it says, what it refuses to say, and what must not change it."""

from __future__ import annotations

import json
from math import log

import numpy as np
import pytest

from lemmata.statistics import judge_trend, planted, without_polylog
from lemmata.statistics.shares import of_one_end, shares
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


def test_one_axis_says_how_far_the_ratio_rises_and_who_saw_it(rng):
    axes = {"L": np.repeat(RUNGS, 167)}
    y = 0.1 * rng.normal(size=axes["L"].size)
    (flat,) = judge_trend(y, axes, 0.05)
    assert flat.verdict is HOLDS
    assert flat.why.startswith("no growth along L: exponent below 0.")
    assert flat.facts["growth"]["hi"] < 0.25
    (grown,) = judge_trend(y + 0.5 * np.log(axes["L"]), axes, 0.05)
    assert grown.verdict is Verdict.TREND
    assert grown.why.startswith("grows along L: the ratio rises at least 5.")  # 31.6^0.5 = 5.6
    assert "from 16 to 505.964 (half of the pairs that differ in it alone), a transient may 2-fold" in grown.why
    assert grown.facts["breakdown_factor"] == pytest.approx(5.4, abs=0.3)
    assert grown.facts["growth"]["lo"] == pytest.approx(0.5 - log(2) / log(31.6), abs=0.03)


def test_facts_are_plain_data(rng):
    axes = design(rng, 1000, "m", "L")
    y = 0.1 * rng.normal(size=1000) + 0.5 * np.log(axes["m"])
    for finding in judge_trend(y, axes, 0.05):
        facts = json.loads(json.dumps(finding.facts))
        assert facts["axis"] in axes
        assert set(facts["growth"]) == {"est", "lo", "hi", "lo_raw", "hi_raw", "tau"}
        assert facts["transient"] == {"factor": 2.0, "rate": 0.5}


def test_guilty_axis_is_found_among_innocent_and_loose_ones(rng):
    axes = design(rng, 1080, "m", "L", "d", "n")
    y = 0.1 * rng.normal(size=1080) + 0.35 * np.log(axes["L"]) - 0.3 * np.log(axes["m"] * axes["d"])
    findings = judge_trend(y, axes, 0.1)
    assert {f.facts["axis"] for f in findings if f.verdict is Verdict.TREND} == {"L"}
    loose = next(f for f in findings if f.facts["axis"] == "m")
    assert loose.verdict is HOLDS
    assert "loose by at least m^-0.2" in loose.why
    assert most_severe(findings) is findings[0]


def test_other_axes_are_no_noise_to_a_pass_nor_to_pairs(rng):
    axes = design(rng, 1080, "m", "L")
    y = 0.1 * rng.normal(size=1080)
    steep = y - np.log(axes["L"])
    alone, among = (next(f for f in judge_trend(z, axes, 0.1) if f.facts["axis"] == "m") for z in (y, steep))
    assert among.facts["growth"]["hi"] == pytest.approx(alone.facts["growth"]["hi"], abs=0.03)
    found = judge_trend(steep + 0.35 * np.log(axes["m"]), axes, 0.1)[0]
    assert (found.verdict, found.facts["test"]) == (Verdict.TREND, "pairs")


def test_growth_in_one_corner_is_seen_there(rng):
    axes = design(rng, 1080, "m", "d")
    y = 0.1 * rng.normal(size=1080) + 0.5 * np.log(axes["m"] / 16) * (axes["d"] >= RUNGS[3])
    finding = judge_trend(y, axes, 0.1)[0]
    assert finding.verdict is Verdict.TREND
    assert "grows along m" in finding.why


def test_growth_below_a_bounded_upper_quantile_is_none_of_the_bound(rng):
    # Where b is large the ratio is loose, and less so for larger a: the median and three quarters of the cells rise.
    axes = design(rng, 1080, "a", "b")
    loose = np.where(axes["b"] > 16, np.log(axes["a"] / RUNGS[-1]), 0.0)
    findings = judge_trend(loose + 0.05 * rng.normal(size=1080), axes, 0.1)
    assert not any(f.verdict is Verdict.TREND for f in findings)


def test_interacting_axes_make_no_trend(rng):
    # Medians of b taken out, the ratios grow along a (the median of b's top rung is half of its rise).
    for _ in range(10):
        axes = design(rng, 1080, "a", "b")
        y = np.where(axes["b"] == RUNGS[-1], np.log(axes["a"] / RUNGS[-1]), 0.0) + 0.1 * rng.normal(size=1080)
        assert verdict(y, axes, 0.1) is not Verdict.TREND


def test_a_pass_needs_the_ratios_as_they_are(rng):
    # Growth in one corner of a sixth, of which half is taken out with the medians of b.
    axes = design(rng, 2160, "a", "b")
    y = np.where(axes["b"] == RUNGS[-1], 0.42 * np.log(axes["a"] / 16), 0.0) + 0.02 * rng.normal(size=2160)
    finding = next(f for f in judge_trend(y, axes, 0.1) if f.facts["axis"] == "a")
    assert finding.verdict is not HOLDS


# ---- terms ----


@pytest.mark.parametrize("low, high", [(16, 506), (160, 5060), (1.6, 51)])
def test_a_sum_is_judged_where_each_term_leads(rng, low, high):
    a, b = rng.choice(RUNGS, 1080), rng.choice(np.geomspace(low, high, 6), 1080)
    axes, noise = {"a": a, "b": b}, 0.1 * rng.normal(size=1080)

    def judged(log_quantity):
        leader = (b > a).astype(int)
        return judge_trend(
            log_quantity - np.log(a + b), axes, 0.1, terms=(leader, log_quantity - np.log(np.maximum(a, b)))
        )

    # Q = a is at most a + b: it grows like a where b leads, and never beyond.
    assert not any(f.verdict is Verdict.TREND for f in judged(np.log(a) + noise))
    assert not any(f.verdict is Verdict.TREND for f in judged(np.log(a + b) + noise))
    if low == 16:  # else a leads, or b, on too few rungs of a
        grown = judged(1.5 * np.log(a) + noise)
        assert most_severe(grown).verdict is Verdict.TREND
        assert "along a" in most_severe(grown).why


# ---- power, direction, delta, no noise ----


@pytest.mark.parametrize("k", [0.5, 2.0, 4.0])
@pytest.mark.parametrize("beta", [0.0, 0.12, 0.5])
def test_a_power_of_a_quantity_has_the_verdict_of_the_quantity(rng, beta, k):
    axes = {"m": np.repeat(RUNGS, 100)}
    y = 0.1 * rng.normal(size=600) + beta * np.log(axes["m"])
    (plain,), (raised,) = judge_trend(y, axes, 0.1), judge_trend(k * y, axes, 0.1, power=k)
    assert raised.verdict is plain.verdict
    assert raised.facts["growth"] == pytest.approx(plain.facts["growth"])
    assert planted(k * y, axes, "m", 0.1, power=k) == pytest.approx(planted(y, axes, "m", 0.1))
    drift = np.log(1.9 - 0.9 * (axes["m"] / 16) ** -0.5) + 0.01 * rng.normal(size=600)
    assert verdict(4 * drift, axes, 0.1) is Verdict.TREND, "what is said to be the thing itself rises 13-fold"
    assert verdict(4 * drift, axes, 0.1, power=4) is not Verdict.TREND


def test_growth_is_sought_at_the_ends_that_are_named(rng):
    axes = {"eps": np.repeat(np.geomspace(1e-4, 1, 6), 100)}
    y = 0.1 * rng.normal(size=600) - 0.5 * np.log(axes["eps"])
    assert verdict(y, axes, 0.1) is HOLDS
    for end in ("0", "both"):
        finding = most_severe(judge_trend(y, axes, 0.1, toward={"eps": end}))
        assert finding.verdict is Verdict.TREND
        assert "grows along eps towards 0: the ratio rises at least" in finding.why
        assert "from 1 to 0.0001" in finding.why
    flat = judge_trend(0.1 * rng.normal(size=600), axes, 0.1, toward={"eps": "both"})
    assert [f.facts["toward"] for f in flat if f.verdict is HOLDS] == ["inf", "0"]


def test_both_directions_are_one_procedure(rng):
    m = np.repeat(RUNGS, 100)
    y = 0.1 * rng.normal(size=600) + 0.3 * np.log(m)
    (up,), (down,) = judge_trend(y, {"m": m}, 0.1), judge_trend(y, {"m": 1 / m}, 0.1, toward={"m": "0"})
    assert up.facts["growth"] == pytest.approx(down.facts["growth"])


def test_each_draw_has_its_own_delta(rng):
    # The ratio to a bound for delta: its (1 - delta)-quantile is 0 at each delta, any fixed quantile grows.
    delta = np.repeat([0.5, 0.2, 0.1, 0.05], 400)
    y = np.where(rng.random(1600) < delta - 0.02, 3.0 + np.log(1 / delta), -3 * delta) + 0.01 * rng.normal(size=1600)
    axes = {"inverse_delta": 1 / delta}
    assert verdict(y, axes, delta) is not Verdict.TREND
    heavy = np.log(1 / delta) + 0.1 * rng.normal(size=1600)
    assert verdict(heavy, axes, delta) is Verdict.TREND


def test_a_ratio_without_noise_is_judged(rng):
    axes = design(rng, 1080, "m", "L")
    assert verdict(np.zeros(1080), axes, 0.05) is HOLDS
    assert verdict(0.25 * np.log(axes["L"]), axes, 0.05) is Verdict.TREND
    assert verdict(np.log(np.log(axes["L"] / 8)), axes, 0.05) is Verdict.TREND
    assert verdict(0.1 * np.log(axes["L"]), axes, 0.05) is not Verdict.TREND, "a rise by 1.4 is within the factor"


def test_numbers_that_were_not_drawn_are_compared_as_they_are():
    # One value in each cell of a grid, as of a trial without randomness.
    m, L = (axis.ravel() for axis in np.meshgrid(np.geomspace(2, 256, 4), np.geomspace(2, 64, 3)))
    axes = {"m": m, "L": L}

    def told(y):
        return most_severe(judge_trend(y, axes, 0.1, drawn=False)).verdict

    assert told(-0.1 * np.log(L)) is HOLDS
    assert told(0.5 * np.log(m) - np.log(L)) is Verdict.TREND
    assert told(-np.log(2) * (m / 2) ** -0.5) is not Verdict.TREND
    assert told(np.log1p(20 * (m / 2) ** -2)) is HOLDS
    assert told(np.where(m == 256, np.inf, 0.0)) is Verdict.TREND
    # The ratio that counts is the largest of the rung: what happens below it is looseness.
    assert told(np.where(L > 2, np.log(m / 256), 0.0)) is HOLDS
    single = judge_trend([0.0, 0.5, 1.5, 2.5], {"m": [2.0, 8.0, 32.0, 128.0]}, 0.1, drawn=False)
    assert most_severe(single).verdict is Verdict.TREND


# ---- error budget ----


@pytest.mark.parametrize("ends, others, rungs", [(1, 0, 3), (2, 0, 6), (2, 1, 3), (6, 3, 6)])
def test_shares_of_alpha_add_up(ends, others, rungs):
    part = of_one_end(1.0, ends)
    each = shares(part, others, rungs)
    one_end = each.pairs + each.upper + (rungs - 2) * each.later + 2 * others * 2 * each.half
    assert one_end == pytest.approx(part)
    assert ends * one_end + part == pytest.approx(1.0)  # and the test of divergence


def test_halving_the_error_never_accuses_more(rng):
    axes = design(rng, 400, "m", "L")
    y = 0.3 * rng.normal(size=400) + 0.33 * np.log(axes["m"])
    told = [verdict(y, axes, 0.1, alpha=a) is Verdict.TREND for a in 10.0 ** -np.arange(1, 30, 2)]
    assert told == sorted(told, reverse=True)
    assert told[0]
    assert not told[-1]


# ---- what must not change a verdict ----


@pytest.mark.parametrize("change", ["unit of y", "unit of s", "order of axes"])
def test_verdict_does_not_depend_on_how_the_draws_are_written(rng, change):
    axes = design(rng, 600, "m", "L")
    y = 0.2 * rng.normal(size=600) + 0.3 * np.log(axes["L"])
    before = judge_trend(y, axes, 0.1)
    if change == "unit of y":
        y = y + 7.0
    elif change == "unit of s":
        axes["L"] = axes["L"] * 1000
    else:
        axes = dict(reversed(axes.items()))
    after = judge_trend(y, axes, 0.1)

    def told(findings):
        return sorted((f.verdict, f.facts["axis"]) for f in findings)

    def ends(findings):
        return sorted((f.facts["axis"], f.facts["growth"]["lo"]) for f in findings)

    assert told(before) == told(after)
    # Median polish visits the axes in their order, and two sweeps leave a little of it.
    assert [e[1] for e in ends(before)] == pytest.approx([e[1] for e in ends(after)], abs=0.02)


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
    axes = {"m": np.repeat(RUNGS, 16)}
    for _ in range(10):
        assert verdict(0.1 * rng.normal(size=96) + 0.4 * np.log(axes["m"]), axes, 0.05) is Verdict.TREND


def test_undecided_growth_says_what_would_decide(rng):
    axes = {"m": np.repeat(RUNGS, 167)}
    noise = 0.3 * rng.normal(size=1002)
    drifting = most_severe(judge_trend(noise + 0.15 * np.log(axes["m"]), axes, 0.05))
    assert drifting.verdict is Verdict.INCONCLUSIVE
    assert "on the measured range, as a transient of factor 2 can" in drifting.why
    assert f"exponents up to {drifting.facts['growth']['hi']:.3f} are not excluded" in drifting.why
    noisy = most_severe(judge_trend(5 * noise, axes, 0.05))
    assert "no growth seen" in noisy.why
    assert f"about {noisy.facts['draws_needed']} draws per rung would exclude 0.25, has 167" in noisy.why
    hopeless = most_severe(judge_trend(noise + 0.15 * np.log(axes["m"]), axes, 0.05, resolution=0.05))
    assert "only a longer ladder would exclude 0.05" in hopeless.why


def test_declared_transients_decide_what_a_drift_is(rng):
    axes = {"L": np.repeat(RUNGS, 167)}
    y = 0.05 * rng.normal(size=1002) - np.log(1.6) * (axes["L"] / 16) ** -0.5
    settled = most_severe(judge_trend(y, axes, 0.05))
    assert settled.verdict is HOLDS
    assert "drift on the measured range" in settled.why
    assert verdict(y, axes, 0.05, transients={"L": Transient(1.1)}) is Verdict.TREND


def test_what_has_settled_is_no_trend_however_far_it_rose(rng):
    axes = {"L": np.repeat(RUNGS, 167)}
    y = 0.05 * rng.normal(size=1002) + np.log1p(-0.9 * np.exp(-((axes["L"] / 16) - 1)))  # tenfold, within two rungs
    assert verdict(y, axes, 0.1) is HOLDS


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
    axes = {"m": np.repeat(RUNGS / 8, 167)}  # from 2 on: a logarithm rises sixfold
    noise = 0.1 * rng.normal(size=1002)
    log_log = np.log(np.log(axes["m"]))
    assert verdict(noise + log_log, axes, 0.05) is Verdict.TREND
    assert verdict(without_polylog(noise + log_log, axes["m"], 1), axes, 0.05) is HOLDS
    with pytest.raises(ValueError, match="scales above 1, got 1"):
        without_polylog(np.zeros(2), [1.0, 2.0], 1)


# ---- power ----


def test_power_is_the_exponent_that_is_found_four_times_in_five(rng):
    # The median of 15 statements is checked on 60 fresh samples: at 0.8 fewer than 38 are found with probability 3e-3,
    # and it is not far too careful: 0.85 of it is found less often than not.
    def sample(beta, drift=0.0):
        axes = {"m": rng.permutation(np.repeat(RUNGS, 60)), "L": rng.permutation(np.repeat(RUNGS, 60))}
        y = 0.3 * rng.normal(size=360) + (beta + drift) * np.log(axes["m"] / 16) - 0.2 * np.log(axes["L"] / 16)
        return y, axes, 0.1

    stated = float(np.median([planted(*(s := sample(0.0))[:2], "m", s[2]) for _ in range(15)]))
    drifting = float(np.median([planted(*(s := sample(0.08))[:2], "m", s[2]) for _ in range(15)]))
    assert drifting == pytest.approx(stated, rel=0.05), "a drift of tonight's data is no power"
    assert sum(verdict(*sample(stated)) is Verdict.TREND for _ in range(60)) >= 38
    assert sum(verdict(*sample(0.85 * stated)) is Verdict.TREND for _ in range(60)) <= 40


def test_planted_on_nothing_is_infinite():
    rungs = np.repeat(RUNGS, 10)
    assert planted([], {"m": []}, "m", 0.05) == np.inf
    assert planted(np.full(60, np.inf), {"m": rungs}, "m", 0.05) == np.inf
    assert planted(np.full(60, np.nan), {"m": rungs}, "m", 0.05) == np.inf
    assert planted(np.zeros(60), {"m": np.ones(60)}, "m", 0.05) == np.inf
    assert planted(np.zeros(18), {"m": np.repeat(RUNGS, 3)}, "m", 0.05) == np.inf, "too few for any test"
    with pytest.raises(ValueError, match=r"'d' is not one of the axes \('m',\)"):
        planted(np.zeros(60), {"m": rungs}, "d", 0.05)


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
    with pytest.raises(ValueError, match=r"transients are declared for \['L'\], but the axes are \('m',\)"):
        judge_trend(y, axes, 0.05, transients={"L": Transient()})
    with pytest.raises(ValueError, match=r"towards 'inf', '0' or 'both', got \['up'\]"):
        judge_trend(y, axes, 0.05, toward={"m": "up"})
    with pytest.raises(ValueError, match="power of a quantity is positive and finite, got 0"):
        judge_trend(y, axes, 0.05, power=0)
    for delta in (0.0, 1.0, np.nan):
        with pytest.raises(ValueError, match="delta must lie inside"):
            judge_trend(y, axes, delta)
    with pytest.raises(ValueError, match=r"one number or one per draw, got \(2,\) for y of \(3,\)"):
        judge_trend(y, axes, [0.1, 0.1])
