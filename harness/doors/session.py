"""One run over many bounds: each is checked in isolation, and none is lost from the record."""

from __future__ import annotations

import math
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from lemmata.engine.memory import worker_share
from lemmata.nights.night import Night
from lemmata.places.blackbox import BlackBox
from lemmata.places.poison import run_blaming
from lemmata.sampling.profiles import profile_named
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.describe import describe
from lemmata.vocabulary.discovery import find_bound, load_claims, path_in_project
from lemmata.vocabulary.epochs import code_of
from lemmata.vocabulary.rows import TrialRow
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.verdict import NotMeasuredError, Verdict
from lemmata.vocabulary.words import Bound

# Children are forked from a server that has imported what checks a bound.
get_context("forkserver").set_forkserver_preload(["lemmata.doors.preload"])


class Checked(NamedTuple):
    """A record, the trials that were run for it, and the version of the code that ran them.

    ``continues`` tells whether that version, if it is new, goes on with the epoch of the one before it.
    """

    record: dict[str, Any]
    trials: list[TrialRow]
    code: str
    continues: bool = False


def check_isolated(
    subject: Subject,
    profile: str,
    root: int,
    *,
    workers: int = 1,
    device: str = "cpu",
    seconds: float | None = None,
    night: Night | None = None,
) -> Checked:
    """The record of one bound and its trials, whatever happens to the process that computes it.

    Args:
        subject: the bound.
        profile: name of the profile.
        root: root seed of all trials.
        workers: processes that share the memory of the machine.
        device: where trials train.
        seconds: limit, that of the profile unless given.
        night: the run it belongs to, where there is a ledger.
    """
    chosen, claim, bound = profile_named(profile), subject.claim, subject.bound
    try:
        done = run_blaming(
            _check,
            claim.file,
            claim.id,
            bound.name,
            bound.reading,
            profile,
            root,
            code_of(Path(claim.file)),  # here, where what many claim files share is read once
            night,
            seconds=seconds or chosen.seconds,
            memory=worker_share(workers),
        )
    except NotMeasuredError as failure:
        done = Checked(unfinished(subject, failure.status, failure.why), [], "")
    facts = {"as_expected": is_expected(done.record), "device": device, "code": done.code}
    return done._replace(record=done.record | facts)


def _check(
    file: str,
    claim: str,
    bound: str,
    reading: str,
    profile: str,
    root: int,
    code: str,
    night: Night | None,
    box: BlackBox,
) -> Checked:
    # Of a child only: the process that starts it need not import what computes.
    import torch

    from lemmata.engine.log import logged, summary
    from lemmata.engine.selftest import is_bitwise
    from lemmata.judging.check import checked
    from lemmata.judging.kinds import subject_of
    from lemmata.nights.tonight import Remembered, remember, rested
    from lemmata.places.engines import InProcess, using
    from lemmata.trials.pooling import Past, Setting

    torch.set_num_threads(1)
    subject = subject_of(*find_bound(file, claim, bound, reading))
    chosen = profile_named(profile)
    known = remember(night, subject, root, code) if night else Remembered(Past(), False, "")
    if night and known.latest and not night.installments:
        return Checked(rested(night, subject, known), [], code, known.continues)
    past = known.past if chosen.pools else None
    installments, seconds = (max(night.installments, 1), night.seconds) if night else (1, math.inf)
    with logged() as log, using(InProcess(box)):
        record, evidence = checked(subject, Setting(chosen, root, past, installments, seconds))
    rows = [TrialRow.of(trial, evidence.certified.get(trial.draw, "none")) for trial in evidence.executed]
    return Checked(record | {"training": summary(log, is_bitwise)}, rows, code, known.continues)


def unfinished(subject: Subject, status: Verdict, why: str) -> dict[str, Any]:
    """The record of a bound that has no verdict."""
    return describe(subject) | _without_result(status, why)


def malformed(file: Path, problem: str) -> dict[str, Any]:
    """The record of a file whose claims cannot be read."""
    place = path_in_project(file)
    claim, bound = Claim("file", points=[{}], statement=problem), Bound("file", "equal", lambda p: (0, 0))
    nothing = describe(Subject(claim, bound))
    name = ".".join(Path(place).with_suffix("").parts)  # files of one name in two folders are two
    return nothing | {"claim": name, "file": place} | _without_result(Verdict.ERROR, problem)


def lost(node: str) -> dict[str, Any]:
    """The record of a collected bound that was never reported, found again from its pytest id."""
    from lemmata.judging.kinds import subject_of

    path, _, name = node.partition("::")
    claim, _, label = name.rstrip("]").partition("[")
    why = "the run ended, or its worker died, before this bound was checked"
    for found in load_claims(Path(path)):
        for bound in found.bounds:
            if (found.id, bound.label) == (claim, label):
                return unfinished(subject_of(found, bound), Verdict.NOT_RUN, why)
    raise KeyError(f"{node} names no bound of {path}")


def _without_result(status: Verdict, why: str) -> dict[str, Any]:
    return {
        "verdict": status.value,
        "as_expected": False,
        "why": why,
        "parts": [],
        "controls": [],
        "counterexamples": [],
        "phase_maps": [],
        "power": {},
        "constant": None,
        "interval": None,
        "margin": None,
        "largest_ratio": None,
        "axes": [],
        "dominance": {},
        "adversary": None,
        "scope": None,
        "regime": [],
        "draws": {"planned": 0, "executed": 0, "hunted": 0, "in_regime": 0, "proposed": 0},
        "training": None,
        "seconds": 0.0,
    }


def is_expected(record: dict[str, Any]) -> bool:
    """Is the verdict the one that the claim expects, or a pass where it expects nothing?"""
    verdict = Verdict(record["verdict"])
    return verdict == record["expected"] if record["expected"] else verdict.is_pass
