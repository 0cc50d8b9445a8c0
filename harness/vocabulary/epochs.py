"""Which version of the code gave a trial its numbers: a hash of what the claim file runs, and of nothing else.

Comments, formatting and docstrings do not count; what judges and reports trials does not either.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import version
from pathlib import Path

ALWAYS = (  # which trials, with which seeds, and what makes numbers of them
    "lemmata.places.batch",
    "lemmata.sampling.plan",
    "lemmata.sampling.seeds",
    "lemmata.vocabulary.parameters",
)
NEVER = (  # words and decisions
    "lemmata.statistics",
    "lemmata.vocabulary.claim",
    "lemmata.vocabulary.transient",
    "lemmata.vocabulary.verdict",
    "lemmata.vocabulary.words",
)
LIBRARIES = ("numpy", "scipy", "torch")
PACKAGE = Path(__file__).resolve().parent.parent
ROOTS = {PACKAGE, *((PACKAGE / name).resolve() for name in ("claims", "generators"))}  # links, in a checkout


def code_of(file: Path, libraries: Iterable[str] = LIBRARIES) -> str:
    """The hash of a claim file and of the modules of its project and of this package that it imports.

    Args:
        file: the claim file, loaded, so that its folder is where modules are looked for.
        libraries: whose versions count.
    """
    found: dict[Path, str] = {}
    waiting = [file.resolve(), *(_file(name) for name in ALWAYS)]
    roots = {*ROOTS, file.resolve().parent}
    while waiting:
        path = waiting.pop()
        if path is None or path in found or "site-packages" in path.parts or not _is_inside(path, roots):
            continue
        found[path], names = _read(path, path.stat().st_mtime_ns)
        waiting += [_file(name) for name in names if name != "lemmata" and not name.startswith(NEVER)]
    parts = [*sorted(found.values()), *(f"{name} {version(name)}" for name in libraries)]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


@cache
def _read(path: Path, modified: int) -> tuple[str, tuple[str, ...]]:
    """What counts of a file, and the modules that it imports; many claim files share most of theirs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = tuple(_imports(tree))
    return ast.dump(_without_docstrings(tree)), names


def _imports(tree: ast.Module) -> Iterator[str]:
    """Names of the modules that a file imports; of `from a import b` both a and a.b, which may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(name: str) -> Path | None:
    """The file of a module, loaded or not: what a process has loaded so far must not change the hash."""
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None) if module else _file_to_load(name)
    return Path(file).resolve() if file and file.endswith(".py") else None


def _file_to_load(name: str) -> str | None:
    """Where a module would be loaded from, if the name is one; found without loading anything, packages included."""
    parts, where, origin = name.split("."), None, None
    for count in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:count]), where) if count == 1 or where else None
        if spec is None or (spec.origin and "site-packages" in Path(spec.origin).parts):
            return None
        where, origin = spec.submodule_search_locations, spec.origin
    return origin


def _is_inside(path: Path, roots: Iterable[Path]) -> bool:
    return any(path.is_relative_to(root) for root in roots)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree
