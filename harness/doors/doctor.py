"""What can be wrong with an installation, and what to do about it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from lemmata.doors.release import in_words
from lemmata.engine.device import FORCE_TF32

HOME = Path(__file__).resolve().parent.parent
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
LEAST_FREE = 10**9  # bytes: a night of a million trials takes a tenth of it


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: its name.
        is_well: is nothing to be done?
        found: what was seen.
        remedy: what to do; on a thing that is well, what to know.
    """

    what: str
    is_well: bool
    found: str
    remedy: str = ""


def examine(ledger: Path) -> list[Finding]:
    """Everything that is looked at, in one list."""
    return [
        *versions(sys.version_info[:2], sqlite3.sqlite_version_info),
        package(packages_distributions().get("lemmata", []), _place()),
        *threads(os.environ),
        *torch_findings(os.environ),
        training(),
        *ledger_findings(ledger),
    ]


def versions(python: tuple[int, int], sqlite: tuple[int, ...]) -> Iterator[Finding]:
    """Python and SQLite are new enough."""
    remedy = "" if python >= (3, 11) else "install Python 3.11 or newer, and this package into it"
    yield Finding("Python", not remedy, platform.python_version(), remedy)
    remedy = "" if sqlite >= (3, 37) else "use a Python that was built with SQLite 3.37 or newer: tables are strict"
    yield Finding("SQLite", not remedy, ".".join(map(str, sqlite)), remedy)
    yield Finding("numpy", True, version("numpy"))


def package(owners: Iterable[str], place: Path | None) -> Finding:
    """The package ``lemmata`` is this one.

    Args:
        owners: installed projects that provide a package of this name.
        place: where it would be imported from.
    """
    others = sorted(set(owners) - {"lemmata"})
    if others:
        found = f"{', '.join(others)} from the package index has a package lemmata too, and overwrote or hides ours"
        return Finding("lemmata", False, found, f"pip uninstall {' '.join(others)}, then install lemmata again")
    if place != HOME:
        found = f"is imported from {place or 'nowhere'}, not from {HOME}"
        remedy = f"rename {place}, or remove its __init__.py: it hides ours" if place else "install lemmata again"
        return Finding("lemmata", False, found, remedy)
    return Finding("lemmata", True, f"{in_words()} in {place}")


def _place() -> Path | None:
    """Where the package would be imported from."""
    spec = importlib.util.find_spec("lemmata")
    return None if spec is None or spec.origin is None else Path(spec.origin).resolve().parent


def threads(environment: Mapping[str, str]) -> Iterator[Finding]:
    """One thread a process: several in each of several workers cost a factor of 20 and more."""
    many = {name: value for name in THREADS if (value := environment.get(name, "1")) != "1"}
    cores = f"{os.cpu_count()} cores, one thread a process"
    found = ", ".join(f"{name}={value}" for name, value in many.items())
    yield Finding("threads", not many, found or cores, f"unset {' '.join(many)}, or set to 1" if many else "")


def torch_findings(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Devices, and that products are computed in the precision that is asked for."""
    try:
        import torch
    except Exception as error:
        yield Finding("torch", False, f"{type(error).__name__}: {error}", "install it: pip install torch")
        return
    many = torch.get_num_threads() > 1 and environment.get("OMP_NUM_THREADS") == "1"
    found = f"{torch.__version__}, {torch.get_num_threads()} threads here"
    remedy = "something calls torch.set_num_threads at import: remove it" if many else ""
    yield Finding("torch", not many, found, remedy)
    yield _devices(torch, environment)
    precision = torch.get_float32_matmul_precision()
    forced = [name for name in FORCE_TF32 if environment.get(name) == "1"]
    coarse = precision != "highest" or torch.backends.cuda.matmul.allow_tf32 or bool(forced)
    found = f"float32 products: {precision}, TF32 {'on' if coarse else 'off'}"
    remedy = f"unset {' '.join(forced)}" if forced else "call torch.set_float32_matmul_precision('highest')"
    yield Finding(
        "precision", not coarse, found + (f" ({', '.join(forced)})" if forced else ""), remedy if coarse else ""
    )


def training() -> Finding:
    """Does a network train to the same bits alone and in a batch?"""
    try:
        from lemmata.engine.selftest import is_bitwise

        found = "alone as in a batch, " + ("bit for bit" if is_bitwise() else "up to rounding on this processor")
        return Finding("training", True, found)
    except Exception as error:  # such as coarse products, which have a finding of their own
        return Finding("training", False, f"{type(error).__name__}: {error}", "mend torch and its precision first")


def _devices(torch: Any, environment: Mapping[str, str]) -> Finding:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    gpus = [torch.cuda.get_device_name(i) for i in range(count)]
    hidden = environment.get("CUDA_VISIBLE_DEVICES") == ""
    blind = torch.version.cuda is not None and Path("/dev/nvidiactl").exists() and not gpus and not hidden
    remedy = f"torch was built for CUDA {torch.version.cuda} and sees no GPU: is the driver older?" if blind else ""
    return Finding("devices", not blind, ", ".join(["cpu", *gpus]), remedy)


def ledger_findings(path: Path) -> Iterator[Finding]:
    """The ledger can be read, is whole, and has room to grow."""
    from lemmata.ledger import LedgerError
    from lemmata.ledger.connection import reading
    from lemmata.ledger.schema import SCHEMA, damage, known_version

    if path.exists():
        try:
            schema = known_version(path, 5.0)
            with reading(path, 5.0) as connection:
                problem = damage(connection)
        except LedgerError as error:
            yield Finding("ledger", False, str(error), "move it away; the next run starts a new one")
        else:
            size = path.stat().st_size
            found = f"{path}: schema {schema}, {size / 1e6:.1f} MB" + (f", damaged: {problem}" if problem else "")
            remedy = "the next command brings it to the present schema and keeps a copy" if schema < SCHEMA else ""
            remedy = "move it away; the next run starts a new one" if problem else remedy
            yield Finding("ledger", not problem, found, remedy)
    else:
        yield Finding("ledger", True, f"none at {path} yet; the first run makes it")
    folder = next(folder for folder in path.resolve().parents if folder.exists())
    writable = os.access(folder, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
    remedy = "" if writable else "make file and folder writable, or give --ledger another file"
    yield Finding("folder", writable, f"{folder} is {'' if writable else 'not '}writable", remedy)
    free = shutil.disk_usage(folder).free
    room = free >= LEAST_FREE
    yield Finding("disk", room, f"{free / 1e9:.1f} GB free", "" if room else "free some, or `lemmata prune --nights N`")
