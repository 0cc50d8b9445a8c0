"""The table of statements: the paper's order, where each statement stands, and that it can be made from a ledger."""

from __future__ import annotations

import re

import pytest
from ledger_sample import item, run
from report_sample import FCG, HOSTILE, activations, dual_step, hostile, sample_record
from test_ablation import ablated

from lemmata.ledger import Ledger
from lemmata.report.statements import HEADER, STANDS, in_order, stands, table_of_statements
from lemmata.vocabulary.words import Paper

PAPER = Paper("own", "Somebody (2020).", "https://example.org", "(1); Lemma 2; Lemma 2.1; (3); Appendix A")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("Equation (1)", "Lemma 2"),
        ("Lemma 2", "After Lemma 2"),
        ("Before Lemma 2", "Lemma 2"),
        ("Lemma 2, second half", "Lemma 2.1"),
        ("Proof of Lemma 2", "Equation (3)"),
        ("Equation (3)", "Proof of Lemma 2, appendix A"),
    ],
)
def test_places_come_in_the_order_of_the_outline(earlier, later):
    assert PAPER.position(earlier) < PAPER.position(later)


@pytest.mark.parametrize("place", ["Lemma 20", "Lemma 2.10", "Section 2", "Lemma A", ""])
def test_a_place_that_the_outline_lacks_has_no_position(place):
    assert PAPER.position(place) is None
    assert Paper("own", "", "").position(place) is None


def placed(claim, place, position=None, **facts):
    return item(claim, place=place, position=position, paper=FCG, **facts)


def test_claims_are_listed_by_position_then_by_number_and_ablations_are_not():
    items = [
        placed("fcg.z", "Lemma 4.10"),
        placed("fcg.y", "Lemma 4.9"),
        placed("fcg.x", "Theorem 1", 7),
        placed("fcg.w", "Lemma 3", 4),
        placed("fcg.w.without_a", "Lemma 3", 4, ablates={"claim": "fcg.w", "assumption": "a"}),
        item("own.a"),
    ]
    assert {key: list(claims) for key, claims in in_order(items).items()} == {
        "": ["own.a"],
        "fcg": ["fcg.w", "fcg.x", "fcg.y", "fcg.z"],
    }


@pytest.mark.parametrize(
    ("readings", "word"),
    [
        ([("literal", "HOLDS")], "as printed"),
        ([("literal", "HOLDS"), ("meant", "VIOLATED")], "as printed"),
        ([("literal", "VIOLATED"), ("meant", "HOLDS")], "corrected"),
        ([("literal", "TREND")], "refuted"),
        ([("literal", "HOLDS"), ("literal", "VIOLATED")], "refuted"),
        ([("meant", "HOLDS_UP_TO_CONSTANT")], "as read"),
        ([("meant", "HOLDS"), ("other", "VIOLATED")], "corrected"),
        ([("literal", "HOLDS"), ("literal", "VACUOUS")], "not reached"),
        ([("literal", "VACUOUS"), ("literal", "INCONCLUSIVE")], "not decided"),
        ([("literal", "HOLDS"), ("literal", "TIMEOUT")], "not measured"),
        ([("literal", "NOT_RUN")], "not measured"),
    ],
)
def test_where_a_statement_stands(readings, word):
    assert stands([item(verdict=verdict, reading=reading) for reading, verdict in readings]) == word
    assert word in STANDS


def test_a_known_erratum_corrects():
    assert stands([item(verdict="VIOLATED", erratum="a factor 2")]) == "corrected"


def table(record=None):
    text = table_of_statements(record or sample_record())
    return text, [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and "---" not in line]


def test_every_bound_of_every_claim_has_a_row_with_its_numbers():
    text, rows = table()
    assert len(rows) == len(sample_record()["items"]) + text.count("\n## ")
    assert {len(row) for row in rows} == {len(HEADER)}
    (upper,) = [row for row in rows if "fcg.lemma_4_1_activations" in row[1]]
    assert upper[0] == "| Lemma 4.1"
    assert upper[2:6] == ["as printed", "upper", "HOLDS\\_UP\\_TO\\_CONSTANT", "1.53 \\[1.484, 1.591\\]"]
    assert "kappa: printed 0, measured -0.02 \\[-0.08, 0.05\\], tight to 0.25" in upper[6]
    assert "lemmata run --profile smoke\nlemmata statements --output docs/statements.md" in text
    assert "Run 2026-01-14T02-00-00-a3f1: smoke" in text
    assert "torch 2.13.0" in text


def test_a_refuted_statement_stands_with_what_holds_instead():
    text, _ = table()
    (line,) = [line for line in text.splitlines() if line.startswith("- Equation (19)")]
    assert "It holds as charitable." in line


def test_the_printed_words_come_before_other_readings():
    items = [placed("fcg.a", "Lemma 1", reading=reading) for reading in ("also", "literal", "meant")]
    _, rows = table({"schema": 1, "run": run("night-1"), "items": items})
    assert [row[3] for row in rows[1:]] == ["b", "also, b", "meant, b"]


def test_an_ablation_stands_in_the_row_of_its_bound_alone():
    record = sample_record()
    text, rows = table(record | {"items": [*record["items"], ablated("HOLDS")]})
    (row,) = [row for row in rows if "not needed" in row[7]]
    assert row[7] == r"$\Verta\Vert_0 \le m$: not needed |".replace(r"\Verta", r"\Vert a").replace(
        r"a\Vert_", r"a\Vert _"
    )
    assert "without_size" not in text


def test_the_same_record_gives_the_same_text_and_ends_with_one_newline():
    text, _ = table()
    assert text == table()[0]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_no_string_of_a_record_makes_markdown_or_html():
    text, rows = table(
        hostile(sample_record() | {"items": [activations("upper", 1.5, 0), dual_step("literal"), ablated()]})
    )
    assert HOSTILE not in text
    assert not re.search(r"<(?!br>)", text)
    assert {len(row) for row in rows} == {len(HEADER)}


def test_the_command_writes_what_the_ledger_has(tmp_path, capsys):
    from lemmata.doors.cli import main

    ledger = tmp_path / "ledger.sqlite"
    Ledger(ledger).add_run(run("night-1"), [item("own.a"), item("own.b", "VIOLATED")])
    Ledger(ledger).add_run(run("night-2", 2), [item("own.a")])
    target = tmp_path / "docs" / "statements.md"
    assert main(["--ledger", str(ledger), "statements", "night-1", "--output", str(target)]) == 0
    assert "own.b" in target.read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["--ledger", str(ledger), "statements"]) == 0
    shown = capsys.readouterr().out
    assert "Run night-2" in shown
    assert "own.b" not in shown
    assert main(["--ledger", str(ledger), "statements", "night-3"]) == 2
