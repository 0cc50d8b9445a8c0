"""The command's own decisions: exit statuses, and that reading verbs start at once."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from ledger_sample import item, run

from lemmata.doors.cli import main
from lemmata.doors.cli.checking import exit_status
from lemmata.ledger import Ledger


@pytest.mark.parametrize(
    "verdict, expected, status",
    [
        ("HOLDS", None, 0),
        ("VIOLATED", "VIOLATED", 0),
        ("INCONCLUSIVE", None, 0),
        ("INCONCLUSIVE", "VIOLATED", 0),
        ("SKIPPED", None, 0),
        ("VACUOUS", None, 0),
        ("VACUOUS", "HOLDS", 3),
        ("VIOLATED", None, 1),
        ("TREND", "HOLDS_UP_TO_CONSTANT", 1),
        ("HOLDS", "VIOLATED", 1),
        ("ERROR", None, 4),
        ("TIMEOUT", "VIOLATED", 4),
        ("NOT_RUN", None, 4),
    ],
)
def test_each_verdict_has_its_exit_status(verdict, expected, status):
    well = verdict == expected if expected else verdict.startswith("HOLDS")
    assert exit_status([item(), item(verdict=verdict, expected=expected, as_expected=well)]) == status


def test_the_worst_counts():
    vacuous = item(verdict="VACUOUS", expected="HOLDS", as_expected=False)
    violated, lost = item(verdict="VIOLATED"), item(verdict="NOT_RUN")
    assert exit_status([vacuous, violated]) == 1
    assert exit_status([vacuous, violated, lost]) == 4


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.add_run(run("night-1"), [item(), item("own.b")])
    ledger.add_run(run("night-2", day=2), [item(), item("own.b", "VACUOUS")])
    return ledger


def command(ledger, *arguments):
    return main(["--ledger", str(ledger.path), *arguments])


def test_nights_are_compared_with_the_accepted_one(ledger, capsys):
    assert command(ledger, "diff") == 2, "there is no baseline yet"
    assert "lemmata accept RUN --reason" in capsys.readouterr().err
    assert command(ledger, "accept", "night-1", "--reason", "the first") == 0
    assert command(ledger, "diff") == 3
    shown = capsys.readouterr().out
    assert "night-1 (smoke)  ->  night-2 (smoke)" in shown
    assert "VERDICT   own.b[b] literal: HOLDS became VACUOUS" in shown
    assert "1 event" in shown
    assert command(ledger, "accept", "--reason", "the regime was mended") == 0
    assert "night-2 is the baseline; before it was night-1" in capsys.readouterr().out
    assert command(ledger, "diff") == 0
    assert command(ledger, "diff", "last", "last~1") == 0, "milder is no event"
    assert "own.b[b] literal: VACUOUS became HOLDS" in capsys.readouterr().out


def test_a_baseline_without_a_reason_is_refused(ledger, capsys):
    assert command(ledger, "accept", "--reason", " ") == 2
    assert "the reason is empty" in capsys.readouterr().err
    with pytest.raises(SystemExit) as refused:
        command(ledger, "accept")
    assert refused.value.code == 2


def test_a_ledger_that_cannot_be_used_is_an_error_and_an_absent_one_a_mistake(tmp_path, capsys):
    path = tmp_path / "ledger.sqlite"
    assert main(["--ledger", str(path), "runs"]) == 2
    path.write_bytes(b"no database" * 100)
    assert main(["--ledger", str(path), "runs"]) == 4
    assert "Move the file away" in capsys.readouterr().err


def test_an_unfinished_run_is_said_to_be_unfinished(ledger, tmp_path, capsys):
    with ledger.begin(run("night-3", day=3, bounds=5)) as writer:
        writer.add_bound(item())
    assert command(ledger, "report", "--output", str(tmp_path / "report")) == 0
    assert "run night-3 is unfinished: 1 of 5 bounds were checked" in capsys.readouterr().err
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "This run is unfinished: of 5 bounds only those below were checked." in page
    assert command(ledger, "runs") == 0
    assert "unfinished" in capsys.readouterr().out.splitlines()[0]
    assert command(ledger, "diff", "night-2", "night-3") == 4
    assert "the second is unfinished: 1 of 5 bounds" in capsys.readouterr().out


def test_paths_ask_for_their_claims_only(ledger, tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(
        "from lemmata import Axis, Claim\n"
        'claim = Claim("mine.norm", axes=[Axis("d", 4, 256)])\n'
        '@claim.at_most("norm")\n'
        "def norm(p):\n"
        "    return 0, p.d\n"
        '@claim.control("norm")\n'
        "def below_zero(p, lhs, rhs):\n"
        "    return lhs, -rhs\n"
    )
    assert command(ledger, "list", "--json", str(path)) == 0
    assert [(row["claim"], row["verdict"]) for row in json.loads(capsys.readouterr().out)] == [("mine.norm", "NOT_RUN")]
    nothing = tmp_path / "notes.py"
    nothing.write_text("")
    assert command(ledger, "list", str(nothing)) == 2
    assert "notes.py: no claim file" in capsys.readouterr().err


def test_verbs_that_read_the_ledger_import_nothing_heavy():
    names = ("doors.cli", "ledger", "nights.regression", "doors.watch", "doors.doctor")
    heavy = f"import sys, {', '.join(f'lemmata.{name}' for name in names)}; "
    code = heavy + "print([name for name in ('torch', 'numpy', 'scipy', 'jinja2') if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
