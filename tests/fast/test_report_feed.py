"""The Atom feed: valid, stable from one writing to the next, and text whatever the record says."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree

import pytest
from report_sample import HOSTILE, hostile, sample_record

from lemmata.report.feed import feed

ATOM = "{http://www.w3.org/2005/Atom}"


def parsed(record: dict) -> ElementTree.Element:
    """The feed, which has what RFC 4287 asks of it."""
    root = ElementTree.fromstring(feed(record))
    assert root.tag == f"{ATOM}feed"
    assert root.find(f"{ATOM}author/{ATOM}name").text
    for part in (root, *root.iter(f"{ATOM}entry")):
        assert [len(part.findall(f"{ATOM}{tag}")) for tag in ("id", "title", "updated")] == [1, 1, 1]
        assert part.find(f"{ATOM}id").text.startswith("urn:uuid:")
        assert part.find(f"{ATOM}title").text
        assert datetime.fromisoformat(part.find(f"{ATOM}updated").text).tzinfo
    assert all(entry.find(f"{ATOM}content").text for entry in root.iter(f"{ATOM}entry"))
    ids = [element.text for element in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    return root


def entries(record: dict) -> dict[str, str]:
    """Title and id of each entry."""
    found = parsed(record).iter(f"{ATOM}entry")
    return {entry.find(f"{ATOM}title").text: entry.find(f"{ATOM}id").text for entry in found}


def test_there_is_an_entry_for_each_change_and_one_for_the_run():
    assert list(entries(sample_record())) == [
        "REPLAY: ysj.gone",
        "VERDICT: fcg.lemma_B4_sparsity, literal, count",
        "CONSTANT: fcg.lemma_4_1_activations, literal, upper",
        "Run 2026-01-14T02-00-00-a3f1",
    ]
    root = parsed(sample_record())
    assert root.find(f"{ATOM}updated").text == "2026-01-14T02:02:31+00:00"
    last = list(root.iter(f"{ATOM}content"))[-1].text
    assert "Since the baseline: 1 REPLAY, 1 VERDICT, 1 CONSTANT." in last
    assert "1 VIOLATED" in last
    assert "48 of 2,909 planned trials did not run." in last


def test_ids_depend_on_run_and_change_and_on_nothing_else():
    record = sample_record()
    first = entries(record)
    record["items"].reverse()
    record["events"].reverse()
    record["run"]["seconds"] = 1.0
    assert entries(record) == first
    record["run"]["id"] = "another"
    assert not set(entries(record).values()) & set(first.values())
    feeds = [parsed(r).find(f"{ATOM}id").text for r in (sample_record(), record)]
    assert feeds[0] == feeds[1], "it is the same feed all the time"


def test_two_changes_that_read_alike_stay_two():
    record = sample_record()
    record["events"] *= 2
    assert len(list(parsed(record).iter(f"{ATOM}entry"))) == 7


@pytest.mark.parametrize(
    ("run", "updated"),
    [
        ({}, "1970-01-01T00:00:00+00:00"),
        ({"finished": "yesterday", "started": "2026-01-14T02:00:00+01:00"}, "2026-01-14T02:00:00+01:00"),
        ({"finished": "2026-01-14 02:00:00 UTC"}, "2026-01-14T02:00:00+00:00"),
        ({"finished": "2026-01-14T02:00:00"}, "2026-01-14T02:00:00+00:00"),
        ({"finished": HOSTILE, "started": 7}, "1970-01-01T00:00:00+00:00"),
    ],
)
def test_a_time_that_cannot_be_read_does_not_spoil_the_feed(run, updated):
    assert parsed({"schema": 1, "run": run, "items": []}).find(f"{ATOM}updated").text == updated


def test_nothing_that_xml_forbids_or_means_gets_in():
    root = parsed(hostile(sample_record()))
    assert not [element for element in root.iter() if not element.tag.startswith(ATOM)]
    assert HOSTILE in "".join(root.itertext())
    record = sample_record()
    record["events"] = [{"kind": "]]>", "claim": "a\x00\x0b\ufffe\uffff\ud800&lt;<b/>", "why": "\x1b[31m"}]
    text = "".join(parsed(record).itertext())
    assert "]]>: a\ufffd\ufffd\ufffd\ufffd\ufffd&lt;<b/>" in text
    feed(record).encode()
