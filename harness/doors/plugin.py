"""The door for pytest: one item a bound and reading, ``path::claim[bound]``; the controller alone writes.

Nothing heavy is imported at the top: the controller of a parallel run and every start of pytest load this module.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lemmata.doors.items import SEEN_IDS, ClaimFile, ClaimItem, MalformedClaim
from lemmata.doors.options import STARTED, add_options, budget_of, is_worker, profile_of
from lemmata.doors.resume import take_over

if TYPE_CHECKING:
    pass


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options with the prefix ``--claims-``, because other plugins own the short names."""
    add_options(parser)


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


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ClaimFile | None:
    """Collect a file that may make claims: its text tells, so that files without are not imported."""
    from lemmata.vocabulary.discovery import may_make_claims

    return ClaimFile.from_parent(parent, path=file_path) if may_make_claims(file_path) else None


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
