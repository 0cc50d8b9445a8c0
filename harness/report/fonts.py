"""The fonts that a page needs: those of KaTeX are a quarter of a small page, and most formulas need half of them."""

from __future__ import annotations

import re

FACE = re.compile(r"@font-face\{.*?\}", re.S)

RARE = {
    "KaTeX_Fraktur": r"frak",
    "KaTeX_Script": r"scr(?!ipt)",
    "KaTeX_SansSerif": r"sf",
    "KaTeX_Typewriter": r"tt|verb|url|href",
    "font-style:italic;font-weight:700": r"bold|bm|pmb|bfit|textit",
}
"""For what marks the rare fonts, the parts of commands that may need them; more often kept than needed."""


def with_fonts_for(text: str, style: str) -> str:
    """The style sheet without the rare fonts of which no command in the text has need.

    A formula whose font is missing is set all the same, in another one.
    """
    commands = " ".join(set(re.findall(r"\\[A-Za-z]+", text)))
    spare = [mark for mark, needed in RARE.items() if not re.search(needed, commands)]
    return FACE.sub(lambda face: "" if any(mark in face[0] for mark in spare) else face[0], style)
