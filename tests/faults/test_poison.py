"""A trial that kills its process or never returns is named, with how to run it again; innocent ones are not blamed."""

from __future__ import annotations

import re
import time

import pytest
from patience import PATIENCE

from lemmata.doors.session import check_isolated
from lemmata.judging.kinds import subject_of
from lemmata.vocabulary.discovery import load_claims

# Points instead of axes, so that the guilty trial is known: batches of 32 trials, of which one is to blame.
TEXT = '''"""Statement {name}."""
import ctypes, os, signal, time
import numpy as np
from pathlib import Path
from lemmata import Claim
HERE = Path(__file__).parent
claim = Claim("own.{name}", points=[{{"m": 2}}, {{"m": 3}}], batch={batch})
@claim.at_most("bound")
def trial(p, rng):
    x = rng.random()
    {body}
    return x, 2.0
@claim.control("bound")
def false(p, x, bound):
    {control}
    return x, -1.0
'''
SEGFAULT = "os.kill(os.getpid(), signal.SIGSEGV)"
HOLDS_THE_LOCK = "ctypes.PyDLL(None).sleep(600)"  # C code that no Python signal handler interrupts
STOPPED = "os.kill(os.getpid(), signal.SIGSTOP)"


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Checks a claim whose trial does something, and gives its record."""
    monkeypatch.chdir(tmp_path)

    def check(name, body="pass", control="pass", batch=32, seconds=PATIENCE, text=TEXT):
        file = tmp_path / f"{name}.py"
        file.write_text(text.format(name=name, body=body, control=control, batch=batch))
        (claim,) = load_claims(file)
        return check_isolated(subject_of(claim, claim.bounds[0]), "smoke", 0, seconds=seconds).record

    return check


@pytest.fixture
def limit(checked):
    """Seconds that are many for a claim that neither hangs nor sleeps, on this machine and as busy as it is now."""
    begin = time.monotonic()
    assert checked("innocent")["verdict"] == "HOLDS"
    return max(6.0, 10 * (time.monotonic() - begin))


ONE = "if p.m == 3 and 0.5 < x < 0.52: "  # of the 142 trials of the seed


@pytest.mark.parametrize(
    "deed, how",
    [(SEGFAULT, "killed by SIGSEGV"), ("os._exit(7)", "exit code 7"), ("os.kill(os.getpid(), 9)", "killed by SIGKILL")],
)
def test_a_trial_that_kills_its_process_is_named(checked, deed, how):
    """Catches: no note of the batch, a search that stops early, the wrong half, a plain ERROR."""
    record = checked("kills", ONE + deed)
    assert record["verdict"] == "ERROR"
    named = re.search(r"trial (\d+) of stream (\S+) at {'m': 3} \(root seed 0\) kills the process", record["why"])
    assert named, record["why"]
    assert f"({how}), each time" in record["why"]
    seed = f"root=0, stream='{named[2]}', index={named[1]})"
    assert record["why"].endswith(f"recompute('kills.py', 'own.kills', 'bound', 'literal', {{'m': 3}}, {seed}")
    from lemmata.sampling.seeds import trial_rng

    x = trial_rng(0, "own.kills[literal:bound]", named[2], int(named[1])).random()
    assert 0.5 < x < 0.52, "the one that is named is the one"


def test_a_process_that_somebody_else_killed_is_run_again(checked):
    """Catches: blaming a trial that happened to run, giving up after one death."""
    once = "(HERE / 'dead').exists() or [(HERE / 'dead').touch(), os.kill(os.getpid(), 9)]"
    assert checked("once", once)["verdict"] == "HOLDS"


def test_what_dies_again_outside_of_trials_is_an_error(checked):
    """Catches: running it for ever."""
    record = checked("twice", control="os._exit(9)")
    assert record["verdict"] == "ERROR"
    assert "died twice (exit code 9), and no trial of it does that when it runs again" in record["why"]


def test_trials_that_kill_only_together_are_named_together(checked):
    """Catches: a search that takes one half where both are innocent."""
    together = TEXT.replace("(p, rng)", "(p, rngs)").replace(
        "rng.random()", "np.array([0 * each.random() for each in rngs])"
    )
    record = checked("many", "len(rngs) > 20 and os.abort()", text=together)
    assert "kill the process that runs them (killed by SIGABRT), but only together: lower `batch`" in record["why"]


def test_two_deaths_by_somebody_else_blame_nobody(checked):
    """Catches: a verdict on a batch that died once more by chance."""
    twice = "len(list(HERE.glob('dead*'))) < 2 and [(HERE / f'dead{time.time()}').touch(), os._exit(9)]"
    assert checked("chance", twice)["verdict"] == "HOLDS"


@pytest.mark.parametrize("deed", [HOLDS_THE_LOCK, STOPPED], ids=["in C", "stopped"])
def test_a_trial_that_never_returns_to_python_is_named(checked, limit, deed):
    """Catches: limits that only Python obeys, a time-out that names nothing, a child that is left behind."""
    record = checked("hangs", ONE + deed, batch=8, seconds=limit)
    assert record["verdict"] == "TIMEOUT"
    assert re.search(
        rf"no result after {limit:g} s: trial \d+ of stream \S+ at {{'m': 3}} \(root seed 0\) does not return within",
        record["why"],
    )


def test_a_bound_that_is_slow_blames_no_trial(checked, limit):
    """Catches: naming whatever ran at the end."""
    record = checked("slow", f"time.sleep({limit / 20})", batch=1, seconds=limit)  # of more than a hundred trials
    assert record["why"] == f"no result after {limit:g} s: lower its effort, or use a profile with more time"


def test_a_trial_that_eats_memory_is_an_error_of_its_own(checked, monkeypatch):
    """Catches: a limit on memory that is not set in the child."""
    monkeypatch.setattr("lemmata.doors.session.worker_share", lambda workers: 2**28)
    record = checked("eats", "block = bytearray(2**30)")
    assert record["why"] == "out of memory: over 0.2 GiB; lower `batch` or the largest sizes"
