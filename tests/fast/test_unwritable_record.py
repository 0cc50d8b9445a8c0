"""One record that is no JSON fails its own bound, and the run goes on."""

from __future__ import annotations

import json
from fractions import Fraction
from types import SimpleNamespace

import pytest

from lemmata.doors.plugin import ClaimItem, pytest_runtest_makereport
from lemmata.judging.kinds import subject_of
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.words import Axis


@pytest.mark.parametrize("value", [float("nan"), Fraction(1, 3)])
def test_a_record_that_cannot_be_written_is_an_error_of_its_bound(value):
    claim = Claim("own.nan", axes=[Axis("m", 1, 9)])

    @claim.at_most("bound")
    def trial(p):
        return 1.0, 2.0

    item = object.__new__(ClaimItem)
    item.name = "own.nan[bound]"
    item.__dict__.update(subject=subject_of(claim, claim.bounds[0]), trials=[[], ""])
    item.record = {"constant": value}
    report = SimpleNamespace(outcome="passed", longrepr=None)
    hook = pytest_runtest_makereport(item, SimpleNamespace(when="call", excinfo=None))
    next(hook)
    with pytest.raises(StopIteration):
        hook.send(SimpleNamespace(get_result=lambda: report))
    assert report.outcome == "failed"
    assert "own.nan[bound] cannot be written" in report.longrepr
    assert json.loads(report.claims_record)["verdict"] == "ERROR"
