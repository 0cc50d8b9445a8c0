"""What pytest was asked for, and what the parts of the plugin keep for each other. Imports nothing heavy at the top."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lemmata.sampling.profiles import Profile

LEDGER = ".lemmata/ledger.sqlite"
STARTED = pytest.StashKey[float]()
RESUMED = pytest.StashKey[dict[str, Any]]()
WORKERINPUT = "claims_resume"  # where the controller tells its workers which run it is: `last` may change


def add_options(parser: pytest.Parser) -> None:
    """Options with the prefix ``--claims-``, because other plugins own the short names."""
    group = parser.getgroup("claims", "theoretical claims (lemmata)")
    group.addoption(
        "--claims-profile", default=None, metavar="NAME", help="how much evidence: smoke, standard, nightly"
    )
    group.addoption("--claims-seed", type=int, default=None, metavar="N", help="root seed of all trials (default 0)")
    group.addoption("--claims-ledger", default=None, metavar="FILE", help="ledger (default .lemmata/ledger.sqlite)")
    group.addoption("--claims-run", default=None, metavar="ID", help="id of the run (default: from the time)")
    group.addoption(
        "--claims-resume", default=None, metavar="ID", help="go on with this run, which did not come to its end"
    )
    files = "index.html, summary.md, feed.xml and report.json"
    group.addoption("--claims-report", default=None, metavar="DIR", help=f"write {files} there")
    group.addoption(
        "--claims-device", default=None, metavar="NAME", help="cpu, or GPU indices such as 0,1 (default cpu)"
    )
    group.addoption(
        "--claims-timeout", type=float, default=None, metavar="SECONDS", help="limit for one bound (default: profile)"
    )
    group.addoption(
        "--claims-budget", default=None, metavar="TIME", help="time for the whole run, as 90m or 2h (default: profile)"
    )
    parser.addini("claims_paths", "folders of claim files, for the command lemmata", type="paths", default=["claims"])
    parser.addini("claims_profile", "profile unless --claims-profile is given", default="smoke")


def profile_of(config: pytest.Config) -> str:
    """Name of the profile that this run uses."""
    return str(config.getoption("--claims-profile") or config.getini("claims_profile"))


def is_worker(config: pytest.Config) -> bool:
    """Is this a worker of a parallel run?"""
    return hasattr(config, "workerinput")


def ledger_path(config: pytest.Config) -> Path:
    """Where the ledger of this run lies."""
    given = config.getoption("--claims-ledger")
    return config.invocation_params.dir / given if given else config.rootpath / LEDGER


def seconds_of(text: str) -> float:
    """Seconds from ``90``, ``90s``, ``45m`` or ``2h``.

    Raises:
        ValueError: for anything else.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if not found or not float(found[1]):
        raise ValueError(f"{text!r} is no length of time: write it like 90s, 45m or 2h")
    return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


def budget_of(config: pytest.Config, profile: Profile) -> float:
    """Seconds that the run may take; infinite where neither the profile nor the user says."""
    given = config.getoption("--claims-budget")
    return seconds_of(given) if given else profile.budget


def budget_in_facts(config: pytest.Config) -> float | None:
    """The same as the facts of a run have it: None where there is no limit."""
    from lemmata.sampling.profiles import profile_named

    seconds = budget_of(config, profile_named(profile_of(config)))
    return seconds if math.isfinite(seconds) else None
