"""The ledger when a run is gone on with: one writer a run, a bound is there as a whole or not at all."""

from __future__ import annotations

import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ledger_sample import item, run

from lemmata.ledger import Ledger, LedgerError, Sample
from lemmata.vocabulary.rows import TrialRow

ROOT = Path(__file__).resolve().parent.parent.parent
MOMENTS = 30
ROWS = 50

WRITE = f"""
import sys
from pathlib import Path
from ledger_sample import item, run
from lemmata.ledger import Ledger, TrialRow
ledger = Ledger(Path(sys.argv[1]))
begin = ledger.resume if ledger.runs() else ledger.begin
with begin(run("1")) as writer:
    done = ledger.runs()[0]["bounds"]
    print(done, flush=True)
    for i in range(done, 10**6):
        rows = [TrialRow(0, "iid", j, "{{}}", 1.0, 2.0, 1.0) for j in range({ROWS})]
        writer.add_bound(item(f"own.{{i:06}}"), rows, "code")
        print(i + 1, flush=True)
"""


def start(path):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
    command = [sys.executable, "-c", WRITE, str(path)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def counts(path):
    """Bounds, and trials, epochs and bounds with trials: what a transaction for each would let go apart."""
    connection = sqlite3.connect(path)
    try:
        queries = ("COUNT(*) FROM verdicts", "COUNT(*) FROM trials", "COUNT(*) FROM epochs", "COUNT(*) FROM samples")
        return [connection.execute(f"SELECT {query}").fetchone()[0] for query in queries]
    finally:
        connection.close()


def test_a_writer_that_is_killed_at_any_moment_and_goes_on_never_leaves_part_of_a_bound(tmp_path):
    """Catches: verdict, epoch and trials in transactions of their own; a resumption that drops what it finds."""
    path, rng, last = tmp_path / "ledger.sqlite", random.Random(0), 0
    for _ in range(MOMENTS):
        writer = start(path)
        found = int(writer.stdout.readline())
        assert found >= last, "what was acknowledged is there"
        told = [int(writer.stdout.readline()) for _ in range(rng.randrange(4))]  # it gets on, however slow the disk is
        time.sleep(rng.uniform(0.0, 0.05))
        writer.send_signal(signal.SIGKILL)
        last = max([found, *told, *map(int, writer.stdout)])
        writer.communicate()
        bounds, trials, epochs, samples = counts(path)
        assert last <= bounds <= last + 1
        assert (trials, epochs, samples) == (bounds * ROWS, bounds, bounds)
    assert last > MOMENTS, "it got on meanwhile"
    (only,) = Ledger(path).runs()
    assert only["finished"] is None


def test_a_bound_whose_trials_are_refused_is_not_there(tmp_path):
    """Catches: the verdict in a transaction before that of its trials, whenever the kill comes."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.begin(run("1")) as writer:
        with pytest.raises(ValueError, match="holds NaN"):
            writer.add_bound(item(), [TrialRow(0, "iid", 0, "{}", math.nan, 2.0, 1.0)], "code")
        assert counts(ledger.path) == [0, 0, 0, 0]


def test_a_run_that_is_being_written_is_not_gone_on_with(tmp_path):
    """Catches: no lock, a lock that is not tried, a lock that outlives its holder."""
    path = tmp_path / "ledger.sqlite"
    writer = start(path)
    writer.stdout.readline()
    with pytest.raises(LedgerError, match=r"run 1 is being written by another process\. Let it end, or stop it"):
        Ledger(path).resume(run("1"))
    other = Ledger(path).begin(run("2"))
    other.close()
    writer.kill()
    writer.communicate()
    Ledger(path).resume(run("1")).close()


def test_bounds_without_a_result_are_taken_off_a_run_that_is_gone_on_with(tmp_path):
    """Catches: an old ERROR that stays where its claim is gone; a verdict that is thrown away."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    verdicts = ["HOLDS", "VIOLATED", "VACUOUS", "INCONCLUSIVE", "ERROR", "TIMEOUT", "NOT_RUN", "SKIPPED"]
    ledger.add_run(run("1"), [item(f"own.{verdict}", verdict) for verdict in verdicts])
    ledger.resume(run("1")).close()
    record = ledger.run("1")
    assert {each["verdict"] for each in record["items"]} == set(verdicts) - {"ERROR", "TIMEOUT", "NOT_RUN"}
    assert record["run"]["finished"] is None


def test_the_trials_of_a_run_itself_are_no_evidence_of_earlier_nights(tmp_path):
    """Catches: a bound that is checked again in one run, and pools with what it left there."""
    ledger, sample = Ledger(tmp_path / "ledger.sqlite"), Sample("own.a", "literal", "b")
    for name in ("1", "2"):
        with ledger.begin(run(name)) as writer:
            writer.add_bound(item(), [TrialRow(0, "iid", int(name), "{}", 1.0, 2.0, 1.0)], "code")
    assert [row.position for row in ledger.trials(sample, 1)] == [1, 2]
    assert [row.position for row in ledger.trials(sample, 1, besides="2")] == [1]
