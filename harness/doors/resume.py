"""A run that did not come to its end is gone on with: the same plan, and what it knows is not computed again.

Imports nothing heavy at the top: every start of pytest loads this module.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lemmata.doors.options import RESUMED, WORKERINPUT, ledger_path
from lemmata.doors.run import latest_start

if TYPE_CHECKING:
    from lemmata.ledger import Ledger


OPTIONS = {
    # fact of the run: option of pytest that it comes from
    "profile": "claims_profile",
    "seed": "claims_seed",
    "device": "claims_device",
    "timeout": "claims_timeout",
    "budget": "claims_budget",
    "keyword": "keyword",
    "marker": "markexpr",
}


def asked_of(config: pytest.Config) -> dict[str, Any]:
    """What a run was asked for, beside profile, seed and device: all that it takes to ask for the same again."""
    asked = {fact: getattr(config.option, OPTIONS[fact]) for fact in ("timeout", "budget", "keyword", "marker")}
    return asked | {"paths": [relative(config, argument) for argument in config.args]}


def relative(config: pytest.Config, argument: str) -> str:
    """An argument of pytest, a path that may go on with names, as seen from the project."""
    path, _, rest = argument.partition("::")
    seen = os.path.relpath(config.invocation_params.dir / path, config.rootpath)
    return Path(seen).as_posix() + ("::" + rest if rest else "")


def left_undone(ledger: Ledger, name: str = "") -> dict[str, Any]:
    """The facts of the run to go on with.

    Args:
        ledger: which has it.
        name: an id or its beginning, ``last``, ``last~1``; the latest run with something left to do unless given.

    Returns:
        Its facts, with the time that was spent on it so far and the start of this resumption.

    Raises:
        KeyError: if there is no such run.
        ValueError: if nothing is left to do, the run is the baseline, or too old to tell what it was asked for.
    """
    if not name:
        name = next((run["id"] for run in ledger.runs() if _is_left(*ledger.progress(run["id"]))), "")
        if not name:
            raise ValueError("every run is finished and each of its bounds has a result: nothing is left to do")
    run, rows = ledger.progress(name)
    if not _is_left(run, rows):
        raise ValueError(f"run {run['id']} is finished and each of its bounds has a result: nothing is left to do")
    if any(accepted["run"] == run["id"] for accepted in ledger.baselines()):
        raise ValueError(f"run {run['id']} was accepted as a baseline and stays as it is: start a new run")
    if "asked" not in run:
        raise ValueError(f"run {run['id']} does not say what it was asked for: start a new run")
    begin = latest_start(run)
    last = max([begin, *(datetime.fromisoformat(row["written"]) for row in rows)])
    spent = 0.0 if run["finished"] else (last - begin).total_seconds()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return run | {
        "finished": None,
        "seconds": run["seconds"] + spent,
        "resumed": [*run.get("resumed", []), now],
    }


def take_over(config: pytest.Config) -> None:
    """Make this session ask for what the run asked for that it resumes; each worker, which has its own options, too.

    Raises:
        pytest.UsageError: if there is no such run, nothing is left of it, or an option says something else.
    """
    from lemmata.ledger import Ledger, LedgerError

    name = getattr(config, "workerinput", {}).get(WORKERINPUT) or config.getoption("--claims-resume")
    try:
        run = left_undone(Ledger(ledger_path(config)), name)
    except (KeyError, ValueError, LedgerError) as error:
        raise pytest.UsageError(f"--claims-resume: {error.args[0]}") from None
    asked = run | run["asked"]
    for fact, option in OPTIONS.items():
        given = getattr(config.option, option)
        if given not in {None, ""} and given != asked[fact]:
            raise _contradiction(run, fact, asked[fact], given)
        setattr(config.option, option, asked[fact])
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        given = sorted(relative(config, argument) for argument in config.args)
        if given != sorted(asked["paths"]):
            raise _contradiction(run, "paths", " ".join(asked["paths"]), " ".join(given))
    config.args[:] = [str(config.rootpath / path) for path in asked["paths"]]
    config.option.claims_run = config.option.claims_resume = run["id"]
    config.stash[RESUMED] = run


def kept(item: Any) -> dict[str, Any] | None:
    """The record that the run which is resumed has of a bound, if the present code would make the same one."""
    identifier = item.config.getoption("--claims-resume")
    if not identifier:
        return None
    from lemmata.ledger import Ledger, LedgerError, Sample
    from lemmata.vocabulary.epochs import code_of
    from lemmata.vocabulary.verdict import Verdict

    sample = Sample(item.subject.claim.id, item.subject.bound.reading, item.subject.bound.name)
    try:
        record = Ledger(ledger_path(item.config)).record(sample, identifier)
    except (KeyError, LedgerError):
        return None
    is_lost = Verdict(record["verdict"]).is_lost
    return record if not is_lost and record.get("code") == code_of(item.path) else None


def both(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Host and versions of a run that was made in two places: what differs is said of both."""
    versions = before["versions"] | {
        name: _joined(before["versions"].get(name), version) for name, version in now["versions"].items()
    }
    known = before.get("lemmata") or {}  # a ledger may be older than it is
    made_by = {fact: _joined(known.get(fact), value) if value else value for fact, value in now["lemmata"].items()}
    return before | {"host": _joined(before["host"], now["host"]), "versions": versions, "lemmata": made_by}


def _joined(before: str | None, now: str) -> str:
    return before if before and now in before.split(" and ") else f"{before} and {now}" if before else now


def _is_left(run: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Has a run no end, or a bound without a result?"""
    from lemmata.vocabulary.verdict import Verdict

    return run["finished"] is None or any(Verdict(row["verdict"]).is_lost for row in rows)


def _contradiction(run: dict[str, Any], what: str, before: Any, given: Any) -> pytest.UsageError:
    return pytest.UsageError(
        f"--claims-resume: run {run['id']} has {what} {before!r}, not {given!r}: leave that out, or start a new run"
    )
