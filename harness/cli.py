"""The command ``lemmata``: list, show, plan, run, replay and report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.pytest_recorder import LEDGER


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if all is as expected; 1 if it is not; 2 for a request that makes no sense.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BrokenPipeError:
        return 0
    except (KeyError, ValueError, FileNotFoundError, RuntimeError) as error:
        print(f"lemmata: {error.args[0] if error.args else error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("lemmata", description="Honest verdicts on theoretical claims.")
    parser.add_argument("--ledger", type=Path, default=Path(LEDGER), help=f"ledger file (default {LEDGER})")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    lists = commands.add_parser("list", help="every claim and bound, with its last verdict and numbers")
    lists.add_argument("paths", nargs="*", type=Path, help="claim files or folders (default: those of the project)")
    lists.add_argument("--json", action="store_true", help="a flat list of objects")
    lists.set_defaults(run=_list)

    show = commands.add_parser("show", help="statement, regime, what was done, and the verdict with its scope")
    show.add_argument("claim", help="id of a claim, or a part of it that fits one claim only")
    show.add_argument("paths", nargs="*", type=Path)
    show.set_defaults(run=_show)

    plan = commands.add_parser("plan", help="print which trials a run would make, without running them")
    plan.add_argument("claim")
    plan.add_argument("paths", nargs="*", type=Path)
    plan.add_argument("--profile", default="smoke")
    plan.add_argument("--seed", type=int, default=0)
    plan.set_defaults(run=_plan)

    run = commands.add_parser("run", help="check claims in parallel; the same run as pytest's")
    run.add_argument("paths", nargs="*", help="claim files, folders, or pytest ids (default: those of the project)")
    run.add_argument("--profile", default="smoke", help="smoke, standard or nightly")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--report", default="report", metavar="DIR", help="where index.html and report.json go")
    run.add_argument("--workers", default="auto", metavar="N", help="processes (default: one a core)")
    run.add_argument("-k", dest="keyword", default="", metavar="EXPRESSION", help="select, as with pytest -k")
    run.set_defaults(run=_run)

    replay = commands.add_parser("replay", help="compute a counterexample again, from parameters and seed alone")
    replay.add_argument("id")
    replay.set_defaults(run=_replay)

    report = commands.add_parser("report", help="write the report of the last run from the ledger")
    report.add_argument("--output", type=Path, default=Path("report"), metavar="DIR")
    report.set_defaults(run=_report)
    return parser


def project_folders() -> list[Path]:
    """Where the project in the working folder keeps claims: ``claims_paths`` of its pyproject.toml, else ``claims``.

    Without either, the claims that this package ships.
    """
    import tomllib

    project = Path("pyproject.toml")
    named = []
    if project.is_file():
        table = tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {}).get("pytest", {})
        options = table.get("ini_options", table)
        named = [Path(folder) for folder in options.get("claims_paths", [])]
    found = [folder for folder in named or [Path("claims")] if folder.exists()]
    return found or [Path(__file__).resolve().parent.parent / "claims"]


def _catalogue(paths: Sequence[Path]) -> list[Any]:
    """The claims of the given paths, or of the project; unreadable files are named on stderr."""
    from harness.discovery import claim_files, load_claims

    claims = []
    for file in claim_files(paths or project_folders()):
        try:
            claims += load_claims(file)
        except Exception as error:  # one broken file must not hide the others
            print(f"lemmata: {file}: {type(error).__name__}: {error}", file=sys.stderr)
    return claims


def _records(options: argparse.Namespace) -> list[dict[str, Any]]:
    """One record a bound: what the ledger last said, NOT_RUN where it says nothing."""
    from harness.ledger import Ledger
    from harness.session import unfinished
    from harness.verdict import Verdict

    known = Ledger(options.ledger).last_verdicts() if options.ledger.exists() else []
    records = {(r["claim"], r["reading"], r["bound"]): r for r in known}
    for claim in _catalogue(options.paths):
        for bound in claim.bounds:
            stub = unfinished(claim, bound, Verdict.NOT_RUN, "never checked")
            records.setdefault((claim.id, bound.reading, bound.name), stub)
    return [records[key] for key in sorted(records)]


def _list(options: argparse.Namespace) -> int:
    from harness.report import summary_table

    records = _records(options)
    if options.json:
        print(json.dumps([flat(record) for record in records], indent=1, allow_nan=False))
    else:
        print(summary_table({"schema": 1, "run": {}, "items": records}, _width()))
    return 0


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record for tables: the same names in every row, the scope as one object."""
    keys = (
        "claim",
        "reading",
        "bound",
        "verdict",
        "expected",
        "why",
        "constant",
        "interval",
        "margin",
        "scope",
    )
    controls = record["controls"]
    return {key: record[key] for key in keys} | {
        "kind": record["kind"],
        "paper": record["paper"]["key"] if record["paper"] else None,
        "place": record["place"],
        "file": record["file"],
        "draws": record["draws"]["executed"],
        "control": ("caught" if all(c["ok"] for c in controls) else "missed") if controls else None,
        "as_expected": record["as_expected"],
        "counterexamples": [example["id"] for example in record["counterexamples"]],
        "seconds": record["seconds"],
    }


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((160, 24)).columns if sys.stdout.isatty() else 200


def _show(options: argparse.Namespace) -> int:
    from harness.show import show

    records = [record for record in _records(options) if options.claim in record["claim"]]
    exact = [record for record in records if record["claim"] == options.claim]
    if not records:
        raise KeyError(f"no claim {options.claim!r}: `lemmata list` shows them all")
    print(show(exact or records))
    return 0


def _plan(options: argparse.Namespace) -> int:
    from harness.evidence import is_random
    from harness.plan import make_plan
    from harness.profiles import profile_named

    profile = profile_named(options.profile)
    claims = [claim for claim in _catalogue(options.paths) if options.claim in claim.id]
    if not claims:
        raise KeyError(f"no claim {options.claim!r}: `lemmata list` shows them all")
    for claim in claims:
        for bound in claim.bounds:
            plan = make_plan(claim, bound, profile, options.seed, random=is_random(bound.trial))
            print(f"{claim.id}[{bound.label}]: {plan.describe()}")
    return 0


def _run(options: argparse.Namespace) -> int:
    import subprocess

    paths = options.paths or [str(folder) for folder in project_folders()]
    arguments = [
        *paths,
        "-n",
        options.workers,
        "-q",
        "--no-header",
        "--disable-warnings",
        "-p",
        "no:cacheprovider",
    ]
    arguments += ["--claims-profile", options.profile, "--claims-seed", str(options.seed)]
    arguments += ["--claims-report", options.report, "--claims-ledger", str(options.ledger)]
    arguments += ["-k", options.keyword] if options.keyword else []
    # A process of its own: pytest has to load the plugin before anything else imports this package.
    plugin = [] if _is_installed() else ["-p", "harness.pytest_plugin"]
    return subprocess.run([sys.executable, "-m", "pytest", *plugin, *arguments], check=False).returncode


def _is_installed() -> bool:
    """Does an installed entry point offer the plugin to pytest?"""
    from importlib.metadata import entry_points

    return any(entry.name == "harness.pytest_plugin" for entry in entry_points(group="pytest11"))


def _replay(options: argparse.Namespace) -> int:
    from harness.counterexample import replay
    from harness.discovery import found_in_project
    from harness.ledger import Ledger
    from harness.recompute import find_bound

    if not options.ledger.exists():
        raise FileNotFoundError(f"no ledger at {options.ledger}: run `lemmata run` first, or give --ledger")
    record = Ledger(options.ledger).counterexample(options.id)
    file = found_in_project(record["file"], Path.cwd(), options.ledger.resolve().parent.parent)
    claim, bound = find_bound(file, record["claim"], record["bound"], record["reading"])
    again = replay(claim, bound, record)
    sign = {"at_most": "<=", "at_least": ">=", "equal": "=="}[bound.relation]
    print(f"{claim.id}[{bound.label}]  {bound.quantity or claim.place}")
    print(f"parameters   {record['params']}")
    print(f"seed         root {record['root']}, stream {record['stream']}, index {record['index']}")
    if bound.kind == "probability":
        count = round(again["lhs"] * record["trials"])
        print(f"failed       in {count} of {record['trials']} trials; the share allowed is {again['rhs']:.6g}")
    elif bound.relation == "equal":
        print(f"residual     {again['lhs']!r} between sides of size {again['rhs']!r}   ({again['certification']})")
    else:
        print(f"claimed      {again['lhs']!r} {sign} {again['rhs']!r}   ({again['certification']})")
    if again["exact"]:
        print(f"exactly      {again['exact']['lhs']}  against  {again['exact']['rhs']}")
    same = (again["lhs"], again["rhs"]) == (record["lhs"], record["rhs"])
    print("identical to the recorded numbers" if same else f"recorded: {record['lhs']!r} and {record['rhs']!r}")
    print("\n# a sceptic may run this:\n" + record["snippet"])
    return 0 if same or _close(again, record) else 1


def _close(a: dict[str, Any], b: dict[str, Any], tolerance: float = 1e-9) -> bool:
    """Do two computations agree to what other processors and libraries may change (float64, relative)?"""
    return all(abs(a[k] - b[k]) <= tolerance * max(abs(a[k]), abs(b[k])) for k in ("lhs", "rhs"))


def _report(options: argparse.Namespace) -> int:
    from harness.ledger import Ledger
    from harness.report import write

    run = Ledger(options.ledger).last_run() if options.ledger.exists() else None
    if run is None:
        raise FileNotFoundError(f"no run in {options.ledger}: run `lemmata run` first")
    write(run, options.output)
    print(options.output / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
