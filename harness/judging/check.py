"""One bound from plan to verdict: the record that pytest, the command line and the report all show."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any

from lemmata.judging.blind import Place, able_to_fail, pass_of_the_others, unseen
from lemmata.judging.counterexample import counterexamples
from lemmata.judging.judge import judge
from lemmata.judging.kinds import judged
from lemmata.judging.measured import measured
from lemmata.places.sides import TrialError
from lemmata.sampling.plan import make_plan
from lemmata.trials.evidence import Evidence, gather, gather_arithmetic, gather_control
from lemmata.trials.phases import measure_map
from lemmata.trials.pins import pin
from lemmata.trials.pooling import Past, Setting, decided_by, state
from lemmata.trials.purity import impurity, settled
from lemmata.vocabulary.ablation import described
from lemmata.vocabulary.describe import describe
from lemmata.vocabulary.error_rates import ALPHA, ALPHA_PASS
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.verdict import Finding, Verdict, most_severe
from lemmata.vocabulary.words import Control

LEAST_FOR_PURITY, PART_FOR_PURITY = 0.05, 0.02  # seconds, and the share of a bound's time, for more than the least
LEAST_FOR_PINS, PART_FOR_PINS = 1.0, 0.05  # seconds, and the share of a bound's time, that new pins may take


def check(subject: Subject, setting: Setting) -> dict[str, Any]:
    """Gather evidence for one bound, examine its controls, and decide.

    Returns:
        A record of plain JSON values; see docs/report.md for its fields.
    """
    return checked(subject, setting)[0]


def checked(subject: Subject, setting: Setting) -> tuple[dict[str, Any], Evidence]:
    """The record of a bound, and the evidence that it was made from."""
    start = perf_counter()

    def spent() -> float:
        return perf_counter() - start

    subject = settled(subject, make_plan(subject, setting.profile, setting.root))
    kind, claim, past = judged(subject), subject.claim, setting.past
    evidence = gather(subject, setting, spent)
    if impure := impurity(subject, evidence.executed, max(LEAST_FOR_PURITY, PART_FOR_PURITY * spent())):
        raise TrialError(impure)
    findings = judge(subject, evidence)
    examined = [examine(subject, control, evidence, setting) for control in claim.controls_of(subject.bound)]
    controls = [record for record, _ in examined]
    verdict = decide(findings, controls)
    if verdict.verdict.is_pass and (limits := pass_of_the_others([at for _, at in examined if at is not None])):
        verdict = replace(verdict, why=f"{verdict.why}; {limits}")
    refuted = verdict.verdict.is_alarm
    against = kind.e_value(subject, evidence, findings) if refuted else None
    examples = counterexamples(subject, evidence, refuted=refuted)
    if verdict.verdict is Verdict.VIOLATED:
        verdict = confirm(verdict, examples)
    # Half of the time that is left: a map must not cost a bound its verdict.
    spare, maps = max(setting.profile.seconds - spent(), 0) / 2, claim.phase_maps_of(subject.bound)
    record = describe(subject) | measured(subject, evidence) | scope(subject, evidence)
    record |= {
        "ablates": described(claim, evidence.trials),
        "verdict": verdict.verdict.value,
        "why": verdict.why,
        "e_value": None if against is None else plain(against),
        "parts": [{"verdict": f.verdict.value, "why": f.why} for f in findings],
        "controls": controls,
        "power": {name: plain(beta) for name, beta in kind.power(subject, evidence).items()},
        "counterexamples": examples,
        "notes": notes(subject),
        "phase_maps": [measure_map(subject, m, setting.profile, setting.root, spare / len(maps)) for m in maps],
    }
    if past is not None:
        record["evidence"] = left_behind(subject, evidence, past, setting.root)
        allowed = spent() + max(LEAST_FOR_PINS, PART_FOR_PINS * spent())
        record["pinned"] = pin(subject, past.pinned, evidence.executed, lambda: spent() > allowed)
        record["evidence"]["seconds"] = round(spent() / max(len(evidence.sizes), 1), 3)
    return record | {"seconds": round(spent(), 2)}, evidence


def notes(subject: Subject) -> list[str]:
    """What a reader should know of how a claim is written."""
    return ["its trial takes a generator and never draws: one draw a point says all"] if subject.never_draws else []


def left_behind(subject: Subject, evidence: Evidence, past: Past, root: int) -> dict[str, Any]:
    """What the record keeps for the nights to come."""
    counts = judged(subject).left_behind(subject, evidence)
    return {"decided_by": decided_by(subject)} | state(
        root, past, evidence.look, evidence.sizes, evidence.plan.draws, counts
    )


def decide(findings: list[Finding], controls: list[dict[str, Any]]) -> Finding:
    """Combine findings and controls: a missed false twin takes away any pass, an accused true twin any verdict.

    A true twin that asks for no more than the claim in any draw cannot vouch for a claim that is refuted itself: the
    draws that refute the claim come close to refuting the twin, whose author took it for true.
    """
    verdict = most_severe(findings)
    accused = [
        c["name"]
        for c in controls
        if not c["ok"] and c["must"] == "not be accused" and not (verdict.verdict.is_alarm and c["weaker"])
    ]
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
    subject: Subject, control: Control, evidence: Evidence, setting: Setting
) -> tuple[dict[str, Any], set[Place] | None]:
    """Run a control and tell whether it did what it must, and where a false twin was not caught (None: a true one)."""
    if control.is_arithmetic:
        twin, seen = gather_arithmetic(subject, control, evidence, setting)
    else:
        twin, seen = gather_control(subject, control, setting, evidence.rounding)
    finding = most_severe(judge(twin, seen))
    alarmed = finding.verdict.is_alarm
    pairs = zip(seen.trials, evidence.trials, strict=True) if control.is_arithmetic else ()
    record = {
        "name": control.name,
        "sort": "arithmetic" if control.is_arithmetic else "structural",
        "must": "be caught" if control.must_be_caught else "not be accused",
        "ok": alarmed == control.must_be_caught,
        "weaker": control.is_arithmetic and all(twin.badness(a) <= subject.badness(b) for a, b in pairs),
        "verdict": finding.verdict.value,
        "why": finding.why,
    }
    return record, unseen(twin, seen) if control.must_be_caught else None


def scope(subject: Subject, evidence: Evidence) -> dict[str, Any]:
    """The region, the numbers of draws, and the error rates with which the verdict is to be read."""
    trials = evidence.trials
    region: dict[str, Any] = {}
    for name in trials[0].draw.point if trials else ():
        values = [trial.draw.point[name] for trial in trials]
        region[name] = sorted(set(values)) if isinstance(values[0], str) else [min(values), max(values)]
    kind = judged(subject)
    return {
        "scope": {
            "region": region,
            "draws": drawn(subject, evidence),
            "quantile": None,
            "transient": None,
            "alpha": evidence.look.share * ALPHA,
            "alpha_pass": evidence.look.share_pass * ALPHA_PASS,
            "resolution": None,
            "how": kind.method(subject, evidence),
            "rates": kind.rates(subject, able_to_fail(subject, evidence)[0]) if trials else [],
        }
        | kind.scope(subject, evidence),
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


def drawn(subject: Subject, evidence: Evidence) -> int:
    """How many draws the verdict rests on, those of earlier nights among them."""
    if not subject.is_random:
        return len(evidence.trials)
    return len(evidence.iid) + sum(n for *_, n in evidence.counts.values())
