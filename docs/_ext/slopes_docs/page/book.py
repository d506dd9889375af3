"""The book on one page, for the command `pdf`: decks left out, links kept true.

The builder ``singlehtml`` puts every document of the toctrees into one page. Four things are
mended here. Extensions that register nodes for it hide the handlers of all that do not, so it gets
those of html. The decks are no part of a book and stay out; a link into a deck leads to the site
where its address is known, and is plain text elsewhere. Chapters stand side by side, not inside the
section that lists them. Two chapters may use one name for a place: each gets its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.config import Config
from sphinx.util.nodes import inline_all_toctrees


class Book(SingleFileHTMLBuilder):
    """Sphinx's builder of one page, without the decks."""

    def assemble_doctree(self) -> nodes.document:
        """Put the chapters together; decks count as seen and are passed over."""
        root, decks = self.config.root_doc, decks_of(self)
        tree = self.env.get_doctree(root)
        tree = inline_all_toctrees(self, set(), root, tree, str, [root, *decks])
        lift_chapters(tree)
        tree["docname"] = root
        self.env.resolve_references(tree, root, self)
        self.shared = self.separate(tree)
        for reference in list(tree.findall(nodes.reference)):
            self.mend(reference, tree, self.shared)
        return tree

    def assemble_toc_secnumbers(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """Know sections by their new names: one that is unknown gets the number of its chapter."""
        numbers = super().assemble_toc_secnumbers()
        for docname, places in self.env.toc_secnumbers.items():
            for anchor, number in places.items():
                name = self.scoped(docname, anchor.removeprefix("#"), self.shared)
                numbers[self.config.root_doc][f"{docname}/#{name}"] = number
        return numbers

    def separate(self, tree: nodes.document) -> set[str]:
        """Make the names that several documents use differ, and return those names."""
        homes: dict[str, set[str]] = {}
        for node, docname in places(tree, self.config.root_doc):
            for name in [] if self.numbered(node) else node.get("ids", []):
                homes.setdefault(name, set()).add(docname)
        shared = {name for name, documents in homes.items() if len(documents) > 1}
        for node, docname in places(tree, self.config.root_doc):
            keys = {"backrefs"} if self.numbered(node) else {"ids", "backrefs"}
            for key in keys & node.attributes.keys():
                node[key] = [self.scoped(docname, name, shared) for name in node[key]]
            if "refid" in node:
                node["refid"] = self.scoped(docname, node["refid"], shared)
        return shared

    def numbered(self, node: nodes.Element) -> bool:
        """Whether the writer looks up a number by this node's name, which must then stay."""
        kind = self.env.domains.standard_domain.get_enumerable_node_type(node)
        return kind not in {None, "section"}

    def scoped(self, docname: str, name: str, shared: set[str]) -> str:
        """Put the document's name before a shared one; no other name has two hyphens."""
        alone = name not in shared or docname == self.config.root_doc
        return name if alone else f"{docname.replace('/', '-')}--{name}"

    def mend(self, reference: nodes.reference, tree: nodes.document, shared: set[str]) -> None:
        """Make a link lead to one place of this page, to the site, or nowhere."""
        start, _, anchor = reference.get("refuri", "").partition("#")[2].partition("#")
        docname = start.removeprefix("document-")
        if start == docname:  # an address elsewhere, or a place that is named without its document
            return
        if docname.startswith(self.config.deck_prefix):
            lead_to_the_site(reference, self, docname)
        elif anchor:
            reference["refuri"] = f"#{self.scoped(docname, anchor, shared)}"
        elif docname == self.config.root_doc:
            reference["refuri"] = f"#{next(tree.findall(nodes.section))['ids'][0]}"


def decks_of(builder: Builder) -> list[str]:
    """Name the documents that are decks, their index included: no book has them."""
    prefix = builder.config.deck_prefix
    return sorted(name for name in builder.env.found_docs if name.startswith(prefix))


def lead_to_the_site(reference: nodes.reference, builder: Builder, page: str) -> None:
    """Let a link to a deck lead to the site where its address is known, or leave its words."""
    if builder.config.slopes_site and page.startswith(builder.config.deck_prefix):
        reference["refuri"] = f"{builder.config.slopes_site}{page}.html"
    else:
        reference.replace_self(reference.children)


def lift_chapters(tree: nodes.document) -> None:
    """Move chapters behind the section that lists them; a page of a part stays in its part."""
    for part in list(tree.findall(addnodes.start_of_file)):
        if not any(isinstance(node, addnodes.start_of_file) for node in around(part)):
            part.parent.remove(part)
            tree.append(part)


def around(node: nodes.Element) -> Iterator[nodes.Element]:
    """Yield all that a node stands in, from the inside out."""
    while (node := node.parent) is not None:
        yield node


def places(node: nodes.Element, docname: str) -> Iterator[tuple[nodes.Element, str]]:
    """Yield every element inside a node, with the document that it comes from."""
    for child in node.children:
        if isinstance(child, nodes.Element):
            within = child["docname"] if isinstance(child, addnodes.start_of_file) else docname
            yield child, within
            yield from places(child, within)


def share_handlers(app: Sphinx, config: Config) -> None:
    """Let singlehtml write every node that html can write."""
    handlers = app.registry.translation_handlers
    for name, pair in handlers.get("html", {}).items():
        handlers.setdefault("singlehtml", {}).setdefault(name, pair)
