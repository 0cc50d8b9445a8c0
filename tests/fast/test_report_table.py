"""The verdicts of a run as a plain-text table."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from report_sample import sample_record

from lemmata.report import summary_table


def test_the_table_has_one_aligned_row_an_item():
    lines = summary_table(sample_record(), 400).splitlines()
    assert len(lines) == 2 + 8
    columns = [match.start() for match in re.finditer(r"-+", lines[1])]
    assert len(columns) == 7
    for line in (lines[0], *lines[2:]):
        assert all(line[start - 1] == " " for start in columns[1:] if start <= len(line))
    assert re.split(r"\s{2,}", lines[2]) == [
        "fcg.lemma_4_1_activations", "literal", "upper", "HOLDS_UP_TO_CONSTANT", "1.53 [1.484, 1.591]", "600",
        "2 caught, 1 true cleared",
    ]  # fmt: skip
    assert "TREND (expected HOLDS_UP_TO_CONSTANT)" in lines[6]
    assert "margin -1" in lines[4]
    assert "61 of 109" in lines[7]
    assert "NOT_RUN (unexpected)" in lines[9]
    assert "not measured" in lines[9]


@pytest.mark.parametrize("width", [64, 80, 100, 120])
def test_the_table_keeps_to_its_width_and_loses_nothing(width):
    record = sample_record()
    table = summary_table(record, width)
    assert max(map(len, table.splitlines())) <= width
    letters = Counter(re.sub(r"[\s-]", "", summary_table(record, 400)))
    assert Counter(re.sub(r"[\s-]", "", table)) == letters
