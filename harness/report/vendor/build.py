"""Make `katex.css` from an unpacked KaTeX package: the same style sheet with its woff2 fonts inside.

Usage: `python build.py path/to/package` after `npm pack katex@VERSION && tar xzf katex-VERSION.tgz`.
"""

from __future__ import annotations

import base64
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = re.compile(r"src:url\(fonts/([\w-]+)\.woff2\) format\(\"woff2\"\)[^}]*")


def embed_fonts(css: str, fonts: Path) -> str:
    """The style sheet with each woff2 font as a data URI, and no other font format.

    Raises:
        ValueError: if a reference to a file is left, because the page would then not open offline.
    """

    def source(match: re.Match[str]) -> str:
        font = base64.b64encode((fonts / f"{match[1]}.woff2").read_bytes()).decode("ascii")
        return f'src:url(data:font/woff2;base64,{font}) format("woff2")'

    embedded = SOURCES.sub(source, css)
    if "url(fonts/" in embedded:
        raise ValueError("the style sheet still refers to font files: its @font-face form has changed")
    return embedded


def main(package: Path) -> None:
    """Copy what the report needs from the package into this folder."""
    dist = package / "dist"
    (HERE / "katex.css").write_text(embed_fonts((dist / "katex.min.css").read_text(), dist / "fonts"))
    shutil.copyfile(dist / "katex.min.js", HERE / "katex.min.js")
    shutil.copyfile(package / "LICENSE", HERE / "LICENSE")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
