"""Axes, claims and their files: what is refused, and with which words."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemmata.judging.kinds import validate
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.discovery import claim_files, load_claims, may_make_claims
from lemmata.vocabulary.words import Axis, ClaimError, Paper


@settings(deadline=None, database=None, derandomize=True)
@given(st.integers(1, 1000), st.integers(2, 1000), st.integers(3, 8))
def test_an_integer_ladder_keeps_its_ends_and_increases(low, factor, rungs):
    ladder = Axis("m", low, low * factor).ladder(rungs)
    assert (ladder[0], ladder[-1]) == (low, low * factor)
    assert all(isinstance(v, int) for v in ladder)
    assert all(a < b for a, b in pairwise(ladder))
    assert len(ladder) <= rungs


def test_a_ladder_is_equally_spaced_in_the_logarithm():
    ladder = Axis("m", 16, 512).ladder(6)
    assert ladder == [16, 32, 64, 128, 256, 512]
    steps = [math.log(b / a) for a, b in pairwise(Axis("t", 0.1, 2.0).ladder(4))]
    assert max(steps) - min(steps) < 1e-5  # the rungs are rounded to six digits


def test_given_values_are_kept_with_their_ends():
    axis = Axis("gamma", values=(0.01, 0.02, 0.1, 0.2, 0.3))
    assert axis.ladder(3) == [0.01, 0.1, 0.3]
    assert axis.ladder(9) == list(axis.values)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Axis("m", 5, 5), "Give 0 < low < high"),
        (lambda: Axis("m", 0, 5), "Give 0 < low < high"),
        (lambda: Axis("m", 1.0, math.inf), "Give 0 < low < high"),
        (lambda: Axis("not a name", 1, 5), "is not a name"),
        (lambda: Claim("own claim", axes=[Axis("m", 1, 5)]), "is not a name"),
        (lambda: Claim("own.claim"), "there are none"),
        (lambda: Claim("own.claim", axes=[Axis("m", 1, 5)], points=[{"m": 1}]), "Give one of the two"),
    ],
)
def test_impossible_objects_are_refused_with_a_remedy(make, words):
    with pytest.raises(ClaimError, match=words):
        make()


def claim_with(**facts):
    claim = Claim("own.claim", axes=[Axis("m", 1, 5)])
    claim.at_most("b", **facts)(lambda p: (1.0, 2.0))
    claim.control("b")(lambda p: (2.0, 1.0))
    return claim


def test_a_finished_claim_is_valid():
    claim_with().validate()


def test_a_reading_has_to_be_explained():
    with pytest.raises(ClaimError, match="'charitable' is not explained"):
        claim_with(reading="charitable").validate()


def test_bounds_are_defined_once():
    claim = claim_with()
    claim.at_least("b")(lambda p: (1.0, 2.0))
    with pytest.raises(ClaimError, match="defined twice"):
        claim.validate()


def test_a_control_has_to_name_a_bound():
    claim = claim_with()
    claim.control("c")(lambda p: (2.0, 1.0))
    with pytest.raises(ClaimError, match="there is no bound 'c'"):
        claim.validate()


def test_a_true_twin_is_no_negative_control():
    claim = claim_with()
    claim.controls.clear()
    claim.true_twin("b")(lambda p: (1.0, 3.0))
    with pytest.raises(ClaimError, match="no negative control"):
        claim.validate()


def test_a_comparison_needs_its_axis():
    claim = claim_with()
    claim.grows_slower("c", axis="L")(lambda p: (1.0, 2.0))
    claim.control("c")(lambda p: (2.0, 1.0))
    with pytest.raises(ClaimError, match="axis 'L' is not swept"):
        validate(claim)


def test_a_bound_up_to_a_constant_needs_axes():
    claim = Claim("own.points", points=[{"m": 3}])
    claim.at_most("c", up_to_constant=True)(lambda p: (1.0, 2.0))
    claim.control("c")(lambda p: (2.0, 1.0))
    with pytest.raises(ClaimError, match="needs axes to sweep"):
        validate(claim)


def test_a_kind_that_is_not_there_is_named():
    claim = claim_with()
    claim.at_most("c", kind="expectation_of_a_miracle")(lambda p: (1.0, 2.0))
    claim.control("c")(lambda p: (2.0, 1.0))
    with pytest.raises(
        ClaimError, match=r"there is no kind 'expectation_of_a_miracle'\. Name one of: comparison, explicit"
    ):
        validate(claim)


def test_labels_name_the_reading_unless_it_is_literal():
    claim = claim_with()
    claim.readings = {"charitable": "as meant"}
    claim.at_most("b", reading="charitable")(lambda p: (1.0, 2.0))
    assert [bound.label for bound in claim.bounds] == ["b", "b-charitable"]
    assert claim.find("b", "charitable") is claim.bounds[1]
    with pytest.raises(KeyError, match="it has: b, b-charitable"):
        claim.find("c")


FILE = '"""Statement."""\nfrom lemmata import Axis, Claim\n{}'
BODY = (
    'one = Claim("own.{0}", axes=[Axis("m", 1, 5)])\n'
    '@one.at_most("b")\ndef b(p):\n    return 1.0, 2.0\n'
    '@one.control("b")\ndef c(p):\n    return 2.0, 1.0\n'
)


def test_claim_files_are_known_by_their_text(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "claim.py").write_text(FILE.format(BODY.format("a")))
    (tmp_path / "tool.py").write_text("def f():\n    pass\n")
    (tmp_path / "test_it.py").write_text(FILE.format(BODY.format("a")))
    (tmp_path / "other.py").write_text("def Claim(x):\n    return x\n\na = Claim(1)\n")
    assert [file.name for file in claim_files([tmp_path])] == ["claim.py"]
    assert not may_make_claims(tmp_path / "other.py"), "another library's Claim is none of ours"
    with pytest.raises(FileNotFoundError, match="does not exist: name a claim file"):
        claim_files([tmp_path / "nowhere"])


def test_the_docstring_of_the_file_is_the_statement(tmp_path):
    file = tmp_path / "claim.py"
    file.write_text(FILE.format(BODY.format("a")))
    (claim,) = load_claims(file)
    assert (claim.statement, claim.file) == ("Statement.", str(file))
    assert load_claims(file)[0] is claim, "a file is imported once"


def test_a_claim_that_another_file_made_is_not_made_twice(tmp_path):
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text(FILE.format(BODY.format("first")))
    (package / "second.py").write_text(FILE.format("from pack.first import one as other\n" + BODY.format("second")))
    assert [claim.id for claim in load_claims(package / "second.py")] == ["own.second"]


def test_duplicate_ids_in_a_file_are_refused(tmp_path):
    file = tmp_path / "claim.py"
    file.write_text(FILE.format(BODY.format("a") + BODY.format("a").replace("one", "two")))
    with pytest.raises(ClaimError, match=r"'own\.a' is used twice"):
        load_claims(file)


def test_papers_are_plain_data():
    assert Paper("key", "Citation", "https://example.org").key == "key"


A_MAP = (Axis("m", 1, 100), Axis("k", 0.1, 10.0))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"bound": "c"}, r"phase_map\('c'\): there is no bound 'c'. Name one of: b, grows"),
        ({"bound": "grows"}, "its bound is 'grows_slower'. Map a bound that is at_most or at_least"),
        ({"over": ()}, "it is over 0 axes"),
        ({"over": (*A_MAP, Axis("j", 1, 2))}, "it is over 3 axes"),
        ({"over": (A_MAP[0], A_MAP[0])}, "axis 'm' is given twice"),
        ({"over": ("m",)}, "'m' in over= is no axis"),
        ({"over": Axis("j", 1, 2)}, "'j' is no parameter. Name one of: m, k"),
        ({"at": {"j": 1}, "over": A_MAP}, "'j' is no parameter"),
        ({"at": {"k": 1.0}, "over": A_MAP}, "'k' is swept and fixed"),
    ],
)
def test_an_impossible_phase_map_is_refused_with_a_remedy(facts, words):
    claim = claim_with()
    claim.derived = {"k": lambda p: p.m / 2}
    claim.grows_slower("grows", axis="m")(lambda p: (1.0, 2.0))
    claim.control("grows")(lambda p: (2.0, 1.0))

    def finished():
        claim.phase_map(**{"bound": "b", "over": A_MAP} | facts)
        claim.validate()

    with pytest.raises(ClaimError, match=words):
        finished()


def test_a_phase_map_may_name_derived_parameters_and_one_axis_alone():
    claim = claim_with()
    claim.derived = {"k": lambda p: p.m / 2}
    claim.phase_map("b", over=A_MAP)
    claim.phase_map("b", over=A_MAP[1], at={"m": 3})
    claim.validate()
    assert [len(each.over) for each in claim.phase_maps_of(claim.bounds[0])] == [2, 1]


@pytest.mark.parametrize(("axis", "toward"), [
    (Axis("m", 2, 64), "inf"), (Axis("eta", 0.1, 1.0), "both"), (Axis("n", values=(1, 4, 16)), "inf"),
    (Axis("kappa", 1.0, 8.0), "inf"), (Axis("eta", 0.1, 1.0, toward="0"), "0"),
    (Axis("m", 2, 64, toward="both"), "both"),
])  # fmt: skip
def test_an_axis_says_towards_which_end_a_bound_is_claimed(axis, toward):
    assert axis.judged_toward == toward


def test_ends_that_there_are_not_are_refused():
    with pytest.raises(ClaimError, match=r"toward is 'up'\. Say toward='inf', '0' or 'both'"):
        Axis("m", 2, 64, toward="up")
    with pytest.raises(ClaimError, match=r"toward is 'both', but its regime is kappa >= C_0"):
        Axis("kappa", 1.0, 8.0, toward="both")


@pytest.mark.parametrize("facts", [
    {"power": 0}, {"power": -2}, {"power": math.inf}, {"power": "2"}, {"power": 2, "up_to_constant": False},
])  # fmt: skip
def test_a_power_is_a_positive_number_of_a_bound_up_to_a_constant(facts):
    claim = Claim("own.power", axes=[Axis("m", 2, 64)])
    claim.at_most("b", **{"up_to_constant": True} | facts)(lambda p, rng: (1.0, 1.0))
    claim.control("b")(lambda p, lhs, rhs: (lhs, rhs / p.m))
    with pytest.raises(ClaimError, match=r"power is .*Give a positive number"):
        claim.validate()
