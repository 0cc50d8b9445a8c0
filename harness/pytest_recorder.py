"""What the controller of a run does: gather the records, miss none, and write ledger and report once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

LEDGER = ".lemmata/ledger.sqlite"


class Recorder:
    """Collects the record of every bound; lives in the controller only, where reports of all workers arrive."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.records: dict[str, dict[str, Any]] = {}
        self.collected: set[str] = set()
        self.run: dict[str, Any] = {}
        self.begin = datetime.now(UTC)
        self.written: Path | None = None

    def pytest_sessionstart(self) -> None:
        """Note when the run began; what describes it is imported at its end, and only if it checked claims."""
        self.begin = datetime.now(UTC)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what ought to be reported, in a run without workers."""
        self.expect(item.nodeid for item in session.items if item.get_closest_marker("claim"))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Remember what ought to be reported, as a worker tells it."""
        self.expect(node for node in ids if node.endswith("]") and self._is_claim(node))

    def expect(self, nodes: Iterable[str]) -> None:
        """These bounds must end in the record."""
        self.collected.update(nodes)

    def _is_claim(self, node: str) -> bool:
        from harness.discovery import is_claim_file

        path = self.config.rootpath / node.partition("::")[0]
        return path.is_file() and is_claim_file(path)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record that a report carries."""
        text = getattr(report, "claims_record", None)
        if text is not None:
            self.records[report.nodeid] = json.loads(text)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn lost bounds into NOT_RUN, and write ledger and report."""
        if self.config.option.collectonly or not (self.records or self.collected):
            return
        from harness.ledger import Ledger
        from harness.pytest_plugin import profile_of
        from harness.report import write
        from harness.session import finished, lost, new_run

        missing = sorted(self.collected - set(self.records))
        for node in missing:
            self.records[node] = lost(str(self.config.rootpath / node))
        if missing and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        items = sorted(self.records.values(), key=lambda r: (r["claim"], r["reading"], r["bound"]))
        device = self.config.getoption("--claims-device") or "cpu"
        run = new_run(profile_of(self.config), self.config.getoption("--claims-seed"), self.begin, device)
        self.run = finished(run, items)
        Ledger(self.ledger).add_run(self.run, items)
        if folder := self.config.getoption("--claims-report"):
            self.written = self.config.invocation_params.dir / folder
            write({"schema": 1, "run": self.run, "items": items}, self.written)

    @property
    def ledger(self) -> Path:
        """Where the ledger of this run lies."""
        given = self.config.getoption("--claims-ledger")
        return self.config.invocation_params.dir / given if given else self.config.rootpath / LEDGER

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print one table of verdicts."""
        if not self.records or self.config.option.collectonly:
            return
        from harness.report import summary_table

        items = sorted(self.records.values(), key=lambda r: (r["claim"], r["reading"], r["bound"]))
        terminalreporter.section("claims")
        width = max(terminalreporter._tw.fullwidth, 132)
        terminalreporter.write_line(summary_table({"schema": 1, "run": self.run, "items": items}, width))
        if self.written:
            terminalreporter.write_line(f"report: {self.written / 'index.html'}")
