"""What the search knows of a page: its sections, slides, functions and terms, one passage each.

A passage is what is read between two headings, without formulas, listings, outputs, speaker notes
and the page's furniture: only what a reader would recognize as an answer. It is kept in a file
beside the doctrees, so that a build that reads one page anew still knows all the others.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from slopes_docs.deck.checks import is_deck
from slopes_docs.deck.directives import notes
from slopes_docs.page.predict import answer

FOLDER = "passages"
GLOSSARY = "reference/glossary"
API = "reference/api/"
UNREAD = (
    nodes.math_block, nodes.literal_block, nodes.doctest_block, nodes.raw, nodes.comment,
    nodes.image, nodes.system_message, nodes.Invisible, nodes.title, nodes.citation,
    addnodes.desc_signature, addnodes.toctree, notes, answer,
)  # fmt: skip
OWNERS = (nodes.section, addnodes.desc)
FURNITURE = {
    "no-search", "chapter-facts", "course", "deck-links", "licence", "given", "predict-options",
}  # fmt: skip
LETTER = re.compile(r"[A-Za-z0-9]'?")


class Passage(NamedTuple):
    """Where it is, its own title, the title and the kind of its page, and its text."""

    url: str
    title: str
    page: str
    kind: str
    text: str


def words(node: nodes.Node) -> str:
    """Give the text of a node, formulas of more than a letter as three dots."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.math):
        return node.astext() if LETTER.fullmatch(node.astext()) else "…"
    assert isinstance(node, nodes.Element)  # noqa: S101 - docutils has no third kind
    if is_field(node):
        return f"{heading(node)[0].rpartition('.')[2]}: {words(node[-1])}"
    space = "" if isinstance(node, nodes.TextElement) else " "
    return space.join(words(child) for child in node.children if is_read(child))


def is_read(node: nodes.Node) -> bool:
    """Tell whether a node belongs to the text of the passage around it."""
    classes = node["classes"] if isinstance(node, nodes.Element) else []
    unread = isinstance(node, UNREAD) or owns(node)
    return not unread and FURNITURE.isdisjoint(classes)


def owns(node: nodes.Node) -> bool:
    """Tell whether a node is a passage of its own."""
    return (isinstance(node, OWNERS) and not is_field(node)) or is_term(node)


def is_field(node: nodes.Node) -> bool:
    """Tell whether a node describes a field of a class, a line that is read with the class."""
    return isinstance(node, addnodes.desc) and node["objtype"] == "attribute"


def is_term(node: nodes.Node) -> bool:
    """Tell whether a node is an entry of a glossary: a passage of its own."""
    entry = isinstance(node, nodes.definition_list_item)
    return entry and isinstance(node.parent.parent, addnodes.glossary)


def kind_of(app: Sphinx, page: str) -> str:
    """Say what a page is, in the word that a result shows."""
    if is_deck(app, page):
        return "Deck"
    if page == GLOSSARY:
        return "Glossary"
    if page.startswith(API):
        return "API"
    return "Reference" if "/" in page else "Chapter"


def passages(app: Sphinx, doctree: nodes.document, page: str) -> list[Passage]:
    """Cut a resolved page into passages.

    Parameters
    ----------
    app : Sphinx
        The application.
    doctree : nodes.document
        The page.
    page : str
        Its name.

    Returns
    -------
    list[Passage]
        In the order of the page. What has no title or no place to jump to is left out.
    """
    address, kind = app.builder.get_target_uri(page), kind_of(app, page)
    whole = text_of(app.env.titles[page])
    found = []
    for node in doctree.findall(owns):
        title, places = heading(node)
        if title and places:
            text = " ".join(words(node).split())
            first = not found and isinstance(node, nodes.section)
            url = address if first else f"{address}#{places[0]}"
            found.append(Passage(url, title, whole, kind, text))
    return found


def heading(node: nodes.Element) -> tuple[str, list[str]]:
    """Give the title of a passage and the ids that lead to it."""
    if isinstance(node, addnodes.desc):
        (signature, *_) = [*node.findall(addnodes.desc_signature)]
        return signature.get("fullname", ""), signature["ids"]
    if is_term(node):
        terms = list(node.findall(nodes.term))
        return ", ".join(map(text_of, terms)), terms[0]["ids"]
    return text_of(next(node.findall(nodes.title), None)), node["ids"]


def text_of(title: nodes.Element | None) -> str:
    """Give a title as plain text; its formulas are short, so they are kept without TeX's marks."""
    if title is None:
        return ""
    math = {id(node.children[0]) for node in title.findall(nodes.math)}
    texts = (
        re.sub(r"[\\{}]", "", node) if id(node) in math else str(node)
        for node in title.findall(nodes.Text)
    )
    return " ".join("".join(texts).split())


def collect(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Keep a page's passages."""
    if app.builder.name != "html":
        return
    silent = "no-search" in app.env.metadata[page]
    found = [] if silent else passages(app, doctree, page)
    target = Path(app.doctreedir, FOLDER, f"{page}.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found), encoding="utf-8")


def collected(app: Sphinx) -> list[Passage]:
    """Give the passages of all pages."""
    pages = sorted(app.env.found_docs)
    files = [Path(app.doctreedir, FOLDER, f"{page}.json") for page in pages]
    kept = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]
    return [Passage(*passage) for page in kept for passage in page]
