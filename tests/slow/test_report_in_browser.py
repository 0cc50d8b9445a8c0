"""The report in a real browser: formulas are set, text stays text, and the policy stops what gets past both."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report_sample import hostile, sample_record

from harness.report import render

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TITLE = "Lemmata: verification report"

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

Browse = Callable[[str], tuple[str, str]]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Opens a page; gives the document after its scripts have run, and what the console said."""

    def opened(html: str) -> tuple[str, str]:
        (tmp_path / "index.html").write_text(html, encoding="utf-8")
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000"]
        options += [f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom"]
        command = [str(BROWSER), *options, (tmp_path / "index.html").as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)

    return opened


def title(document: str) -> str:
    return re.search(r"<title>(.*?)</title>", document, re.S)[1]


def with_statement(statement: str) -> dict[str, Any]:
    item = {"claim": "c", "reading": "r", "bound": "b", "verdict": "HOLDS", "statement": statement}
    return {"schema": 1, "run": {}, "items": [item]}


def body(document: str) -> str:
    """What is visible: the document without its scripts."""
    return re.sub(r"<script>.*?</script>", "", document, flags=re.S)


def test_every_formula_of_the_sample_is_set_and_the_policy_blocks_nothing(browse):
    document, console = browse(render(sample_record()))
    assert body(document).count('class="katex-html"') >= 20
    assert 'class="broken"' not in body(document)
    assert not console


def test_a_broken_formula_keeps_its_source_and_the_others_are_set(browse):
    document, _ = browse(render(with_statement(r"First $\frac{1}$, then $x^2$, and a price of 5\$.")))
    assert re.search(r'<span class="broken"[^>]*>\$\\frac\{1\}\$</span>', document)
    assert body(document).count('class="katex-html"') == 1
    assert r"and a price of 5\$." in document


def test_no_attack_in_any_field_runs(browse):
    document, _ = browse(render(hostile(sample_record())))
    assert title(document).startswith(TITLE)
    assert "<img" not in body(document)


@pytest.mark.parametrize(
    "formula",
    [
        r"\href{javascript:document.title='PWNED'}{x}",
        r"\includegraphics{https://example.org/x.png}",
        r"\htmlStyle{position:fixed}{x}",
        r"\def\a{\a\a}\a",
        r"\text{<script>document.title='PWNED'</script><img src=x onerror=alert(1)>}",
    ],
)
def test_a_formula_reaches_nothing_outside_itself(browse, formula):
    document, _ = browse(render(with_statement(f"${formula}$")))
    assert title(document).startswith(TITLE)
    assert not re.search(r"<[^>]*(javascript|example\.org)|style=[^>]*fixed|<img", body(document))


def test_a_formula_cannot_cover_the_page(browse):
    document, _ = browse(render(with_statement(r"$\rule{9999em}{9999em}$")))
    assert max(float(size) for size in re.findall(r"(?:width|height): ?([\d.]+)em", body(document))) <= 30


def test_the_policy_stops_a_script_that_gets_past_the_template(browse):
    smuggled = "<script>document.title='PWNED'</script><img src=x onerror=\"document.title='PWNED'\"></main>"
    html = render(with_statement("$x$")).replace("</main>", smuggled)
    document, console = browse(html)
    assert title(document).startswith(TITLE)
    assert "Content Security Policy" in console
    unprotected = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    assert title(browse(unprotected)[0]) == "PWNED"  # so the test above can fail
