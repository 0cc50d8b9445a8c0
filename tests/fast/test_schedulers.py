"""What the nightly workflow and the documentation tell a scheduler to run exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lemmata.doors.cli import parser

ROOT = Path(__file__).resolve().parent.parent.parent
WORKFLOW = ROOT / ".github" / "workflows" / "nightly.yml"
NIGHTS = ROOT / "docs" / "nights.md"


def commands(text):
    """What stands after `lemmata` on its lines, with variables of the shell in place."""
    lines = re.findall(r"(?m)^\s*(?:run: )?(?:\.venv/bin/)?lemmata ((?:[^\n#|]|\$\{)+)", text)
    return [re.sub(r"\"?\$\w+[\w./]*\"?", "2h", line).split() for line in lines]


@pytest.mark.parametrize("file", [WORKFLOW, NIGHTS], ids=lambda file: file.name)
def test_every_command_is_one_that_the_program_knows(file):
    found = commands(file.read_text())
    assert any("nightly" in command for command in found)
    for command in found:
        quoted = " ".join(command)
        words = re.sub(r'"[^"]*"', "text", quoted).split()
        parser().parse_args(words)  # exits where it does not know a verb or an option


def test_the_workflow_carries_the_ledger_and_shows_the_summary():
    text = WORKFLOW.read_text()
    restored, saved = text.index("actions/cache/restore"), text.index("actions/cache/save")
    assert restored < text.index("--profile nightly") < text.index("$GITHUB_STEP_SUMMARY") < saved
    assert text.index("--profile nightly") < text.index("lemmata prune") < saved, "else it grows for ever"
    assert "restore-keys: ledger-" in text, "a key is new in every run: the latest one is found by its beginning"
    assert text.count("if: always()") == 4, "a red night is kept, and shown, too"
    assert "cancel-in-progress: false" in text


def test_make_knows_the_night():
    assert "lemmata run --profile nightly" in (ROOT / "Makefile").read_text()
