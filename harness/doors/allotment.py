"""How much of the time of a run each bound gets. Imports nothing heavy at the top."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from lemmata.doors.options import STARTED, budget_of, ledger_path

if TYPE_CHECKING:
    from lemmata.nights.budget import Key, Standing
    from lemmata.nights.night import Night
    from lemmata.sampling.profiles import Profile

GRACE = 120.0  # seconds that a bound may go on when the budget is spent
STANDINGS: pytest.StashKey[dict[Key, Standing]] = pytest.StashKey()
ALLOCATION: pytest.StashKey[dict[Key, int]] = pytest.StashKey()


class BudgetSpentError(RuntimeError):
    """There is no time left for a bound that was never measured."""


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
