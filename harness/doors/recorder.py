"""What the controller of a run does: write each record as it arrives, miss none, and write the report at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lemmata.doors.options import RESUMED, WORKERINPUT, budget_in_facts, ledger_path, profile_of
from lemmata.doors.resume import asked_of, both, relative

if TYPE_CHECKING:
    from lemmata.ledger import RunWriter
    from lemmata.vocabulary.rows import TrialRow


class Arrived(NamedTuple):
    """What a report tells of a bound: its record, its trials, and the version of the code that ran them."""

    record: dict[str, Any]
    rows: Sequence[TrialRow] = ()
    code: str = ""
    continues: bool = False


class Recorder:
    """Writes the record of every bound; lives in the controller only, where reports of all workers arrive.

    The ledger has a row for the run from its start, and one for each verdict as it comes, so that a run that is
    killed leaves what it had. A ledger that cannot be used stops the run before anything is computed; one that fails
    later does not: what it did not take is tried again at the end, and the report is written all the same.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.records: dict[str, dict[str, Any]] = {}
        self.collected: set[str] = set()
        self.run: dict[str, Any] = {}
        self.begin = datetime.now(UTC)
        self.written: Path | None = None
        self.writer: RunWriter | None = None
        self.unwritten: dict[str, Arrived] = {}
        self.kept = 0
        self.trouble = ""
        self.events: list[str] = []

    def pytest_sessionstart(self) -> None:
        """Note when the run began."""
        self.begin = datetime.now(UTC)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what ought to be reported, in a run without workers."""
        self.expect(item.nodeid for item in session.items if item.get_closest_marker("claim"))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which run is resumed."""
        if resumed := self.config.stash.get(RESUMED, None):
            node.workerinput[WORKERINPUT] = resumed["id"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Remember what ought to be reported, as a worker tells it."""
        self.expect(node for node in ids if node.endswith("]") and self._is_claim(node))

    def expect(self, nodes: Iterable[str]) -> None:
        """These bounds must end in the record; if there are any, the run is in the ledger from now on."""
        self.collected.update(nodes)
        if self.collected:
            self._start()

    def _is_claim(self, node: str) -> bool:
        from lemmata.vocabulary.discovery import may_make_claims

        path = self.config.rootpath / node.partition("::")[0]
        return path.is_file() and may_make_claims(path)

    def _start(self) -> None:
        """Give the run its row, unless it has one; one that is resumed has it from before.

        Raises:
            pytest.UsageError: if the ledger cannot be used.
        """
        if self.run or self.config.option.collectonly:
            return
        from lemmata.doors.run import new_run
        from lemmata.ledger import Ledger, LedgerError

        fresh = new_run(
            profile_of(self.config),
            self.config.getoption("--claims-seed"),
            self.begin,
            self.config.getoption("--claims-device") or "cpu",
            bounds=len(self.collected),
            selected=self._selected(),
            identifier=self.config.getoption("--claims-run") or "",
        )
        fresh["budget"] = budget_in_facts(self.config)
        resumed = self.config.stash.get(RESUMED, None)
        self.run = both(resumed, fresh) if resumed else fresh | {"asked": asked_of(self.config)}
        try:
            ledger = Ledger(self.ledger)
            self.writer = ledger.resume(self.run) if resumed else ledger.begin(self.run)
        except LedgerError as error:
            raise pytest.UsageError(f"ledger: {error}") from None

    def _selected(self) -> list[str]:
        """What was asked for: arguments that led to claims, relative to the project, and expressions."""
        names = [relative(self.config, argument) for argument in self.config.args]
        paths = [name for name in names if name == "." or any(node.startswith(name) for node in self.collected)]
        expressions = [("-k", self.config.option.keyword), ("-m", self.config.option.markexpr)]
        return sorted(paths) + [f"{flag} {text}" for flag, text in expressions if text]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record that a report carries, and the trials."""
        text = getattr(report, "claims_record", None)
        if text is None:
            return
        from lemmata.ledger import LedgerError
        from lemmata.vocabulary.rows import TrialRow

        record = self.records[report.nodeid] = json.loads(text)
        if getattr(report, "claims_kept", False):
            self.kept += 1
            return
        self._start()  # where nothing but malformed files was collected
        rows, *rest = json.loads(getattr(report, "claims_trials", '[[], "", false]'))
        arrived = Arrived(record, [TrialRow._make(row) for row in rows], *rest)
        try:
            if self.writer:
                self._write(self.writer, arrived)
        except (LedgerError, ValueError) as error:  # the second: a number that is none
            self.trouble, self.unwritten[report.nodeid] = str(error), arrived

    def _write(self, writer: RunWriter, arrived: Arrived) -> None:
        writer.add_bound(arrived.record, arrived.rows, arrived.code, continues=arrived.continues)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn lost bounds into NOT_RUN, and write the end of the run and its report."""
        if not self.writer:
            return
        from lemmata.doors.run import finished
        from lemmata.report import write

        missing = sorted(self.collected - set(self.records))
        if missing:
            from lemmata.doors.session import lost

            found = {node: lost(str(self.config.rootpath / node)) for node in missing}
            self.records |= found
            self.unwritten |= {node: Arrived(record) for node, record in found.items()}
        self.records |= self._from_before()
        self.run = finished(self.run, self.items)
        self._write_end(self.writer)
        record = self._record()
        green = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
        if (missing or self.trouble or self.events) and session.exitstatus in green:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if folder := self.config.getoption("--claims-report"):
            self.written = self.config.invocation_params.dir / folder
            write(record, self.written)

    def _from_before(self) -> dict[str, dict[str, Any]]:
        """What a run that is resumed knows of bounds that are no longer there: it was acknowledged, and stays."""
        if RESUMED not in self.config.stash:
            return {}
        from lemmata.ledger import Ledger

        def name(item: dict[str, Any]) -> str:
            return f"{item['claim']}|{item['reading']}|{item['bound']}"

        known = {name(item) for item in self.records.values()}
        before = Ledger(self.ledger).run(self.run["id"])["items"]
        return {name(item): item for item in before if name(item) not in known}

    def _record(self) -> dict[str, Any]:
        """The run for its report, with what the nights before it tell."""
        from lemmata.ledger import Ledger, LedgerError
        from lemmata.nights.history import events_of, with_nights

        record = {"schema": 1, "run": self.run, "items": self.items}
        if self.trouble:
            return record
        try:
            ledger = Ledger(self.ledger)
            self.events = [str(event) for event in events_of(ledger, record) or []]
            return with_nights(ledger, record)
        except LedgerError as error:
            self.trouble = str(error)
            return record

    def _write_end(self, writer: RunWriter) -> None:
        from lemmata.ledger import LedgerError

        try:
            for arrived in self.unwritten.values():
                self._write(writer, arrived)
            writer.finish(self.run)
            self.trouble = ""
        except (LedgerError, ValueError) as error:
            self.trouble = str(error)
        finally:
            writer.close()

    @property
    def items(self) -> list[dict[str, Any]]:
        """The records so far, in the order of the report."""
        return sorted(self.records.values(), key=lambda r: (r["claim"], r["reading"], r["bound"]))

    @property
    def ledger(self) -> Path:
        """Where the ledger of this run lies."""
        return ledger_path(self.config)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print one table of verdicts."""
        if not self.records or self.config.option.collectonly:
            return
        from lemmata.report import summary_table
        from lemmata.report.record import printable

        terminalreporter.section("claims")
        width = max(terminalreporter._tw.fullwidth, 132)
        terminalreporter.write_line(summary_table({"schema": 1, "run": self.run, "items": self.items}, width))
        if RESUMED in self.config.stash:
            words = f"run {self.run['id']} was gone on with: {self.kept} of {len(self.records)} bounds were known"
            terminalreporter.write_line(words)
        if self.events:
            terminalreporter.section("worse than the baseline", red=True)
            for event in self.events:
                terminalreporter.write_line(printable(event))
        if self.written:
            terminalreporter.write_line(f"report: {self.written / 'index.html'}")
        if self.trouble:
            unfinished = f"run {self.run['id']} is unfinished in the ledger: {self.trouble}"
            terminalreporter.write_line(unfinished, red=True)
