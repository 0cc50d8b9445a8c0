"""The record of a run: what is refused, and that a report is written whole or not at all."""

from __future__ import annotations

import copy
import json
import math
import os
import re

import pytest
from report_sample import sample_record

from lemmata.report import render, summary_table, write


def test_characters_that_cannot_be_seen_are_shown_as_missing():
    name = "claim\x1b[31m\u202egnp.exe\ud800\x00"
    record = {
        "schema": 1,
        "run": {},
        "items": [{"claim": name, "reading": "r", "bound": "b", "verdict": "HOLDS"}],
    }
    html = render(record)
    html.encode()  # a lone surrogate would not go into a file
    assert not set("\x1b\u202e\ud800\x00") & set(html)
    table = summary_table(record, 200)
    assert table.isascii()
    assert not re.search(r"[^\n -~]", table)
    assert r"claim\x1b[31m\u202egnp.exe\ud800\x00" in table


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema 2, this version reports schema 1"),
        ({"run": None}, "mapping 'run'"),
        ({"items": None}, "list 'items'"),
        ({"items": [{"claim": "c", "reading": "r", "bound": "b"}]}, r"items\[0\].verdict is None"),
        (
            {"items": [minimal | {"margin": math.nan} for minimal in sample_record()["items"][-1:]]},
            r"items\[0\].margin is nan",
        ),
        ({"run": {"seconds": math.inf}}, "run.seconds is inf"),
    ],
)
def test_a_record_that_cannot_be_reported_is_refused(change, message, tmp_path):
    record = sample_record() | change
    for report in (render, lambda r: summary_table(r, 100), lambda r: write(r, tmp_path)):
        with pytest.raises(ValueError, match=message):
            report(record)
    assert not list(tmp_path.iterdir())


def test_what_is_written_can_be_read_back(tmp_path):
    record = sample_record()
    page = write(record, tmp_path / "new" / "report")
    assert page.read_text(encoding="utf-8") == render(record)
    text = (page.parent / "report.json").read_text(encoding="utf-8")
    assert json.loads(text) == record
    assert list(json.loads(text)["items"][0]) == sorted(record["items"][0])
    assert sorted(os.listdir(page.parent)) == ["feed.xml", "index.html", "report.json", "summary.md"]


def test_a_write_that_fails_leaves_the_old_report(tmp_path, monkeypatch):
    write(sample_record(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(sample_record() | {"items": []}, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_record_is_left_as_it_was(tmp_path):
    record = sample_record()
    twin = copy.deepcopy(record)
    write(record, tmp_path)
    summary_table(record, 80)
    assert record == twin
