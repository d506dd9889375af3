"""Names of the package in running text become links, and terms say on hover what they mean.

In docstrings a name stands between single backticks, be it of a function or of an argument. Where
it is one that the same page documents, or a dotted one that any page does, it leads there;
arguments stay as they are. A link to the glossary carries the definition as its title.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

PLAIN = re.compile(r"[\w\s.,+\-=/()']*")  # a formula that can be read without being set


class LinkNames(SphinxPostTransform):
    """Link the names between single backticks that the API documents."""

    default_priority = 800
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Visit what docutils calls title references."""
        objects = self.env.domains.python_domain.objects
        page = self.env.docname
        modules = [
            name for name, entry in objects.items()
            if entry.docname == page and entry.objtype == "module"
        ]  # fmt: skip
        for node in list(self.document.findall(nodes.title_reference)):
            text = node.astext()
            for name in (*(f"{module}.{text}" for module in modules), text):
                if name in objects and text not in arguments(node):
                    entry = objects[name]
                    words = nodes.literal("", text, classes=["xref", "py", "py-obj"])
                    link = make_refnode(
                        self.app.builder, page, entry.docname, entry.node_id, words, name
                    )
                    node.replace_self(link)
                    break


def arguments(node: nodes.Node) -> set[str]:
    """Give the names of the arguments of the functions around a node."""
    found: set[str] = set()
    while (node := node.parent) is not None:
        if isinstance(node, addnodes.desc):
            parameters = node.findall(addnodes.desc_parameter)
            found |= {re.split(r"[=:]", one.astext())[0].strip("*, ") for one in parameters}
    return found


class DefineTerms(SphinxPostTransform):
    """Give links to the glossary their definitions."""

    default_priority = 800
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Visit the page's links to terms."""
        for link in self.document.findall(nodes.reference):
            place = (link.get("refuri", "").partition("#")[2] or link.get("refid", "")).strip()
            if place.startswith("term-") and (said := definitions(self.app).get(place)):
                link["reftitle"] = said


def definitions(app: Sphinx) -> dict[str, str]:
    """Give the definition of each term, by the id of the term; read once in a process."""
    if not hasattr(app, "slopes_definitions"):
        objects = app.env.domains.standard_domain.objects
        app.slopes_definitions = {
            term: words(item[-1])
            for page in sorted({page for (kind, _), (page, _) in objects.items() if kind == "term"})
            for item in app.env.get_doctree(page).findall(nodes.definition_list_item)
            for name in item.findall(nodes.term)
            for term in name["ids"]
        }
    return app.slopes_definitions


def words(definition: nodes.Element) -> str:
    """Give a definition as plain text; empty if a formula in it cannot be read as such."""
    if not all(PLAIN.fullmatch(one.astext()) for one in definition.findall(nodes.math)):
        return ""
    return " ".join(definition.astext().split())
