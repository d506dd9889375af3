"""Code on slides: stepped, and with its output held back until it has been predicted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.util import logging

from slopes_docs.deck.directives import notes, read_steps

logger = logging.getLogger(__name__)

HELD = ("cell", "output", "both")
DENSE = 3  # lines: so many want to be read one after the other


def warn(message: str, node: nodes.Node | str, subtype: str) -> None:
    """Warn in this extension's name, at a node or in a document."""
    logger.warning(message, location=node, type="deck", subtype=subtype)


def read_cell(cell: nodes.container) -> None:
    """Carry the options ``steps`` and ``fragment`` of an executed cell over to its nodes."""
    options = cell.get("cell_metadata", {}) if cell.get("nb_element") == "cell_code" else {}
    if "steps" in options:
        try:
            steps = read_steps(str(options["steps"]))
        except ValueError as problem:
            warn(str(problem), cell, "steps")
            return
        for code in list(cell.findall(nodes.literal_block))[:1]:
            code["deck_steps"] = steps
            _check_lines(steps, code)
    held = options.get("fragment")
    if held is not None and held not in HELD:
        rule = "'cell', 'output' or 'both'"
        warn(f"fragment must be {rule}, got fragment={held!r}", cell, "fragment")
    if held in {"cell", "both"}:
        cell["classes"].append("fragment")
    if held in {"output", "both"}:
        for part in _parts(cell, "cell_code_output"):
            part["classes"].append("fragment")


def check_code(leaf: nodes.section) -> None:
    """Warn where a slide shows dense code at once, or an output before it could be predicted."""
    for block in _shown(leaf):
        cell = _cell_of(block)
        options = cell["cell_metadata"] if cell else {}
        lines = len(block.astext().rstrip("\n").split("\n"))
        if lines >= DENSE and "deck_steps" not in block and not options.get("whole"):
            rule = f"code of {DENSE} lines or more must have :steps:, or :whole: with the reason"
            warn(f"{rule}, got lines={lines}", block, "code")
        if cell and any(_parts(cell, "cell_code_output")) and "fragment" not in options:
            warn(
                "an output must wait (:fragment: output), got one shown with its code",
                block,
                "code",
            )


def _shown(leaf: nodes.section) -> Iterator[nodes.literal_block]:
    """Yield the code that stands on a slide: no output, nothing of the notes."""
    for child in leaf.children:
        if isinstance(child, (notes, nodes.section)):
            continue
        for block in child.findall(nodes.literal_block):
            if not _within(block, "cell_code_output"):
                yield block


def _within(node: nodes.Node, part: str) -> nodes.container | None:
    """Return the part of a cell around a node, if there is one."""
    above = node.parent
    while above is not None:
        if isinstance(above, nodes.container) and above.get("nb_element") == part:
            return above
        above = above.parent
    return None


def _cell_of(block: nodes.literal_block) -> nodes.container | None:
    """Return the executed cell around some code."""
    return _within(block, "cell_code")


def _parts(cell: nodes.container, part: str) -> list[nodes.container]:
    """Return the parts of one kind of a cell that hold anything."""
    found = cell.findall(nodes.container)
    return [one for one in found if one.get("nb_element") == part and one.children]


def _check_lines(steps: str, code: nodes.literal_block) -> None:
    """Warn where a step names a line that the code does not have."""
    last = max((int(number) for number in re.findall(r"\d+", steps)), default=0)
    lines = len(code.astext().rstrip("\n").split("\n"))
    if last > lines:
        warn(f"steps must be lines of the {lines} in the cell, got steps={steps!r}", code, "steps")
