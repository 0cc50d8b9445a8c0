"""One bound in one night: what the ledger remembers of it, and how it rests when the time goes to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lemmata.ledger import Ledger
from lemmata.ledger.trials import Sample, epoch_number
from lemmata.nights.night import Night
from lemmata.trials.pins import agree, run_again
from lemmata.trials.pooling import Past, decided_by, recalled
from lemmata.vocabulary.describe import describe
from lemmata.vocabulary.subject import Subject


class Remembered(NamedTuple):
    """What earlier nights left; does new code go on with their epoch; and the run of the latest that has evidence."""

    past: Past
    continues: bool
    latest: str


def remember(night: Night, subject: Subject, root: int, code: str) -> Remembered:
    """What the ledger has of a bound, and to which epoch the present code belongs.

    New code that gives the numbers of every pinned trial, and judges them as before, goes on with the latest epoch;
    other code begins one.
    """
    ledger, sample = Ledger(night.ledger), sample_of(subject)
    epochs, states = ledger.epochs(sample), ledger.states(sample, root, besides=night.run)
    continues = (
        bool(states) and code not in epochs and _same_decision(subject, states) and agree(subject, states[0]["pinned"])
    )
    epoch = epoch_number(epochs, code, continues=continues)
    latest = next((state["run"] for state in states if state["evidence"]["epoch"] == epoch), "")
    rows = ledger.trials(sample, epoch, besides=night.run) if latest else []
    return Remembered(recalled(subject, epoch, states, rows, root), continues, latest)


def _same_decision(subject: Subject, states: Sequence[Mapping[str, Any]]) -> bool:
    """Does the claim say of its judgement what it said on the latest night? Older ledgers did not write it down."""
    before = states[0]["evidence"].get("decided_by")
    return before is None or before == decided_by(subject)


def rested(night: Night, subject: Subject, known: Remembered) -> dict[str, Any]:
    """The record of a bound that adds nothing tonight: that of the latest night, and its pinned trials run again."""
    record = Ledger(night.ledger).record(sample_of(subject), known.latest)
    nothing = {"planned": 0, "executed": 0, "hunted": 0}
    described = describe(subject) | {"ablates": record["ablates"]}  # the words may have changed
    return (
        record
        | described
        | {
            "rested": record.get("rested") or known.latest,
            "pinned": [run_again(subject, each) for each in known.past.pinned],
            "draws": record["draws"] | nothing,
            "seconds": 0.0,
        }
    )


def sample_of(subject: Subject) -> Sample:
    """The name under which the ledger has the trials of a bound."""
    return Sample(subject.claim.id, subject.bound.reading, subject.bound.name)
