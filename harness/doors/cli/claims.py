"""Verbs about claims: list, show and plan."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from lemmata.doors.cli.common import Commands, catalogue


def add(commands: Commands) -> None:
    """Add the verbs."""
    lists = commands.add_parser("list", help="every claim and bound, with its last verdict and numbers")
    lists.add_argument("paths", nargs="*", type=Path, help="claim files or folders (default: those of the project)")
    lists.add_argument("--json", action="store_true", help="a flat list of objects")
    lists.set_defaults(run=_list)

    show = commands.add_parser("show", help="statement, regime, what was done, and the verdict with its scope")
    show.add_argument("claim", help="id of a claim, or a part of it that fits one claim only")
    show.add_argument("paths", nargs="*", type=Path, help="claim files or folders (default: those of the project)")
    show.set_defaults(run=_show)

    plan = commands.add_parser("plan", help="print which trials a run would make, without running them")
    plan.add_argument("claim", help="id of a claim, or a part of it")
    plan.add_argument("paths", nargs="*", type=Path, help="claim files or folders (default: those of the project)")
    plan.add_argument("--profile", default="smoke", help="smoke, standard or nightly")
    plan.add_argument("--seed", type=int, default=0, help="root seed of all trials")
    plan.set_defaults(run=_plan)


def latest_records(options: argparse.Namespace) -> list[dict[str, Any]]:
    """One record a bound: what the ledger last said, NOT_RUN where it says nothing.

    Without paths also the bounds of claims that are elsewhere, if the ledger has them.
    """
    from lemmata.doors.session import unfinished
    from lemmata.judging.kinds import subject_of
    from lemmata.ledger import Ledger
    from lemmata.vocabulary.verdict import Verdict

    known = Ledger(options.ledger).last_verdicts() if options.ledger.exists() else []
    records = {(r["claim"], r["reading"], r["bound"]): r for r in known}
    asked = set()
    for claim in catalogue(options.paths):
        for bound in claim.bounds:
            asked.add(key := (claim.id, bound.reading, bound.name))
            records.setdefault(key, unfinished(subject_of(claim, bound), Verdict.NOT_RUN, "never checked"))
    return [records[key] for key in sorted(asked if options.paths else records)]


def _list(options: argparse.Namespace) -> int:
    from lemmata.ledger.export import flat
    from lemmata.report import summary_table

    records = latest_records(options)
    if options.json:
        rows = [flat(record) | {"ablates": record.get("ablates")} for record in records]
        print(json.dumps(rows, indent=1, allow_nan=False))
    else:
        width = shutil.get_terminal_size((160, 24)).columns if sys.stdout.isatty() else 200
        print(summary_table({"schema": 1, "run": {}, "items": records}, width))
    return 0


def _show(options: argparse.Namespace) -> int:
    from lemmata.doors.show import show

    records = [record for record in latest_records(options) if options.claim in record["claim"]]
    exact = [record for record in records if options.claim in {record["claim"], _origin(record)}]
    if not records:
        raise KeyError(f"no claim {options.claim!r}: `lemmata list` shows them all")
    print(show(exact or records))
    return 0


def _origin(record: dict[str, Any]) -> str | None:
    """The claim that an ablation was made from."""
    return (record.get("ablates") or {}).get("claim")


def _plan(options: argparse.Namespace) -> int:
    from lemmata.judging.kinds import subject_of
    from lemmata.sampling.plan import make_plan
    from lemmata.sampling.profiles import profile_named

    profile = profile_named(options.profile)
    claims = [claim for claim in catalogue(options.paths) if options.claim in claim.id]
    if not claims:
        raise KeyError(f"no claim {options.claim!r}: `lemmata list` shows them all")
    for claim in claims:
        for bound in claim.bounds:
            plan = make_plan(subject_of(claim, bound), profile, options.seed)
            print(f"{claim.id}[{bound.label}]: {plan.describe()}")
    return 0
