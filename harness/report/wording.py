"""How numbers, results and scopes are put into words, the same in the page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NOT_MEASURED = "not measured"

MEANINGS = {
    "HOLDS": "No violation of an explicit bound was found. The scope says by what means: an exact identity, "
    "a certificate, an adversary, or so many draws at a stated confidence.",
    "HOLDS_UP_TO_CONSTANT": "One constant fits, and along no axis does the ratio to the bound grow by as "
    "much as the stated resolution.",
    "TREND": "No constant fits the tested range: the ratio to the bound grows along an axis.",
    "VIOLATED": "There is a counterexample, which is more than rounding; for a statement with a "
    "probability, the evidence against it has passed its threshold.",
    "VACUOUS": "What was tested could not have failed: its regime was never met, or its bound is trivial.",
    "INCONCLUSIVE": "The evidence does not decide; the sentence beside it says what would.",
    "SKIPPED": "Not tested, for the reason given. This and the next three say nothing about mathematics.",
    "NOT_RUN": "Planned, but it never ran.",
    "TIMEOUT": "Did not finish in time.",
    "ERROR": "Failed as a program: an exception, or a quantity that is not a number.",
}
"""What each verdict says, in the order in which verdicts are counted."""

EVENTS = {
    "REPLAY": "a pinned trial gave other numbers",
    "VERDICT": "a verdict became more severe",
    "POWER": "a false twin is no longer caught, or only a larger growth would be",
    "COVERAGE": "less of a regime was reached, or fewer trials ran",
    "CONSTANT": "a constant lies above its accepted interval",
}
"""What each kind of change since the baseline says, in the order in which changes are shown."""

RELATIONS = {"at_most": "≤", "at_least": "≥", "equal": "="}

SEVERITY = (
    "HOLDS", "HOLDS_UP_TO_CONSTANT", "INCONCLUSIVE", "VACUOUS", "SKIPPED", "NOT_RUN", "TIMEOUT", "ERROR", "TREND",
    "VIOLATED",
)  # fmt: skip
"""What to say of a claim of which several are true, mildest first: no failure of a program undoes a refutation."""


def release(run: Mapping[str, Any]) -> str | None:
    """The version and commit of lemmata that made a run; None where its ledger is older than they are."""
    made_by = run.get("lemmata") or {}
    known = [made_by.get("version"), made_by.get("commit") and f"commit {made_by['commit']}"]
    return ", ".join(str(fact) for fact in known if fact) or None


def number(value: Any, digits: int = 4) -> str:
    """A number with so many significant digits; text such as "inf" as it is; None as "not measured"."""
    if value is None:
        return NOT_MEASURED
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def exactly(value: Any) -> str:
    """A number with all its digits: the shortest text that means the same float."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else number(value)


def interval(ends: Any) -> str:
    """Two ends as "[1.49, 1.58]", or one number where they are equal; None as "not measured"."""
    if ends is None:
        return NOT_MEASURED
    low, high = ends
    return number(low) if low == high else f"[{number(low)}, {number(high)}]"


def values(region: Any) -> str:
    """What an axis went through: "in [2, 64]", "= 4", or, where it is made of names, "in {relu, tanh}"."""
    if not region:
        return NOT_MEASURED
    names = any(isinstance(value, str) and not value.endswith("inf") for value in region)
    if names or len(region) != 2:
        return "in {" + ", ".join(number(value) for value in region) + "}"
    return f"= {number(region[0])}" if region[0] == region[1] else f"in {interval(region)}"


def result(item: Mapping[str, Any]) -> str:
    """The number that an item is remembered by: its constant with interval, else its smallest margin."""
    if item.get("constant") is not None:
        ends = item.get("interval")
        return number(item["constant"]) + (f" {interval(ends)}" if ends is not None else "")
    if item.get("margin") is not None:
        return f"margin {number(item['margin'])}"
    return NOT_MEASURED


def draws(item: Mapping[str, Any]) -> str:
    """How many trials decided: executed, and of how many when some that were planned did not run; tonight of all."""
    counts = item.get("draws") or {}
    executed, planned = counts.get("executed"), counts.get("planned")
    if item.get("evidence"):
        return f"{number(item['scope']['draws'])}, tonight {number(executed)}"
    if executed is None or planned is None or executed == planned:
        return number(executed)
    return f"{number(executed)} of {number(planned)}"


def draws_in_full(item: Mapping[str, Any]) -> str:
    """The same, with the trials that were proposed, in the regime, or hunting for a counterexample."""
    counts = item.get("draws") or {}
    others = {"in the regime": "in_regime", "proposed": "proposed", "hunting": "hunted"}
    known = [f"{number(counts[key])} {name}" for name, key in others.items() if counts.get(key) is not None]
    return ", ".join([draws(item), *known])


def control_summary(controls: Sequence[Mapping[str, Any]] | None) -> str:
    """What the controls showed: how many false twins were caught and how many true twins accused."""
    if not controls:
        return "none"
    false_twins = [bool(control.get("ok")) for control in controls if control.get("must") == "be caught"]
    true_twins = [bool(control.get("ok")) for control in controls if control.get("must") != "be caught"]
    parts = []
    if false_twins:
        missed = false_twins.count(False)
        parts.append(f"{missed} of {len(false_twins)} MISSED" if missed else f"{len(false_twins)} caught")
    if true_twins:
        accused = true_twins.count(False)
        parts.append(f"{accused} of {len(true_twins)} true ACCUSED" if accused else f"{len(true_twins)} true cleared")
    return ", ".join(parts)


def expectation(item: Mapping[str, Any]) -> str:
    """Whether the verdict is the one that the claim declares; only an explicit True says so."""
    expected = item.get("expected")
    if item.get("as_expected") is True:
        return "as expected" if expected else "no expectation declared"
    return f"expected {expected}" if expected else "unexpected"


def _of_transients(transient: Mapping[str, Any]) -> str:
    """What did not count as growth when a record was written; older ones knew another class."""
    factor, rate = number(transient.get("factor")), number(transient.get("rate"))
    if transient.get("rise") == "any":
        return (
            f"A rise of the ratio by a factor of up to {factor} counts as a transient, not as growth; a fall by as "
            f"much, at least like s^-{rate}, that could hide growth is allowed for."
        )
    return (
        f"A change of the ratio by a factor of up to {factor} that decays at least like s^-{rate} counts as a "
        "transient, not as growth."
    )


def scope_sentences(scope: Mapping[str, Any] | None) -> list[str]:
    """Where and how surely a verdict is known, one sentence for each thing that limits it."""
    scope = scope or {}
    sentences = []
    if scope.get("region"):
        tested = ", ".join(f"{axis} {values(region)}" for axis, region in scope["region"].items())
        sentences.append(f"Tested for {tested}.")
    if scope.get("draws") is not None:
        quantile = scope.get("quantile")
        of_quantile = f", judged at the {number(quantile)} quantile" if quantile is not None else ""
        sentences.append(f"Draws: {number(scope['draws'])}{of_quantile}.")
    if scope.get("transient"):
        sentences.append(_of_transients(scope["transient"]))
    if scope.get("rates"):
        sentences += [str(sentence) for sentence in scope["rates"]]
    elif scope.get("alpha") is not None and scope.get("quantile") is not None:  # a ledger may be older than they are
        sentences.append(f"A true statement is accused with probability at most {number(scope['alpha'])}.")
        sentences.append(f"A false one passes with probability at most {number(scope.get('alpha_pass'))}.")
    if scope.get("resolution") is not None:
        sentences.append(f"Growth exponents below {number(scope['resolution'])} cannot be told from none.")
    if scope.get("how"):
        sentences.append(f"Judged by: {str(scope['how']).rstrip('.')}.")
    return sentences or [f"The scope was {NOT_MEASURED}."]


def pooled(item: Mapping[str, Any]) -> list[str]:
    """What earlier nights gave to a verdict, and whether this one did."""
    seen = item.get("evidence")
    if not seen or not seen["sizes"]:  # without seeds every night has the same trials
        return []
    total, judged = len(seen["sizes"]), seen["judged"]
    sentences = [
        f"Evidence of {total} installments, {seen['tonight']} of this run, in epoch {seen['epoch']} of its code."
    ]
    if seen["look"] is not None:
        sentences.append(f"Growth was judged on the first {judged}, and will be again on {2 * judged}.")
    if item.get("rested"):
        sentences.append(
            f"It rested: nothing was added since run {item['rested']}, and its pinned trials were run again."
        )
    return sentences


def training(facts: Mapping[str, Any] | None) -> str | None:
    """How the networks of an item were trained, as one sentence; None where none were."""
    if not facts:
        return None

    def value(fact: Any) -> str:
        return ", ".join(map(number, fact)) if isinstance(fact, list | tuple) else number(fact)

    networks = f"{number(facts['networks'])} networks " if "networks" in facts else ""
    means = "; ".join(f"{name} {value(fact)}" for name, fact in facts.items() if name != "networks")
    return f"Trained {networks}with {means}."
