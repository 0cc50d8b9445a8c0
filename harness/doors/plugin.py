"""The door for pytest: one item a bound and reading, ``path::claim[bound]``; the controller alone writes.

Nothing heavy is imported at the top: the controller of a parallel run and every start of pytest load this module.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lemmata.doors.allotment import STARTED, BudgetSpentError, budget_of, night_of
from lemmata.doors.resume import kept, take_over

if TYPE_CHECKING:
    from lemmata.vocabulary.subject import Subject

SEEN_IDS = pytest.StashKey["dict[str, Path]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options with the prefix ``--claims-``, because other plugins own the short names."""
    group = parser.getgroup("claims", "theoretical claims (lemmata)")
    group.addoption(
        "--claims-profile", default=None, metavar="NAME", help="how much evidence: smoke, standard, nightly"
    )
    group.addoption("--claims-seed", type=int, default=None, metavar="N", help="root seed of all trials (default 0)")
    group.addoption("--claims-ledger", default=None, metavar="FILE", help="ledger (default .lemmata/ledger.sqlite)")
    group.addoption("--claims-run", default=None, metavar="ID", help="id of the run (default: from the time)")
    group.addoption(
        "--claims-resume", default=None, metavar="ID", help="go on with this run, which did not come to its end"
    )
    files = "index.html, summary.md, feed.xml and report.json"
    group.addoption("--claims-report", default=None, metavar="DIR", help=f"write {files} there")
    group.addoption(
        "--claims-device", default=None, metavar="NAME", help="cpu, or GPU indices such as 0,1 (default cpu)"
    )
    group.addoption(
        "--claims-timeout", type=float, default=None, metavar="SECONDS", help="limit for one bound (default: profile)"
    )
    group.addoption(
        "--claims-budget", default=None, metavar="TIME", help="time for the whole run, as 90m or 2h (default: profile)"
    )
    parser.addini("claims_paths", "folders of claim files, for the command lemmata", type="paths", default=["claims"])
    parser.addini("claims_profile", "profile unless --claims-profile is given", default="smoke")


def pytest_configure(config: pytest.Config) -> None:
    """Check the profile, share out devices, and let the controller record the run."""
    config.addinivalue_line("markers", "claim(id): one bound of a theoretical claim")
    config.stash[SEEN_IDS] = {}
    if config.getoption("--claims-resume"):
        take_over(config)
    config.option.claims_seed = config.option.claims_seed or 0
    name = profile_of(config)
    from lemmata.sampling.profiles import profile_named

    try:
        profile = profile_named(name)
    except ValueError as error:
        raise pytest.UsageError(f"--claims-profile: {error}") from None
    try:
        budget_of(config, profile)
    except ValueError as error:
        raise pytest.UsageError(f"--claims-budget: {error}") from None
    config.stash[STARTED] = time.monotonic()
    _choose_device(config)
    if not is_worker(config):
        from lemmata.doors.recorder import Recorder

        config.pluginmanager.register(Recorder(config), "lemmata-recorder")


def profile_of(config: pytest.Config) -> str:
    """Name of the profile that this run uses."""
    return str(config.getoption("--claims-profile") or config.getini("claims_profile"))


def is_worker(config: pytest.Config) -> bool:
    """Is this a worker of a parallel run?"""
    return hasattr(config, "workerinput")


def _choose_device(config: pytest.Config) -> None:
    """Tell the children of this process where to train; each worker gets one of the GPUs, before CUDA starts."""
    from lemmata.engine.device import VARIABLE

    gpus = _gpus(config)
    if gpus or VARIABLE in os.environ:
        os.environ[VARIABLE] = "cuda" if gpus else "cpu"
    if gpus:
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[worker % len(gpus)]


def _gpus(config: pytest.Config) -> list[str]:
    """The GPUs that may be used: those of the environment among several, else those named by the option."""
    named = str(config.getoption("--claims-device") or "cpu")
    if named == "cpu":
        return []
    return os.environ.get("CUDA_VISIBLE_DEVICES", named).split(",")


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """``-n auto``: one worker for each GPU, where GPUs are used; more would only add contexts."""
    return len(_gpus(config)) or None


# ---- collection ----


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ClaimFile | None:
    """Collect a file that makes claims; its text tells, so that nothing is imported to find out."""
    from lemmata.vocabulary.discovery import is_claim_file

    return ClaimFile.from_parent(parent, path=file_path) if is_claim_file(file_path) else None


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
        for claim in claims:
            for bound in claim.bounds:
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


# ---- reports ----


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Attach the record to the report: a string travels from the workers to the controller."""
    outcome = yield
    if isinstance(item, ClaimItem) and call.when == "call":
        if not item.record and call.excinfo:
            item.record = item.unfinished(f"{call.excinfo.typename}: {call.excinfo.value}")
    elif not (isinstance(item, MalformedClaim) and call.when == "setup"):
        return
    report = outcome.get_result()
    try:
        report.claims_record = json.dumps(item.record, allow_nan=False)
    except (TypeError, ValueError) as error:  # a run must not end for one record that is no JSON
        report.outcome = "failed"
        report.longrepr = f"the record of {item.name} cannot be written: {error}"
        record = item.unfinished(report.longrepr) if isinstance(item, ClaimItem) else {}
        report.claims_record = json.dumps(record, allow_nan=False)
    if isinstance(item, ClaimItem):
        report.claims_kept = item.is_kept
        report.claims_trials = json.dumps(item.trials)  # with infinities, which are results
