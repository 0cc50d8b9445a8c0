"""Where batches of trials run: one seam, with this process or children of it behind it; a cluster may follow.

A batch is submitted and gives a future. It travels by names alone, so that every process that can import the claim
file can run it. Claims, and what gathers evidence for them, do not know where.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, Self

from lemmata.places.batch import run_batch
from lemmata.places.blackbox import BlackBox
from lemmata.places.isolation import Children
from lemmata.vocabulary.discovery import find_bound
from lemmata.vocabulary.parameters import Number
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial


class Names(NamedTuple):
    """What a batch is called: plain values, from which any process finds it again.

    ``trials`` are indices in the stream and free coordinates; ``control`` is empty for the bound itself.
    """

    file: str
    claim: str
    bound: str
    reading: str
    control: str
    precision: str
    root: int
    name: str
    stream: str
    trials: list[tuple[int, dict[str, Number]]]


@dataclass(frozen=True)
class Batch:
    """Trials of one stream of a bound, or of a control's twin of it, that run together in one precision."""

    subject: Subject
    draws: Sequence[Draw]
    precision: str = "float64"

    @property
    def names(self) -> Names:
        """The batch as it travels."""
        claim, bound, first = self.subject.claim, self.subject.bound, self.draws[0]
        return Names(
            claim.file,
            claim.id,
            bound.name,
            bound.reading,
            self.subject.control,
            self.precision,
            first.root,
            first.name,
            first.stream,
            [(draw.index, draw.point.free) for draw in self.draws],
        )

    @classmethod
    def found(cls, names: Names) -> Batch:
        """The batch of these names.

        Raises:
            KeyError: if the claim file has no such claim, bound or control.
        """
        subject = Subject(*find_bound(names.file, names.claim, names.bound, names.reading))
        if names.control:
            controls = {control.name: control for control in subject.claim.controls_of(subject.bound)}
            subject = subject.twin(controls[names.control])
        draws = [
            Draw(names.root, names.name, names.stream, index, subject.params(free)) for index, free in names.trials
        ]
        return cls(subject, draws, names.precision)

    def part(self, start: int, stop: int) -> Batch:
        """Some of its trials."""
        return replace(self, draws=self.draws[start:stop])

    def run(self) -> list[Trial]:
        """Its trials, here and now."""
        import torch

        bound = self.subject.bound
        return run_batch(bound.trial, bound.relation, self.draws, getattr(torch, self.precision))


class Future(Protocol):
    """Trials that may not have been run yet."""

    def result(self) -> list[Trial]:
        """Wait for them; raises what kept them from being run."""


class Engine(Protocol):
    """What runs batches."""

    def submit(self, batch: Batch) -> Future:
        """Take a batch; returns at once."""


# ---- this process ----


@dataclass(frozen=True)
class InProcess:
    """Runs batches one after another in this process, each when its result is asked for.

    Attributes:
        box: where to note which batch is running, for whoever survives this process.
    """

    box: BlackBox | None = None

    def submit(self, batch: Batch) -> Future:
        """Take a batch."""
        return _Deferred(batch, self.box)


@dataclass(frozen=True)
class _Deferred:
    """A batch that runs when its result is asked for, so that the first failure ends the work."""

    batch: Batch
    box: BlackBox | None

    def result(self) -> list[Trial]:
        if self.box is None:
            return self.batch.run()
        with self.box.noted(self.batch.names._asdict()):
            return self.batch.run()


# ---- processes of their own ----


class ChildProcesses:
    """Runs batches in children of this process; none that dies or hangs takes another one with it.

    Args:
        workers: how many at once.
        seconds: limit for a batch, even in code that never returns to Python.
        memory: bytes that a child may ask for.
    """

    def __init__(self, workers: int, *, seconds: float, memory: int) -> None:
        self._children = Children(workers, memory=memory)
        self.seconds = seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._children.stop()

    def submit(self, batch: Batch) -> Future:
        """Take a batch; its future raises NotMeasuredError where it gave nothing."""
        return _Travelling(batch, self._children.call(_run_named, batch.names, seconds=self.seconds))


@dataclass(frozen=True)
class _Travelling:
    batch: Batch
    numbers: Any

    def result(self) -> list[Trial]:
        pairs = zip(self.numbers.result(), self.batch.draws, strict=True)
        return [Trial(**{**numbers, "draw": draw}) for numbers, draw in pairs]


def _run_named(names: Names) -> list[dict[str, Any]]:
    """In a child: the numbers of each trial. Its draw, which holds rules of the claim, stays at home."""
    import torch

    torch.set_num_threads(1)
    return [{**vars(trial), "draw": None} for trial in Batch.found(names).run()]


# ---- the engine in use ----

_ENGINE: ContextVar[Engine] = ContextVar("engine")
_HERE = InProcess()


def submit(batch: Batch) -> Future:
    """Give a batch to the engine in use: this process, unless :func:`using` says otherwise."""
    return _ENGINE.get(_HERE).submit(batch)


@contextmanager
def using(engine: Engine) -> Generator[None]:
    """Inside, batches are run by this engine."""
    token = _ENGINE.set(engine)
    try:
        yield
    finally:
        _ENGINE.reset(token)
