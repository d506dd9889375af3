"""The description of a page that searches and previews show: its first plain sentences.

A paragraph with a formula would show its TeX, facts and lists say nothing of the subject, and the
speaker's notes of a deck are for one reader; what is left begins the description.
"""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from slopes_docs.deck.directives import notes

LONGEST = 160  # letters; more is cut by those who show it
SHORTEST = 40
PASSED_OVER = (nodes.list_item, nodes.Admonition, nodes.table, nodes.definition, notes)


def plain(paragraph: nodes.paragraph) -> bool:
    """Whether a paragraph is running text of the page, without a formula."""
    if any(paragraph.findall(nodes.math)) or len(paragraph.astext()) < SHORTEST:
        return False
    node: nodes.Node | None = paragraph
    while node is not None:
        classes = node.get("classes", []) if isinstance(node, nodes.Element) else []
        if isinstance(node, PASSED_OVER) or "chapter-facts" in classes:
            return False
        node = node.parent
    return True


def description(title: str, doctree: nodes.document) -> str:
    """Describe a page.

    Parameters
    ----------
    title : str
        What the page is called, and where.
    doctree : nodes.document
        The page.

    Returns
    -------
    str
        The title and the first plain paragraph, cut after a word.
    """
    found = next(filter(plain, doctree.findall(nodes.paragraph)), None)
    text = " ".join(f"{title}. {found.astext() if found else ''}".split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rpartition(" ")[0] + "…"


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write the description into the head of a page, and into its preview."""
    if doctree is None:
        text = f"{app.config.project}: how a computer finds a derivative."
    else:
        kind = "Slides: " if page.startswith(app.config.deck_prefix) else ""
        text = description(f"{kind}{app.env.titles[page].astext()}", doctree)
        context["meta"] = {**(context.get("meta") or {}), "og:description": text}
    tag = f'<meta name="description" content="{escape(text)}" />\n'
    context["metatags"] = context.get("metatags", "") + tag
