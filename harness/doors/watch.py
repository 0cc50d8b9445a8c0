"""The progress of a run, read from its ledger while somebody else writes it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

from lemmata.doors.run import latest_start
from lemmata.ledger import Ledger
from lemmata.sampling.profiles import PROFILES

GRACE = 60.0  # seconds after which a run that ought to have said something is taken for dead


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        done: bounds that have a verdict.
        bounds: all that it is to check.
        claims: claims all of whose bounds so far have one.
        trials: executed so far.
        seconds: since it began; until its end, if it has one.
        silence: seconds since it last wrote.
        is_finished: does the ledger have its end?
        verdicts: how often each came out.
    """

    done: int
    bounds: int
    claims: int
    trials: int
    seconds: float
    silence: float
    is_finished: bool
    verdicts: Counter[str]

    @property
    def rate(self) -> float:
        """Trials a second."""
        return self.trials / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that are left, if bounds go on to take as long as those so far; None before the first."""
        return self.seconds / self.done * (self.bounds - self.done) if self.done else None

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(self.verdicts.items()))
        parts = [f"{self.done}/{self.bounds} bounds of {self.claims} claims", f"{self.trials:,} trials"]
        parts.append(f"{self.rate:,.0f} a second")
        if self.is_finished:
            parts.append(f"finished after {_span(self.seconds)}")
        elif self.left is not None:
            parts.append(f"{_span(self.left)} left")
        return ", ".join(parts) + (f" | {counts}" if counts else "")


def progress(run: dict[str, Any], rows: Sequence[dict[str, Any]], now: datetime) -> Progress:
    """How far a run is.

    Args:
        run: its facts.
        rows: its verdicts so far, as :meth:`lemmata.ledger.Ledger.progress` gives them.
        now: the time.
    """
    started = latest_start(run)
    written = [datetime.fromisoformat(row["written"]) for row in rows]
    before = run.get("seconds", 0.0)  # of a finished run, all of it
    seconds = before if run["finished"] else before + (now - started).total_seconds()
    return Progress(
        done=len(rows),
        bounds=max(run.get("bounds", 0), len(rows)),
        claims=len({row["claim"] for row in rows}),
        trials=sum(row["executed"] for row in rows),
        seconds=max(seconds, 0.0),
        silence=max((now - max([started, *written])).total_seconds(), 0.0),
        is_finished=run["finished"] is not None,
        verdicts=Counter(row["verdict"] for row in rows),
    )


def seems_dead(run: dict[str, Any], state: Progress) -> bool:
    """Is a run silent for longer than its profile lets any bound take?"""
    profile = PROFILES.get(run["profile"])
    return not state.is_finished and profile is not None and state.silence > profile.seconds + GRACE


def watch(ledger: Ledger, name: str, out: TextIO, *, interval: float = 1.0, once: bool = False) -> int:
    """Print each verdict as it comes, and below them how far the run is, until it ends.

    Returns:
        0 when the run is finished or one look was asked for; 4 when it seems to have died.
    """
    run, rows = ledger.progress(name)
    print(f"run {run['id']}, profile {run['profile']}, started {run['started']}", file=out)
    seen = 0
    while True:
        state = progress(run, rows, datetime.now(UTC))
        for position, row in enumerate(rows[seen:], seen + 1):
            surprise = "" if row["as_expected"] else f"  (expected {row['expected'] or 'a pass'})"
            where = f"{row['claim']}[{row['bound']}] {row['reading']}"
            line = f"{position:>4}/{state.bounds}  {row['verdict']:<21}{_plain(where)}  {row['executed']:,} trials"
            print(f"{_start(out)}{line}{surprise}", file=out)
        seen = len(rows)
        dead = seems_dead(run, state)
        if once or dead or state.is_finished:
            print(f"{_start(out)}{state}", file=out)
            if dead:
                print(f"no word for {_span(state.silence)}: the run seems to have died; what it had is kept", file=out)
            return 4 if dead else 0
        if out.isatty():
            print(f"{_start(out)}{state}", end="", file=out, flush=True)
        time.sleep(interval)
        run, rows = ledger.progress(run["id"])


def _start(out: TextIO) -> str:
    """Back to the beginning of the line, which is emptied."""
    return "\r\x1b[K" if out.isatty() else ""


def _plain(text: str) -> str:
    """Printable characters only: a claim's author chooses the names."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
