"""A comma, a point or a bracket stays on the line of the formula that it stands at.

KaTeX makes inline blocks, and before and after such a block a browser may break the line, whatever
stands there; a word joiner does not hold it. So both go into one piece that is not broken, unless
the formula is so long that it has to be broken itself.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

# Quotation marks by their numbers: a reader would take them for those of Python.
BEFORE = re.compile(r"[(\[\u201c\u2018]+$")
AFTER = re.compile(r"^(?:[-\u2013,.;:!?)\]\u2026\u2019\u201d]+|(?:s|th)\b)")
SHORT = 16  # characters of LaTeX: no line is too narrow for these
# After these KaTeX lets a formula be broken, outside of braces.
BREAKS = re.compile(
    r"[=<>+*]|(?<=.)-|\\(?:approx|cdot|circ|equiv|geq?|gg|in|leq?|ll|mapsto|mp|neq?|odot|otimes|pm"
    r"|propto|(?:R|r|l|L|long)?(?:left|right)?arrow|sim|subset|times|to)(?![a-zA-Z])"
)
BRACES = re.compile(r"\{[^{}]*\}|\\left.*?\\right")


def breaks(formula: str) -> bool:
    r"""Tell whether a formula may be broken at the end of a line.

    >>> breaks(r"f(x+\delta)\approx f+J\delta"), breaks(r"\frac{a+b}{c}"), breaks("-x")
    (True, False, False)
    """
    inner = None
    while formula != inner:
        inner, formula = formula, BRACES.sub(" ", formula)
    return bool(BREAKS.search(formula))


def keep(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put each formula and the marks before and after it into one piece."""
    if app.builder.format != "html":
        return
    for formula in list(doctree.findall(nodes.math)):
        source = formula.astext()
        if len(source) > SHORT and breaks(source):
            continue
        before, after = marks(formula)
        if before or after:
            piece = nodes.inline("", classes=["unbroken"])
            formula.parent.replace(formula, piece)
            piece += [node for node in (before, formula, after) if node]


def marks(formula: nodes.math) -> tuple[nodes.Text | None, nodes.Text | None]:
    """Take the marks before and after a formula out of the texts that they belong to."""
    parent = formula.parent
    place = parent.index(formula)
    found: list[nodes.Text | None] = []
    for other, pattern in ((place - 1, BEFORE), (place + 1, AFTER)):
        text = parent[other] if 0 <= other < len(parent) else None
        mark = pattern.search(text) if isinstance(text, nodes.Text) else None
        if mark:
            parent.replace(text, nodes.Text(text[: mark.start()] + text[mark.end() :]))
            found.append(nodes.Text(mark[0]))
        else:
            found.append(None)
    return found[0], found[1]
