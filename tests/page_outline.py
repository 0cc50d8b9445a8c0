"""What a browser sees of a page, without one."""

from __future__ import annotations

from html.parser import HTMLParser


class Outline(HTMLParser):
    """What a browser would see: tags in balance, ids, links, headings, scripts and the text."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self.pieces: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element, and a blank in the text."""
        self.pieces.append(" ")
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in self.inside:
            self.inside[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of SVG without content."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """The innermost open element ends, or the page is malformed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text of the page, or of a script, style or title."""
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]][-1] += data
        else:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        """All of it, with a blank for each element."""
        return "".join(self.pieces)

    def values(self, attribute: str) -> list[str]:
        """This attribute of all elements."""
        return [attrs[attribute] or "" for _, attrs in self.elements if attribute in attrs]
