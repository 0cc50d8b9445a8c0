"""A trial that kills the process that runs it, or never returns, is found and named; nothing else is blamed for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lemmata.places.blackbox import Note, black_box
from lemmata.places.engines import Batch, ChildProcesses, Names
from lemmata.places.isolation import DiedError, NotStartedError, TimeLimitError, run_isolated
from lemmata.vocabulary.discovery import path_in_project
from lemmata.vocabulary.verdict import NotMeasuredError, Verdict


def run_blaming(function: Callable[..., Any], *arguments: Any, seconds: float, memory: int) -> Any:
    """Call a function in a child of its own that gets a black box after its arguments; see :func:`run_isolated`.

    Where the child dies, what its box says it was running is run again. A trial that kills is the end of it; where
    none does, as when somebody else killed the child, the function is called once more.

    Raises:
        NotMeasuredError: TIMEOUT when the time ran out; ERROR when memory ran out, the child died, or it raised. It
            names the trials that are to blame, if any are.
    """
    for is_last in (False, True):
        with black_box() as box:
            try:
                return run_isolated(function, *arguments, box, seconds=seconds, memory=memory)
            except TimeLimitError as failure:
                raise _stuck(box.read(), failure, memory) from None
            except (DiedError, NotStartedError) as death:
                if words := _killer(box.read(), seconds, memory):
                    raise NotMeasuredError(Verdict.ERROR, words) from None
                if is_last:
                    why = f"the process that ran it died twice ({death.how}), and no trial of it does that when it "
                    raise NotMeasuredError(Verdict.ERROR, f"{why}runs again: was it out of memory?") from None
    raise AssertionError("unreachable")


def smallest(batch: Batch, fails: Callable[[Batch], bool]) -> Batch:
    """The smallest part of a failing batch that fails, by halving: one trial, unless it takes several together."""
    while len(batch.draws) > 1:
        middle = len(batch.draws) // 2
        halves = batch.part(0, middle), batch.part(middle, len(batch.draws))
        failing = next(filter(fails, halves), None)
        if failing is None:
            break
        batch = failing
    return batch


def _killer(note: Note | None, seconds: float, memory: int) -> str:
    """The trial that kills its process, in words; empty where nothing of what was running does so again."""
    if note is None:
        return ""
    batch, deaths = _batch(note), []
    with ChildProcesses(1, seconds=seconds, memory=memory) as engine:

        def dies(part: Batch) -> bool:
            try:
                engine.submit(part).result()
            except DiedError as death:
                deaths.append(death.how)
                return True
            except NotMeasuredError:
                return False
            return False

        if not dies(batch):
            return ""
        guilty = smallest(batch, dies)
        if not dies(guilty):  # it was somebody else, twice
            return ""
    if len(guilty.draws) > 1:
        return f"{_name(guilty)} kill the process that runs them ({deaths[-1]}), but only together: lower `batch`"
    return f"{_name(guilty)} kills the process that runs it ({deaths[-1]}), each time{_again(guilty)}"


def _stuck(note: Note | None, failure: TimeLimitError, memory: int) -> NotMeasuredError:
    """The same time-out, with the name of a trial that does not come back, if that is what took most of the time.

    The search may take half as long again: of the two halves of a batch one hangs, at every step.
    """
    if note is None or note.seconds < failure.seconds / 2:
        return failure
    batch = _batch(note)
    seconds = note.seconds
    if len(batch.draws) > 1:
        seconds /= 2 * math.ceil(math.log2(len(batch.draws)))
        with ChildProcesses(1, seconds=seconds, memory=memory) as engine:

            def hangs(part: Batch) -> bool:
                try:
                    engine.submit(part).result()
                except TimeLimitError:
                    return True
                except NotMeasuredError:
                    return False
                return False

            batch = smallest(batch, hangs)
    if len(batch.draws) > 1:  # they are slow rather than stuck
        return failure
    why = f"no result after {failure.seconds:g} s: {_name(batch)} does not return within {seconds:.3g} s"
    return NotMeasuredError(failure.status, why + _again(batch))


def _batch(note: Note) -> Batch:
    return Batch.found(Names(**note.what))


def _name(batch: Batch) -> str:
    """Which trials these are, for a person."""
    first, last = batch.draws[0], batch.draws[-1]
    which = f"trial {first.index}" if first == last else f"the {len(batch.draws)} trials {first.index} ... {last.index}"
    where = f"at {first.point.free}" if all(draw.point == first.point for draw in batch.draws) else "at several points"
    control = f" of the control {batch.subject.control}" if batch.subject.control else ""
    return f"{which} of stream {first.stream}{control} {where} (root seed {first.root})"


def _again(batch: Batch) -> str:
    """How to run one trial again, outside of everything."""
    claim, bound, draw = batch.subject.claim, batch.subject.bound, batch.draws[0]
    if batch.subject.control:
        return ""
    names = [path_in_project(claim.file), claim.id, bound.name, bound.reading, draw.point.free]
    arguments = ", ".join(map(repr, names))
    seed = f"root={draw.root}, stream={draw.stream!r}, index={draw.index}"
    return f". To see it: from lemmata import recompute; recompute({arguments}, {seed})"
