"""The report in a real browser: formulas are set, graphs lead to claims, text stays text, and the policy holds."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE
from report_sample import hostile, large_record, sample_record

from lemmata.report import render

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TITLE = "Lemmata: verification report"

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

Browse = Callable[..., tuple[str, str]]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Opens a page; gives the document after its scripts have run, and what the console said."""

    def opened(html: str, width: int = 1200) -> tuple[str, str]:
        (tmp_path / "index.html").write_text(html, encoding="utf-8")
        options = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=10000",
            f"--window-size={width},900",
        ]
        options += [f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom"]
        command = [str(BROWSER), *options, (tmp_path / "index.html").as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)

    return opened


def title(document: str) -> str:
    return re.search(r"<title>(.*?)</title>", document, re.S)[1]


def probed(browse: Browse, html: str, script: str, width: int = 1200) -> Any:
    """What a script returns that the page's policy allows beside its own; it runs after them.

    Args:
        browse: the fixture.
        html: the page.
        script: the body of an asynchronous function.
        width: of the window.
    """
    code = f"(async () => {{ document.title = JSON.stringify(await (async () => {{ {script} }})()); }})()"
    allowed = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    html = html.replace("script-src ", f"script-src 'sha256-{allowed}' ", 1)
    document, console = browse(html.replace("</body>", f"<script>{code}</script></body>"), width)
    assert not console
    return json.loads(unescape(title(document)))


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


def test_no_attack_on_graph_cards_and_changes_runs(browse):
    record = hostile(sample_record())
    for item, clean in zip(record["items"], sample_record()["items"], strict=True):
        item["verdict"] = clean["verdict"]
    html = render(record)
    assert 'class="node VIOLATED"' in html
    document, _ = browse(html)
    assert title(document).startswith(TITLE)
    assert "<img" not in body(document)


def test_every_node_leads_to_its_claim_and_none_covers_another(browse):
    nodes = probed(
        browse,
        render(large_record(50)),
        """return [...document.querySelectorAll(".graph .node")].map((node) => {
          const box = node.querySelector("rect").getBoundingClientRect();
          const target = document.getElementById(node.getAttribute("href").slice(1));
          return [box.x, box.y, box.right, box.bottom, node.querySelector("title").textContent, target?.className,
                  Math.max(...[...node.querySelectorAll("text")].map((t) => t.getBoundingClientRect().right))];
        });""",
    )
    assert len(nodes) > 30
    assert {where for *_, where, _ in nodes} == {"claim"}
    assert all(right <= box[2] + 1 for *box, _, _, right in nodes), "what is written in a node stays in it"
    for k, (x, y, right, bottom, *_) in enumerate(nodes):
        for other in nodes[:k]:
            apart = right <= other[0] or other[2] <= x or bottom <= other[1] or other[3] <= y
            assert apart, (nodes[k], other)


def test_a_graph_grows_and_shrinks_without_a_script_of_its_own(browse):
    page, actual, double = probed(
        browse,
        render(large_record(25)),
        """const graph = document.querySelector(".proof div > .graph");
        return ["fit", "actual", "double"].map((size) => {
          document.querySelector(`.proof .${size}`).checked = true;
          return graph.getBoundingClientRect().width;
        });""",
    )
    assert page < actual
    assert double == pytest.approx(2 * actual)


def test_an_erratum_is_copied_or_at_least_selected(browse):
    said, selected, text = probed(
        browse,
        render(sample_record()),
        """const text = document.querySelector("pre.copy");
        text.closest("details").open = true;
        const button = text.previousElementSibling;
        button.click();
        await new Promise((done) => setTimeout(done, 200));
        return [button.textContent, getSelection().toString(), text.textContent];""",
    )
    assert text.startswith("Erratum: Equation (19)")
    assert said in {"Copied", "Selected, to be copied"}
    if said != "Copied":
        assert selected.strip() == text.strip()


@pytest.mark.parametrize("width", [500, 800, 1600])
def test_the_page_never_scrolls_sideways(browse, width):
    record = sample_record()
    record["items"] += large_record(25)["items"]
    wide = probed(
        browse,
        render(record),
        """for (const part of document.querySelectorAll("details")) part.open = true;
        return [document.documentElement.scrollWidth, innerWidth];""",
        width,
    )
    assert wide[0] <= wide[1]


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
