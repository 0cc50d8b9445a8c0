"""What the bounds of a run add up to."""

from __future__ import annotations

from ledger_sample import item

from lemmata.doors.run import sums
from lemmata.judging.kinds import KINDS


def test_what_accuses_a_statement_has_a_part_of_the_error_budget():
    """Of what rests on draws all of it; of what rests on arithmetic, the part for rounding that passes for failure."""
    items = [item() | {"kind": kind.name, "by_chance": kind.by_chance} for kind in KINDS.values()]
    dropped = item() | {"by_chance": True, "ablates": {"claim": "own.a"}}
    broken = {name: value for name, value in item().items() if name != "by_chance"}
    assert {kind.name for kind in KINDS.values() if not kind.by_chance} == {"explicit", "identity"}
    assert sums(items)["alpha_suite"] == 0.0032
    assert sums([*items, dropped])["alpha_suite"] == 0.0032
    assert sums([*items, broken])["alpha_suite"] == 0.0042, "what is not known counts"
