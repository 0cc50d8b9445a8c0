"""The store of runs, trials, verdicts, counterexamples and baselines: one SQLite file.

Runs write it in short transactions and nothing else does; readers never keep a writer waiting.
"""

from harness.ledger.connection import LedgerError
from harness.ledger.schema import SCHEMA
from harness.ledger.store import Ledger
from harness.ledger.trials import Sample, TrialRow
from harness.ledger.writer import RunWriter

__all__ = ["SCHEMA", "Ledger", "LedgerError", "RunWriter", "Sample", "TrialRow"]
