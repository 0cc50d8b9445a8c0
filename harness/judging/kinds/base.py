"""What the judging asks of a kind: from evidence to findings, to the numbers of a record, to words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lemmata.vocabulary.kind import Counts, Kind
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Trial
from lemmata.vocabulary.verdict import Finding

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence


class Example(NamedTuple):
    """A case to be told: ``which`` it is, and how many trials from there on count as one."""

    trial: Trial
    which: str
    trials: int = 1


class Judged(Kind):
    """A kind of bounds, with all that is asked of one."""

    @abstractmethod
    def judge(self, subject: Subject, evidence: Evidence) -> list[Finding]:
        """All findings; the verdict is the most severe of them. There is at least one trial."""

    @abstractmethod
    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass, in words."""

    @abstractmethod
    def rates(self, subject: Subject, evidence: Evidence) -> list[str]:
        """What is known of the errors of the method that was used: of an accusation, and of a pass, a sentence each."""

    @abstractmethod
    def e_value(self, subject: Subject, evidence: Evidence, findings: Sequence[Finding]) -> float:
        """What a bet against a bound that is refuted would have won per unit; see :mod:`lemmata.judging.against`."""

    def power(self, subject: Subject, evidence: Evidence) -> dict[str, float]:
        """For each axis, the smallest exponent error that tonight's draws would have shown."""
        return {}

    def numbers(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """Fields of the record that this kind measures: constant, interval, margin, largest_ratio, axes."""
        return {}

    def scope(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """Fields of the scope that this kind has: quantile, transient, resolution."""
        return {}

    def examples(self, subject: Subject, evidence: Evidence, *, refuted: bool) -> list[Example]:
        """The cases that a reader is shown."""
        return []

    def refuting(self, subject: Subject, evidence: Evidence) -> list[Trial]:
        """Trials that refute by themselves, or with those at their point; all where only the whole can refute."""
        return evidence.trials

    def left_behind(self, subject: Subject, evidence: Evidence) -> Counts:
        """What is counted at each point, where that is what nights add up."""
        return {}

    def again(self, subject: Subject, p: Params, trials: Sequence[Trial], certification: str) -> dict[str, Any]:
        """``lhs``, ``rhs`` and ``certification`` of an example whose trials were run again."""
        return {"lhs": trials[0].lhs, "rhs": trials[0].rhs, "certification": certification}

    def sign(self, relation: str) -> str:
        """How the two sides of an example are claimed to compare, exact ones too."""
        return {"at_least": ">=", "equal": "=="}.get(relation, "<=")

    def told(self, relation: str, example: dict[str, Any], trials: int) -> str:
        """A line about an example that was run again."""
        sides = f"{example['lhs']!r} {self.sign(relation)} {example['rhs']!r}"
        return f"claimed      {sides}   ({example['certification']})"
