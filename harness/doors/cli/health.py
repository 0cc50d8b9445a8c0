"""The verb that examines the installation: doctor."""

from __future__ import annotations

import argparse

from lemmata.doors.cli.common import Commands

MARKS = {True: "ok", False: "WRONG"}


def add(commands: Commands) -> None:
    """Add the verb."""
    doctor = commands.add_parser("doctor", help="examine the installation and say what to do about each finding")
    doctor.set_defaults(run=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from lemmata.doors.doctor import examine

    findings = examine(options.ledger)
    for finding in findings:
        print(f"{MARKS[finding.is_well]:<6} {finding.what:<10} {finding.found}")
        if finding.remedy:
            print(f"{'':<6} {'':<10} -> {finding.remedy}")
    wrong = sum(not finding.is_well for finding in findings)
    print(f"{wrong} of {len(findings)} are wrong" if wrong else f"all {len(findings)} are well")
    return 1 if wrong else 0
