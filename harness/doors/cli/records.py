"""Verbs that hand out what the ledger holds: runs, report, statements and export."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lemmata.doors.cli.common import Commands, ledger_of


def add(commands: Commands) -> None:
    """Add the verbs."""
    runs = commands.add_parser("runs", help="the runs of the ledger, the latest first, and which is the baseline")
    runs.add_argument("--json", action="store_true", help="a list of objects")
    runs.set_defaults(run=_runs)

    report = commands.add_parser("report", help="write the report of a run from the ledger")
    report.add_argument("name", nargs="?", default="last", metavar="RUN", help="id, last~1, baseline (default last)")
    report.add_argument("--output", type=Path, default=Path("report"), metavar="DIR", help="default: report")
    report.set_defaults(run=_report)

    statements = commands.add_parser("statements", help="write the table of all statements and where they stand")
    statements.add_argument(
        "name", nargs="?", default="last", metavar="RUN", help="id, last~1, baseline (default last)"
    )
    statements.add_argument("--output", type=Path, metavar="FILE", help="a Markdown file (default: standard output)")
    statements.set_defaults(run=_statements)

    export = commands.add_parser("export", help="write all trials and verdicts as tables, for other programs")
    export.add_argument("--output", type=Path, default=Path("export"), metavar="DIR", help="default: export")
    export.add_argument("--format", choices=("csv", "parquet"), default="csv", help="default: csv")
    export.set_defaults(run=_export)


def _runs(options: argparse.Namespace) -> int:
    runs = ledger_of(options).runs()
    if options.json:
        print(json.dumps(runs, indent=1))
        return 0
    for run in runs:
        end = "" if run["finished"] else "  unfinished"
        mark = "  baseline" if run["is_baseline"] else ""
        size = f"{run['bounds']:>5} bounds {run['trials']:>10,} trials"
        print(f"{run['id']}  {run['started']}  {run['profile']:<9}{size}{end}{mark}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from lemmata.doors.run import sums
    from lemmata.nights.history import with_nights
    from lemmata.report import write

    ledger = ledger_of(options)
    record = ledger.run(options.name)
    run = record["run"]
    if run["finished"] is None:
        record["run"] = run | sums(record["items"])
        checked, expected = len(record["items"]), run.get("bounds", 0)
        print(f"run {run['id']} is unfinished: {checked} of {expected} bounds were checked", file=sys.stderr)
    write(with_nights(ledger, record), options.output)
    print(options.output / "index.html")
    return 0


def _statements(options: argparse.Namespace) -> int:
    from lemmata.report.statements import table_of_statements
    from lemmata.report.write import replace

    text = table_of_statements(ledger_of(options).run(options.name))
    if options.output is None:
        print(text, end="")
        return 0
    options.output.parent.mkdir(parents=True, exist_ok=True)
    replace(options.output, text)
    print(options.output)
    return 0


def _export(options: argparse.Namespace) -> int:
    from lemmata.ledger.export import export

    for path, rows in export(ledger_of(options), options.output, options.format):
        print(f"{path}: {rows:,} rows")
    return 0
