"""Folded cells: each says what is in it, to the eye and to a screen reader in the same words.

MyST-NB calls every folded cell "Show code cell source", and for assistive technology all have one
name, "Toggle hidden content". Here a cell that draws a figure is "How Figure 2.3 is drawn"; any
other must say what it holds, by ``code_prompt_show`` in its metadata.
"""

from __future__ import annotations

from docutils import nodes
from myst_nb.core.config import NbParserConfig
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxTranslator

log = logging.getLogger(__name__)
NAMELESS = NbParserConfig().code_prompt_show


class fold(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes like this
    """A part of a cell that is shown closed, with its name in ``title``."""


class NameFolds(SphinxPostTransform):
    """Put a named fold in the place of each of MyST-NB's."""

    default_priority = 200  # right after MyST-NB has made them
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Visit the page's folded cells."""
        for hidden in list(self.document.findall(HideCodeCellNode)):
            title = self.title(hidden.parent)
            named = fold("", *hidden.children, title=title, classes=hidden["classes"])
            hidden.replace_self(named)

    def title(self, cell: nodes.container) -> str:
        """Say what is folded."""
        if cell["prompt_show"] != NAMELESS:
            return cell["prompt_show"]
        pages = self.env.toc_fignumbers.values()  # of all: the book on one page has all their cells
        numbers = {
            name: number for page in pages for name, number in page.get("figure", {}).items()
        }
        for figure in cell.findall(nodes.figure):
            for name in figure["ids"]:
                if name in numbers:
                    number = ".".join(map(str, numbers[name]))
                    return f"How {self.config.numfig_format['figure'] % number} is drawn"
        log.warning(
            "a folded cell must have a numbered figure or code_prompt_show, got neither",
            location=cell, type="slopes", subtype="folds",
        )  # fmt: skip
        return "Code"


def visit_fold(translator: SphinxTranslator, node: fold) -> None:
    """Open a fold."""
    title = translator.encode(node["title"])
    classes = " ".join(["admonition", "hide", *node["classes"]])
    translator.body.append(f'<details class="{classes}">\n<summary>{title}</summary>\n')


def depart_fold(translator: SphinxTranslator, node: fold) -> None:
    """Close a fold."""
    translator.body.append("</details>\n")


def register(app: Sphinx) -> None:
    """Register node and transform."""
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_post_transform(NameFolds)
