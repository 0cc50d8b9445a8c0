"""A new kind of bound is one new file: nothing else is edited, and it goes from a claim to the page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import lemmata

KIND = '''
"""A toy: the mean of the quantity is at most the bound."""

import math

from lemmata.judging.kinds.base import Example, Judged
from lemmata.vocabulary.verdict import Finding, Verdict


class MeanAtMost(Judged):
    name = "toy_mean"

    def judge(self, subject, evidence):
        mean = sum(t.lhs - t.rhs for t in evidence.iid) / len(evidence.iid)
        verdict = Verdict.VIOLATED if mean > 0 else Verdict.HOLDS
        return [Finding(verdict, f"the mean is {abs(mean):.3f} {'above' if mean > 0 else 'below'} the bound")]

    def method(self, subject, evidence):
        return "a plain mean, for a toy"

    def rates(self, subject, evidence):
        return ["Nothing is known of the errors of a toy."]

    def e_value(self, subject, evidence, findings):
        return math.inf

    def examples(self, subject, evidence, *, refuted):
        return [Example(max(evidence.iid, key=subject.badness), "worst")] if refuted else []


KIND = MeanAtMost()
'''
CLAIM = '''
"""Means of uniform numbers."""
from lemmata import Axis, Claim

claim = Claim("own.mean", axes=[Axis("d", 2, 16)])


@claim.at_most("half", kind="toy_mean", quantity="mean of U")
def half(p, rng):
    return rng.random(), 0.6


@claim.at_most("third", kind="toy_mean")
def third(p, rng):
    return rng.random(), 1 / 3


@claim.control("half")
@claim.control("third")
def quarter(p, lhs, rhs):
    return lhs, 0.25
'''


def test_a_kind_goes_from_its_file_to_the_page(tmp_path: Path) -> None:
    package = tmp_path / "src" / "lemmata"
    shutil.copytree(Path(str(lemmata.__file__)).parent, package, ignore=shutil.ignore_patterns("__pycache__", "claims"))
    (package / "claims").mkdir()
    (package / "claims" / "__init__.py").write_text("")
    (package / "judging" / "kinds" / "toy_mean.py").write_text(KIND)
    project = tmp_path / "project"
    project.mkdir()
    (project / "mean.py").write_text(CLAIM)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CI"))}
    environment["PYTHONPATH"] = str(package.parent)

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lemmata", *arguments],
            cwd=project, env=environment, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    ran = command("run", "mean.py", "--workers", "1")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    rows = {row["bound"]: row for row in json.loads(command("list", "--json", "mean.py").stdout)}
    assert (rows["half"]["verdict"], rows["third"]["verdict"]) == ("HOLDS", "VIOLATED")
    assert rows["half"]["kind"] == "toy_mean"
    page = (project / "report" / "index.html").read_text()
    assert "below the bound" in page
    assert "a plain mean, for a toy" in page
    shown = command("show", "own.mean").stdout
    assert "the control quarter was not caught" not in shown
    (identifier,) = {word for word in shown.split() if word.startswith("cx-")}
    replayed = command("replay", identifier)
    assert "identical to the recorded numbers" in replayed.stdout, replayed.stdout + replayed.stderr
