"""Every claim that a file's import makes is collected, however it is made and wherever it is kept; once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lemmata.vocabulary.discovery import claim_files, load_claims, may_make_claims

MAKE = """
def make(name):
    claim = lm.Claim(f"own.{name}", axes=[lm.Axis("d", 4, 64)])
    claim.at_most("b")(lambda p, rng: (rng.random(), 2.0))
    claim.control("b")(lambda p, lhs, rhs: (lhs, -1.0))
    return claim
"""
WAYS = {
    "annotated": "claim: lm.Claim = make('a')",
    "function": "claim = make('a')",
    "loop": "for name in ['a']:\n    claim = make(name)\ndel claim",
    "list": "claims = [make('a')]",
    "dict": "claims = {'x': {'y': make('a')}}",
    "several_names": "one = two = make('a')\nthree = one",
    "thrown_away": "make('a')",
    "class_body": "class Home:\n    claim = make('a')",
    "in_a_call": "print(len([make('a')]))",
    "conditional": "if True:\n    claim = make('a')",
    "try": "try:\n    claim = make('a')\nfinally:\n    pass",
    "walrus": "(claim := make('a'))",
    "star": "*_, claim = [make('a')]",
    "comprehension": "claims = {make(name) for name in 'a'} if False else [make(name) for name in 'a']",
    "replaced": "import dataclasses\ndef later():\n    return make('a')\nclaim = later()",
    "lambda": "claim = (lambda: make('a'))()",
    "decorator": "def now(f):\n    return f()\n@now\ndef claim():\n    return make('a')",
}
HEADS = {
    "module": "import lemmata as lm",
    "indented": "if True:\n    import lemmata as lm",
    "late": "x = 1\nimport lemmata as lm, os",
}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("way", WAYS)
def test_a_claim_is_collected_however_it_is_made(way, head, tmp_path):
    """Catches: a claim that is left out without a word."""
    file = tmp_path / f"{way}_{head}.py"
    file.write_text(f"{HEADS[head]}\n{MAKE}\n{WAYS[way]}\n")
    assert claim_files([tmp_path]) == [file]
    assert [claim.id for claim in load_claims(file)] == ["own.a"]
    assert [claim.id for claim in load_claims(file)] == ["own.a"], "asked for a second time"


def test_a_claim_that_a_helper_makes_belongs_to_the_file_that_asks(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "factory_of_claims.py").write_text(f"import lemmata as lm\n{MAKE}")
    for name in ("first", "second"):
        (tmp_path / f"{name}_asks.py").write_text(
            f"import lemmata\nfrom factory_of_claims import make\nkept = [make('{name}')]\n"
        )
    assert load_claims(tmp_path / "factory_of_claims.py") == []
    found = {path.stem: load_claims(path) for path in tmp_path.glob("*_asks.py")}
    assert {stem: [(c.id, os.path.basename(c.file)) for c in claims] for stem, claims in found.items()} == {
        f"{name}_asks": [(f"own.{name}", f"{name}_asks.py")] for name in ("first", "second")
    }


def test_a_claim_that_is_imported_belongs_to_the_other_file(tmp_path, monkeypatch):
    """Catches: one claim that is checked twice, or in neither file."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "lends_a_claim.py").write_text(f"import lemmata as lm\n{MAKE}\nlent = make('lent')\n")
    (tmp_path / "takes_a_claim.py").write_text(
        f"import lemmata as lm\nfrom lends_a_claim import lent\n{MAKE}\nmine = make('mine')\n"
    )
    assert [claim.id for claim in load_claims(tmp_path / "takes_a_claim.py")] == ["own.mine"]
    assert [claim.id for claim in load_claims(tmp_path / "lends_a_claim.py")] == ["own.lent"]


def test_claims_made_from_a_set_come_in_one_order(tmp_path):
    """Catches: two workers that collect the same claims in two orders, which ends the run."""
    file = tmp_path / "many.py"
    file.write_text(
        f"import lemmata as lm\n{MAKE}\nfor name in {{'alpha', 'beta', 'gamma', 'delta', 'eps'}}:\n    make(name)\n"
    )
    code = f"""
from pathlib import Path
from lemmata.vocabulary.discovery import load_claims
print([claim.id for claim in load_claims(Path({str(file)!r}))])
"""
    orders = set()
    for seed in ("1", "2", "3"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        orders.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(orders) == 1
    assert "alpha" in orders.pop()


def test_a_file_whose_import_fails_leaves_nothing(tmp_path):
    file = tmp_path / "fails_once.py"
    file.write_text(f"import lemmata as lm\n{MAKE}\nmake('a')\nraise RuntimeError('not today')\n")
    with pytest.raises(RuntimeError, match="not today"):
        load_claims(file)
    file.write_text(f"import lemmata as lm\n{MAKE}\nmake('a')\n")
    assert [claim.id for claim in load_claims(file)] == ["own.a"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test_own.py", "from lemmata import Claim"),
        ("conftest.py", "from lemmata import Claim"),
        ("notes.txt", "from lemmata import Claim"),
        ("other.py", "class Claim: pass\nclaim = Claim()"),
        ("words.py", "# import lemmata\nClaim = 1"),
    ],
)
def test_what_cannot_make_claims_is_not_imported(name, text, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    assert not may_make_claims(path)
