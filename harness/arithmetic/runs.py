"""One run of a trial: its noise, and how many roundings it has come through."""

from __future__ import annotations

from dataclasses import dataclass, field

from .noise import Noise


class RunawayError(RuntimeError):
    """A run went on far longer than the one without noise: a loop that waits for two numbers to agree."""


@dataclass
class Run:
    """The state of a run.

    Attributes:
        noise: how results move; None for a run that only counts.
        limit: how many roundings to come through at most.
        reached: how many it has come through.
        unseen: own code that could not be looked into.
        decides: was anything decided by the value of a number that rounds, as a comparison or a floor does?
    """

    noise: Noise | None = None
    limit: float = float("inf")
    reached: int = 0
    unseen: set[str] = field(default_factory=set)
    decides: bool = False

    def step(self) -> None:
        """Count one operation that rounds.

        Raises:
            RunawayError: beyond the limit.
        """
        self.reached += 1
        if self.reached > self.limit:
            raise RunawayError(f"more than {self.limit:.0f} roundings: with other roundings it does not end")
