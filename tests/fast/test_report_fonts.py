"""The page carries the fonts that its formulas need, and leaves out those that are rare."""

from __future__ import annotations

import re

import pytest

from lemmata.report import render
from lemmata.report.fonts import RARE

ALWAYS = {"KaTeX_AMS", "KaTeX_Caligraphic", "KaTeX_Main", "KaTeX_Math", *(f"KaTeX_Size{k}" for k in (1, 2, 3, 4))}
NAMED = {mark for mark in RARE if mark.startswith("KaTeX")}


def fonts(statement: str) -> list[str]:
    """The families of the faces on a page, bold and italic ones apart."""
    item = {"claim": "c", "reading": "r", "bound": "b", "verdict": "HOLDS", "statement": statement}
    faces = re.findall(r"@font-face\{(.*?)\}", render({"schema": 1, "run": {}, "items": [item]}))
    bold = {True: " bold italic", False: ""}
    return [
        re.search(r"font-family:\"?(\w+)", face)[1] + bold["font-style:italic;font-weight:700" in face]
        for face in faces
    ]


def test_a_common_formula_takes_the_common_fonts_only():
    assert set(fonts(r"$\|x\|_2 \le \text{one} \cdot \frac12 \mathbb R \mathbf x \scriptstyle y$")) == ALWAYS


@pytest.mark.parametrize(
    ("command", "font"),
    [
        (r"\mathfrak R", "KaTeX_Fraktur"),
        (r"\mathscr L", "KaTeX_Script"),
        (r"\mathsf X", "KaTeX_SansSerif"),
        (r"\texttt{x}", "KaTeX_Typewriter"),
        (r"\boldsymbol x", "KaTeX_Math bold italic"),
        (r"\textbf{\textit{x}}", "KaTeX_Main bold italic"),
    ],
)
def test_a_rare_command_brings_its_font(command, font):
    assert font in fonts(f"${command}$")
    assert font not in fonts("$x$")
    assert NAMED & set(fonts(f"${command}$")) <= {font}


def test_every_rare_mark_is_one_of_a_font():
    everything = fonts(r"$\frak \scr \sf \tt \bm$")
    assert len(everything) == 20, "all that is vendored"
    assert set(everything) >= NAMED
