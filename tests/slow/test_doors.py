"""pytest and the command line as a person uses them, in a project that only has the package."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

VIOLATED = '''"""A false statement: squares stay below 50."""
from fractions import Fraction
from lemmata import Axis, Claim, Verdict

squares = Claim("own.squares", axes=[Axis("n", 1, 64)])

def exact(p):
    from fractions import Fraction
    return Fraction(p.n) ** 2, Fraction(50)

@squares.at_most("square", quantity="n^2", exact=exact, expect=Verdict.VIOLATED, erratum="True for n <= 7 only.")
def square(p):
    return Fraction(p.n) ** 2, Fraction(50)

@squares.control("square")
def lower(p):
    return 2, 1
'''

MINIMAL = '''"""Norms of Gaussian vectors grow like the root of the dimension."""
import numpy as np
from lemmata import Axis, Claim

claim = Claim("own.norm", axes=[Axis("d", 4, 256)])

@claim.at_most("norm", up_to_constant=True)
def norm(p, rng):
    return np.linalg.norm(rng.standard_normal(p.d)), np.sqrt(p.d)

@claim.control("norm")
def quarter(p, lhs, rhs):
    return lhs, p.d**0.25
'''


@pytest.fixture(scope="module")
def shared(new_project):
    project = new_project()
    project.write(squares=VIOLATED, norm=MINIMAL)
    run = project.run("-n", "2", str(project.folder), "--claims-report", "report", "--junitxml", "junit.xml")
    assert run.returncode == 0, run.stdout + run.stderr
    return project, run


def test_ids_are_path_claim_and_bound(shared):
    listed = shared[0].run("--co", "-q", "squares.py", "norm.py").stdout
    assert "squares.py::own.squares[square]" in listed
    assert "norm.py::own.norm[norm]" in listed


def test_one_bound_is_selected_by_its_id_and_by_keyword(shared):
    project, _ = shared
    one = project.run("squares.py::own.squares[square]", "-q")
    assert "1 passed" in one.stdout
    assert "1 passed, 1 deselected" in project.run(str(project.folder), "-q", "-k", "squares").stdout


def test_parallel_and_serial_runs_agree(shared):
    project, _ = shared
    keys = ("verdict", "constant", "interval", "margin", "counterexamples", "draws")
    parallel = {name: [row[key] for key in keys] for name, row in project.rows().items()}
    assert project.run("squares.py", "norm.py").returncode == 0
    assert {name: [row[key] for key in keys] for name, row in project.rows().items()} == parallel


def test_the_summary_and_the_report_are_written_once(shared):
    project, run = shared
    assert run.stdout.count("own.squares") == 1
    report = json.loads((project.folder / "report" / "report.json").read_text())
    assert [item["claim"] for item in report["items"]] == ["own.norm", "own.squares"]
    assert "True for n &lt;= 7 only." in (project.folder / "report" / "index.html").read_text(encoding="utf-8")


def test_junit_carries_the_verdicts(shared):
    properties = ElementTree.parse(shared[0].folder / "junit.xml").iter("property")
    assert {"HOLDS_UP_TO_CONSTANT", "VIOLATED"} <= {p.get("value") for p in properties if p.get("name") == "verdict"}


def test_list_has_the_promised_keys(shared):
    row = shared[0].rows()["own.squares[square]"]
    promised = [
        "claim",
        "reading",
        "bound",
        "verdict",
        "expected",
        "draws",
        "constant",
        "interval",
        "margin",
        "control",
        "scope",
    ]
    assert set(promised) <= set(row)
    assert (row["verdict"], row["expected"], row["control"]) == ("VIOLATED", "VIOLATED", "caught")


def test_a_counterexample_replays_and_its_snippet_runs_alone(shared):
    project, _ = shared
    identifier = project.rows()["own.squares[square]"]["counterexamples"][0]
    replayed = project.run("replay", identifier, module="lemmata")
    assert replayed.returncode == 0
    assert "exactly      64  against  50" in replayed.stdout, "the smallest case is n = 8"
    assert "identical to the recorded numbers" in replayed.stdout
    snippet = replayed.stdout.split("# a sceptic may run this:\n")[1]
    assert "lemmata" not in snippet
    alone = subprocess.run([sys.executable, "-I", "-c", snippet], capture_output=True, text=True, check=True)
    assert alone.stdout.strip() == "64 50 FAILS"


def test_show_prints_statement_verdict_and_scope(shared):
    project, _ = shared
    shown = project.run("show", "own.squares", str(project.folder), module="lemmata").stdout
    for words in ("A false statement", "VIOLATED", "exact arithmetic", "erratum    True for n <= 7 only."):
        assert words in shown


def test_a_plan_is_printed_without_running(shared):
    printed = shared[0].run("plan", "own.norm", str(shared[0].folder), module="lemmata").stdout
    assert "own.norm[norm]: 141 trials of 141 proposed" in printed
    assert "d=32" in printed


def test_a_changed_verdict_fails_with_the_counterexample(project):
    project.write(squares=VIOLATED.replace(", expect=Verdict.VIOLATED", ""))
    run = project.run("squares.py")
    assert run.returncode == 1
    assert "VIOLATED" in run.stdout
    assert "lemmata replay cx-" in run.stdout


def test_an_undecided_bound_is_skipped_and_says_what_is_missing(project):
    noisy = MINIMAL.replace("np.linalg.norm(", "np.exp(9 * rng.standard_normal()) * np.linalg.norm(")
    project.write(noisy=noisy)
    run = project.run("noisy.py", "-rs")
    assert "1 skipped" in run.stdout
    assert "INCONCLUSIVE" in run.stdout
