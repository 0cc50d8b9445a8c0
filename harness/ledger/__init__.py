"""The store of runs, trials, verdicts, counterexamples and baselines: one SQLite file.

Runs write it in short transactions and nothing else does; readers never keep a writer waiting.
"""

from lemmata.ledger.connection import LedgerError
from lemmata.ledger.schema import SCHEMA
from lemmata.ledger.store import Ledger
from lemmata.ledger.trials import Sample
from lemmata.ledger.writer import RunWriter
from lemmata.vocabulary.rows import TrialRow

__all__ = ["SCHEMA", "Ledger", "LedgerError", "RunWriter", "Sample", "TrialRow"]
