"""Numbers in prose are written as people write them: 3·10⁻¹³ for ``3e-13``.

A number in a sentence is computed and pasted, so it comes as a machine prints it. This is the one
place that turns it round, and keeps a per cent sign with its number, in text of every origin:
sentences, captions, tables, docstrings. Code and what it prints stay as they are.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

MINUS = "\N{MINUS SIGN}"
MACHINE = re.compile(rf"(?<![\w./·])([-{MINUS}+]?)(\d(?:\.\d+)?)[eE]([-+]?\d+)(?![\w.]*\w)")
PER_CENT = re.compile(
    r"(?:(?<=[\d⁰¹²³⁴⁵⁶⁷⁸⁹])|^) %"
)  # a number that is pasted is a text of its own
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
APART = (nodes.literal, nodes.FixedTextElement, nodes.math, nodes.raw, nodes.Invisible)


def power_of_ten(number: re.Match[str]) -> str:
    """Write one number; a factor 1 is left out, and nothing times a power is nothing."""
    sign, factor, exponent = number.groups()
    if float(factor) == 0:
        return "0"
    power = f"10{str(int(exponent)).translate(RAISED)}" if int(exponent) else ""
    sign = sign.replace("-", MINUS)
    if factor == "1" and power:
        return sign + power
    return sign + "·".join(filter(None, (factor, power)))


def humane(text: str) -> str:
    """Write all numbers of a text with powers of ten, and keep a per cent with its number.

    >>> humane("an error of 3e-13, at 1e+03 4.0e-06; e5, 0x1e-1 and v1.2e-3rc stay")
    'an error of 3·10⁻¹³, at 10³ 4.0·10⁻⁶; e5, 0x1e-1 and v1.2e-3rc stay'
    """
    return PER_CENT.sub("\N{NO-BREAK SPACE}%", MACHINE.sub(power_of_ten, text))


def write_powers(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Rewrite the numbers in a page's prose."""
    for text in list(doctree.findall(nodes.Text)):
        if (MACHINE.search(text) or PER_CENT.search(text)) and not stands_apart(text):
            text.parent.replace(text, nodes.Text(humane(text)))


def stands_apart(node: nodes.Node) -> bool:
    """Whether a text is code, an output, a formula or not shown."""
    while (node := node.parent) is not None:
        if isinstance(node, APART):
            return True
    return False
