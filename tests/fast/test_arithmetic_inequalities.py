"""A tenth of ``python -m benchmarks.inequalities``: small statements by rules, true ones and false ones."""

from __future__ import annotations

from benchmarks.inequalities import outcomes, table
from benchmarks.inequality_families import FAMILIES


def test_no_true_one_is_accused_and_false_ones_are_convicted():
    """By the whole study, of a false one at least 95 in 100 are; of 20, fewer than 16 with probability 3e-3.

    Mutations seen: moves ten times smaller accuse; a hundred times larger let all pass; rules without backward errors
    accuse (inverses); no noise in float32, in place, or of written numbers accuses.
    """
    found = list(outcomes(seed=21, each=1, part=3))
    _, total = table(found)
    assert total["true real"] == 0
    false = sum(count for word, count in total.items() if word.startswith("false"))
    assert false >= 20
    assert total["false real"] >= 0.8 * false


def test_the_study_has_two_hundred_of_each():
    assert len(FAMILIES) == 12
    assert 4 * sum(map(len, FAMILIES.values())) >= 200
