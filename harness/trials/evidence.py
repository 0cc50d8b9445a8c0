"""Gathering evidence: run a plan, look for worse, and re-examine what seems to fail in higher precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from inspect import signature
from typing import Any

import torch

from lemmata.places.batch import is_mixed, run_batch
from lemmata.places.engines import Batch, submit
from lemmata.sampling.hunt import Hunt, hunt
from lemmata.sampling.plan import Plan, make_plan, sample_name
from lemmata.sampling.profiles import Profile
from lemmata.statistics import certify
from lemmata.trials.pooling import WHOLE, Counts, Look, Past, judged, look_at
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.trial import Draw, Trial, log_ratio
from lemmata.vocabulary.twins import twin_of
from lemmata.vocabulary.words import Bound, Control

MOST_CERTIFIED = 8
MIXED = 32  # times the batch of a claim: a mixed trial puts its own batches together
NEARLY = 1e-3  # of the bound: what float32 may be off by, along a trajectory


@dataclass(frozen=True)
class Evidence:
    """The trials of a bound so far.

    Attributes:
        plan: what was to be run.
        trials: what was run, of the streams ``iid`` and ``cover``; in float64 where they fail or nearly fail.
        certified: for trials that seem to fail: ``real``, ``roundoff`` or ``unclear``.
        hunted: what the search for a failure brought.
        fresh: what tonight added, where evidence is pooled; it need not be among ``trials`` yet.
        sizes: how many of them are ``iid``, for each installment.
        counts: failures and trials at each point in earlier nights, for a bound with a probability.
        look: which part of the errors this verdict may spend.
    """

    plan: Plan
    trials: list[Trial]
    certified: dict[Draw, str] = field(default_factory=dict)
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


def is_random(function: Callable[..., Any]) -> bool:
    """Does a trial depend on a seed?"""
    return len(signature(function).parameters) == 2


def gather(
    claim: Claim,
    bound: Bound,
    profile: Profile,
    root: int,
    past: Past | None = None,
    installments: int = 1,
    enough: Callable[[], bool] = lambda: False,
) -> Evidence:
    """Run the trials of a bound and search for failures.

    Args:
        claim: whose bound it is.
        bound: which is measured.
        profile: how much evidence to gather.
        root: root seed of all trials.
        past: what earlier nights left, where their evidence is pooled.
        installments: how many plans to run then.
        enough: has the time for more of them run out? The first is always run.
    """
    random = is_random(bound.trial)
    if past is None or not random:
        plan = make_plan(claim, bound, profile, root, random=random)
        evidence = _run(claim, bound, plan, alone=True)
    else:
        evidence = _gather_more(claim, bound, profile, root, past, installments, enough)
    # A search can only refute, and no single trial refutes a bound of the other kinds.
    if bound.kind not in {"identity", "explicit"} or not evidence.plan.draws:
        return evidence
    hunted = hunt(
        claim,
        profile,
        lambda draws: _run_draws(claim, bound, draws),
        lambda trial: badness(bound, trial),
        lambda trial: certification(bound, trial) == "real",
        root=root,
        name=sample_name(claim, bound),
        random=random,
        night=past.plans if past else 0,
    )
    return replace(evidence, hunted=hunted)


def _gather_more(
    claim: Claim,
    bound: Bound,
    profile: Profile,
    root: int,
    past: Past,
    installments: int,
    enough: Callable[[], bool],
) -> Evidence:
    """Tonight's installments beside what is there."""
    plans, first = [], dict(past.next)
    for number in range(past.plans, past.plans + installments):
        plans.append(make_plan(claim, bound, profile, root, installment=number, first=first))
        for draw in plans[-1].draws:
            first[draw.stream] = draw.index + 1
    fresh: list[Trial] = []
    sizes: list[int] = []
    for plan in plans:
        if sizes and enough():
            break
        added = _run_all(claim, bound, plan, alone=True)
        fresh += added
        sizes.append(sum(trial.draw.stream == "iid" for trial in added))
    pooled = [*past.sizes, *sizes]
    look = look_at(bound, past.epoch, len(pooled))
    # Of a bound with a probability the failures are counted, and the counts outlive the trials.
    trials = fresh if bound.kind == "probability" else judged(bound, look, pooled, [*past.trials, *fresh])
    certified = dict(past.certified) | _certify_all(bound, fresh)
    whole = reduce(Plan.followed_by, plans)
    counts = past.counts if bound.kind == "probability" else {}
    return Evidence(whole, trials, certified, fresh=fresh, sizes=tuple(sizes), counts=counts, look=look)


def gather_control(claim: Claim, bound: Bound, control: Control, profile: Profile, root: int) -> tuple[Bound, Evidence]:
    """Run a structural control: the false or true twin as a bound of its own, and its trials.

    Where the regime leaves no point, the twin is run outside it: it is the measuring that is being examined.
    """
    false_bound = twin_of(bound, control)
    random = is_random(false_bound.trial)
    plan = make_plan(claim, bound, profile, root, control=control.name, random=random)
    if not plan.draws:
        free = replace(claim, regime=())
        free.bounds, free.controls = claim.bounds, claim.controls
        plan = make_plan(free, bound, profile, root, control=control.name, random=random)
    return false_bound, _run(claim, false_bound, plan, control=control.name)


def gather_arithmetic(claim: Claim, bound: Bound, control: Control, evidence: Evidence) -> tuple[Bound, Evidence]:
    """Apply an arithmetic control to the draws at hand; equalities keep no sides and are run again."""
    false_bound = twin_of(bound, control)
    if bound.relation == "equal" or any(trial.is_exact for trial in evidence.trials):
        changed = _run_all(claim, false_bound, evidence.plan, control=control.name)
    else:
        changed = [_with_sides(bound, t, *control.twin(t.draw.point, t.lhs, t.rhs)) for t in evidence.trials]
    return false_bound, Evidence(evidence.plan, changed, _certify_all(false_bound, changed), look=evidence.look)


def badness(bound: Bound, trial: Trial) -> float:
    """How bad a trial is for its bound: the log ratio, or the relative residual of an equality."""
    if bound.relation == "equal":
        return -trial.margin / trial.rhs if trial.rhs else -trial.margin
    if bound.up_to_constant:
        return log_ratio(trial, bound.relation)
    return -trial.margin / abs(trial.rhs) if trial.rhs else -trial.margin


def certification(bound: Bound, trial: Trial) -> str:
    """Is the failure of this trial ``real``, ``roundoff`` or ``unclear``? ``none`` when it does not fail.

    Trials in rational numbers need no second look. Others are run again, alone, in float32 and float64: what is
    round-off follows the precision down.
    """
    if trial.margin >= 0 or bound.up_to_constant:
        return "none"
    if trial.is_exact:
        return "real"
    if not math.isfinite(trial.margin):
        return "unclear"
    ladder = []
    for dtype in (torch.float32, torch.float64):
        again = run_batch(bound.trial, bound.relation, [trial.draw], dtype)[0]
        eps, scale = torch.finfo(dtype).eps, max(abs(again.lhs), abs(again.rhs))
        if again.margin == 0 and dtype is torch.float32 and bound.relation == "equal":
            # Agreement by luck, as where both sides vanish, must not make the residue of float64 look real.
            return "unclear" if -trial.margin > 64 * torch.finfo(torch.float64).eps * scale else "roundoff"
        ladder.append((eps, again.margin, scale))
    return certify(ladder)


def _run(claim: Claim, bound: Bound, plan: Plan, *, control: str = "", alone: bool = False) -> Evidence:
    trials = _run_all(claim, bound, plan, control=control, alone=alone)
    return Evidence(plan, trials, _certify_all(bound, trials))


def _run_all(claim: Claim, bound: Bound, plan: Plan, *, control: str = "", alone: bool = False) -> list[Trial]:
    mixed = is_mixed(bound.trial)
    batches = plan.batches(claim.batch * MIXED if mixed else claim.batch, mixed=mixed)
    return _run_batches(claim, bound, batches, control=control, alone=alone)


def _run_draws(claim: Claim, bound: Bound, draws: Sequence[Draw]) -> list[Trial]:
    batches = (draws[start : start + claim.batch] for start in range(0, len(draws), claim.batch))
    return _run_batches(claim, bound, batches, alone=True)


def _run_batches(
    claim: Claim, bound: Bound, batches: Iterable[Sequence[Draw]], *, control: str = "", alone: bool
) -> list[Trial]:
    """In the precision of the claim: float32 may clear a trial of an explicit bound, only float64 convicts it.

    A trial of the claim itself is convicted alone; those of a control, which convict nothing, together.
    """
    sampled = [submit(Batch(claim, bound, draws, control, claim.precision)) for draws in batches]
    trials: list[Trial] = []
    companies: list[list[Draw]] = []
    for future in sampled:
        trials += (batch := future.result())
        if claim.precision != "float64":
            doubtful = [trial.draw for trial in batch if _is_doubtful(bound, trial)]
            companies += [[draw] for draw in doubtful] if alone else [doubtful] if doubtful else []
    convicting = [submit(Batch(claim, bound, company, control)) for company in companies]
    again = {trial.draw: trial for future in convicting for trial in future.result()}
    return [again.get(trial.draw, trial) for trial in trials]


def _is_doubtful(bound: Bound, trial: Trial) -> bool:
    """Must a trial of float32 be run again? Growth of a ratio does not hang on its fourth digit, but on infinities."""
    if bound.kind in {"explicit", "probability", "identity"}:
        return not trial.margin > NEARLY * abs(trial.rhs)
    return not math.isfinite(trial.lhs)


def _certify_all(bound: Bound, trials: Sequence[Trial]) -> dict[Draw, str]:
    """Certify the worst of the trials that fail; enough to decide, few enough to afford."""
    if bound.kind not in {"explicit", "identity"}:
        return {}
    failing = sorted((t for t in trials if t.margin < 0), key=lambda t: -badness(bound, t))
    return {trial.draw: certification(bound, trial) for trial in failing[:MOST_CERTIFIED]}


def _with_sides(bound: Bound, trial: Trial, lhs: Any, rhs: Any) -> Trial:
    lhs, rhs = float(lhs), float(rhs)
    margin = lhs - rhs if bound.relation == "at_least" else rhs - lhs
    return replace(trial, lhs=lhs, rhs=rhs, margin=margin)
