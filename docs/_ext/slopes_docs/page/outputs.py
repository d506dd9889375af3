"""Outputs of cells that are text: a message is wrapped like text, a table of numbers is not."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

COLUMNS = re.compile(r"\S {2,}\S")  # what stands one below the other is set apart by blanks


def wrap_messages(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the outputs that lose nothing when a long line goes on in the next one."""
    for output in doctree.findall(nodes.container):
        if output.get("nb_element") == "cell_code_output":
            for block in output.findall(nodes.literal_block):
                if not COLUMNS.search(block.astext()):
                    block["classes"].append("message")
