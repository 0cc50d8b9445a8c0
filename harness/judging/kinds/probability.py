"""An explicit bound with probability 1 - delta: a bet at each point on how often it fails."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lemmata.judging.kinds.base import Example, Judged
from lemmata.statistics import Exceedance, first_crossing, judge_probability, log_e
from lemmata.vocabulary.error_rates import ALPHA, ALPHA_PASS, slack
from lemmata.vocabulary.kind import Counts
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.parameters import Params, size_of
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.verdict import Finding, most_severe
from lemmata.vocabulary.words import Bound

if TYPE_CHECKING:
    from lemmata.trials.evidence import Evidence


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
        cells = self.left_behind(subject, evidence)
        points = {cell: subject.params(json.loads(cell)) for cell in cells}
        tests = _tests(subject.bound, points, mistaken=not evidence.is_exact)
        found = self._findings(tests, cells, evidence.look.share, evidence.look.share_pass)
        return [replace(finding, why=finding.why + _effort(subject, finding)) for finding in found]

    def _findings(
        self, tests: Sequence[Exceedance], cells: Counts, share: float, share_pass: float = 1.0
    ) -> list[Finding]:
        """One for each delta."""
        findings = []
        for test in tests:
            for cell in test.cells:
                bad, read, failed, n = cells[cell]
                test.count(cell, (bad, read), (failed, n))
            findings.append(judge_probability(test, share * ALPHA / len(tests), share_pass * ALPHA_PASS))
        return findings

    def unsettled(
        self, bound: Bound, trials: Sequence[Trial], labels: Mapping[Draw, str], counts: Counts, share: float
    ) -> list[Trial]:
        """Failures at one point, in their order, while it matters whether those that are left are real.

        The smallest point at which they refute, if they are real; else the one that has most of them.
        """
        open_ = [trial for trial in trials if trial.margin < 0 and trial.draw not in labels]
        if not open_:
            return []
        points = {trial.draw.point.key: trial.draw.point for trial in trials}
        tests = _tests(bound, points, mistaken=not all(trial.is_exact for trial in trials))
        cells, verdicts = {}, set()
        for label in ("roundoff", "real"):
            cells = _counted(tests, counts, trials, dict(labels) | {trial.draw: label for trial in open_}, share)
            verdicts.add(most_severe(self._findings(tests, cells, share)).verdict)
        if len(verdicts) == 1:
            return []
        many = Counter(trial.draw.point.key for trial in open_)
        refuted = [
            key for test in tests for key in test.cells if key in many and _refutes(test, tests, cells[key], share)
        ]
        where = min(refuted, key=lambda key: size_of(points[key]), default=many.most_common(1)[0][0])
        return sorted((t for t in open_ if t.draw.point.key == where), key=lambda t: t.draw.index)

    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass."""
        return "e-process at each point"

    def rates(self, subject: Subject, evidence: Evidence) -> list[str]:
        """Of a bet at each point."""
        alpha, cells = evidence.look.share * ALPHA, len(self.left_behind(subject, evidence))
        return [
            f"A true statement is accused with probability at most {alpha:.3g}, whenever one looks.",
            f"A statement that fails too often at one of the {cells} points that were drawn at passes with probability "
            f"at most {evidence.look.share_pass * ALPHA_PASS:.3g}; nothing is said of other points.",
        ]

    def e_value(self, subject: Subject, evidence: Evidence, findings: Sequence[Finding]) -> float:
        """The mean over the levels of delta, of which the largest alone is taken.

        That rounding may be taken for failure is in the process, whose null is delta and a tenth.
        """
        levels = [float(finding.facts["e_against"]) for finding in findings if "e_against" in finding.facts]
        return evidence.look.share * max(levels) / len(levels)

    def numbers(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """The smallest margin, in parts of the bound."""
        return {"margin": plain(min(-subject.badness(trial) for trial in evidence.trials))}

    def left_behind(self, subject: Subject, evidence: Evidence) -> Counts:
        """Failures and draws at each point, of earlier nights too."""
        return self._counts(subject, evidence, evidence.certified)

    def _counts(self, subject: Subject, evidence: Evidence, labels: Mapping[Draw, str]) -> Counts:
        keys = {*evidence.counts, *(trial.draw.point.key for trial in evidence.iid)}
        points = {key: subject.params(json.loads(key)) for key in sorted(keys)}
        tests = _tests(subject.bound, points, mistaken=not evidence.is_exact)
        return _counted(tests, evidence.counts, evidence.iid, labels, evidence.look.share)

    def refuting(self, subject: Subject, evidence: Evidence) -> list[Trial]:
        """Those at points where the failures alone are evidence enough; what was not examined is taken for real."""
        taken = {trial.draw: "real" for trial in evidence.iid if trial.margin < 0} | evidence.certified
        refuted = set()
        for cell, (bad, read, _, _) in self._counts(subject, evidence, taken).items():
            delta = subject.bound.delta_at(subject.params(json.loads(cell)))
            if read and float(log_e(bad, read, delta + slack(delta))) >= -math.log(ALPHA):
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


def _tests(bound: Bound, points: Mapping[str, Params], *, mistaken: bool) -> list[Exceedance]:
    """A test for each delta, of the points that have it; may rounding be taken for failure?"""
    levels: dict[float, list[str]] = defaultdict(list)
    for cell, point in points.items():
        levels[bound.delta_at(point)].append(cell)
    return [
        Exceedance(delta, tuple(cells), slack(delta) if mistaken else 0.0) for delta, cells in sorted(levels.items())
    ]


def _counted(
    tests: Sequence[Exceedance], counts: Counts, trials: Sequence[Trial], labels: Mapping[Draw, str], share: float
) -> dict[str, tuple[int, int, int, int]]:
    """What is counted at each point, with more trials in the order in which they were drawn.

    Real failures are counted up to the moment at which they refute the point by themselves: the rest need no look.
    Failures of which nothing was said may be real, and are not known to be.
    """
    drawn: dict[str, list[Trial]] = defaultdict(list)
    for trial in sorted(trials, key=lambda trial: trial.draw.index):
        drawn[trial.draw.point.key].append(trial)
    found = {}
    for test in tests:
        enough = _enough(test, tests, share)
        for cell in test.cells:
            bad, read, failed, n = counts.get(cell, (0, 0, 0, 0))
            said = [labels.get(t.draw, "unclear") if t.margin < 0 else "none" for t in drawn[cell]]
            real = np.array([label == "real" for label in said], dtype=bool)
            bad, read = first_crossing(real, test.delta + test.mistaken, enough, (bad, read))
            failed += sum(label in {"real", "unclear"} for label in said)
            found[cell] = bad, read, failed, n + len(said)
    return found


def _enough(test: Exceedance, tests: Sequence[Exceedance], share: float) -> float:
    """Logarithm of the e-value of one point that refutes by itself."""
    return math.log(len(test.cells) * len(tests) / (share * ALPHA))


def _refutes(test: Exceedance, tests: Sequence[Exceedance], counted: tuple[int, int, int, int], share: float) -> bool:
    bad, read, _, _ = counted
    return bool(log_e(bad, read, test.delta + test.mistaken) >= _enough(test, tests, share))


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
