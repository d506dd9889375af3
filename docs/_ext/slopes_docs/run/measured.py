"""Measured values, which no two builds share: how a page marks them, and the page without them.

Each stands in a `timing` node, which becomes an element with the attribute ``data-timing`` and is
left out of the search index, so that `mask` can blank it: two builds are the same when their masked
files are. The role ``{timing}`key``` puts a glued measurement into a sentence; a cell that prints
measurements has the tag ``timing``.
"""

from __future__ import annotations

from html.parser import HTMLParser

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

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


# --- the mark ---------------------------------------------------------------------------------


class timing(nodes.inline):  # noqa: N801 - docutils names nodes like this
    """A measured value, which no two builds share."""


class Timing(SphinxRole):
    """The role ``timing``: ``{glue:text}`` for a measured value."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Wrap what the glue role makes."""
        from myst_nb.ext.glue.roles import PasteTextRole

        found, messages = PasteTextRole()(
            "glue:text", self.rawtext, self.text, self.lineno, self.inliner, self.options
        )
        return [measured(*found)], messages


def measured(*children: nodes.Node) -> timing:
    """Mark some text as measured."""
    return timing("", "", *children, classes=["no-search"])


def leave_out_of_search(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep the outputs of measuring cells out of the search index."""
    for node in doctree.findall(nodes.container):
        if TAG in node["classes"]:
            for output in node.findall(nodes.container):
                if output.get("nb_element") == "cell_code_output":
                    output["classes"].append("no-search")


def visit_timing(translator: nodes.NodeVisitor, node: timing) -> None:
    """Open the marked element."""
    translator.body.append('<span data-timing="">')


def depart_timing(translator: nodes.NodeVisitor, node: timing) -> None:
    """Close the marked element."""
    translator.body.append("</span>")


def _skip(translator: nodes.NodeVisitor, node: nodes.Node) -> None:
    pass


def register(app: Sphinx) -> None:
    """Register the node and the role."""
    plain = dict.fromkeys(("latex", "man", "texinfo", "text"), (_skip, _skip))
    app.add_node(timing, html=(visit_timing, depart_timing), **plain)
    app.add_role("timing", Timing())
