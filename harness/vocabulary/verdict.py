"""What can be said of a bound, in order of severity, and how the parts of a claim combine."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The words of a verdict, mildest first; the last four say nothing about mathematics."""

    HOLDS = "HOLDS"
    HOLDS_UP_TO_CONSTANT = "HOLDS_UP_TO_CONSTANT"
    INCONCLUSIVE = "INCONCLUSIVE"
    VACUOUS = "VACUOUS"
    TREND = "TREND"
    VIOLATED = "VIOLATED"
    SKIPPED = "SKIPPED"
    NOT_RUN = "NOT_RUN"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"

    @property
    def severity(self) -> int:
        """Rank from 0 (HOLDS) to 9 (ERROR)."""
        return list(Verdict).index(self)

    @property
    def is_pass(self) -> bool:
        """Does the verdict support the statement?"""
        return self in {Verdict.HOLDS, Verdict.HOLDS_UP_TO_CONSTANT}

    @property
    def is_alarm(self) -> bool:
        """Does the verdict refute the statement?"""
        return self in {Verdict.TREND, Verdict.VIOLATED}

    @property
    def says_something(self) -> bool:
        """Is the verdict one of mathematics, and no report of a check that did not come to its end?"""
        return self.severity < Verdict.SKIPPED.severity

    @property
    def is_lost(self) -> bool:
        """Did the check end without telling anything, so that it has to be done again?"""
        return self in {Verdict.ERROR, Verdict.TIMEOUT, Verdict.NOT_RUN}

    @property
    def is_decided(self) -> bool:
        """Is the verdict one of mathematics that more draws would not be expected to change?"""
        return self.is_pass or self.is_alarm or self is Verdict.VACUOUS


@dataclass(frozen=True)
class Finding:
    """A verdict with the sentence that justifies it and the numbers behind it."""

    verdict: Verdict
    why: str
    facts: dict[str, Any] = field(default_factory=dict)


def most_severe(findings: list[Finding]) -> Finding:
    """The finding that decides: the most severe; the first one among equals.

    Raises:
        ValueError: if there is nothing to combine, because silence is not a pass.
    """
    if not findings:
        raise ValueError("no findings to combine: a claim without evidence has no verdict")
    return max(findings, key=lambda finding: finding.verdict.severity)


class NotMeasuredError(RuntimeError):
    """Work that gave no verdict about mathematics: carries the status and the reason."""

    def __init__(self, status: Verdict, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(f"{status}: {why}")
