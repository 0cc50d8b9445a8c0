"""Counterexamples: the smallest and the worst trial, with what a sceptic needs to see them fail."""

from __future__ import annotations

import hashlib
import inspect
import math
import textwrap
from collections import defaultdict
from fractions import Fraction
from typing import Any

from lemmata.places.batch import run_batch
from lemmata.sampling.seeds import trial_rng
from lemmata.trials.evidence import Evidence, badness, certification, is_random
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.discovery import path_in_project
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Bound, Sides


def counterexamples(claim: Claim, bound: Bound, evidence: Evidence, *, refuted: bool) -> list[dict[str, Any]]:
    """The smallest and the worst case, as plain records; the largest ratio where nothing is refuted.

    A bound up to a constant has no counterexample in one trial: its worst trial is the largest ratio ever seen.
    """
    if bound.kind == "probability":
        return _cells(claim, bound, evidence) if refuted else []
    pool = [*evidence.trials, *filter(None, [evidence.hunted.worst, evidence.hunted.smallest])]
    if bound.kind == "comparison" or not pool:
        return []
    worst = max(pool, key=lambda trial: badness(bound, trial))
    if bound.kind == "up_to_constant":
        return [_record(claim, bound, worst, "worst")]
    if not refuted:
        return []
    real = [t for t in pool if evidence.certified.get(t.draw) == "real" or t is evidence.hunted.smallest]
    smallest = evidence.hunted.smallest or min(real, key=lambda t: t.draw.point.key)
    worst = max(real, key=lambda trial: badness(bound, trial))
    found = [_record(claim, bound, smallest, "smallest")]
    return found if worst.draw == smallest.draw else [*found, _record(claim, bound, worst, "worst")]


def _cells(claim: Claim, bound: Bound, evidence: Evidence) -> list[dict[str, Any]]:
    """The point at which failures exceed delta most clearly: k of n trials, replayed together."""
    cells: dict[str, list[Trial]] = defaultdict(list)
    for trial in evidence.iid:
        cells[trial.draw.point.key].append(trial)

    def excess(trials: list[Trial]) -> float:
        delta = bound.delta_at(trials[0].draw.point)
        rate = sum(t.margin < 0 for t in trials) / len(trials)
        return (rate - delta) / math.sqrt(delta * (1 - delta) / len(trials))

    worst = max(cells.values(), key=excess)
    return [_record(claim, bound, worst[0], "worst", trials=len(worst))]


def _record(claim: Claim, bound: Bound, trial: Trial, which: str, trials: int = 1) -> dict[str, Any]:
    draw = trial.draw
    name = f"{draw.root}|{draw.name}|{draw.stream}|{draw.index}|{trials}|{draw.point.key}"
    record: dict[str, Any] = {
        "id": "cx-" + hashlib.blake2b(name.encode(), digest_size=5).hexdigest(),
        "which": which,
        "claim": claim.id,
        "bound": bound.name,
        "reading": bound.reading,
        "file": path_in_project(claim.file),
        "params": draw.point.free,
        "root": draw.root,
        "name": draw.name,
        "stream": draw.stream,
        "index": draw.index,
        "trials": trials,
        "relation": bound.relation,
    }
    record |= replay(claim, bound, record)
    record |= {side: plain(record[side]) for side in ("lhs", "rhs")}  # a quantity that diverged is infinite
    record["replay"] = f"lemmata replay {record['id']}"
    record["snippet"] = snippet(claim, bound, record)
    return record


def replay(claim: Claim, bound: Bound, record: dict[str, Any]) -> dict[str, Any]:
    """Compute a counterexample again from parameters and seed alone, in float64 and, where possible, exactly.

    Returns:
        ``lhs`` and ``rhs``; ``exact`` with both sides in text, and ``holds``, or None where the claim has no exact
        computation; ``certification`` of a failure as real or round-off.
    """
    p = claim.params(record["params"])
    draws = [
        Draw(record["root"], record["name"], record["stream"], record["index"] + i, p) for i in range(record["trials"])
    ]
    again = [trial for draw in draws for trial in run_batch(bound.trial, bound.relation, [draw])]
    exact = None
    if bound.exact is not None:
        rng = trial_rng(record["root"], record["name"], record["stream"], record["index"])
        sides = bound.exact(p, rng) if is_random(bound.exact) else bound.exact(p)
        lhs, rhs = (sides.lhs, sides.rhs) if isinstance(sides, Sides) else sides
        exact = {"lhs": _text(lhs), "rhs": _text(rhs), "holds": _holds(bound, lhs, rhs)}
    if bound.kind == "probability":
        failed = sum(trial.margin < 0 for trial in again)
        return {
            "lhs": failed / len(again),
            "rhs": bound.delta_at(p),
            "exact": exact,
            "certification": "counted",
        }
    label = certification(bound, again[0])
    return {"lhs": again[0].lhs, "rhs": again[0].rhs, "exact": exact, "certification": label}


def _holds(bound: Bound, lhs: Any, rhs: Any) -> bool:
    """Is the exact inequality true? For a probability, lhs is the chance of failure and rhs what is allowed."""
    if bound.relation == "equal":
        return bool(lhs == rhs)
    if bound.kind == "probability" or bound.relation == "at_most":
        return bool(lhs <= rhs)
    return bool(lhs >= rhs)


def _text(value: Any) -> str:
    """A number for a reader: a fraction in full where it is short, with its decimal value."""
    if not isinstance(value, Fraction) or value.denominator == 1:
        return str(value)
    if max(abs(value.numerator), value.denominator).bit_length() > 200:
        return f"{float(value):.17g} (a rational number)"
    return f"{value} = {float(value):.12g}"


def snippet(claim: Claim, bound: Bound, record: dict[str, Any]) -> str:
    """Python text that shows the failure: without this package where the claim has an exact computation."""
    p = claim.params(record["params"])
    if bound.exact is None or is_random(bound.exact):
        arguments = ", ".join(repr(record[key]) for key in ("claim", "bound", "reading", "params"))
        seed = f"root={record['root']}, stream={record['stream']!r}, index={record['index']}, trials={record['trials']}"
        return textwrap.dedent(f"""\
            from lemmata import recompute
            print(recompute({record["file"]!r}, {arguments}, {seed}))
            """)
    source = textwrap.dedent(inspect.getsource(bound.exact))
    values = ", ".join(f"{name}={value!r}" for name, value in p.items())
    compare = {"at_least": ">=", "equal": "=="}.get(bound.relation, "<=")
    compare = "<=" if bound.kind == "probability" else compare
    return (
        "from types import SimpleNamespace\n\n"
        f"{source}\n"
        f"lhs, rhs = {bound.exact.__name__}(SimpleNamespace({values}))\n"
        f'print(lhs, rhs, "holds" if lhs {compare} rhs else "FAILS")\n'
    )
