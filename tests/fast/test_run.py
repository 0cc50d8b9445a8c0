"""What the bounds of a run add up to."""

from __future__ import annotations

from ledger_sample import item

from lemmata.doors.run import sums


def test_only_what_rests_on_draws_and_accuses_a_statement_has_a_part_of_the_error_budget():
    kinds = ("explicit", "identity", "probability", "up_to_constant", "comparison")
    items = [item() | {"kind": kind} for kind in kinds]
    dropped = item() | {"kind": "probability", "ablates": {"claim": "own.a"}}
    broken = {name: value for name, value in item().items() if name != "kind"}
    assert sums(items)["alpha_suite"] == 0.003
    assert sums([*items, dropped])["alpha_suite"] == 0.003
    assert sums([*items, broken])["alpha_suite"] == 0.004, "what is not known counts"
