"""An explicit bound with probability 1 - delta: a bet at each point on how often it fails."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lemmata.judging.kinds.base import Example, Judged
from lemmata.statistics import Exceedance, judge_probability, log_e
from lemmata.trials.pooling import counted
from lemmata.vocabulary.error_rates import ALPHA, ALPHA_PASS
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Trial
from lemmata.vocabulary.verdict import Finding
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
        levels: dict[float, dict[str, tuple[int, int]]] = defaultdict(dict)
        for cell, pair in self.left_behind(evidence).items():
            levels[subject.bound.delta_at(subject.params(json.loads(cell)))][cell] = pair
        findings = []
        for delta, cells in sorted(levels.items()):
            test = Exceedance(delta, tuple(cells))
            for cell, (bad, n) in cells.items():
                test.update(cell, np.arange(n) < bad, iid=True)
            finding = judge_probability(test, evidence.look.share * ALPHA / len(levels), ALPHA_PASS)
            findings.append(replace(finding, why=finding.why + _effort(subject, test, finding)))
        return findings

    def method(self, subject: Subject, evidence: Evidence) -> str:
        """What stands behind a pass."""
        return "e-process at each point"

    def rates(self, subject: Subject, evidence: Evidence) -> list[str]:
        """Of a bet at each point."""
        alpha, cells = evidence.look.share * ALPHA, len(self.left_behind(evidence))
        return [
            f"A true statement is accused with probability at most {alpha:.3g}, whenever one looks.",
            f"A statement that fails too often at one of the {cells} points that were drawn at passes with probability "
            f"at most {ALPHA_PASS:g}; nothing is said of other points.",
        ]

    def e_value(self, subject: Subject, evidence: Evidence, findings: Sequence[Finding]) -> float:
        """The mean over the levels of delta, of which the largest alone is taken."""
        levels = [float(finding.facts["e_against"]) for finding in findings if "e_against" in finding.facts]
        return evidence.look.share * max(levels) / len(levels)

    def numbers(self, subject: Subject, evidence: Evidence) -> dict[str, Any]:
        """The smallest margin, in parts of the bound."""
        return {"margin": plain(min(-subject.badness(trial) for trial in evidence.trials))}

    def left_behind(self, evidence: Evidence) -> dict[str, tuple[int, int]]:
        """Failures and trials at each point, of earlier nights too."""
        return counted(evidence.counts, evidence.iid)

    def refuting(self, subject: Subject, evidence: Evidence) -> list[Trial]:
        """Those at points where the failures alone are evidence enough."""
        refuted = set()
        for cell, (bad, n) in self.left_behind(evidence).items():
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


def _effort(subject: Subject, test: Exceedance, finding: Finding) -> str:
    """Which effort of the claim decides, if no more trials fail; empty where it is decided."""
    missing = finding.facts.get("missing") or {}
    more = max(
        ((test.iid[cell][1] + n) / test.iid[cell][1] for cell, n in missing.items() if test.iid[cell][1]), default=0
    )
    return (
        f"; effort={math.ceil(10 * more * subject.claim.effort) / 10:g} decides, if no more of them fail"
        if more
        else ""
    )


KIND = Probability()
