"""Pages that a strict reader of HTML accepts: no name twice, no list inside a paragraph.

sphinx-exercise gives the content of every exercise the same name, and of every solution (1.2.1);
Sphinx writes several return values as a list inside a paragraph (9.0.4). Browsers guess what is
meant; EPUBCheck, and readers of its kind, refuse the book.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

REPEATED = (["exercise-content"], ["solution-content"])


def mend(_app: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Take repeated names away, and lists out of their paragraphs."""
    for section in doctree.findall(nodes.section):
        if section["ids"] in REPEATED:
            section["ids"] = []
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if any(isinstance(child, nodes.bullet_list) for child in paragraph):
            paragraph.replace_self(paragraph.children)
