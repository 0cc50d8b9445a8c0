"""Hypothesis proposes sizes and shapes and shrinks them; it never draws seeds, weights or data.

What it finds can refute a bound and can never support one: its points are no sample of anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import HealthCheck, Phase, find, settings, target
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from lemmata.sampling.profiles import PROFILES, Profile
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.parameters import Number, Params
from lemmata.vocabulary.subject import Subject
from lemmata.vocabulary.trial import Draw, Trial
from lemmata.vocabulary.words import Axis

# Of its own, because the library's automatic profile for CI tries the same points in every run.
for _profile in PROFILES.values():
    settings.register_profile(
        f"claims-{_profile.name}",
        max_examples=_profile.hunt,
        derandomize=False,
        database=None,
        deadline=None,
        print_blob=False,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )

REPLICATES = 2


@dataclass(frozen=True)
class Hunt:
    """What the search brought: the worst trial it met, and the trial at the smallest parameters that fail."""

    worst: Trial | None
    smallest: Trial | None
    trials: int


def hunt(
    subject: Subject,
    profile: Profile,
    root: int,
    run: Callable[[Sequence[Draw]], list[Trial]],
    refutes: Callable[[Trial], bool],
    night: int = 0,
) -> Hunt:
    """Search the parameters of a claim for a failure, and shrink it.

    Args:
        subject: the bound; the axes or points of its claim are searched, inside its explicit regime.
        profile: says how many examples.
        root: root seed of the run.
        run: runs trials of equal parameters.
        refutes: is this trial a failure that is no round-off?
        night: how often evidence was gathered before: each time other points are tried.
    """
    claim, name = subject.claim, subject.name
    met: list[Trial] = []
    seen: dict[str, list[Trial]] = {}

    def fails(free: Mapping[str, Number]) -> bool:
        p = claim.params(free)
        if any(condition.ratio(p) < 1 for condition in claim.regime if not condition.constant):
            return False
        if p.key not in seen:
            stream = hunt_stream(p)
            seen[p.key] = run([Draw(root, name, stream, i, p) for i in range(REPLICATES if subject.is_random else 1)])
            met.extend(seen[p.key])
        trials = seen[p.key]
        score = max(subject.badness(trial) for trial in trials)
        if abs(score) < float("inf"):
            target(score)
        return any(refutes(trial) for trial in trials)

    smallest = None
    text = f"{root}|{name}|hunt" + (f"|{night}" if night else "")
    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
    try:
        with_settings = settings(settings.get_profile(f"claims-{profile.name}"))
        free = find(_parameters(claim), fails, settings=with_settings, random=Random(seed))
        smallest = next(trial for trial in seen[claim.params(free).key] if refutes(trial))
    except NoSuchExample:
        pass  # nothing found is the usual end of a search
    return Hunt(max(met, key=subject.badness, default=None), smallest, len(met))


def hunt_stream(p: Params) -> str:
    """The stream of the trials that a search makes at these parameters: fresh randomness for each point."""
    return "hunt:" + hashlib.blake2b(p.key.encode(), digest_size=6).hexdigest()


def _parameters(claim: Claim) -> st.SearchStrategy[dict[str, Number]]:
    """Points of a claim; small values are simple, so that shrinking leads to the smallest case."""
    if claim.points:
        return st.sampled_from([dict(point) for point in claim.points])
    return st.fixed_dictionaries({axis.name: _values(axis) for axis in claim.axes})


def _values(axis: Axis) -> st.SearchStrategy[Number]:
    if axis.values:
        return st.sampled_from(list(axis.values))
    if axis.is_integer:
        return st.integers(int(axis.low), int(axis.high))
    return st.integers(0, 64).map(lambda i: float(f"{axis.low * (axis.high / axis.low) ** (i / 64):.6g}"))
