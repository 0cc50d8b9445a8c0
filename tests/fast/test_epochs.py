"""The version of a claim's code changes with what changes its numbers, and with nothing else."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from lemmata.vocabulary.discovery import load_claims
from lemmata.vocabulary.epochs import code_of

CLAIM = '''"""Statement."""
import numpy as np
from lemmata import Axis, Claim
from own_helper import scale

claim = Claim("own.code", axes=[Axis("m", 1, 9)])

@claim.at_most("bound")
def trial(p, rng):
    """Words."""
    return rng.random() * scale(), 2.0

@claim.control("bound")
def false(p, rng):
    return 2.0, 1.0
'''
HELPER = '''"""Words."""

def scale():
    return 1.0
'''


@pytest.fixture
def code(tmp_path, monkeypatch):
    """Writes a claim and the module that it imports, and gives the hash."""

    def of(change_claim=lambda text: text, change_helper=lambda text: text, libraries=("numpy",)):
        helper, file = tmp_path / "own_helper.py", tmp_path / "statement.py"
        helper.write_text(change_helper(HELPER))
        file.write_text(change_claim(CLAIM))
        module = ModuleType("own_helper")
        module.__file__ = str(helper)
        monkeypatch.setitem(sys.modules, "own_helper", module)
        return code_of(file, libraries)

    return of


def test_comments_and_docstrings_do_not_count(code):
    same = code()
    assert code(lambda text: text.replace("Statement.", "Another statement.")) == same
    assert code(lambda text: text.replace("Words.", "Other words.")) == same
    assert code(lambda text: text.replace("import numpy", "# a remark\nimport numpy")) == same
    assert code(change_helper=lambda text: text.replace("Words.", "Other words.")) == same


def test_what_a_process_has_loaded_changes_nothing(code, tmp_path, monkeypatch):
    """Catches: one hash in the child that ran the trials, another in the process that asks whether they are known."""
    loaded = code()
    monkeypatch.delitem(sys.modules, "own_helper")
    monkeypatch.syspath_prepend(tmp_path)
    assert code_of(tmp_path / "statement.py", ("numpy",)) == loaded
    assert "own_helper" not in sys.modules


def test_what_is_computed_counts(code):
    same = code()
    assert code(lambda text: text.replace("2.0", "2.5")) != same
    assert code(change_helper=lambda text: text.replace("1.0", "1.5")) != same
    assert code(libraries=("numpy", "torch")) != same


def test_the_claims_of_one_folder_do_not_share_a_version():
    from lemmata.vocabulary.epochs import PACKAGE

    files = [PACKAGE / "claims" / "fcg" / name for name in ("eq_1.py", "eq_19.py")]
    for file in files:
        load_claims(file)
    assert code_of(files[0]) != code_of(files[1])
    assert code_of(files[0]) == code_of(files[0])
