"""The page: one HTML document with its styles, scripts and fonts inside, and a policy against all others."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from lemmata.report import wording
from lemmata.report.context import context
from lemmata.report.fonts import with_fonts_for
from lemmata.report.record import check, printable

HERE = Path(__file__).parent


def render(record: dict[str, Any]) -> str:
    """The report as one HTML document that needs nothing but itself.

    The same record gives the same text, byte for byte.

    Raises:
        ValueError: if the record cannot be reported: another schema, a missing part, a NaN.
    """
    check(record)
    scripts = [_asset("vendor/katex.min.js"), _asset("render.js")]
    parts = {"not_measured": wording.NOT_MEASURED, "scripts": scripts} | context(printable(record))
    body = _template("body.html.j2").render(parts)
    styles = [Markup(with_fonts_for(body, _asset("vendor/katex.css"))), _asset("style.css")]
    policy = _policy(scripts, styles)
    return _template("template.html.j2").render(parts, body=Markup(body), styles=styles, policy=policy)


@cache
def _template(name: str) -> Template:
    """A template, compiled once."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": wording.number, "exactly": wording.exactly, "interval": wording.interval}
    return environment.get_template(name)


def _asset(name: str) -> Markup:
    return Markup((HERE / name).read_text(encoding="utf-8"))


def _policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """The content security policy: these scripts, these styles, fonts from inside the page, nothing else."""

    def sources(texts: Iterable[str]) -> str:
        digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {sources(scripts)}; style-src {sources(styles)}; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
