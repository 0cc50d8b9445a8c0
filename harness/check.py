"""One bound from plan to verdict: the record that pytest, the command line and the report all show."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from harness.ablation import described
from harness.claim import Bound, Claim, Control
from harness.counterexample import counterexamples
from harness.discovery import path_in_project
from harness.evidence import Evidence, gather, gather_arithmetic, gather_control, is_random
from harness.judge import ALPHA, ALPHA_PASS, judge, power
from harness.measured import measured, plain
from harness.phases import measure_map
from harness.profiles import Profile
from harness.verdict import Finding, Verdict, most_severe


def check(claim: Claim, bound: Bound, profile: Profile, root: int) -> dict[str, Any]:
    """Gather evidence for one bound, examine its controls, and decide.

    Returns:
        A record of plain JSON values; see docs/report.md for its fields.
    """
    return checked(claim, bound, profile, root)[0]


def checked(claim: Claim, bound: Bound, profile: Profile, root: int) -> tuple[dict[str, Any], Evidence]:
    """The record of a bound, and the evidence that it was made from."""
    start = perf_counter()
    evidence = gather(claim, bound, profile, root)
    findings = judge(claim, bound, evidence)
    controls = [examine(claim, bound, control, evidence, profile, root) for control in claim.controls_of(bound)]
    verdict = decide(findings, controls)
    examples = counterexamples(claim, bound, evidence, refuted=verdict.verdict.is_alarm)
    if verdict.verdict is Verdict.VIOLATED:
        verdict = confirm(verdict, examples)
    # Half of the time that is left: a map must not cost a bound its verdict.
    spare = max(profile.seconds - (perf_counter() - start), 0) / 2
    maps = claim.phase_maps_of(bound)
    record = describe(claim, bound) | measured(claim, bound, evidence) | scope(claim, bound, evidence)
    record |= {
        "ablates": described(claim, evidence.trials),
        "verdict": verdict.verdict.value,
        "why": verdict.why,
        "parts": [{"verdict": f.verdict.value, "why": f.why} for f in findings],
        "controls": controls,
        "power": {name: plain(beta) for name, beta in power(claim, bound, evidence).items()},
        "counterexamples": examples,
        "phase_maps": [measure_map(claim, bound, each, profile, root, spare / len(maps)) for each in maps],
        "seconds": round(perf_counter() - start, 2),
    }
    return record, evidence


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


def describe(claim: Claim, bound: Bound) -> dict[str, Any]:
    """What the record says of the statement itself; needs no run."""
    text = claim.statement.strip()
    paper = claim.paper
    return {
        "claim": claim.id,
        "reading": bound.reading,
        "reading_means": claim.readings.get(bound.reading, "as printed"),
        "bound": bound.name,
        "paper": {"key": paper.key, "citation": paper.citation, "link": paper.link} if paper else None,
        "place": claim.place,
        "file": path_in_project(claim.file),
        "title": text.splitlines()[0] if text else claim.id,
        "statement": text,
        "kind": bound.kind,
        "relation": bound.relation,
        "quantity": bound.quantity,
        "uses": list(claim.uses),
        "expected": bound.expect.value if bound.expect else None,
        "erratum": bound.erratum or None,
        "ablates": described(claim),
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
            "draws": len(evidence.iid) if is_random(bound.trial) else len(trials),
            "quantile": 1 - bound.delta_at(trials[0].draw.point) if trials and growing else None,
            "transient": {"factor": transient.factor, "rate": transient.rate} if transient else None,
            "alpha": ALPHA,
            "alpha_pass": ALPHA_PASS,
            "resolution": bound.resolution if growing else None,
            "how": how(bound, evidence),
        },
        "draws": {
            "planned": len(evidence.plan.draws),
            "executed": len(trials),
            "hunted": evidence.hunted.trials,
            "in_regime": len(trials),
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
