"""Compute a trial again from its name, in this process; what a counterexample's snippet calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lemmata.judging.counterexample import replay
from lemmata.judging.kinds import subject_of
from lemmata.vocabulary.discovery import find_bound
from lemmata.vocabulary.parameters import Number


def recompute(
    file: str | Path,
    claim: str,
    bound: str,
    reading: str = "literal",
    params: Mapping[str, Number] | None = None,
    *,
    root: int = 0,
    stream: str = "iid",
    index: int = 0,
    trials: int = 1,
) -> dict[str, Any]:
    """Both sides of an inequality at given parameters and seed.

    Args:
        file: the claim file.
        claim: its id.
        bound: name of the bound.
        reading: reading of the bound.
        params: the free coordinates.
        root: root seed of the run.
        stream: stream of the trial.
        index: number of the trial in its stream.
        trials: how many trials from there on count as one example (for a probability).

    Returns:
        ``lhs``, ``rhs``, ``exact`` and ``certification``; see :func:`lemmata.judging.counterexample.replay`.
    """
    subject = subject_of(*find_bound(file, claim, bound, reading))
    record = {
        "params": dict(params or {}),
        "root": root,
        "name": subject.name,
        "stream": stream,
        "index": index,
        "trials": trials,
    }
    return replay(subject, record)
