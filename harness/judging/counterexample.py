"""Counterexamples: the smallest and the worst trial, with what a sceptic needs to see them fail."""

from __future__ import annotations

import hashlib
import inspect
import operator
import textwrap
from fractions import Fraction
from typing import Any

from lemmata.judging.kinds import judged
from lemmata.judging.kinds.base import Example
from lemmata.places.batch import run_batch
from lemmata.sampling.seeds import trial_rng
from lemmata.trials.certificates import certification
from lemmata.trials.evidence import Evidence
from lemmata.vocabulary.discovery import path_in_project
from lemmata.vocabulary.numbers import plain
from lemmata.vocabulary.subject import Subject, is_random
from lemmata.vocabulary.trial import Draw
from lemmata.vocabulary.words import Sides


def counterexamples(subject: Subject, evidence: Evidence, *, refuted: bool) -> list[dict[str, Any]]:
    """The smallest and the worst case, as plain records; what else a kind shows where nothing is refuted."""
    examples = judged(subject).examples(subject, evidence, refuted=refuted)
    smallest = evidence.hunted.smallest
    return [
        _record(
            subject, example, "real" if example.trial is smallest else evidence.certified.get(example.trial.draw, "")
        )
        for example in examples
    ]


def _record(subject: Subject, example: Example, label: str) -> dict[str, Any]:
    claim, bound, draw, trials = subject.claim, subject.bound, example.trial.draw, example.trials
    name = f"{draw.root}|{draw.name}|{draw.stream}|{draw.index}|{trials}|{draw.point.key}"
    record: dict[str, Any] = {
        "id": "cx-" + hashlib.blake2b(name.encode(), digest_size=5).hexdigest(),
        "which": example.which,
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
    record |= replay(subject, record, label)
    record |= {side: plain(record[side]) for side in ("lhs", "rhs")}  # a quantity that diverged is infinite
    record["replay"] = f"lemmata replay {record['id']}"
    record["snippet"] = snippet(subject, record)
    return record


def replay(subject: Subject, record: dict[str, Any], label: str = "") -> dict[str, Any]:
    """Compute a counterexample again from parameters and seed alone, in float64 and, where possible, exactly.

    Args:
        subject: the bound.
        record: that names the trials.
        label: what was said of the failure before; it is examined again unless it is given.

    Returns:
        ``lhs`` and ``rhs``; ``exact`` with both sides in text, and ``holds``, or None where the claim has no exact
        computation; ``certification`` of a failure as real or round-off.
    """
    bound, p = subject.bound, subject.params(record["params"])
    draws = [
        Draw(record["root"], record["name"], record["stream"], record["index"] + i, p) for i in range(record["trials"])
    ]
    again = [trial for draw in draws for trial in run_batch(bound.trial, bound.relation, [draw])]
    exact = None
    if bound.exact is not None:
        rng = trial_rng(record["root"], record["name"], record["stream"], record["index"])
        sides = bound.exact(p, rng) if is_random(bound.exact) else bound.exact(p)
        lhs, rhs = (sides.lhs, sides.rhs) if isinstance(sides, Sides) else sides
        exact = {"lhs": _text(lhs), "rhs": _text(rhs), "holds": _compare(sign_of(subject), lhs, rhs)}
    label = label or certification(subject, again[0])
    return judged(subject).again(subject, p, again, label) | {"exact": exact}


def sign_of(subject: Subject) -> str:
    """How both sides of an example are claimed to compare."""
    return judged(subject).sign(subject.bound.relation)


def _compare(sign: str, lhs: Any, rhs: Any) -> bool:
    """Is the exact inequality true? For a probability, lhs is the chance of failure and rhs what is allowed."""
    return bool({"<=": operator.le, ">=": operator.ge, "==": operator.eq}[sign](lhs, rhs))


def _text(value: Any) -> str:
    """A number for a reader: a fraction in full where it is short, with its decimal value."""
    if not isinstance(value, Fraction) or value.denominator == 1:
        return str(value)
    if max(abs(value.numerator), value.denominator).bit_length() > 200:
        return f"{float(value):.17g} (a rational number)"
    return f"{value} = {float(value):.12g}"


def snippet(subject: Subject, record: dict[str, Any]) -> str:
    """Python text that shows the failure: without this package where the claim has an exact computation."""
    bound, p = subject.bound, subject.params(record["params"])
    if bound.exact is None or is_random(bound.exact):
        arguments = ", ".join(repr(record[key]) for key in ("claim", "bound", "reading", "params"))
        seed = f"root={record['root']}, stream={record['stream']!r}, index={record['index']}, trials={record['trials']}"
        return textwrap.dedent(f"""\
            from lemmata import recompute
            print(recompute({record["file"]!r}, {arguments}, {seed}))
            """)
    source = textwrap.dedent(inspect.getsource(bound.exact))
    values = ", ".join(f"{name}={value!r}" for name, value in p.items())
    return (
        "from types import SimpleNamespace\n\n"
        f"{source}\n"
        f"lhs, rhs = {bound.exact.__name__}(SimpleNamespace({values}))\n"
        f'print(lhs, rhs, "holds" if lhs {sign_of(subject)} rhs else "FAILS")\n'
    )
