"""What a deck must keep, checked when a page is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from slopes_docs.deck.cells import check_code, read_cell, warn
from slopes_docs.deck.directives import notes, slide_options
from slopes_docs.deck.plans import check_minutes


def is_deck(app: Sphinx, docname: str) -> bool:
    """Tell whether a document is a deck; the index of the decks is a page."""
    prefix = app.config.deck_prefix
    return docname.startswith(prefix) and docname != f"{prefix}index"


def sections(node: nodes.Element) -> list[nodes.section]:
    """Return the sections directly inside ``node``."""
    return [child for child in node.children if isinstance(child, nodes.section)]


def leaves_of(document: nodes.document) -> Iterator[nodes.section]:
    """Yield the section of every slide, in the order of presentation."""
    for top in sections(document):
        yield top
        for second in sections(top):
            yield second
            yield from sections(second)


def own(section: nodes.section, kind: type[nodes.Element]) -> list[Any]:
    """Return the nodes of one kind that stand directly in a slide."""
    return [child for child in section.children if isinstance(child, kind)]


def check(app: Sphinx, document: nodes.document) -> None:
    """Warn where a document breaks the rules in the module's docstring."""
    docname = app.env.docname
    for cell in document.findall(nodes.container):
        read_cell(cell)
    leaves = list(leaves_of(document)) if is_deck(app, docname) else []
    for node in document.findall(lambda n: isinstance(n, (notes, slide_options))):
        if node.parent not in leaves:
            name = "notes" if isinstance(node, notes) else "slide"
            warn(f"{name} must stand directly in a slide of a deck", node, "place")
    if not is_deck(app, docname):
        return
    for child in document.children:
        # A label before the first heading stays a child of the document: it prints nothing.
        if not isinstance(child, (nodes.section, nodes.Invisible, nodes.target)):
            warn("a deck must begin with its title, got content before it", child, "place")
    for leaf in leaves:
        check_code(leaf)
        count = len(own(leaf, notes))
        if count != 1:
            warn(f"a slide must have one notes block, got {count}: {title_of(leaf)}", leaf, "notes")
    check_minutes(app.env, docname, [note for leaf in leaves for note in own(leaf, notes)])


def title_of(section: nodes.section) -> str:
    """Return the text of a slide's heading."""
    return next((t.astext() for t in own(section, nodes.title)), "")
