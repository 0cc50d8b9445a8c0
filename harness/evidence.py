"""Gathering evidence: run a plan, look for worse, and re-examine what seems to fail in higher precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from inspect import signature
from typing import Any

import torch

from harness.claim import Bound, Claim, Control, Sides
from harness.hunt import Hunt, hunt
from harness.parameters import Params
from harness.plan import Plan, make_plan, sample_name
from harness.profiles import Profile
from harness.statistics import certify
from harness.trial import Draw, Trial, is_mixed, log_ratio, run_batch

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
    """

    plan: Plan
    trials: list[Trial]
    certified: dict[Draw, str] = field(default_factory=dict)
    hunted: Hunt = Hunt(None, None, 0)

    @property
    def iid(self) -> list[Trial]:
        """The trials that estimates and passes may rest on."""
        return [trial for trial in self.trials if trial.draw.stream == "iid"]


def is_random(function: Callable[..., Any]) -> bool:
    """Does a trial depend on a seed?"""
    return len(signature(function).parameters) == 2


def gather(claim: Claim, bound: Bound, profile: Profile, root: int) -> Evidence:
    """Run the trials of a bound and search for failures."""
    random = is_random(bound.trial)
    plan = make_plan(claim, bound, profile, root, random=random)
    evidence = _run(claim, bound, plan, alone=True)
    if bound.kind in {"probability", "comparison"} or not plan.draws:
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
    )
    return replace(evidence, hunted=hunted)


def gather_control(claim: Claim, bound: Bound, control: Control, profile: Profile, root: int) -> tuple[Bound, Evidence]:
    """Run a structural control: the false or true twin as a bound of its own, and its trials.

    Where the regime leaves no point, the twin is run outside it: it is the measuring that is being examined.
    """
    same_trial = len(control.arguments) == 1
    twin = _at_other_parameters(bound.trial, control.twin) if same_trial else control.twin
    false_bound = replace(bound, trial=twin, exact=None, cap=None)
    random = is_random(twin)
    plan = make_plan(claim, bound, profile, root, control=control.name, random=random)
    if not plan.draws:
        free = replace(claim, regime=())
        free.bounds, free.controls = claim.bounds, claim.controls
        plan = make_plan(free, bound, profile, root, control=control.name, random=random)
    return false_bound, _run(claim, false_bound, plan)


def gather_arithmetic(claim: Claim, bound: Bound, control: Control, evidence: Evidence) -> tuple[Bound, Evidence]:
    """Apply an arithmetic control to the draws at hand; equalities keep no sides and are run again."""
    false_bound = replace(bound, trial=_with_other_sides(bound, control.twin), exact=None, cap=None)
    if bound.relation == "equal" or any(trial.is_exact for trial in evidence.trials):
        changed = _run_all(claim, false_bound, evidence.plan)
    else:
        changed = [_with_sides(bound, t, *control.twin(t.draw.point, t.lhs, t.rhs)) for t in evidence.trials]
    return false_bound, Evidence(evidence.plan, changed, _certify_all(false_bound, changed))


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


def _run(claim: Claim, bound: Bound, plan: Plan, *, alone: bool = False) -> Evidence:
    trials = _run_all(claim, bound, plan, alone=alone)
    return Evidence(plan, trials, _certify_all(bound, trials))


def _run_all(claim: Claim, bound: Bound, plan: Plan, *, alone: bool = False) -> list[Trial]:
    mixed = is_mixed(bound.trial)
    batches = plan.batches(claim.batch * MIXED if mixed else claim.batch, mixed=mixed)
    return [trial for batch in batches for trial in _run_one_batch(claim, bound, batch, alone=alone)]


def _run_draws(claim: Claim, bound: Bound, draws: Sequence[Draw]) -> list[Trial]:
    return [
        trial
        for start in range(0, len(draws), claim.batch)
        for trial in _run_one_batch(claim, bound, draws[start : start + claim.batch], alone=True)
    ]


def _run_one_batch(claim: Claim, bound: Bound, draws: Sequence[Draw], *, alone: bool) -> list[Trial]:
    """In the precision of the claim: float32 may clear a trial of an explicit bound, only float64 convicts it.

    A trial of the claim itself is convicted alone; those of a control, which convict nothing, together.
    """
    if claim.precision == "float64":
        return run_batch(bound.trial, bound.relation, draws)
    trials = run_batch(bound.trial, bound.relation, draws, torch.float32)
    doubtful = [trial.draw for trial in trials if _is_doubtful(bound, trial)]
    companies = [[draw] for draw in doubtful] if alone else [doubtful] if doubtful else []
    again = {trial.draw: trial for company in companies for trial in run_batch(bound.trial, bound.relation, company)}
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


def _at_other_parameters(trial: Callable[..., Any], change: Callable[..., Any]) -> Callable[..., Any]:
    """The same trial at parameters that the control changes; a control may also give sides at once."""

    @wraps(trial)  # for the signature, which tells whether a trial is random and batched
    def twin(p: Params | list[Params], *rng: Any) -> Any:
        changed = [change(q) for q in p] if isinstance(p, list) else change(p)
        return trial(changed, *rng) if isinstance(changed, Params | list) else changed

    return twin


def _with_other_sides(bound: Bound, change: Callable[..., Any]) -> Callable[..., Any]:
    """The trial whose sides the control changes."""

    @wraps(bound.trial)
    def twin(p: Params, *rng: Any) -> Any:
        if isinstance(p, list):
            raise TypeError(f"a mixed trial {bound.name!r} of exact sides has no arithmetic control: take (p, rngs)")
        sides = bound.trial(p, *rng)
        lhs, rhs = (sides.lhs, sides.rhs) if isinstance(sides, Sides) else sides
        if isinstance(rhs, tuple) and bound.relation != "equal":
            rhs = sum(rhs)
        return change(p, lhs, rhs)

    return twin


def _with_sides(bound: Bound, trial: Trial, lhs: Any, rhs: Any) -> Trial:
    lhs, rhs = float(lhs), float(rhs)
    margin = lhs - rhs if bound.relation == "at_least" else rhs - lhs
    return replace(trial, lhs=lhs, rhs=rhs, margin=margin)
