"""One bound from plan to verdict: the record that pytest, the command line and the report all show."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

from lemmata.judging.against import e_value
from lemmata.judging.counterexample import counterexamples
from lemmata.judging.judge import judge, power
from lemmata.judging.measured import measured
from lemmata.sampling.profiles import Profile
from lemmata.trials.evidence import Evidence, gather, gather_arithmetic, gather_control, is_random
from lemmata.trials.phases import measure_map
from lemmata.trials.pins import pin
from lemmata.trials.pooling import Past, counted, state
from lemmata.vocabulary.ablation import described
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.describe import describe
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.verdict import ALPHA, ALPHA_PASS, Finding, Verdict, most_severe
from lemmata.vocabulary.words import Bound, Control

LEAST_FOR_PINS, PART_FOR_PINS = 1.0, 0.05  # seconds, and the share of a bound's time, that new pins may take


def check(claim: Claim, bound: Bound, profile: Profile, root: int) -> dict[str, Any]:
    """Gather evidence for one bound, examine its controls, and decide.

    Returns:
        A record of plain JSON values; see docs/report.md for its fields.
    """
    return checked(claim, bound, profile, root)[0]


def checked(
    claim: Claim,
    bound: Bound,
    profile: Profile,
    root: int,
    past: Past | None = None,
    installments: int = 1,
    seconds: float = math.inf,
) -> tuple[dict[str, Any], Evidence]:
    """The record of a bound, and the evidence that it was made from.

    Args:
        claim: whose bound it is.
        bound: which is checked.
        profile: how much evidence to gather.
        root: root seed of all trials.
        past: what earlier nights left, where their evidence is pooled.
        installments: how much to add to it.
        seconds: after which no further installment is begun.
    """
    start = perf_counter()

    def spent() -> float:
        return perf_counter() - start

    evidence = gather(claim, bound, profile, root, past, installments, lambda: spent() > seconds)
    findings = judge(claim, bound, evidence)
    controls = [examine(claim, bound, control, evidence, profile, root) for control in claim.controls_of(bound)]
    verdict = decide(findings, controls)
    against = e_value(claim, bound, evidence, findings) if verdict.verdict.is_alarm else None
    examples = counterexamples(claim, bound, evidence, refuted=verdict.verdict.is_alarm)
    if verdict.verdict is Verdict.VIOLATED:
        verdict = confirm(verdict, examples)
    # Half of the time that is left: a map must not cost a bound its verdict.
    spare = max(profile.seconds - spent(), 0) / 2
    maps = claim.phase_maps_of(bound)
    record = describe(claim, bound) | measured(claim, bound, evidence) | scope(claim, bound, evidence)
    record |= {
        "ablates": described(claim, evidence.trials),
        "verdict": verdict.verdict.value,
        "why": verdict.why,
        "e_value": None if against is None else plain(against),
        "parts": [{"verdict": f.verdict.value, "why": f.why} for f in findings],
        "controls": controls,
        "power": {name: plain(beta) for name, beta in power(claim, bound, evidence).items()},
        "counterexamples": examples,
        "phase_maps": [measure_map(claim, bound, each, profile, root, spare / len(maps)) for each in maps],
    }
    if past is not None:
        record["evidence"] = left_behind(bound, evidence, past, root)
        allowed = spent() + max(LEAST_FOR_PINS, PART_FOR_PINS * spent())
        record["pinned"] = pin(claim, bound, past.pinned, evidence.executed, lambda: spent() > allowed)
        record["evidence"]["seconds"] = round(spent() / max(len(evidence.sizes), 1), 3)
    return record | {"seconds": round(spent(), 2)}, evidence


def left_behind(bound: Bound, evidence: Evidence, past: Past, root: int) -> dict[str, Any]:
    """What the record keeps for the nights to come."""
    counts = counted(evidence.counts, evidence.iid) if bound.kind == "probability" else {}
    return state(root, past, evidence.look, evidence.sizes, evidence.plan.draws, counts)


def decide(findings: list[Finding], controls: list[dict[str, Any]]) -> Finding:
    """Combine findings and controls: a missed false twin takes away any pass, an accused true twin any verdict."""
    verdict = most_severe(findings)
    accused = [c["name"] for c in controls if not c["ok"] and c["must"] == "not be accused"]
    if accused:
        return Finding(Verdict.ERROR, f"the true twin {', '.join(accused)} was accused: the measurement is not trusted")
    missed = [c["name"] for c in controls if not c["ok"]]
    if verdict.verdict.is_pass and missed:
        return Finding(Verdict.INCONCLUSIVE, f"the control {', '.join(missed)} was not caught ({verdict.why})")
    return verdict


def confirm(verdict: Finding, examples: list[dict[str, Any]]) -> Finding:
    """A violation stands only if the exact computation, where there is one, fails as well."""
    doubtful = [e["id"] for e in examples if e["exact"] is not None and e["exact"]["holds"]]
    if not doubtful:
        return verdict
    why = f"{verdict.why}, but computed exactly the inequality holds in {', '.join(doubtful)}: mend the trial"
    return Finding(Verdict.INCONCLUSIVE, why)


def examine(
    claim: Claim, bound: Bound, control: Control, evidence: Evidence, profile: Profile, root: int
) -> dict[str, Any]:
    """Run a control and tell whether it did what it must."""
    if control.is_arithmetic:
        twin, seen = gather_arithmetic(claim, bound, control, evidence)
    else:
        twin, seen = gather_control(claim, bound, control, profile, root)
    finding = most_severe(judge(claim, twin, seen))
    alarmed = finding.verdict.is_alarm
    return {
        "name": control.name,
        "sort": "arithmetic" if control.is_arithmetic else "structural",
        "must": "be caught" if control.must_be_caught else "not be accused",
        "ok": alarmed == control.must_be_caught,
        "verdict": finding.verdict.value,
        "why": finding.why,
    }


def scope(claim: Claim, bound: Bound, evidence: Evidence) -> dict[str, Any]:
    """The region, the numbers of draws, and the error rates with which the verdict is to be read."""
    trials = evidence.trials
    region: dict[str, Any] = {}
    for name in trials[0].draw.point if trials else ():
        values = [trial.draw.point[name] for trial in trials]
        region[name] = sorted(set(values)) if isinstance(values[0], str) else [min(values), max(values)]
    growing = bound.kind in {"up_to_constant", "comparison"}
    transient = claim.axes[0].transient if growing and claim.axes else None
    return {
        "scope": {
            "region": region,
            "draws": drawn(bound, evidence),
            "quantile": 1 - bound.delta_at(trials[0].draw.point) if trials and growing else None,
            "transient": {"factor": transient.factor, "rate": transient.rate} if transient else None,
            "alpha": evidence.look.share * ALPHA,
            "alpha_pass": evidence.look.share_pass * ALPHA_PASS,
            "resolution": bound.resolution if growing else None,
            "how": how(bound, evidence),
        },
        "draws": {
            "planned": len(evidence.plan.draws),
            "executed": len(evidence.executed),
            "hunted": evidence.hunted.trials,
            "in_regime": len(evidence.executed),
            "proposed": evidence.plan.proposed,
        },
        "regime": [
            {
                "condition": reach.statement,
                "constant": reach.constant or None,
                "fraction": reach.fraction,
                "reach": reach.best,
                "note": "with the constant set to 1" if reach.constant else "",
            }
            for reach in evidence.plan.reach
        ],
    }


def drawn(bound: Bound, evidence: Evidence) -> int:
    """How many draws the verdict rests on, those of earlier nights among them."""
    if not is_random(bound.trial):
        return len(evidence.trials)
    return len(evidence.iid) + sum(n for _, n in evidence.counts.values())


def how(bound: Bound, evidence: Evidence) -> str:
    """The words for what stands behind a pass."""
    if bound.kind == "probability":
        return "e-process at each point"
    if bound.kind == "up_to_constant":
        return "growth of exact quantile bounds along every axis"
    if bound.kind == "comparison":
        return "difference of two growth exponents"
    if evidence.trials and all(trial.is_exact for trial in evidence.trials):
        return "exact arithmetic"
    if bound.kind == "identity":
        return "residual follows the precision down"
    searched = any(trial.random is not None for trial in evidence.trials)
    return "adversarial search" if searched else "closed form or direct evaluation"
