"""What the bounds of a run add up to."""

from __future__ import annotations

import pytest
from ledger_sample import item

from lemmata.doors.run import processor, sums
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


X86 = "processor\t: {core}\ncpu family\t: 25\nmodel\t\t: {model}\nmodel name\t: AMD EPYC\n\n"
ARM = "processor\t: {core}\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: {model}\n\n"


@pytest.mark.parametrize(
    ("text", "models", "said"),
    [(X86, ("1", "17"), "AMD EPYC (family 25, model 1)"), (ARM, ("0xd0c", "0xd40"), "implementer 0x41, part 0xd0c")],
    ids=["x86", "Arm"],
)
def test_processors_of_one_name_or_of_none_are_told_apart(tmp_path, text, models, said):
    """Catches: a trial that is replayed on another processor, and held to the last bit."""
    found = []
    for model in models:
        (tmp_path / "cpuinfo").write_text("".join(text.format(core=core, model=model) for core in range(2)))
        found.append(processor(tmp_path / "cpuinfo"))
    assert said in found[0]
    assert found[0] != found[1]
    assert processor(tmp_path / "none")
