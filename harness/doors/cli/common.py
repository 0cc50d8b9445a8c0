"""What the verbs share: where claims lie, the ledger that has to be there, and names of options."""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lemmata.ledger import Ledger

Commands = Any  # argparse has no public name for what add_subparsers returns


def project_folders() -> list[Path]:
    """Where the project in the working folder keeps claims: ``claims_paths`` of its pyproject.toml, else ``claims``.

    Without either, the claims that this package ships.
    """
    from lemmata.vocabulary.discovery import SHIPPED

    project = Path("pyproject.toml")
    named = []
    if project.is_file():
        table = tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {}).get("pytest", {})
        options = table.get("ini_options", table)
        named = [Path(folder) for folder in options.get("claims_paths", [])]
    found = [folder for folder in named or [Path("claims")] if folder.exists()]
    return found or [SHIPPED]


def catalogue(paths: Sequence[Path]) -> list[Any]:
    """The claims of the given paths, or of the project; unreadable files are named on stderr.

    Raises:
        FileNotFoundError: if paths are given and no claim file is there.
    """
    from lemmata.judging.kinds import load_valid_claims
    from lemmata.vocabulary.discovery import claim_files

    claims, broken = [], False
    for file in claim_files(paths or project_folders()):
        try:
            claims += load_valid_claims(file)
        except Exception as error:  # one broken file must not hide the others
            broken = True
            print(f"lemmata: {file}: {type(error).__name__}: {error}", file=sys.stderr)
    if paths and not claims and not broken:
        raise FileNotFoundError(
            f"{', '.join(map(str, paths))}: no claim file here; one imports lemmata and makes a Claim"
        )
    return claims


def ledger_of(options: argparse.Namespace) -> Ledger:
    """The ledger that the options name.

    Raises:
        FileNotFoundError: if there is none.
    """
    from lemmata.ledger import Ledger

    if not options.ledger.exists():
        raise FileNotFoundError(f"no ledger at {options.ledger}: run `lemmata run` first, or give --ledger")
    return Ledger(options.ledger)
