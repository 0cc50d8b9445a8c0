"""Verbs that run something: run, watch and replay."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lemmata.doors.cli.common import Commands, ledger_of, project_folders
from lemmata.nights.regression import worst

INTERRUPTED, INTERNAL_ERROR, NO_TESTS = 2, 3, 5  # pytest's own


def add(commands: Commands) -> None:
    """Add the verbs."""
    run = commands.add_parser("run", help="check claims in parallel; the same run as pytest's")
    run.add_argument("paths", nargs="*", help="claim files, folders, or pytest ids (default: those of the project)")
    run.add_argument("--profile", help="smoke, standard or nightly (default smoke)")
    run.add_argument("--seed", type=int, help="root seed of all trials (default 0)")
    run.add_argument(
        "--report", default="report", metavar="DIR", help="where index.html, summary.md, feed.xml and report.json go"
    )
    run.add_argument("--workers", default="auto", metavar="N", help="processes (default: one a core)")
    run.add_argument("--budget", default="", metavar="TIME", help="for the whole run, as 90m (default: 2h for nightly)")
    run.add_argument("-k", dest="keyword", default="", metavar="EXPRESSION", help="select, as with pytest -k")
    run.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="RUN",
        help="go on with a run that did not come to its end, with the same plan (default: the latest such run)",
    )
    run.set_defaults(run=_run)

    watch = commands.add_parser("watch", help="progress of a run that is going on elsewhere, or how it went")
    watch.add_argument("name", nargs="?", default="last", metavar="RUN", help="id, last~1, ... (default last)")
    watch.add_argument("--interval", type=float, default=1.0, metavar="SECONDS", help="time between two looks")
    watch.add_argument("--once", action="store_true", help="look once")
    watch.set_defaults(run=_watch)

    replay = commands.add_parser("replay", help="compute a counterexample again, from parameters and seed alone")
    replay.add_argument("id", help="as `lemmata show CLAIM` prints it")
    replay.set_defaults(run=_replay)


def _run(options: argparse.Namespace) -> int:
    from lemmata.doors.resume import left_undone
    from lemmata.doors.run import new_id
    from lemmata.ledger import Ledger
    from lemmata.nights.history import events_of
    from lemmata.nights.regression import exit_status as regressions

    ledger = Ledger(options.ledger)  # what is wrong with it is said before anything is started
    if options.resume is None:
        identifier = new_id(datetime.now(UTC))
        paths = options.paths or [str(folder) for folder in project_folders()]
        arguments = [*paths, "--claims-run", identifier, "--claims-profile", options.profile or "smoke"]
    else:
        identifier = left_undone(ledger, options.resume)["id"]
        arguments = [*options.paths, "--claims-resume", identifier]
        arguments += ["--claims-profile", options.profile] if options.profile else []
    arguments += ["-n", options.workers, "-q", "--no-header", "--disable-warnings", "-p", "no:cacheprovider"]
    arguments += ["--claims-report", options.report, "--claims-ledger", str(options.ledger)]
    arguments += [] if options.seed is None else ["--claims-seed", str(options.seed)]
    arguments += ["--claims-budget", options.budget] if options.budget else []
    arguments += ["-k", options.keyword] if options.keyword else []
    # A process of its own: pytest has to load the plugin before anything else imports this package.
    installed = any(entry.name == "lemmata.doors.plugin" for entry in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "lemmata.doors.plugin"]
    status = _wait_for([sys.executable, "-m", "pytest", *plugin, *arguments])
    if status in {INTERRUPTED, INTERNAL_ERROR} or status < 0:
        return 4
    if status not in {0, 1}:
        return 2
    try:
        record = ledger.run(identifier)
    except KeyError:
        return status
    return worst([exit_status(record["items"]), regressions(events_of(ledger, record) or [])]) or status


def _wait_for(command: Sequence[str]) -> int:
    """The exit status of a process, which alone answers Ctrl-C: it needs a moment to write what it had."""
    former = signal.signal(signal.SIGINT, lambda *_: None)  # a handler, unlike SIG_IGN, is not inherited
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, former)


def exit_status(items: Sequence[dict[str, Any]]) -> int:
    """What the records of a run call for: 4 for a bound that was not measured, else 1, else 3, else 0.

    1 is a verdict that the claim does not expect, 3 the same where that is VACUOUS. What pytest skips, because it is
    undecided, or vacuous where nothing was expected, is no reason to fail.
    """
    return worst(_status(item) for item in items)


def _status(item: dict[str, Any]) -> int:
    verdict = item["verdict"]
    if item["as_expected"] or verdict in {"INCONCLUSIVE", "SKIPPED"}:
        return 0
    if verdict in {"ERROR", "TIMEOUT", "NOT_RUN"}:
        return 4
    if verdict == "VACUOUS":
        return 3 if item["expected"] else 0
    return 1


def _watch(options: argparse.Namespace) -> int:
    from lemmata.doors.watch import watch

    return watch(ledger_of(options), options.name, sys.stdout, interval=options.interval, once=options.once)


def _replay(options: argparse.Namespace) -> int:
    from lemmata.judging.counterexample import replay
    from lemmata.judging.kinds import judged, subject_of
    from lemmata.vocabulary.discovery import find_bound, found_in_project

    record = ledger_of(options).counterexample(options.id)
    file = found_in_project(record["file"], Path.cwd(), options.ledger.resolve().parent.parent)
    subject = subject_of(*find_bound(file, record["claim"], record["bound"], record["reading"]))
    claim, bound = subject.claim, subject.bound
    again = replay(subject, record)
    print(f"{claim.id}[{bound.label}]  {bound.quantity or claim.place}")
    print(f"parameters   {record['params']}")
    print(f"seed         root {record['root']}, stream {record['stream']}, index {record['index']}")
    print(judged(subject).told(bound.relation, again, record["trials"]))
    if again["exact"]:
        print(f"exactly      {again['exact']['lhs']}  against  {again['exact']['rhs']}")
    record |= {side: float(record[side]) for side in ("lhs", "rhs")}  # an infinity is stored as a word
    same = (again["lhs"], again["rhs"]) == (record["lhs"], record["rhs"])
    print("identical to the recorded numbers" if same else f"recorded: {record['lhs']!r} and {record['rhs']!r}")
    print("\n# a sceptic may run this:\n" + record["snippet"])
    return 0 if same or _close(again, record) else 1


def _close(a: dict[str, Any], b: dict[str, Any], tolerance: float = 1e-9) -> bool:
    """Do two computations agree to what other processors and libraries may change (float64, relative)?"""
    return all(a[k] == b[k] or abs(a[k] - b[k]) <= tolerance * max(abs(a[k]), abs(b[k])) for k in ("lhs", "rhs"))
