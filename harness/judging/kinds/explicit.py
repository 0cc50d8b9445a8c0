"""An explicit bound, for all: one real failure refutes it, and none in n draws bounds their share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lemmata.judging.kinds.base import Example, Judged
from lemmata.statistics import judge_explicit, violating_fraction_bound
from lemmata.trials.certificates import REMEDY
from lemmata.vocabulary.error_rates import ALPHA, ALPHA_PASS, ROUNDING
from lemmata.vocabulary.kind import Counts
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.verdict import Finding, Verdict
from lemmata.vocabulary.words import Bound

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence


LEAST = 7  # draws without a failure, from which on a bound that fails in half of them passes with 1 % at most


class Explicit(Judged):
    """``quantity <= bound``, or ``>=``, at all parameters and for all draws."""

    name = "explicit"
    covers = True
    trial_refutes = True
    by_chance = False

    def takes(self, bound: Bound) -> bool:
        """An inequality without a constant and without a probability."""
        return bound.relation in {"at_most", "at_least"} and not bound.up_to_constant and bound.delta is None

    def judge(self, subject: Subject, evidence: Evidence) -> list[Finding]:
        """Real failures against none in n draws."""
        labels = list(evidence.certified.values())
        if evidence.hunted.smallest is not None:
            labels.append("real")
        n, failing = len(evidence.trials), sum(trial.margin < 0 for trial in evidence.trials)
        # Only the iid stream supports a pass; the others can refute, and count where they do.
        finding = judge_explicit(max(len(evidence.iid), len(labels)), labels, evidence.look.share * ALPHA)
        if finding.verdict is Verdict.INCONCLUSIVE:
            doubts = [f" at {draw.point}: {doubt}" for draw, doubt in evidence.doubts.items()]
            why = f"{labels.count('unclear')} failures may be rounding{''.join(doubts[:1])}; {REMEDY}"
            return [Finding(finding.verdict, why, finding.facts)]
        if evidence.is_exact:
            why = (
                f"holds in exact arithmetic at all {n} points"
                if not failing
                else f"fails in exact arithmetic at {failing} of {n} points"
            )
        elif finding.verdict is Verdict.VIOLATED:
            real = labels.count("real")
            why = f"{failing} of {n} trials fail; {real} of those that were run again with other roundings are real"
        elif finding.verdict is Verdict.HOLDS and (few := self._too_few(subject, evidence)):
            return [Finding(Verdict.INCONCLUSIVE, few, finding.facts)]
        else:
            return [finding]
        if not failing and evidence.hunted.smallest:
            why = f"fails at a point that a search found, though at none of the {n} that were planned"
        return [Finding(finding.verdict, why, finding.facts)]

    def _too_few(self, subject: Subject, evidence: Evidence) -> str:
        """Why so few trials are no pass: empty where there are enough, or they are all that the statement has."""
        n = len({trial.draw for trial in evidence.iid}) if subject.is_random else len(evidence.trials)
        everything = not subject.is_random and subject.claim.every_point
        if n >= LEAST or everything:
            return ""
        seen = f"{n} draws" if subject.is_random else f"{n} points"
        return f"no failure in {seen}, where {LEAST} are needed to say anything: raise effort=, or use a larger profile"

    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass."""
        if evidence.is_exact:
            return "exact arithmetic"
        searched = any(trial.random is not None for trial in evidence.trials)
        return "adversarial search" if searched else "closed form or direct evaluation"

    def rates(self, subject: Subject, evidence: Evidence) -> list[str]:
        """Of exact arithmetic, of a search, of random draws, or of points."""
        if evidence.is_exact:
            return [
                "An accusation is a proof in exact arithmetic.",
                "A pass is a proof at the points that were evaluated, and says nothing of others.",
            ]
        accused = (
            "A failure counts only where moving every rounding of its computation at random leaves it standing; "
            f"a true statement is accused with probability at most {ROUNDING:.3g}."
        )
        if not subject.is_random:
            return [accused, "A pass says that no evaluated point fails; nothing is known of the points between."]
        n = len(evidence.iid)
        share = violating_fraction_bound(n, ALPHA_PASS) if n else 1.0
        passed = f"One that fails in more than {share:.2g} of such draws passes with probability at most {ALPHA_PASS:g}"
        searched = any(trial.random is not None for trial in evidence.trials)
        missed = "; inside each draw a search looked for the worst case, and what it misses has no error rate."
        return [accused, passed + (missed if searched else ".")]

    def e_value(self, subject: Subject, evidence: Evidence, findings: Sequence[Finding]) -> float:
        """Exact arithmetic leaves no chance; elsewhere the test has an error of ROUNDING, and wins all or nothing."""
        exactly = any(t.is_exact and t.margin < 0 for t in evidence.trials) or subject.bound.exact is not None
        return math.inf if exactly else evidence.look.share / ROUNDING

    def unsettled(
        self, bound: Bound, trials: Sequence[Trial], labels: Mapping[Draw, str], counts: Counts, share: float
    ) -> list[Trial]:
        """The worst failure alone, then all others, until one is real."""
        open_ = [trial for trial in trials if trial.margin < 0 and trial.draw not in labels]
        if "real" in labels.values() or not open_:
            return []
        return open_ if labels else [max(open_, key=lambda trial: self.badness(bound, trial))]

    def numbers(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """The smallest margin, in parts of the bound."""
        searched = [*evidence.trials, *filter(None, [evidence.hunted.worst])]
        return {"margin": plain(min(-subject.badness(trial) for trial in searched))}

    def refuting(self, subject: Subject, evidence: Evidence) -> list[Trial]:
        """Those that fail and are no round-off."""
        return [t for t in evidence.trials if t.margin < 0 and evidence.certified.get(t.draw, "real") == "real"]

    def examples(self, subject: Subject, evidence: Evidence, *, refuted: bool) -> list[Example]:
        """The smallest case that fails, and the worst."""
        if not refuted:
            return []
        hunted = evidence.hunted
        pool = [*evidence.trials, *filter(None, [hunted.worst, hunted.smallest])]
        real = [t for t in pool if evidence.certified.get(t.draw) == "real" or t is hunted.smallest]
        smallest = hunted.smallest or min(real, key=lambda t: t.draw.point.key)
        worst = max(real, key=subject.badness)
        found = [Example(smallest, "smallest")]
        return found if worst.draw == smallest.draw else [*found, Example(worst, "worst")]


KIND = Explicit()
