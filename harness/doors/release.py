"""Which lemmata this is: its version, and the commit that it was made from. Imports nothing heavy."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent


@cache
def release() -> dict[str, Any]:
    """``version`` and ``commit``; None for what is not known.

    The commit is that of the checkout, with ``+changes`` where files differ from it, or the one that an installation
    from a repository notes.
    """
    try:
        installed = distribution("lemmata")
    except PackageNotFoundError:  # a checkout that is not installed
        return {"version": None, "commit": _checked_out()}
    noted = json.loads(installed.read_text("direct_url.json") or "{}").get("vcs_info", {}).get("commit_id")
    return {"version": installed.version, "commit": _checked_out() or noted}


def in_words() -> str:
    """The release in a line."""
    found = release()
    return (found["version"] or "not installed") + (f" ({found['commit']})" if found["commit"] else "")


def _checked_out() -> str | None:
    """The commit of the checkout that this file belongs to, if it is tracked in one."""
    if _git("ls-files", "--error-unmatch", "doors/release.py") is None:
        return None
    commit = _git("rev-parse", "--short=12", "HEAD")
    return commit and commit + ("+changes" if _git("status", "--porcelain", "-uno") else "")


def _git(*arguments: str) -> str | None:
    """What git says; None where there is no git, or it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(HOME), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
