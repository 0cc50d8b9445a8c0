"""What the bounds of a run add up to."""

from __future__ import annotations

from ledger_sample import item

from lemmata.doors.run import sums
from lemmata.judging.kinds import KINDS


def test_only_what_rests_on_draws_and_accuses_a_statement_has_a_part_of_the_error_budget():
    items = [item() | {"kind": kind.name, "by_chance": kind.by_chance} for kind in KINDS.values()]
    dropped = item() | {"by_chance": True, "ablates": {"claim": "own.a"}}
    broken = {name: value for name, value in item().items() if name != "by_chance"}
    assert {kind.name for kind in KINDS.values() if not kind.by_chance} == {"explicit", "identity"}
    assert sums(items)["alpha_suite"] == 0.003
    assert sums([*items, dropped])["alpha_suite"] == 0.003
    assert sums([*items, broken])["alpha_suite"] == 0.004, "what is not known counts"
