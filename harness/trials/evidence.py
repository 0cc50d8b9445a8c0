"""Gathering evidence: run a plan, look for worse, and examine what seems to fail."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from lemmata.places.engines import Batch, submit
from lemmata.sampling.hunt import Hunt, hunt
from lemmata.sampling.plan import Plan, make_plan
from lemmata.trials.certificates import FAR, SEARCHED, Certificates, certification, certified, relative
from lemmata.trials.pooling import WHOLE, Look, Past, Setting, judged, look_at
from lemmata.vocabulary.error_rates import ROUNDING, spend
from lemmata.vocabulary.kind import NO_COUNTS, Counts
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Control, Relation

MIXED = 32  # times the batch of a claim: a mixed trial puts its own batches together
PART_FOR_FAILURES = 0.4  # of the time that a bound has, for the failures of one sample
LARGE = 1e-3  # of the sides: a failure that a search believes on its way
NEARLY = 1e-3  # of the bound: what float32 may be off by, along a trajectory


@dataclass(frozen=True)
class Evidence:
    """The trials of a bound so far.

    Attributes:
        plan: what was to be run.
        trials: what was run, of the streams ``iid`` and ``cover``; in float64 where they fail or nearly fail.
        certified: for trials that seem to fail: ``real``, ``roundoff`` or ``unclear``.
        doubts: for those that are unclear, why.
        hunted: what the search for a failure brought.
        fresh: what tonight added, where evidence is pooled; it need not be among ``trials`` yet.
        sizes: how many of them are ``iid``, for each installment.
        counts: at each point, in earlier nights, for a bound with a probability.
        look: which part of the errors this verdict may spend.
    """

    plan: Plan
    trials: list[Trial]
    certified: dict[Draw, str] = field(default_factory=dict)
    doubts: dict[Draw, str] = field(default_factory=dict)
    hunted: Hunt = Hunt(None, None, 0)
    fresh: list[Trial] | None = None
    sizes: tuple[int, ...] = ()
    counts: Counts = field(default_factory=dict)
    look: Look = WHOLE

    @property
    def executed(self) -> list[Trial]:
        """The trials that this run ran."""
        return self.trials if self.fresh is None else self.fresh

    @property
    def iid(self) -> list[Trial]:
        """The trials that estimates and passes may rest on."""
        return [trial for trial in self.trials if trial.draw.stream == "iid"]

    @property
    def rounding(self) -> float:
        """The largest failure of a trial, in parts of its sides, that is round-off."""
        failing = (trial for trial in self.trials if trial.margin < 0)
        return max((relative(t) for t in failing if self.certified.get(t.draw) == "roundoff"), default=0.0)

    @property
    def is_exact(self) -> bool:
        """Were all sides rational numbers, so that no margin has any rounding?"""
        return bool(self.trials) and all(trial.is_exact for trial in self.trials)


def gather(subject: Subject, setting: Setting, spent: Callable[[], float] = lambda: 0.0) -> Evidence:
    """Run the trials of a bound and search for failures.

    Args:
        subject: the bound.
        setting: how much evidence, with which seeds, beside what is there already.
        spent: seconds since the check of the bound began.
    """
    profile, root, past = setting.profile, setting.root, setting.past
    if past is None or not subject.is_random:
        evidence = _run(subject, make_plan(subject, profile, root), setting, alone=True)
    else:
        evidence = _gather_more(subject, setting, past, spent)
    # A search can only refute, and no single trial refutes a bound of the other kinds.
    if not subject.kind.trial_refutes or not evidence.plan.draws:
        return evidence
    hunted, unclear = _hunted(subject, setting)
    labels = evidence.certified | dict.fromkeys(unclear, "unclear")
    doubts = evidence.doubts | dict.fromkeys(unclear, "met by the search, and as small as rounding may be")
    return replace(evidence, hunted=hunted, certified=labels, doubts=doubts)


def _hunted(subject: Subject, setting: Setting) -> tuple[Hunt, list[Draw]]:
    """What a search brought, and failures that it met of which nothing can be said, unless one is real.

    On its way it takes for failures what is probably real, and the end is examined well.

    Where a failure is large it is believed at first; if the smallest one is none, the search is made again without
    believing any.
    """
    night = setting.past.plans if setting.past else 0
    for believing in (True, False):
        said: dict[Draw, str] = {}

        def refutes(trial: Trial, believing: bool = believing, said: dict[Draw, str] = said) -> bool:
            if trial.draw not in said:
                large = believing and -trial.margin > LARGE * max(abs(trial.lhs), abs(trial.rhs))
                said[trial.draw] = "real" if large else certification(subject, trial, SEARCHED)
            return said[trial.draw] == "real"

        found = hunt(subject, setting.profile, setting.root, lambda draws: _run_draws(subject, draws), refutes, night)
        if found.smallest is None:
            break
        # As many trials were looked at as there were, in two searches; half of the error is theirs.
        error = ROUNDING / 4 / max(found.trials, 1) * spend(1.0, night)
        said[found.smallest.draw] = label = certification(subject, found.smallest, error)
        if label == "real":
            return found, []
    return replace(found, smallest=None), [draw for draw, label in said.items() if label == "unclear"]


def _gather_more(subject: Subject, setting: Setting, past: Past, spent: Callable[[], float]) -> Evidence:
    """Tonight's installments beside what is there."""
    plans, first = [], dict(past.next)
    for number in range(past.plans, past.plans + setting.installments):
        plans.append(make_plan(subject, setting.profile, setting.root, installment=number, first=first))
        for draw in plans[-1].draws:
            first[draw.stream] = draw.index + 1
    fresh: list[Trial] = []
    sizes: list[int] = []
    for plan in plans:
        if sizes and spent() > setting.seconds:
            break
        added = _run_all(subject, plan, alone=True)
        fresh += added
        sizes.append(sum(trial.draw.stream == "iid" for trial in added))
    pooled = [*past.sizes, *sizes]
    missing = sum(past.sizes) - sum(trial.draw.stream == "iid" for trial in past.trials)
    look = look_at(subject.kind, past.epoch, len(pooled), missing, past.looked)
    # Where failures are counted, the counts outlive the trials.
    earlier: Counts = past.counts if subject.kind.counts else {}
    trials = fresh if subject.kind.counts else judged(look, pooled, [*past.trials, *fresh])
    said = _certified(subject, fresh, setting, counts=earlier, share=look.share)
    whole = reduce(Plan.followed_by, plans)
    labels = dict(past.certified) | said.labels
    return Evidence(whole, trials, labels, said.doubts, fresh=fresh, sizes=tuple(sizes), counts=earlier, look=look)


def gather_control(
    subject: Subject, control: Control, setting: Setting, rounding: float = 0.0
) -> tuple[Subject, Evidence]:
    """Run a structural control: the false or true twin as a bound of its own, and its trials.

    ``rounding`` is that of the claim's own trials, as far as it was seen: a failure of the twin that is large beside it
    is believed.
    Where the regime leaves no point, the twin is run outside it: it is the measuring that is being examined.
    """
    twin = subject.twin(control)
    plan = make_plan(twin, setting.profile, setting.root)
    if not plan.draws:
        plan = make_plan(twin.everywhere(), setting.profile, setting.root)
    trials = _run_all(twin, plan)
    said = _certified(twin, trials, setting, believed=_beyond(rounding))
    return twin, Evidence(plan, trials, said.labels, said.doubts)


def gather_arithmetic(
    subject: Subject, control: Control, evidence: Evidence, setting: Setting
) -> tuple[Subject, Evidence]:
    """Apply an arithmetic control to the draws at hand; equalities keep no sides and are run again."""
    twin, relation = subject.twin(control), subject.bound.relation
    if relation == "equal" or any(trial.is_exact for trial in evidence.trials):
        changed = _run_all(twin, evidence.plan)
    else:
        changed = [_with_sides(relation, t, *control.twin(t.draw.point, t.lhs, t.rhs)) for t in evidence.trials]
    # What the claim itself misses, and really, a twin that asks for more misses too.
    margins = {trial.draw: trial.margin for trial in evidence.trials if evidence.certified.get(trial.draw) == "real"}
    large = _beyond(evidence.rounding)

    def believed(trial: Trial) -> bool:
        return large(trial) or trial.margin <= margins.get(trial.draw, -math.inf)

    said = _certified(twin, changed, setting, believed=believed)
    return twin, Evidence(evidence.plan, changed, said.labels, said.doubts, look=evidence.look)


def _run(subject: Subject, plan: Plan, setting: Setting, *, alone: bool = False) -> Evidence:
    trials = _run_all(subject, plan, alone=alone)
    said = _certified(subject, trials, setting)
    return Evidence(plan, trials, said.labels, said.doubts)


def _run_all(subject: Subject, plan: Plan, *, alone: bool = False) -> list[Trial]:
    mixed, batch = subject.is_mixed, subject.claim.batch
    return _run_batches(subject, plan.batches(batch * MIXED if mixed else batch, mixed=mixed), alone=alone)


def _run_draws(subject: Subject, draws: Sequence[Draw]) -> list[Trial]:
    batch = subject.claim.batch
    batches = (draws[start : start + batch] for start in range(0, len(draws), batch))
    return _run_batches(subject, batches, alone=True)


def _run_batches(subject: Subject, batches: Iterable[Sequence[Draw]], *, alone: bool) -> list[Trial]:
    """In the precision of the claim: float32 may clear a trial of an explicit bound, only float64 convicts it.

    A trial of the claim itself is convicted alone; those of a control, which convict nothing, together.
    """
    precision = subject.claim.precision
    sampled = [submit(Batch(subject, draws, precision)) for draws in batches]
    trials: list[Trial] = []
    companies: list[list[Draw]] = []
    for future in sampled:
        trials += (batch := future.result())
        if precision != "float64":
            doubtful = [trial.draw for trial in batch if subject.kind.is_doubtful(trial, NEARLY)]
            companies += [[draw] for draw in doubtful] if alone else [doubtful] if doubtful else []
    convicting = [submit(Batch(subject, company)) for company in companies]
    again = {trial.draw: trial for future in convicting for trial in future.result()}
    return [again.get(trial.draw, trial) for trial in trials]


def _certified(
    subject: Subject,
    trials: Sequence[Trial],
    setting: Setting,
    counts: Counts = NO_COUNTS,
    share: float = 1.0,
    believed: Callable[[Trial], bool] = lambda trial: False,
) -> Certificates:
    """What is said of the failures; half of the error is left to the search, and each night has its share.

    A false twin accuses nothing: that one trial of it is taken for a failure in a hundred times is no matter.
    """
    error = ROUNDING / 2 * (spend(1.0, setting.past.plans) if setting.past else 1.0)
    if subject.is_false_twin:
        error = SEARCHED
    seconds = setting.profile.seconds * PART_FOR_FAILURES
    return certified(subject, trials, error=error, seconds=seconds, counts=counts, share=share, believed=believed)


def _beyond(rounding: float) -> Callable[[Trial], bool]:
    """Is a failure far beyond the rounding that was seen, in parts of the sides?"""
    return lambda trial: relative(trial) > max(LARGE, FAR * rounding)


def _with_sides(relation: Relation, trial: Trial, lhs: Any, rhs: Any) -> Trial:
    lhs, rhs = float(lhs), float(rhs)
    margin = lhs - rhs if relation == "at_least" else rhs - lhs
    return replace(trial, lhs=lhs, rhs=rhs, margin=margin)
