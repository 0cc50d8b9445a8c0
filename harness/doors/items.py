"""Claims as items of pytest: one a bound and reading, ``path::claim[bound]``. Imports nothing heavy at the top."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lemmata.doors.allotment import BudgetSpentError, night_of
from lemmata.doors.options import profile_of
from lemmata.doors.resume import kept

if TYPE_CHECKING:
    from lemmata.vocabulary.subject import Subject

SEEN_IDS = pytest.StashKey["dict[str, Path]"]()


class ClaimFile(pytest.File):
    """A file of claims."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for every bound and reading; an item that reports the problem where the file is malformed."""
        from lemmata.judging.kinds import load_valid_claims, subject_of

        try:
            claims = load_valid_claims(self.path)
            seen = self.config.stash[SEEN_IDS]
            for claim in claims:
                other = seen.setdefault(claim.id, self.path)
                if other != self.path:
                    raise ValueError(f"id: {claim.id!r} is used in {other} too. Give each claim an id of its own")
        except Exception as error:
            yield MalformedClaim.from_parent(self, name=self.path.stem, error=error)
            return
        if not claims and self.session.isinitpath(self.path):
            nothing = ValueError("its import makes no claim. Make one: Claim(...), from lemmata import Claim")
            yield MalformedClaim.from_parent(self, name=self.path.stem, error=nothing)
        for claim in claims:
            for bound in sorted(claim.bounds, key=lambda bound: bound.label):
                item = ClaimItem.from_parent(self, name=f"{claim.id}[{bound.label}]", subject=subject_of(claim, bound))
                item.add_marker(pytest.mark.claim(claim.id))
                yield item


class MalformedClaim(pytest.Item):
    """Stands for a claim file that cannot be used, so that the other files still run."""

    def __init__(self, *, error: Exception, **rest: Any) -> None:
        super().__init__(**rest)
        inside = self.path.is_relative_to(self.config.rootpath)
        where = self.path.relative_to(self.config.rootpath) if inside else self.path
        self.problem = f"malformed claim file {where}: {_words(error)}"

    @property
    def record(self) -> dict[str, Any]:
        """The file as an ERROR in the record of the run."""
        from lemmata.doors.session import malformed

        return malformed(self.path, self.problem)

    def setup(self) -> None:
        """Fail with file, field and remedy."""
        pytest.fail(self.problem, pytrace=False)

    def runtest(self) -> None:
        """Never reached: setup fails."""

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where pytest says the item is."""
        return self.path, 0, self.name


def _words(error: Exception) -> str:
    from lemmata.vocabulary.words import ClaimError

    return str(error) if isinstance(error, ClaimError | ValueError) else f"{type(error).__name__}: {error}"


class ClaimItem(pytest.Item):
    """One bound of a claim in one reading."""

    is_kept = False  # was it known already, to the run that is resumed?

    def __init__(self, *, subject: Subject, **rest: Any) -> None:
        super().__init__(**rest)
        self.subject = subject
        claim, bound = subject.claim, subject.bound
        self.extra_keyword_matches.update({claim.id, bound.name, bound.reading, subject.kind.name})
        if claim.paper:
            self.extra_keyword_matches.add(claim.paper.key)
        self.record: dict[str, Any] = {}
        self.trials: list[Any] = [[], "", False]  # rows, the code that ran them, does it go on with an epoch

    def runtest(self) -> None:
        """Check the bound, unless that is done, and compare the verdict with what the claim expects."""
        known = kept(self)
        if known is not None:
            self.record, self.is_kept = known, True
        else:
            self._check()
        self.user_properties += [
            (key, str(self.record[key])) for key in ("claim", "reading", "bound", "verdict", "why")
        ]
        judge_outcome(self.record)

    def _check(self) -> None:
        from lemmata.doors.session import check_isolated
        from lemmata.sampling.profiles import profile_named

        config = self.config
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        try:
            night, seconds = night_of(self, profile_named(profile_of(config)), workers)
        except BudgetSpentError as error:
            self.record = self.unfinished(str(error), "NOT_RUN")
            return
        self.record, *self.trials = check_isolated(
            self.subject,
            profile_of(config),
            config.getoption("--claims-seed"),
            workers=workers,
            device=str(config.getoption("--claims-device") or "cpu"),
            seconds=seconds,
            night=night,
        )

    def unfinished(self, why: str, status: str = "ERROR") -> dict[str, Any]:
        """The record of a check that itself went wrong."""
        from lemmata.doors.session import unfinished
        from lemmata.vocabulary.verdict import Verdict

        return unfinished(self.subject, Verdict(status), why)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """What a person needs to know, in a few lines."""
        if not isinstance(excinfo.value, pytest.fail.Exception):
            return str(super().repr_failure(excinfo))
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where pytest says the item is."""
        return self.path, 0, self.name


def judge_outcome(record: dict[str, Any]) -> None:
    """Pass, skip or fail a pytest item by its verdict.

    Passed: the verdict is the one expected, or a pass where none is. Skipped: INCONCLUSIVE, with what is missing,
    and VACUOUS or SKIPPED where nothing else was expected. Failed: everything else.
    """
    verdict, expected = record["verdict"], record["expected"]
    title = f"{record['claim']}[{record['bound']}] {record['reading']}: {verdict}"
    if record["as_expected"]:
        return
    if verdict in {"INCONCLUSIVE", "SKIPPED"} or (verdict == "VACUOUS" and not expected):
        pytest.skip(f"{verdict}: {record['why']}")
    lines = [f"{title}" + (f", expected {expected}" if expected else ""), record["title"], record["why"]]
    for example in record["counterexamples"]:
        left, right = float(example["lhs"]), float(example["rhs"])
        lines.append(f"{example['which']}: {example['params']}, {left:.6g} against {right:.6g}")
        lines.append(f"    {example['replay']}")
    pytest.fail("\n".join(lines), pytrace=False)
