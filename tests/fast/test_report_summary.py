"""The summary in Markdown: what a CI service shows, never larger than it may be, and never more than text."""

from __future__ import annotations

import re

import pytest
from report_sample import HOSTILE, hostile, large_record, sample_record

from lemmata.report import summary as module
from lemmata.report.summary import MOST_BYTES, escaped, summary


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its own."""
    part = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in lines][2:]


def test_the_summary_has_what_the_first_screen_has_and_every_verdict():
    text = summary(sample_record())
    assert text.startswith("# Lemmata: run 2026-01-14T02-00-00-a3f1\n\n**48 of 2,909 planned trials did not run.**\n")
    assert [row[0] for row in rows(text, "Changed since the baseline")] == ["REPLAY", "VERDICT", "CONSTANT"]
    assert rows(text, "Refuted")[0][:6] == [
        r"fcg.eq\_19\_dual\_step", "literal", "VIOLATED", "m = 2, s = 2", "2", "sqrt(2)",
    ]  # fmt: skip
    resting = rows(text, "Resting on what is refuted or vacuous")
    assert resting[0] == [r"fcg.lemma\_4\_1\_activations", r"fcg.eq\_19\_dual\_step (VIOLATED)", "directly"]
    assert rows(text, "Never reached")[0][0] == r"fcg.thm\_3\_5\_ii"
    assert "- Trials: 2,861 executed of 2,909 planned." in text
    assert "- Power: 7 of 8 false twins were caught." in text
    verdicts = rows(text, "Verdicts")
    assert len(verdicts) == 8
    assert all(len(row) == 8 for row in verdicts)
    assert verdicts[0][5:] == [r"1.53 \[1.484, 1.591\]", "600", "2 caught, 1 true cleared"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a|b", r"a\|b"),
        ("`code`", r"\`code\`"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("&lt;", "&amp;lt;"),
        (r"a\|b", r"a\\\|b"),
        ("[a](http://x)", r"\[a\](http://x)"),
        ("**a** _b_ ~c~ #1 $x$", r"\*\*a\*\* \_b\_ \~c\~ \#1 \$x\$"),
        ("a\n# b\r\n| c", r"a \# b \| c"),
        ("x" * 500, "x" * 399 + "…"),
    ],
)
def test_no_text_becomes_markdown_or_html(text, written):
    assert escaped(text) == written


def test_no_attack_leaves_its_cell():
    record = hostile(sample_record())
    for item, clean in zip(record["items"], sample_record()["items"], strict=True):
        item["verdict"] = clean["verdict"]
    text = summary(record)
    assert "<" not in text
    assert text.count("&lt;script") > 30

    def shape(text: str) -> list[int]:
        return [line.count("|") - line.count(r"\|") for line in text.splitlines()]

    assert shape(text) == shape(summary(sample_record()))
    record = sample_record()
    record["items"][0]["claim"] = HOSTILE + "|`\n| a | b |\n# heading"
    assert "\n# heading" not in summary(record)
    assert "\x00" not in summary(record | {"run": {"id": "a\x00b"}})


def test_the_summary_stays_within_its_size_and_says_what_it_leaves_out(monkeypatch):
    record = large_record(40)
    whole = summary(record)
    assert len(whole.encode()) < MOST_BYTES
    assert "left out" not in whole
    monkeypatch.setattr(module, "MOST_BYTES", 8000)
    short = summary(record)
    assert 6000 < len(short.encode()) <= 8000
    left_out = int(re.search(r"\n(\d+) more lines are left out here; report.json has everything\.\n$", short)[1])
    kept = short.splitlines()
    assert whole.startswith("\n".join(kept[:30]))
    assert len(kept) - 2 + left_out == len(whole.splitlines()), "the last line and a blank before it are new"


def test_even_names_of_many_bytes_do_not_burst_it():
    items = [
        {"claim": "\U0001f600" * 390 + str(k), "reading": "r", "bound": "b" * 400, "verdict": "HOLDS"}
        for k in range(600)
    ]
    text = summary({"schema": 1, "run": {}, "items": items})
    assert 800_000 < len(text.encode()) <= MOST_BYTES
    assert "more lines are left out" in text
