"""Where a run under pytest has its ledger, and how much time each bound gets. Imports nothing heavy at the top."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lemmata.nights.budget import Key, Standing
    from lemmata.nights.night import Night
    from lemmata.sampling.profiles import Profile

LEDGER = ".lemmata/ledger.sqlite"
GRACE = 120.0  # seconds that a bound may go on when the budget is spent
STARTED = pytest.StashKey[float]()
STANDINGS: pytest.StashKey[dict[Key, Standing]] = pytest.StashKey()
ALLOCATION: pytest.StashKey[dict[Key, int]] = pytest.StashKey()


class BudgetSpentError(RuntimeError):
    """There is no time left for a bound that was never measured."""


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
    from lemmata.doors.plugin import profile_of
    from lemmata.sampling.profiles import profile_named

    seconds = budget_of(config, profile_named(profile_of(config)))
    return seconds if math.isfinite(seconds) else None


def night_of(item: Any, profile: Profile, workers: int) -> tuple[Night, float]:
    """What the check of a bound has to know of this run, and the seconds after which it is stopped.

    Raises:
        BudgetSpentError: if there is no time left for it, and it has no evidence on which to rest.
    """
    from lemmata.nights.night import Night

    config = item.config
    ledger, run = ledger_path(config), config.getoption("--claims-run") or ""
    limit = config.getoption("--claims-timeout") or profile.seconds
    if not profile.pools:
        return Night(ledger, run), limit
    key = key_of(item)
    installments = _allocation(item.session, profile, workers)[key]
    standing = config.stash[STANDINGS][key]
    left = budget_of(config, profile) - (time.monotonic() - config.stash[STARTED])
    if left < (standing.seconds or 0.0) * min(installments, 1):
        installments = 0
    if left <= 0 and not standing.measured:
        raise BudgetSpentError("the budget was spent before this bound was ever measured: give more with --budget")
    share = max((standing.seconds or left) * installments, 0.0)
    return Night(ledger, run, installments, min(2 * share, left)), min(limit, max(left, 0.0) + GRACE)


def key_of(item: Any) -> Key:
    """Claim, reading and bound of an item."""
    return item.subject.claim.id, item.subject.bound.reading, item.subject.bound.name


def _allocation(session: pytest.Session, profile: Profile, workers: int) -> dict[Key, int]:
    """The installments of all bounds of this run: the same in each worker, because the nights before are."""
    config = session.config
    if ALLOCATION not in config.stash:
        from lemmata.ledger import Ledger
        from lemmata.nights.budget import allocate, standing

        latest = Ledger(ledger_path(config)).standings(config.getoption("--claims-run") or "")
        keys = [key_of(item) for item in session.items if hasattr(item, "subject")]
        found = {key: standing(key, *latest.get(key, (None, ""))) for key in keys}
        config.stash[STANDINGS] = found
        config.stash[ALLOCATION] = allocate(list(found.values()), budget_of(config, profile), workers)
    return config.stash[ALLOCATION]
