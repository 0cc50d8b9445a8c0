"""Night after night as a person has them: run, watch, accept, compare, export, prune."""

from __future__ import annotations

import csv
import itertools
import json
import sqlite3
from collections import Counter

import pytest
from ledger_sample import item, run

from lemmata.ledger import Ledger, Sample, TrialRow

GROWS = "return 1.0 * p.m, 2.0"
VERBS = [
    "list",
    "show",
    "plan",
    "run",
    "watch",
    "replay",
    "runs",
    "report",
    "export",
    "diff",
    "accept",
    "prune",
    "doctor",
]


@pytest.fixture(scope="module")
def nights(new_project, claim_text):
    """Two nights: on the second a bound is gone, one became false, and one needs a regime that nothing meets."""
    project = new_project()

    def command(*arguments):
        return project.run(*arguments, module="lemmata")

    texts = {name: claim_text(name) for name in ("stays", "breaks", "goes", "empties", "fails")}
    project.write(**texts)
    first = command("run", *(f"{name}.py" for name in texts), "--workers", "2")
    assert first.returncode == 0, first.stdout + first.stderr
    assert command("accept", "--reason", "the first night").returncode == 0
    outside = 'regime=[Condition("m >= 10^6", lambda p: p.m / 1e6)]'
    project.write(breaks=claim_text("breaks", GROWS), empties=claim_text("empties", rest=outside))
    second = command("run", "stays.py", "breaks.py", "empties.py", "--workers", "2")
    return project, command, second


def test_a_refuted_bound_makes_the_run_fail(nights):
    _, _, second = nights
    assert second.returncode == 1, second.stdout + second.stderr


def test_the_terminal_and_the_report_say_what_got_worse(nights):
    project, _, second = nights
    told = second.stdout.partition("worse than the baseline")[2]
    assert "VERDICT   own.breaks[bound] literal: HOLDS became VIOLATED" in told
    assert "own.goes" not in told, "the second night was not asked for it"
    record = json.loads((project.folder / "report" / "report.json").read_text())
    assert {(event["kind"], event["claim"]) for event in record["events"]} >= {
        ("VERDICT", "own.breaks"),
        ("VERDICT", "own.empties"),
    }
    assert {item["claim"]: [night["verdict"] for night in item["history"]] for item in record["items"]} == {
        "own.stays": ["HOLDS", "HOLDS"],
        "own.breaks": ["HOLDS", "VIOLATED"],
        "own.empties": ["HOLDS", "VACUOUS"],
    }


def test_every_regression_of_the_night_is_named_and_nothing_else(nights):
    _, command, _ = nights
    diff = command("diff", "--json")
    found = {(e["kind"], e["claim"]): e for e in json.loads(diff.stdout)}
    assert set(found) >= {
        ("VERDICT", "own.breaks"),
        ("VERDICT", "own.empties"),
        ("COVERAGE", "own.goes"),
        ("COVERAGE", "own.fails"),
    }
    assert not [claim for _, claim in found if claim == "own.stays"]
    assert found["VERDICT", "own.breaks"]["numbers"] == {"before": "HOLDS", "after": "VIOLATED"}
    assert found["VERDICT", "own.empties"]["status"] == 3
    assert diff.returncode == 4, "bounds are gone"
    shown = command("diff").stdout
    assert "VERDICT   own.breaks[bound] literal: HOLDS became VIOLATED" in shown
    assert "COVERAGE  own.goes[bound] literal: was HOLDS and is gone" in shown


def test_a_run_is_compared_with_itself_without_an_event(nights):
    _, command, _ = nights
    assert command("diff", "last", "last").returncode == 0
    assert command("diff", "baseline", "last~1").returncode == 0


def test_the_same_claims_again_are_no_event(nights, new_project, claim_text):
    project = new_project()
    project.write(same=claim_text("same"))
    for _ in range(2):
        assert project.run("run", "same.py", "--workers", "1", module="lemmata").returncode == 0
    again = project.run("diff", "last~1", "last", module="lemmata")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "0 events")


def test_a_check_that_did_not_end_has_an_exit_status_of_its_own(new_project, claim_text):
    project = new_project()
    project.write(fails=claim_text("fails", 'raise ArithmeticError("no")'))
    assert project.run("run", "fails.py", "--workers", "1", module="lemmata").returncode == 4


def test_a_bound_that_vanishes_from_the_same_request_makes_the_run_fail(new_project, claim_text):
    project = new_project()
    project.write(stays=claim_text("stays"), goes=claim_text("goes"))

    def night(*arguments):
        return project.run("run", str(project.folder), "--workers", "1", *arguments, module="lemmata")

    assert night().returncode == 0
    assert project.run("accept", "--reason", "the first night", module="lemmata").returncode == 0
    assert night().returncode == 0
    (project.folder / "goes.py").unlink()
    assert night("-k", "stays").returncode == 0, "another request"
    gone = night()
    assert gone.returncode == 4
    assert "COVERAGE  own.goes[bound] literal: was HOLDS and is gone" in gone.stdout


def test_a_run_that_selects_nothing_makes_no_sense(nights):
    _, command, _ = nights
    before = command("runs").stdout
    assert command("run", "stays.py", "-k", "nothing_like_it", "--workers", "1").returncode == 2
    assert command("run", "stays.py", "--profile", "lavish", "--workers", "1").returncode == 2
    assert command("runs").stdout == before


def test_runs_are_listed_with_the_baseline(nights):
    _, command, _ = nights
    listed = command("runs").stdout.splitlines()
    assert len(listed) == 2
    assert "baseline" in listed[1]
    assert "5 bounds" in listed[1]


def test_a_finished_run_is_watched_to_its_end(nights):
    _, command, _ = nights
    watched = command("watch")
    assert watched.returncode == 0
    assert "VIOLATED             own.breaks[bound] literal" in watched.stdout
    assert "3/3 bounds of 3 claims" in watched.stdout
    assert "finished after" in watched.stdout


def test_verdicts_of_all_nights_are_exported(nights):
    project, command, _ = nights
    assert command("export").returncode == 0
    with (project.folder / "export" / "verdicts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {row["verdict"] for row in rows if row["claim"] == "own.breaks"} == {"HOLDS", "VIOLATED"}


def test_trials_are_stored_once_and_a_change_of_code_opens_an_epoch(nights):
    project, command, _ = nights
    assert command("export").returncode == 0
    with (project.folder / "export" / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    executed = {row["claim"]: row["draws"] for row in json.loads(command("list", "--json").stdout)}
    epochs = {claim: Counter(row["epoch"] for row in rows if row["claim"] == claim) for claim in executed}
    assert epochs["own.stays"] == {"1": executed["own.stays"]}, "the second night ran the same trials again"
    assert epochs["own.breaks"] == {"1": executed["own.stays"], "2": executed["own.breaks"]}
    assert {float(row["lhs"]) for row in rows if row["claim"] == "own.stays"} == {1.0}


def test_pruning_leaves_the_verdicts(nights):
    _, command, _ = nights
    before = command("list", "--json").stdout
    pruned = command("prune", "--nights", "0")
    assert pruned.returncode == 0
    assert "every verdict is kept" in pruned.stdout
    assert command("list", "--json").stdout == before


def test_the_installation_is_well(nights):
    _, command, _ = nights
    examined = command("doctor")
    assert examined.returncode == 0, examined.stdout
    assert ".lemmata/ledger.sqlite: schema 3" in examined.stdout


def test_folders_of_ones_own_hide_nothing_of_ours(new_project):
    """Catches: a package of ours beside ``lemmata``, which a project's own of that name would hide."""
    project = new_project()
    for name in ("claims", "generators", "harness", "tests"):
        (project.folder / name).mkdir()
        (project.folder / name / "__init__.py").touch()
    examined = project.run("doctor", module="lemmata")
    assert examined.returncode == 0, examined.stdout


def test_help_names_every_verb_and_exit_status(nights):
    _, command, _ = nights
    shown = command("--help").stdout
    for verb in VERBS:
        assert f"\n    {verb} " in shown
    assert "exit status:" in shown


def test_what_is_stored_slows_neither_writing_nor_reading(tmp_path, monkeypatch):
    """Catches: a batch for which the earlier ones are looked through; verdicts that are found by reading the trials.

    Counted in steps of SQLite's machine, of which every computer makes the same.
    """
    steps, real = itertools.count(), sqlite3.connect

    def connect(*place, **options):
        connection = real(*place, **options)
        connection.set_progress_handler(lambda: next(steps) < 0, 10)
        return connection

    def counted(work, *arguments):
        begin = next(steps)
        work(*arguments)
        return next(steps) - begin

    monkeypatch.setattr(sqlite3, "connect", connect)
    ledger = Ledger(tmp_path / "ledger.sqlite")
    written, read = [], []
    with ledger.begin(run("1")) as writer:
        for batch in range(100):
            rows = [TrialRow(0, "iid", batch * 1000 + i, '{"L": 8, "m": 64}', 1.0, 2.0, 1.0) for i in range(1000)]
            written.append(counted(writer.add_bound, item(), rows, "code 1"))
            read.append(counted(ledger.last_verdicts))
    assert len(ledger.trials(Sample("own.a", "literal", "b"), 1)) == 100_000
    assert max(written) < 1.1 * written[0]
    assert max(read) < 1.1 * read[0] < written[0] / 100
