"""An explicit bound with probability 1 - delta: a bet at each point on how often it fails."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lemmata.judging.kinds.base import Example, Judged
from lemmata.statistics import Exceedance, judge_probability, log_e
from lemmata.trials.pooling import WHOLE, Look, counted
from lemmata.vocabulary.error_rates import ALPHA, ALPHA_PASS, ROUNDING
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.verdict import Finding, most_severe
from lemmata.vocabulary.words import Bound

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence

TOGETHER = 16
"""So many failures of a point are examined at a time: as many as it takes to refute it, about."""


class Probability(Judged):
    """``quantity <= bound`` with probability at least 1 - delta, at each point."""

    name = "probability"
    per_point = True
    counts = True

    def takes(self, bound: Bound) -> bool:
        """An inequality with a probability, and without a constant."""
        return bound.relation in {"at_most", "at_least"} and not bound.up_to_constant and bound.delta is not None

    def judge(self, subject: Subject, evidence: Evidence) -> list[Finding]:
        """An e-process for each point, points of one delta together."""
        cells = self.left_behind(evidence)
        points = {cell: subject.params(json.loads(cell)) for cell in cells}
        found = self._findings(subject.bound, points, cells, evidence.look)
        return [replace(finding, why=finding.why + _effort(subject, finding)) for finding in found]

    def _findings(
        self, bound: Bound, points: Mapping[str, Params], cells: Mapping[str, tuple[int, int, int]], look: Look = WHOLE
    ) -> list[Finding]:
        """One for each delta."""
        levels: dict[float, list[str]] = defaultdict(list)
        for cell in cells:
            levels[bound.delta_at(points[cell])].append(cell)
        findings = []
        for delta, names in sorted(levels.items()):
            test = Exceedance(delta, tuple(names))
            for cell in names:
                bad, n, doubtful = cells[cell]
                test.count(cell, bad, n, doubtful)
            alpha = look.share * (ALPHA - ROUNDING) / len(levels)
            findings.append(judge_probability(test, alpha, look.share_pass * ALPHA_PASS))
        return findings

    def unsettled(
        self, bound: Bound, trials: Sequence[Trial], labels: Mapping[Draw, str], *, pooled: bool = False
    ) -> list[Trial]:
        """Failures at the point that has most of them, while it matters whether those left are real.

        Counts outlive a night, and a later one may rest on them: then all are examined.
        """
        open_ = [trial for trial in trials if trial.margin < 0 and trial.draw not in labels]
        if pooled or not open_:
            return open_
        points = {trial.draw.point.key: trial.draw.point for trial in trials}
        verdicts = set()
        for label in ("real", "roundoff"):
            assumed = dict(labels) | {trial.draw: label for trial in open_}
            verdicts.add(most_severe(self._findings(bound, points, counted({}, trials, assumed))).verdict)
        if len(verdicts) == 1:
            return []
        where = Counter(trial.draw.point.key for trial in open_).most_common(1)[0][0]
        return [trial for trial in open_ if trial.draw.point.key == where][:TOGETHER]

    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass."""
        return "e-process at each point"

    def rates(self, subject: Subject, evidence: Evidence) -> list[str]:
        """Of a bet at each point."""
        alpha, cells = evidence.look.share * ALPHA, len(self.left_behind(evidence))
        return [
            f"A true statement is accused with probability at most {alpha:.3g}, whenever one looks.",
            f"A statement that fails too often at one of the {cells} points that were drawn at passes with probability "
            f"at most {evidence.look.share_pass * ALPHA_PASS:.3g}; nothing is said of other points.",
        ]

    def e_value(self, subject: Subject, evidence: Evidence, findings: Sequence[Finding]) -> float:
        """The mean over the levels of delta, of which the largest alone is taken.

        Where rounding may have been taken for failure, with an error of ROUNDING: half of it, at most 1 / (2 ROUNDING).
        """
        levels = [float(finding.facts["e_against"]) for finding in findings if "e_against" in finding.facts]
        won = evidence.look.share * max(levels) / len(levels)
        return won if evidence.is_exact else min(won, 1 / ROUNDING) / 2

    def numbers(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """The smallest margin, in parts of the bound."""
        return {"margin": plain(min(-subject.badness(trial) for trial in evidence.trials))}

    def left_behind(self, evidence: Evidence) -> dict[str, tuple[int, int, int]]:
        """Failures and trials at each point, of earlier nights too."""
        return counted(evidence.counts, evidence.iid, evidence.certified)

    def refuting(self, subject: Subject, evidence: Evidence) -> list[Trial]:
        """Those at points where the failures alone are evidence enough."""
        refuted = set()
        for cell, (bad, n, _) in self.left_behind(evidence).items():
            delta = subject.bound.delta_at(subject.params(json.loads(cell)))
            if n and float(log_e(bad, n, delta)) >= -math.log(ALPHA):
                refuted.add(cell)
        return [trial for trial in evidence.trials if trial.draw.point.key in refuted]

    def examples(self, subject: Subject, evidence: Evidence, *, refuted: bool) -> list[Example]:
        """The point at which failures exceed delta most clearly: k of n trials, replayed together."""
        if not refuted:
            return []
        cells: dict[str, list[Trial]] = defaultdict(list)
        for trial in evidence.iid:
            cells[trial.draw.point.key].append(trial)

        def excess(trials: list[Trial]) -> float:
            delta = subject.bound.delta_at(trials[0].draw.point)
            rate = sum(t.margin < 0 for t in trials) / len(trials)
            return (rate - delta) / math.sqrt(delta * (1 - delta) / len(trials))

        worst = max(cells.values(), key=excess)
        return [Example(worst[0], "worst", len(worst))]

    def again(self, subject: Subject, p: Params, trials: Sequence[Trial], certification: str) -> dict[str, Any]:
        """The share of trials that fail, and the one that is allowed."""
        failed = sum(trial.margin < 0 for trial in trials)
        return {"lhs": failed / len(trials), "rhs": subject.bound.delta_at(p), "certification": "counted"}

    def sign(self, relation: str) -> str:
        """The chance of failure is at most what is allowed, whatever the relation is."""
        return "<="

    def told(self, relation: str, example: dict[str, Any], trials: int) -> str:
        """A line about an example that was run again."""
        count = round(example["lhs"] * trials)
        return f"failed       in {count} of {trials} trials; the share allowed is {example['rhs']:.6g}"


def _effort(subject: Subject, finding: Finding) -> str:
    """Which effort of the claim decides, if no more trials fail; empty where it is decided."""
    draws = {cell: n for cell, (_, n) in finding.facts["independent"].items()}
    missing = finding.facts.get("missing") or {}
    more = max(((draws[cell] + n) / draws[cell] for cell, n in missing.items() if draws[cell]), default=0)
    return (
        f"; effort={math.ceil(10 * more * subject.claim.effort) / 10:g} decides, if no more of them fail"
        if more
        else ""
    )


KIND = Probability()
