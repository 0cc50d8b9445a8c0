"""Full disks, read-only folders, damaged files, two writers, killed writers: clear words, and nothing half-written."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from ledger_sample import item, run
from patience import PATIENCE

from lemmata.ledger import Ledger, LedgerError, Sample
from lemmata.ledger.connection import transaction
from lemmata.vocabulary.rows import TrialRow

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = Sample("own.a", "literal", "b")
NOBODY = 65534


def batch(start, size=1000):
    return [TrialRow(0, "iid", start + i, '{"m": 2}', 1.0, 2.0, 1.0) for i in range(size)]


def python(code, *arguments, **options):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def is_whole(path):
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


# ---- full disks ----


def fill(writer, acknowledged):
    while sum(acknowledged) < 10**6:
        acknowledged.append(writer.add_bound(item(), batch(sum(acknowledged)), "code 1"))


def test_a_full_disk_keeps_what_was_acknowledged_and_says_so(tmp_path):
    ledger, acknowledged = Ledger(tmp_path / "ledger.sqlite"), [0]
    with ledger.begin(run("1")) as writer:
        pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
        writer._connection.execute(f"PRAGMA max_page_count = {pages + 60}")
        with pytest.raises(LedgerError, match=r"no room left on the disk.*what was stored before is kept"):
            fill(writer, acknowledged)
        with pytest.raises(LedgerError, match="no room left"):
            writer.finish(run("1"), [item(f"own.{i}", why="x" * 9999) for i in range(100)])
    assert len(ledger.trials(SAMPLE, 1)) == sum(acknowledged) > 0
    assert ledger.last_run()["run"]["finished"] is None
    assert [kept["claim"] for kept in ledger.last_run()["items"]] == ["own.a"]
    assert is_whole(ledger.path)


FILL = """
import signal, sys
from pathlib import Path
from ledger_sample import item, run
from lemmata.ledger import Ledger, LedgerError, TrialRow
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
kept = 0
try:
    with Ledger(Path(sys.argv[1])).begin(run("1")) as writer:
        for start in range(0, 10**6, 1000):
            rows = [TrialRow(0, "iid", start + i, "{}", 1.0, 2.0, 1.0) for i in range(1000)]
            writer.add_bound(item(), rows, "code 1")
            kept += 1000
except LedgerError as error:
    print(kept)
    print(error)
"""


def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path):
    path = tmp_path / "ledger.sqlite"
    Ledger(path)
    limit = 500_000

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    shown, problem = python(FILL, path, preexec_fn=limited).communicate(timeout=PATIENCE)
    kept, words = shown.splitlines()
    assert "What was stored before is kept" in words, problem
    assert 0 < int(kept) == len(Ledger(path).trials(SAMPLE, 1))
    assert is_whole(path)


# ---- places that cannot be written ----


LOOK = f"""
import os, sys
from pathlib import Path
from ledger_sample import run
from lemmata.ledger import Ledger, LedgerError
if os.getuid() == 0:  # to whom every folder is writable
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
try:
    ledger = Ledger(Path(sys.argv[1]))
    print(len(ledger.runs()), "runs")
    ledger.begin(run("2"))
except LedgerError as error:
    print(error)
"""


@pytest.fixture
def locked_folder():
    """A folder that the process of the test may read and not write, even if root runs the tests."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ledger = Ledger(folder / "ledger.sqlite")
        ledger.add_run(run("1"), [item()])
        for left in folder.glob("*-*"):
            left.unlink()
        ledger.path.chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def test_a_ledger_in_a_read_only_folder_is_read_and_writing_it_is_refused(locked_folder):
    before = (locked_folder / "ledger.sqlite").read_bytes()
    shown, problem = python(LOOK, locked_folder / "ledger.sqlite").communicate(timeout=PATIENCE)
    assert shown.startswith("1 runs\n"), shown + problem
    assert "it cannot be written. Make the file and its folder writable" in shown
    assert [path.name for path in locked_folder.iterdir()] == ["ledger.sqlite"]
    assert (locked_folder / "ledger.sqlite").read_bytes() == before


def test_a_new_ledger_in_a_read_only_folder_is_refused(locked_folder):
    shown, problem = python(LOOK, locked_folder / "new" / "ledger.sqlite").communicate(timeout=PATIENCE)
    assert "Permission denied: it cannot be written" in shown, shown + problem


# ---- damage ----


@pytest.fixture
def filled(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.begin(run("1")) as writer:
        writer.add_bound(item(), batch(0), "code 1")
        writer.finish(run("1"), [item(f"own.{i}") for i in range(50)])
    return ledger.path


def read_everything(path):
    ledger = Ledger(path, patience=1.0)
    return ledger.runs(), ledger.last_run(), ledger.last_verdicts(), ledger.trials(SAMPLE, 1), ledger.baselines()


@pytest.mark.parametrize("share", [0.0005, 0.02, 0.3, 0.9])
def test_a_truncated_ledger_is_refused_and_left_as_it_is(filled, share):
    content = filled.read_bytes()
    content = content[: int(len(content) * share)]
    filled.write_bytes(content)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite"):
        read_everything(filled)
    assert filled.read_bytes() == content


def test_flipped_bytes_end_in_a_clear_error_or_in_readable_rows_and_change_nothing(filled):
    content, rng = filled.read_bytes(), random.Random(0)
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        position = rng.randrange(len(content))
        damaged[position : position + 64] = rng.randbytes(64)
        filled.write_bytes(damaged)
        try:
            read_everything(filled)
        except (LedgerError, ValueError):  # a text that is no JSON any more is told by the JSON reader
            refused += 1
        assert filled.read_bytes() == damaged
    assert refused > 10


# ---- several writers ----


WRITE = """
import sys
from pathlib import Path
from ledger_sample import item, run
from lemmata.ledger import Ledger, TrialRow
name = sys.argv[2]
with Ledger(Path(sys.argv[1])).begin(run(name)) as writer:
    for i in range(40):
        rows = [TrialRow(0, "iid", j, "{}", 1.0, 2.0, 1.0) for j in range(100)]
        writer.add_bound(item(f"own.{i}"), rows, "code 1")
    writer.finish(run(name))
"""


def test_two_runs_at_once_are_both_whole_and_no_trial_is_there_twice(tmp_path):
    path = tmp_path / "ledger.sqlite"
    writers = [python(WRITE, path, name) for name in ("one", "two")]  # both make the file, too
    for writer in writers:
        assert writer.communicate(timeout=PATIENCE)[1] == ""
    ledger = Ledger(path)
    assert sorted((r["id"], r["bounds"], r["finished"] is not None) for r in ledger.runs()) == [
        ("one", 40, True),
        ("two", 40, True),
    ]
    assert [len(ledger.trials(SAMPLE._replace(claim=f"own.{i}"), 1)) for i in range(40)] == [100] * 40
    assert is_whole(path)


MAKE = """
import sys
from pathlib import Path
from ledger_sample import item, run
from lemmata.ledger import Ledger
print("ready", flush=True)
sys.stdin.readline()
Ledger(Path(sys.argv[1])).add_run(run(sys.argv[2]), [item()])
"""


def test_runs_that_make_the_ledger_at_the_same_moment_wait_for_each_other(tmp_path):
    for attempt in range(3):
        path = tmp_path / f"{attempt}.sqlite"
        writers = [python(MAKE, path, name, stdin=subprocess.PIPE) for name in range(5)]
        for writer in writers:
            writer.stdout.readline()
        for writer in writers:
            writer.stdin.write("\n")
            writer.stdin.flush()
        assert [writer.communicate(timeout=PATIENCE)[1] for writer in writers] == [""] * 5
        assert len(Ledger(path).runs()) == 5


def test_a_writer_that_never_lets_go_is_named_and_nothing_is_half_written(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite", patience=0.2)
    holder = sqlite3.connect(ledger.path, isolation_level=None)
    with transaction(holder):
        with pytest.raises(LedgerError, match="database is locked: another process keeps it locked"):
            ledger.add_run(run("1"), [item()])
        with pytest.raises(LedgerError, match="another process keeps it locked"):
            ledger.begin(run("2"))
        assert ledger.runs() == [], "readers are not kept waiting"
    holder.close()
    ledger.add_run(run("1"), [item()])
    assert [r["id"] for r in ledger.runs()] == ["1"]


# ---- killed writers ----


KILLED = """
import sys
from pathlib import Path
from ledger_sample import item, run
from lemmata.ledger import Ledger, TrialRow
with Ledger(Path(sys.argv[1])).begin(run(sys.argv[2])) as writer:
    for i in range(10**6):
        rows = [TrialRow(int(sys.argv[2]), "iid", j, "{}", 1.0, 2.0, 1.0) for j in range(100)]
        writer.add_bound(item(f"own.{i}"), rows, "code 1")
        print(i + 1, flush=True)
"""


def test_a_killed_writer_leaves_whole_batches_and_all_that_it_acknowledged(tmp_path):
    path, rng = tmp_path / "ledger.sqlite", random.Random(0)
    for attempt in range(1, 6):
        writer = python(KILLED, path, attempt)
        writer.stdout.readline()  # it has begun
        time.sleep(rng.uniform(0.0, 0.3))
        writer.send_signal(signal.SIGKILL)
        acknowledged = max([1, *map(int, writer.stdout)])  # communicate() would lose what readline() has in hand
        writer.communicate()
        ledger = Ledger(path)
        (latest, *_) = ledger.runs()
        assert (latest["id"], latest["finished"]) == (str(attempt), None)
        assert acknowledged <= latest["bounds"] <= acknowledged + 1
        kept = [ledger.trials(SAMPLE._replace(claim=f"own.{i}"), 1) for i in range(latest["bounds"] + 2)]
        whole = [sum(row.root == attempt for row in rows) for rows in kept]
        assert whole == [100] * latest["bounds"] + [0, 0], "a bound and its trials are there together or not at all"
    assert is_whole(path)
