"""What the check of a bound has to know of the run that it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Night(NamedTuple):
    """What a check has to know of the run that it belongs to.

    Attributes:
        ledger: where earlier nights are.
        run: id of this one.
        installments: how many to add; with 0 a bound rests, if it was measured before.
        seconds: after which no further installment is begun.
    """

    ledger: Path
    run: str
    installments: int = 1
    seconds: float = float("inf")
