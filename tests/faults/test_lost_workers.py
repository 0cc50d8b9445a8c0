"""A worker of a parallel run is killed: what it took with it is NOT_RUN, and the run is red."""

from __future__ import annotations

KILLER = """
import os

def pytest_runtest_call(item):
    if "killer" in item.nodeid:
        os.kill(os.getpid(), 9)
"""


def test_lost_bounds_are_not_run_and_the_run_fails(project, claim_text):
    names = ["a_killer", "b", "c", "d", "e"]
    project.write(**{name: claim_text(name) for name in names}, conftest=KILLER)
    run = project.run("-n", "1", "--max-worker-restart", "0", str(project.folder), "--claims-report", "report")
    assert run.returncode != 0
    rows = project.rows()
    assert set(rows) == {f"own.{name}[bound]" for name in names}
    assert rows["own.a_killer[bound]"]["verdict"] == "NOT_RUN"
    assert "NOT_RUN" in run.stdout
    # none passes because it was lost: every row has a verdict of its own or says that it was not run
    assert {row["verdict"] for row in rows.values()} <= {"HOLDS", "NOT_RUN"}
    assert (project.folder / "report" / "report.json").exists()


def test_a_worker_that_is_replaced_loses_only_its_own_bound(project, claim_text):
    project.write(a_killer=claim_text("a_killer"), b=claim_text("b"), c=claim_text("c"), conftest=KILLER)
    assert project.run("-n", "2", str(project.folder)).returncode != 0
    verdicts = {name: row["verdict"] for name, row in project.rows().items()}
    assert verdicts == {"own.a_killer[bound]": "NOT_RUN", "own.b[bound]": "HOLDS", "own.c[bound]": "HOLDS"}
