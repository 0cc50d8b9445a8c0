"""The controller of a run is killed, or its ledger fails: what was known is kept, and is said to be a part."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE, wait_for

from lemmata.ledger import Ledger

ROOT = Path(__file__).resolve().parent.parent.parent
HANGS = "import time\ntime.sleep(600)\nreturn 1.0, 2.0"


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "parallel"])
def test_a_killed_controller_leaves_every_verdict_it_had(project, claim_text, workers):
    project.write(a=claim_text("a"), b=claim_text("b"), z_hangs=claim_text("z_hangs", HANGS))
    path = project.folder / ".lemmata" / "ledger.sqlite"

    def verdicts():
        return path.exists() and len(Ledger(path).last_verdicts()) == 2

    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *workers, "a.py", "b.py", "z_hangs.py"]
    run = subprocess.Popen(
        command, cwd=project.folder, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(verdicts)
        looked = project.run("watch", "--once", module="lemmata")
        assert "2/3 bounds of 2 claims" in looked.stdout
        assert "2 HOLDS" in looked.stdout
    finally:
        run.kill()
        run.wait()
        os.killpg(run.pid, signal.SIGKILL)  # the workers and the check that hangs
    assert {name: row["verdict"] for name, row in project.rows().items()} == {
        "own.a[bound]": "HOLDS",
        "own.b[bound]": "HOLDS",
        "own.z_hangs[bound]": "NOT_RUN",
    }
    report = project.run("report", module="lemmata")
    assert report.returncode == 0
    assert "is unfinished: 2 of 3 bounds were checked" in report.stderr
    record = json.loads((project.folder / "report" / "report.json").read_text())
    assert record["run"]["finished"] is None
    assert record["run"]["executed"] > 0
    assert project.run("a.py").returncode == 0, "the next run goes on as if nothing had been"
    assert [r["finished"] is None for r in Ledger(path).runs()] == [False, True]


def test_an_interrupted_run_writes_its_end_and_what_it_did_not_reach(project, claim_text):
    project.write(a=claim_text("a"), z_hangs=claim_text("z_hangs", HANGS))
    path = project.folder / ".lemmata" / "ledger.sqlite"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "lemmata", "run", "--workers", "1", "a.py", "z_hangs.py"]
    run = subprocess.Popen(
        command, cwd=project.folder, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(lambda: path.exists() and len(Ledger(path).last_verdicts()) == 1)
        os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does
        assert run.wait(timeout=PATIENCE) == 4
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
    (only,) = Ledger(path).runs()
    assert only["finished"] is not None
    assert {name: row["verdict"] for name, row in project.rows().items()} == {
        "own.a[bound]": "HOLDS",
        "own.z_hangs[bound]": "NOT_RUN",
    }


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "parallel"])
def test_a_ledger_that_cannot_be_used_stops_the_run_before_it_begins(project, claim_text, workers):
    project.write(a=claim_text("a", HANGS))
    ledger = project.folder / "ledger.sqlite"
    ledger.write_bytes(b"no database" * 100)
    run = project.run("a.py", *workers, "--claims-ledger", "ledger.sqlite")
    assert run.returncode == 4
    assert "file is not a database: Move the file away to start a new ledger" in run.stderr
    assert "INTERNALERROR" not in run.stdout + run.stderr
    assert ledger.read_bytes() == b"no database" * 100
    assert project.run("--ledger", "ledger.sqlite", "run", "a.py", module="lemmata").returncode == 4


FULL = """
def pytest_runtest_setup(item):
    connection = item.config.pluginmanager.get_plugin("lemmata-recorder").writer._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
"""


def test_a_ledger_that_fails_on_the_way_costs_no_verdict_and_the_run_is_red(project, claim_text):
    names = ["a", "b", "c", "d"]
    project.write(**{name: claim_text(name) for name in names}, conftest=FULL)
    run = project.run(*(f"{name}.py" for name in names), "--claims-report", "report")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "is unfinished in the ledger" in run.stdout
    assert "there is no room left on the disk" in run.stdout
    assert "INTERNALERROR" not in run.stdout + run.stderr
    record = json.loads((project.folder / "report" / "report.json").read_text())
    assert [item["verdict"] for item in record["items"]] == ["HOLDS"] * 4
    assert [r["finished"] for r in Ledger(project.folder / ".lemmata" / "ledger.sqlite").runs()] == [None]
