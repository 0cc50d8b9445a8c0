"""An equality: what is left between its sides has to be rounding, and vanish for exact numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lemmata.judging.kinds.explicit import Explicit
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Trial
from lemmata.vocabulary.words import Bound

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence


class Identity(Explicit):
    """Two sides of any shape that are equal, always."""

    name = "identity"
    covers = False

    def takes(self, bound: Bound) -> bool:
        """An equality."""
        return bound.relation == "equal"

    def badness(self, bound: Bound, trial: Trial) -> float:
        """The residual, relative to the size of what is compared."""
        return -trial.margin / trial.rhs if trial.rhs else -trial.margin

    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass."""
        return "exact arithmetic" if evidence.is_exact else "residual is rounding, by other roundings"

    def told(self, relation: str, example: dict[str, Any], trials: int) -> str:
        """A line about an example that was run again."""
        sizes = f"{example['lhs']!r} between sides of size {example['rhs']!r}"
        return f"residual     {sizes}   ({example['certification']})"


KIND = Identity()
