"""Verbs about one run after another: diff, accept and prune."""

from __future__ import annotations

import argparse
import json

from lemmata.doors.cli.common import Commands, ledger_of

RUN = "an id or its beginning, last, last~1, baseline"


def add(commands: Commands) -> None:
    """Add the verbs."""
    diff = commands.add_parser("diff", help="what got worse between two runs")
    diff.add_argument("accepted", nargs="?", default="baseline", metavar="A", help=f"{RUN} (default baseline)")
    diff.add_argument("tonight", nargs="?", default="last", metavar="B", help="the run to judge (default last)")
    diff.add_argument("--json", action="store_true", help="a list of events")
    diff.set_defaults(run=_diff)

    accept = commands.add_parser("accept", help="make a run the baseline that later ones are compared with")
    accept.add_argument("name", nargs="?", default="last", metavar="RUN", help=f"{RUN} (default last)")
    accept.add_argument("--reason", required=True, metavar="TEXT", help="why it is right; kept with the time")
    accept.set_defaults(run=_accept)

    prune = commands.add_parser("prune", help="remove the trials of old runs; verdicts stay for ever")
    prune.add_argument("--nights", type=int, required=True, metavar="N", help="how many runs keep their trials")
    prune.set_defaults(run=_prune)


def _diff(options: argparse.Namespace) -> int:
    from lemmata.nights.regression import changes, compare, exit_status
    from lemmata.report.record import printable

    ledger = ledger_of(options)
    accepted, tonight = ledger.run(options.accepted), ledger.run(options.tonight)
    events = compare(accepted, tonight)
    if options.json:
        print(json.dumps([event.plain for event in events], indent=1, allow_nan=False))
        return exit_status(events)
    before, after = accepted["run"], tonight["run"]
    print(f"{before['id']} ({before['profile']})  ->  {after['id']} ({after['profile']})")
    if before["profile"] != after["profile"]:
        print("the profiles differ, and so does the number of draws")
    if after["finished"] is None:
        print(f"the second is unfinished: {len(tonight['items'])} of {after.get('bounds', 0)} bounds")
    for event in events:
        print(printable(str(event)))
    for line in changes(accepted, tonight):
        print(printable(f"{'':<9} {line}"))
    print(f"{len(events)} events" if len(events) != 1 else "1 event")
    return exit_status(events)


def _accept(options: argparse.Namespace) -> int:
    ledger = ledger_of(options)
    former = ledger.baselines()[:1]
    identifier = ledger.accept(options.name, options.reason)
    print(f"{identifier} is the baseline" + (f"; before it was {former[0]['run']}" if former else ""))
    return 0


def _prune(options: argparse.Namespace) -> int:
    pruned = ledger_of(options).prune(options.nights)
    print(f"removed {pruned.trials:,} trials of {len(pruned.runs)} runs; every verdict is kept")
    for identifier in pruned.runs:
        print(f"  {identifier}")
    print(f"the ledger had {pruned.bytes_before / 1e6:.1f} MB and has {pruned.bytes_after / 1e6:.1f} MB")
    return 0
