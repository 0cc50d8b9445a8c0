"""Installed beside somebody's own packages, whatever their names, lemmata changes nothing of theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CLASHING = ("harness", "claims", "generators", "tests")
CLAIM = '''
"""Squares."""
from claims import MINE as ours
from claims.numbers import BOUND
from lemmata import Axis, Claim

claim = Claim("own.squares", axes=[Axis("d", 2, 16)])


@claim.at_most("bound")
def bound(p, rng):
    return rng.random() ** 2, BOUND


@claim.control("bound")
def small(p, lhs, rhs):
    return lhs, 0.1
'''
TEST = """
import importlib
import os
import sys
from pathlib import Path

HEAVY = [name for name in ("numpy", "torch", "scipy", "hypothesis.internal", "jinja2") if name in sys.modules]
SET = ("OMP_WAIT_POLICY", "LEMMATA_DEVICE")
THREADS = [name for name in os.environ if name.endswith("_NUM_THREADS") or name in SET]


def test_packages_are_ours():
    for name in ("harness", "claims", "generators", "tests"):
        package = importlib.import_module(name)
        assert package.MINE == name
        assert Path(package.__file__).is_relative_to(Path.cwd())


def test_nothing_was_done_to_this_process():
    assert HEAVY == []
    assert THREADS == []
"""


@pytest.fixture
def clashing(tmp_path: Path) -> Path:
    """A project whose packages have the names of our folders."""
    for name in CLASHING:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f'MINE = "{name}"\n')
    (tmp_path / "tests" / "test_own.py").write_text(TEST)
    (tmp_path / "claims" / "numbers.py").write_text("BOUND = 1.0\n")
    (tmp_path / "claims" / "squares.py").write_text(CLAIM)
    return tmp_path


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("PYTEST_", "CI", "LEMMATA_", "OMP_")) and not k.endswith("_NUM_THREADS")
    }
    environment["PYTHONPATH"] = str(ROOT / "src")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("settings", ["", '[tool.pytest.ini_options]\npythonpath = ["."]\n'])
def test_names_clash_with_nobody(clashing, settings):
    """Catches: a package of ours at the top of site-packages, or found before theirs."""
    if settings:
        (clashing / "pyproject.toml").write_text(settings)
    ran = pytest_in(clashing, "tests", "claims")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 passed" in ran.stdout
    assert "own.squares" in ran.stdout


def test_pytest_without_claims_is_as_if_lemmata_were_not_there(clashing):
    """Catches: threads that are limited, modules that are loaded, files that are written, words that are said."""
    ran = pytest_in(clashing, "-q", "tests")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert all(word not in ran.stdout.lower() for word in ("lemmata", "claims", "ledger"))
    assert not (clashing / ".lemmata").exists()
    assert not (clashing / "report").exists()


def test_what_is_installed_is_one_package():
    """Catches: folders of the repository that a wheel puts at the top."""
    tomllib = pytest.importorskip("tomllib")
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["src/lemmata"]}
    assert [path.name for path in (ROOT / "src").iterdir()] == ["lemmata"]
