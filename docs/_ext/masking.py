"""Measured values in a built page: where they are, and the page without them."""

from __future__ import annotations

from html.parser import HTMLParser

TAG = "tag_timing"  # MyST-NB's class for a cell with the tag "timing"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


class _Marked(HTMLParser):
    """Finds where marked elements start and end in a page's text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.spans: list[tuple[int, int]] = []
        self.opened = 0  # where the marked element's content begins
        self.stack: list[str] = []  # open elements, from the marked one inwards
        self.feed(text)

    def place(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        if self.stack:
            self.stack.append(tag)
        elif _is_marked(dict(attrs)):
            self.opened = self.place() + len(self.get_starttag_text() or "")
            self.stack = [tag]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.stack:
            return
        while self.stack.pop() != tag:
            pass  # an element whose end tag was left out
        if not self.stack:
            self.spans.append((self.opened, self.place()))


def _is_marked(attributes: dict[str, str | None]) -> bool:
    return "data-timing" in attributes or TAG in (attributes.get("class") or "").split()


def measured_spans(text: str) -> list[tuple[int, int]]:
    """Find the content of each marked element of a page.

    Parameters
    ----------
    text : str
        HTML.

    Returns
    -------
    list[tuple[int, int]]
        First and last position of each element's content, in order.
    """
    return _Marked(text.replace("\r", "\n")).spans


def mask(text: str) -> str:
    """Blank the measured values of a page.

    Parameters
    ----------
    text : str
        HTML.

    Returns
    -------
    str
        The same without the content of elements that have ``data-timing`` or come from a cell
        with the tag ``timing``.
    """
    kept, position = [], 0
    for start, end in measured_spans(text):
        kept.append(text[position:start])
        position = end
    return "".join([*kept, text[position:]])
