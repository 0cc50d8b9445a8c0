"""Claim files are found by their folder; there is no registry to edit."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lemmata.vocabulary.claim import Claim
    from lemmata.vocabulary.words import Bound

SHIPPED = (Path(__file__).resolve().parent.parent / "claims").resolve()  # in a checkout, the package has a link there
KNOWS_THE_WORDS = re.compile(
    r"^\s*(from|import)\s[^#\n]*\blemmata\b|import_module\([\"']lemmata|__import__\([\"']lemmata", re.MULTILINE
)


def may_make_claims(path: Path) -> bool:
    """May the file make claims, because it imports lemmata? Judged by its text; its import tells.

    Tests and ``conftest.py`` are pytest's, and those of this package's own modules are none.
    """
    if path.suffix != ".py" or path.name == "conftest.py" or path.name.startswith("test_"):
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    return "Claim" in text and bool(KNOWS_THE_WORDS.search(text))


def claim_files(paths: Iterable[Path]) -> list[Path]:
    """All files at or below the given paths that may make claims, sorted.

    Raises:
        FileNotFoundError: if a path does not exist.
    """
    files: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist: name a claim file or a folder of claim files")
        found = [path] if path.is_file() else path.rglob("*.py")
        files |= {file.resolve() for file in found if may_make_claims(file)}
    return sorted(files)


def load_claims(path: Path) -> list[Claim]:
    """Import a file and check the claims that its import makes, in the order of their ids; none where it makes none.

    Claims of a file that it imports belong to that file.

    Raises:
        ClaimError: if a claim is malformed; whatever the file itself raises passes through.
    """
    from lemmata.vocabulary.claim import made_by
    from lemmata.vocabulary.words import ClaimError

    module = _import(path.resolve())
    claims = sorted(made_by(module), key=lambda claim: claim.id)  # a loop over a set has another order each time
    for claim in claims:
        claim.validate()
    ids = [claim.id for claim in claims]
    for duplicate in {i for i in ids if ids.count(i) > 1}:
        raise ClaimError("id", f"{duplicate!r} is used twice in {path.name}", "Give each claim an id of its own")
    return claims


def find_bound(file: str | Path, claim: str, bound: str, reading: str = "literal") -> tuple[Claim, Bound]:
    """A bound by the file, claim, name and reading.

    Raises:
        KeyError: if the file has no such claim or bound; the message lists what it has.
    """
    claims = {candidate.id: candidate for candidate in load_claims(Path(file))}
    if claim not in claims:
        raise KeyError(f"{file} has no claim {claim!r}; it has: {', '.join(claims)}")
    return claims[claim], claims[claim].find(bound, reading)


def path_in_project(file: str | Path) -> str:
    """A claim file as seen from its project (the nearest folder above with a pyproject.toml, else the working folder).

    Records carry this path, so that a ledger and a report can move to another machine.
    """
    path = Path(file).resolve()
    for folder in path.parents:
        if (folder / "pyproject.toml").exists():
            return str(path.relative_to(folder))
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def found_in_project(file: str, *folders: Path) -> Path:
    """The file that a record means, below the first of the folders that has it.

    Raises:
        FileNotFoundError: if none has it.
    """
    for folder in folders:
        if (folder / file).is_file():
            return folder / file
    raise FileNotFoundError(f"claim file {file} is in none of {', '.join(map(str, folders))}: run this in its project")


def _import(path: Path) -> ModuleType:
    """Import by dotted name where the file is in a package, else under a name of its own."""
    if path.is_relative_to(SHIPPED):
        return _named(".".join(["lemmata.claims", *_parts(path, SHIPPED)]))
    package = path.parent
    while (package / "__init__.py").exists():
        package = package.parent
    if str(package) not in sys.path:
        sys.path.insert(0, str(package))
    if package != path.parent:
        module = _named(".".join(_parts(path, package)))
        if Path(str(module.__file__)).resolve() == path:
            return module
        # Another installed package has the same name; the file that was asked for is the one that counts.
    name = f"lemmata_claim_{hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest()}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        from lemmata.vocabulary.words import ClaimError

        raise ClaimError("file", f"{path} cannot be imported", "Give a Python file")
    from lemmata.vocabulary.claim import forget

    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        forget(name)
        raise
    return module


def _parts(path: Path, folder: Path) -> list[str]:
    """The dotted name of a file below a folder; that of a package is the package's."""
    parts = path.relative_to(folder).with_suffix("").parts
    return [*(parts[:-1] if parts[-1] == "__init__" else parts)]


def _named(name: str) -> ModuleType:
    """Import a module; what an import that fails had made is forgotten."""
    from lemmata.vocabulary.claim import forget

    try:
        return importlib.import_module(name)
    except BaseException:
        forget(name)
        raise
