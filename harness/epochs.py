"""Which version of the code gave a trial its numbers: a hash of what the claim file runs, and of nothing else.

Comments, formatting and docstrings do not count; what judges and reports trials does not either.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

ALWAYS = ("harness.trial", "harness.seeds", "harness.plan", "harness.parameters")  # which trials, with which seeds
NEVER = ("harness.claim", "harness.vocabulary", "harness.statistics", "harness.verdict")  # words and decisions
LIBRARIES = ("numpy", "scipy", "torch")
PACKAGE = Path(__file__).resolve().parent.parent


def code_of(file: Path, libraries: Iterable[str] = LIBRARIES) -> str:
    """The hash of a loaded claim file and of the modules of its project and of this package that it imports.

    Args:
        file: the claim file; what it imports has to be loaded.
        libraries: whose versions count.
    """
    found: dict[Path, str] = {}
    waiting = [file.resolve(), *(_file(name) for name in ALWAYS)]
    roots = (PACKAGE, file.resolve().parent)
    while waiting:
        path = waiting.pop()
        if path is None or path in found or "site-packages" in path.parts or not _is_inside(path, roots):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        waiting += [_file(name) for name in _imports(tree) if not name.startswith(NEVER)]
        found[path] = ast.dump(_without_docstrings(tree))
    parts = [*sorted(found.values()), *(f"{name} {version(name)}" for name in libraries)]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _imports(tree: ast.Module) -> Iterator[str]:
    """Names of the modules that a file imports; of `from a import b` both a and a.b, which may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(name: str) -> Path | None:
    """The file of a loaded module."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file).resolve() if file and file.endswith(".py") else None


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
