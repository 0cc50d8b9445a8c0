"""A run that was killed, hung up on, or had no room is gone on with, and ends like one that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from patience import PATIENCE, wait_for

from lemmata.doors.resume import left_undone
from lemmata.ledger import Ledger

ROOT = Path(__file__).resolve().parent.parent.parent
WAITS = """
import time
from pathlib import Path
while not Path("go").exists():
    time.sleep(0.05)
return 1.0, 2.0
"""
SLOW = "import time\ntime.sleep(0.001)\nreturn rng.random(), 2.0"
GROWS = '''"""A bound up to a constant, which has an interval that must not move."""
import time
from lemmata import Axis, Claim
claim = Claim("own.grows", axes=[Axis("m", 16, 512)], derived={"scale": lambda p: 1.0})
@claim.at_most("bound", up_to_constant=True)
def trial(p, rng):
    time.sleep(0.001)
    return p.scale * (1 + rng.random()), 1.0
@claim.control("bound")
def false(p):
    return p.replace(scale=float(p.m))
'''


def command(project, *arguments, module="pytest"):
    """Start a module in a project, in a group of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CI"))}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=project.folder,
        env=environment | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def children(process):
    """Processes that a process started."""
    try:
        tasks = Path(f"/proc/{process}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]
    except OSError:
        return []


def descendants(process):
    """Processes that those started: the server of children, and the child that checks a bound."""
    found = children(process)
    return found + [other for child in found for other in descendants(child)]


def in_group(leader):
    """Processes that a run left behind, in its group."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = status.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(group) == leader and state != "Z":
            found.append(int(status.parent.name))
    return found


def kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:  # it came to its end meanwhile
        return False
    return True


def results(path):
    """Bounds that have a verdict of mathematics in the latest run."""
    record = (Ledger(path).last_run() if path.exists() else None) or {"items": []}
    return {item["claim"] for item in record["items"] if item["verdict"] not in {"ERROR", "TIMEOUT", "NOT_RUN"}}


def is_left(path):
    try:
        return bool(left_undone(Ledger(path)))
    except ValueError:
        return False


def told(path):
    """All that the latest run found out, without times; and every trial that is stored."""
    keys = ("claim", "verdict", "why", "constant", "interval", "margin", "largest_ratio", "draws", "controls", "parts")
    items = [{key: item[key] for key in keys} for item in Ledger(path).last_run()["items"]]
    connection = sqlite3.connect(path)
    query = """
        SELECT claim, epoch, root, stream, position, params, lhs, rhs, margin, certification
        FROM trials JOIN samples ON samples.number = sample ORDER BY 1, 2, 3, 4, 5, 6
    """
    trials = connection.execute(query).fetchall()
    connection.close()
    return items, trials


def go_on(project, ledger):
    """Resume the latest run until nothing is left of it; a kill may have come late."""
    for _ in range(3):
        if is_left(project.folder / ledger):
            command(project, "-n", "1", "--claims-ledger", ledger, "--claims-resume", "last").wait(timeout=PATIENCE)


# ---- killed ----

ALL = {"controller": 5, "worker": 3, "child": 24}
FEW = {"controller": 1, "worker": 1, "child": 4}  # minutes less; `make faults` takes all of them
MOMENTS = ALL if os.environ.get("LEMMATA_KILLS") == "all" else FEW


class Killer:
    """Kills processes of a run, one kind after another in an order that is drawn, until none is left to kill."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.kinds = list(Counter(MOMENTS).elements())
        self.rng.shuffle(self.kinds)

    def strike(self, controller):
        """Wait for a moment, then kill; which kind, or None where there was none of it."""
        time.sleep(self.rng.uniform(0.0, 0.5))
        workers = children(controller.pid)
        victims = {"controller": [controller.pid] if controller.poll() is None else [], "worker": workers}
        victims["child"] = [process for worker in workers for process in descendants(worker)]
        found = victims[self.kinds[-1]]
        return self.kinds.pop() if found and kill(self.rng.choice(found)) else None


def begin(project, ledger):
    """Start a run, or go on with the one that is there; returns when its first bound is about to be checked."""
    again = is_left(project.folder / ledger) if (project.folder / ledger).exists() else False
    asked = ["--claims-resume", "last"] if again else ["."]
    session = command(project, "-n", "1", "--claims-ledger", ledger, *asked)
    wait_for(lambda: any(map(descendants, children(session.pid))) or session.poll() is not None)
    return session


def test_kills_at_any_moment_change_nothing_of_what_a_run_finds_out(new_project, claim_text):
    """Kills at some moments, or at 32.

    Catches: a verdict without its trials, trials that are counted twice, a resumption that forgets, that computes
    again what is known, or that lets an ERROR stand which a kill made; a lock that outlives its holder; a wait for what
    is dead; a child that computes on when nobody waits for it.
    """
    project, killer = new_project(), Killer(seed=20)
    project.write(grows=GROWS, **{name: claim_text(name, SLOW) for name in ("a", "b", "c", "d", "e")})
    assert command(project, "-n", "1", "--claims-ledger", "whole.sqlite", ".").wait(timeout=PATIENCE) == 0
    ledgers, started = [], []
    while killer.kinds:
        if not ledgers or not is_left(project.folder / ledgers[-1]):
            ledgers.append(f"killed-{len(ledgers)}.sqlite")
        path = project.folder / ledgers[-1]
        known, session = results(path), begin(project, ledgers[-1])
        started.append(session)
        while session.poll() is None and killer.kinds and killer.strike(session) != "controller":
            pass
        if killer.kinds:
            session.wait(timeout=PATIENCE)
        assert known <= results(path), "what was acknowledged is there"
    started[-1].wait(timeout=PATIENCE)
    for name in ledgers:
        go_on(project, name)
        assert told(project.folder / name) == told(project.folder / "whole.sqlite")
        assert len(Ledger(project.folder / name).runs()) == 1
    for each in started:
        wait_for(lambda each=each: not in_group(each.pid))


# ---- hung up on ----


def test_a_closed_terminal_leaves_a_run_that_is_gone_on_with_as_it_was_asked_for(project, claim_text):
    """Catches: another seed, other paths, another keyword; options that are overruled in silence; two writers."""
    bodies = {"a": SLOW, "b": SLOW, "c": WAITS, "d": SLOW, "other": SLOW}
    project.write(**{name: claim_text(name, body) for name, body in bodies.items()})
    path = project.folder / "ledger.sqlite"
    lemmata = ["--ledger", "ledger.sqlite", "run", "--workers", "1"]
    run = command(project, *lemmata, "--seed", "7", "-k", "not other", ".", module="lemmata")
    known = wait_for(lambda: len(found := results(path)) == 2 and found)
    refused = project.run(*lemmata, "--resume", module="lemmata")
    assert refused.returncode == 2
    assert "is being written by another process" in refused.stderr + refused.stdout
    os.killpg(run.pid, signal.SIGHUP)
    assert run.wait(timeout=PATIENCE) == -signal.SIGHUP
    assert results(path) == known
    for option, words in (
        ("--seed=8", "has seed 7, not 8"),
        ("-k=a", "has keyword 'not other'"),
        ("a.py", "has paths"),
    ):
        refused = project.run(*lemmata, *option.split("="), "--resume", module="lemmata")
        assert refused.returncode == 2
        assert words in refused.stderr
    wait_for(lambda: not in_group(run.pid))
    (project.folder / "go").touch()
    again = project.run(*lemmata, "--resume", module="lemmata")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "was gone on with: 2 of 4 bounds were known" in again.stdout
    record = Ledger(path).last_run()
    assert (record["run"]["seed"], record["run"]["bounds"], len(record["run"]["resumed"])) == (7, 4, 1)
    assert record["run"]["finished"] is not None
    assert {row[2] for row in told(path)[1]} == {7}, "the seeds of all trials"
    nothing = project.run(*lemmata, "--resume", module="lemmata")
    assert nothing.returncode == 2
    assert "nothing is left to do" in nothing.stderr


# ---- no room ----

FULL = """
def pytest_runtest_logreport(report):
    if report.when == "call":
        connection = CONFIG.pluginmanager.get_plugin("lemmata-recorder").writer._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

def pytest_configure(config):
    global CONFIG
    CONFIG = config
"""
EATS = """
from pathlib import Path
if not Path("mended").exists():
    bytearray(2**62)
return 1.0, 2.0
"""


def test_without_memory_or_disk_a_run_is_red_and_its_resumption_is_whole(project, claim_text):
    """Catches: what had an ERROR, was computed by other code, or did not fit on the disk, and is taken for known."""
    project.write(**{name: claim_text(name) for name in ("a", "b", "c")}, eats=claim_text("eats", EATS), conftest=FULL)
    path = project.folder / ".lemmata" / "ledger.sqlite"
    first = project.run("eats.py", "a.py", "b.py", "c.py")
    assert first.returncode == 1
    assert "there is no room left on the disk" in first.stdout
    assert Ledger(path).last_run()["run"]["finished"] is None
    known = results(path)
    assert known < {"own.a", "own.b", "own.c"}
    (project.folder / "conftest.py").unlink()
    (project.folder / "mended").touch()
    project.write(a=claim_text("a", "return 1.5, 2.0"))
    again = project.run("--claims-resume", "last")
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"was gone on with: {len(known - {'own.a'})} of 4 bounds were known" in again.stdout
    items = {item["claim"]: item for item in Ledger(path).last_run()["items"]}
    assert {name: item["verdict"] for name, item in items.items()} == {
        f"own.{name}": "HOLDS" for name in ("a", "b", "c", "eats")
    }
    assert items["own.a"]["margin"] == 0.5 / 2, "computed by the code of today"
