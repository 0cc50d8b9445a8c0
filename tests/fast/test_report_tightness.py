"""Measured exponents beside the printed ones: signs, intervals, and the word that is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from report_sample import activations

from lemmata.judging.check import check
from lemmata.judging.kinds import subject_of
from lemmata.report.tightness import exponents
from lemmata.sampling.profiles import PROFILES
from lemmata.trials.pooling import Setting
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.words import Axis


def measured(relation="at_most", printed=0.5, growth=-0.1, settled=(-0.2, 0.0)):
    ends = {"est": growth, "lo": growth - 0.05, "hi": growth + 0.05, "settled": list(settled)}
    item = activations("upper", 1.5, 0) | {
        "relation": relation,
        "axes": [{"name": "m", "printed": printed, "growth": ends}],
    }
    (exponent,) = exponents(item)
    return exponent


def test_growth_is_added_for_an_upper_bound_and_taken_away_for_a_lower_one():
    assert measured().measured == pytest.approx((0.4, 0.35, 0.45))
    assert measured("at_least").measured == pytest.approx((0.6, 0.55, 0.65))
    assert str(measured("at_least")) == "m: printed 0.5, measured 0.6 [0.55, 0.65], tight to 0.25"


@pytest.mark.parametrize(
    ("settled", "word"),
    [
        ((-0.2, 0.2), "tight to 0.25"),
        ((-0.2, -0.1), "tight to 0.25"),
        ((-0.6, -0.3), "loose by at least 0.3"),
        ((-0.6, -0.001), "loose by at least 0.001"),
        ((-0.6, 0.1), "not decided"),
        ((-0.1, 0.3), "not decided"),
        ((-0.6, 0.6), "not decided"),
        ((0.07, 0.1), "exceeded by at least 0.07"),
        (("-inf", 0.1), "not measured"),
    ],
)
def test_the_word_rests_on_what_is_left_of_transients(settled, word):
    assert measured(settled=settled).word == word


def test_without_a_printed_exponent_or_a_growth_nothing_is_made_up():
    assert measured(printed=None).measured is None
    assert measured(printed=None).word == "tight to 0.25"
    item = {"axes": [{"name": "m", "printed": 1.0, "growth": None}, {"name": "n", "growth": {"est": 0.1}}]}
    assert [(e.measured, e.word) for e in exponents(item)] == [(None, "not measured")] * 2


@pytest.mark.parametrize(("power", "word"), [(0.5, "tight"), (0.0, "loose by at least 0.")])
def test_a_loose_exponent_of_a_real_claim_shows(power, word):
    claim = Claim("own.growth", axes=[Axis("m", 16, 4096, exponent=0.5)])

    @claim.at_most("bound", up_to_constant=True)
    def trial(p, rngs):
        noise = np.array([rng.normal(0, 0.05) for rng in rngs])
        return p.m**power * np.exp(noise), np.full(len(rngs), p.m**0.5)

    claim.control("bound")(lambda p, lhs, rhs: (lhs, rhs / p.m))
    (exponent,) = exponents(check(subject_of(claim, claim.bounds[0]), Setting(PROFILES["smoke"], 0)))
    assert exponent.word.startswith(word)
    assert exponent.measured[1] - 1e-6 <= power <= exponent.measured[2] + 1e-6
