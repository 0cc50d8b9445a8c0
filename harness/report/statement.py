"""The statement of a claim: a docstring in labelled paragraphs."""

from __future__ import annotations

import re

LABEL = re.compile(r"([A-Z][a-z]+(?: [a-z]+){0,2})\.\s+(?=\S)")


def paragraphs(docstring: str, title: str) -> list[tuple[str, str]]:
    """A docstring without its title as (label, paragraph) pairs; the label may be empty.

    A label begins a line and ends with a full stop, as in "Worst case. On each activation cone ...".
    """
    pairs: list[tuple[str, list[str]]] = [("", [])]
    for line in docstring.strip().removeprefix(title).splitlines():
        label = LABEL.match(line)
        if label:
            pairs.append((label[1], [line[label.end() :]]))
        elif line.strip():
            pairs[-1][1].append(line)
        else:
            pairs.append(("", []))
    return [(label, " ".join(" ".join(lines).split())) for label, lines in pairs if lines]


def labelled(docstring: str, title: str, label: str) -> str:
    """The paragraphs under one label, with a blank line between them."""
    return "\n\n".join(paragraph for name, paragraph in paragraphs(docstring, title) if name == label)


def as_printed(docstring: str, title: str) -> str:
    """What the paper says: the paragraphs labelled "Statement", or the first one where none is; else the title."""
    unlabelled = (paragraph for name, paragraph in paragraphs(docstring, title) if not name)
    return labelled(docstring, title, "Statement") or next(unlabelled, title)
