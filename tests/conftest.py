"""A project of somebody's own, in which pytest and the command are run as a person would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE

from lemmata.doors.doctor import THREADS

ROOT = Path(__file__).resolve().parent.parent


class Project:
    """A folder with claim files and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, **files: str) -> None:
        """Write claim files, named without their ending."""
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(text)

    def run(self, *arguments: str, module: str = "pytest") -> subprocess.CompletedProcess[str]:
        """Run a module with this project as the working folder."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CI"))}
        # One thread a process, whatever the scheduler of a cluster sets.
        environment |= dict.fromkeys(THREADS, "1") | {"PYTHONPATH": str(ROOT / "src")}
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def rows(self) -> dict[str, dict[str, Any]]:
        """What ``lemmata list --json`` says, by claim and bound."""
        shown = self.run("list", "--json", str(self.folder), module="lemmata")
        return {f"{row['claim']}[{row['bound']}]": row for row in json.loads(shown.stdout)}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def claim_text() -> Callable[..., str]:
    """Text of a small claim file: an upper bound with an arithmetic control."""

    def text(name: str, body: str = "return 1.0, 2.0", rest: str = "") -> str:
        return "\n".join(
            [
                f'"""Statement {name}."""',
                "import numpy as np",
                "from lemmata import Axis, Claim, Condition",
                f'claim = Claim("own.{name}", axes=[Axis("m", 16, 512)], {rest})',
                '@claim.at_most("bound")',
                "def trial(p, rng):",
                *("    " + line for line in body.splitlines()),
                '@claim.control("bound")',
                "def false(p, rng):",
                "    return 1.0, 0.5",
                "",
            ]
        )

    return text


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    """Makes empty projects, for fixtures that several tests share."""
    return lambda: Project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def page() -> str:
    """The page of the sample record."""
    from report_sample import sample_record

    from lemmata.report import render

    return render(sample_record())
