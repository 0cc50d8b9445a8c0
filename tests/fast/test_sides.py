"""What a trial returns is two real numbers, or it is refused with what was wrong and what to do."""

from __future__ import annotations

import math
import sys
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from lemmata.places.batch import run_batch
from lemmata.places.sides import TrialError
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.trial import Draw


def one(lhs, rhs, relation="at_most"):
    draw = Draw(7, "own", "iid", 3, Params({"m": 2}))
    return run_batch(lambda p: (lhs, rhs), relation, [draw])[0]


NO_REAL_NUMBERS = [
    1j, np.complex128(1), torch.tensor(1j), np.array([1j]),
    True, np.True_, torch.tensor(True), np.array([False]),
    "1.0", b"1.0", np.str_("1.0"), np.array(["1.0"]), np.datetime64("2020"), np.timedelta64(3), date(2020, 1, 1),
    None, object(), [1.0, 2.0, "3"], {1.0}, np.array([None]),
]  # fmt: skip


@pytest.mark.parametrize("value", NO_REAL_NUMBERS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("side", ["lhs", "rhs"])
@pytest.mark.parametrize("relation", ["at_most", "at_least", "equal"])
def test_what_is_no_real_number_is_refused(value, side, relation):
    """Catches: a complex number that loses its imaginary part, a truth value that is counted, a text that is parsed."""
    sides = {"lhs": 1.0, "rhs": 2.0} | {side: value}
    if relation == "equal":  # of one shape, so that the shape is not what is refused
        shape = np.shape(value) if not isinstance(value, set) else ()
        other = "rhs" if side == "lhs" else "lhs"
        sides[other] = np.ones(tuple(getattr(value, "shape", shape)))
    with pytest.raises(
        TrialError, match=r"(?s)(Return real numbers|one number a trial|shapes|ragged).*trial 3 of stream iid"
    ):
        one(**sides, relation=relation)


@pytest.mark.parametrize(
    "value",
    [1, 1.0, Fraction(1), np.float32(1), np.float16(1), np.longdouble(1), np.int8(1), np.uint64(1), np.array(1.0),
     np.array([1.0]), torch.tensor(1.0), torch.tensor([1]), torch.tensor(1.0, dtype=torch.bfloat16), Decimal(1)],
    ids=lambda value: f"{type(value).__name__}-{getattr(value, 'dtype', '')}",
)  # fmt: skip
def test_every_real_number_is_taken(value):
    assert one(value, 2.0).lhs == 1.0
    assert one(3.0, value, "at_least").margin == 2.0


@pytest.mark.parametrize(
    "value", [np.int64(2**53), np.prod(np.arange(1, 31)), torch.tensor(-(2**60)), np.array([2**62])]
)
def test_integers_that_may_have_wrapped_are_no_numbers(value):
    """Catches: 30! as numpy has it, which is negative, taken for exact."""
    for relation in ("at_most", "equal"):
        with pytest.raises(TrialError, match="wrap around"):
            one(value, value if relation == "equal" else 1, relation)


def test_integers_of_numpy_are_not_exact_and_those_of_python_are():
    assert not one(np.int64(3), np.int64(4)).is_exact
    assert one(3, 4).is_exact
    assert one([3, Fraction(1, 3)], [3, Fraction(1, 3)], "equal").is_exact
    assert one(np.array([Fraction(1, 3)], dtype=object), [Fraction(1, 3)], "equal").is_exact


def test_exact_numbers_of_any_size_keep_their_order():
    """Catches: a float on the way to the comparison, which overflows, or rounds both sides to one number."""
    below, above = 2**6400, 3**6400
    assert one(below, above).margin > 0
    assert one(above, below).margin < 0
    assert (one(below, above).lhs, math.isfinite(one(below, above).margin)) == (sys.float_info.max, True)
    assert one(2**94, 2**94 + 1, "equal").margin == -1.0
    assert one(2**94, 2**94 + 1, "at_least").margin == -1.0
    tiny = Fraction(1, 10**400)
    assert one(1 + tiny, 1).margin < 0 < one(1, 1 + tiny).margin


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [(np.ones((2, 3)), np.ones((3, 2))), (np.ones(3), 1.0), ([[1, 2], [3]], [1, 2, 3]), ([1.0], [1.0, 1.0]),
     (torch.ones(2, 1), torch.ones(2)), ([], [1.0]), ([], [])],
)  # fmt: skip
def test_the_sides_of_an_equality_have_one_shape(lhs, rhs):
    """Catches: a matrix that is compared with its transpose row by row."""
    with pytest.raises(TrialError, match=r"shape|ragged|no entries"):
        one(lhs, rhs, "equal")


def test_nan_anywhere_in_a_side_is_found():
    for place in range(3):
        values = np.ones(3)
        values[place] = np.nan
        for side in (values, torch.from_numpy(values), list(values)):
            with pytest.raises(TrialError, match=r"NaN|not finite"):
                one(side, np.ones(3), "equal")


def test_what_is_refused_is_named_so_that_it_can_be_run_again():
    with pytest.raises(TrialError, match=r"the quantity is NaN \(trial 3 of stream iid at m=2; root seed 7\)"):
        one(float("nan"), 1.0)


def test_numbers_of_numpy_become_those_of_python_on_entry():
    """Catches: a point that cannot be written as JSON, and so has no name."""
    p = Params({"k": np.int64(4), "x": np.float32(0.5)}, {"half": lambda p: np.float64(p.k) / 2})
    assert [type(value) for value in p.values()] == [int, float, float]
    assert p.key == '{"k": 4, "x": 0.5}'
