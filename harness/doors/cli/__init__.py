"""The command ``lemmata``: one module a group of verbs, each of which adds its own to the parser."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lemmata.doors.cli import checking, claims, health, nights, records
from lemmata.doors.options import LEDGER
from lemmata.doors.release import in_words

EXIT = """\
exit status:
  0  as expected; no change      1  changed, or refuted      2  the request makes no sense
  3  vacuous where it was not    4  error, or not run        (4 before 1 before 3, where several apply)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit status, as ``lemmata --help`` says it.
    """
    from lemmata.ledger import LedgerError

    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    except LedgerError as error:
        print(f"lemmata: {error}", file=sys.stderr)
        return 4
    except (KeyError, ValueError, FileNotFoundError, RuntimeError) as error:
        print(f"lemmata: {error.args[0] if len(error.args) == 1 else error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """The words that the command knows."""
    words = argparse.ArgumentParser(
        "lemmata",
        description="Honest verdicts on theoretical claims.",
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("--ledger", type=Path, default=Path(LEDGER), help=f"ledger file (default {LEDGER})")
    words.add_argument("--version", action="version", version=f"lemmata {in_words()}")
    commands = words.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for verbs in (claims, checking, records, nights, health):
        verbs.add(commands)
    return words
