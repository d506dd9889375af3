"""The directive ``{predict}``: a question that is answered before the answer is read.

::

    :::{predict} B
    :name: predict-halving
    We halve $h$. By what factor does each error fall?

    1. 4 for both

       The expansion begins at $h^2$, but the formula divides by $h$.

    2. 2 and 4

    What follows the list is the whole answer.
    :::

The argument is the letter of the right option, or a number with ``:tolerance:`` (``0.5``, or ``5%``
of it); the items of a number's list are tempting numbers. The first paragraph of an item is the
option, the rest the reason shown to whoever has chosen it. ``:name:`` is the key of the reader's
choice. In a page, the outputs of the next cell stay closed until the reader has answered, of the
next n cells with ``:cells: n``; with ``:reading:`` the paragraph behind them, which says what came
out, as well. `predictions` lays it out in a page, `deck.votes` in a deck.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

log = logging.getLogger(__name__)
LETTERS = "ABCDEF"  # deck.css marks as many options
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class prediction(nodes.General, nodes.Element):  # noqa: N801
    """A question, its options, and the answer: three children, in this order."""


class question(nodes.General, nodes.Element):  # noqa: N801
    """What is asked."""


class options(nodes.General, nodes.Element):  # noqa: N801
    """The options of a question."""


class option(nodes.General, nodes.Element):  # noqa: N801
    """One option, a `choice`, and the reason why it tempts. ``value``: its letter or number."""


class choice(nodes.General, nodes.Inline, nodes.TextElement):  # noqa: N801
    """The words of an option."""


class answer(nodes.Admonition, nodes.Element):  # noqa: N801
    """The whole answer."""


# --- what may be written ------------------------------------------------------------------------


def read_right(argument: str) -> str | float:
    """Read the right answer: a letter or a number.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if argument in tuple(LETTERS):
        return argument
    value = read_number(argument)
    if math.isnan(value):
        raise ValueError(
            f"answer must be a letter from A to F or a number, got answer={argument!r}"
        )
    return value


def read_number(text: str) -> float:
    """Read a finite number; nan if it is none."""
    try:
        value = float(text.replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def read_tolerance(argument: str | None, right: str | float) -> float | None:
    """Read how far off a number may be, in its own unit; None for a letter.

    Raises
    ------
    ValueError
        If a number has none, or a letter has one, or it is no positive number or percentage.
    """
    if isinstance(right, str):
        if argument is not None:
            raise ValueError(f"tolerance must stand with a number, got tolerance={argument!r}")
        return None
    if argument is None:
        raise ValueError(f"tolerance must be given with a number, got answer={right:g} alone")
    part = abs(right) / 100 if argument.endswith("%") else 1
    value = part * read_number(argument.removesuffix("%"))
    if not value > 0:
        rule = "a positive number or percentage"
        raise ValueError(f"tolerance must be {rule}, got tolerance={argument!r}")
    return value


def read_name(argument: str | None) -> str:
    """Read the key of the reader's choice.

    Raises
    ------
    ValueError
        If it is missing or not made of small letters, digits and hyphens.
    """
    if argument is None:
        raise ValueError("name must be given, got predict without :name:")
    if not NAME.fullmatch(argument):
        rule = "words of small letters and digits with hyphens between"
        raise ValueError(f"name must be {rule}, got name={argument!r}")
    return argument


# --- the directive ------------------------------------------------------------------------------


class Predict(SphinxDirective):
    """A question with options or a number, reasons, and the whole answer."""

    has_content = True
    required_arguments = 1
    option_spec: ClassVar = {
        "name": directives.unchanged,
        "tolerance": directives.unchanged,
        "cells": directives.nonnegative_int,
        "reading": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Read the parts, and refuse what a reader could not answer."""
        try:
            right = read_right(self.arguments[0])
            node = prediction(
                "",
                name=read_name(self.options.get("name")),
                right=right,
                tolerance=read_tolerance(self.options.get("tolerance"), right),
                cells=self.options.get("cells", 1),
                reading="reading" in self.options,
            )
            node += self.parts(right)
            apart(node)
        except ValueError as problem:
            raise self.error(str(problem)) from None
        node["ids"] = [node["name"]]
        self.set_source_info(node)
        return [node]

    def parts(self, right: str | float) -> list[nodes.Node]:
        """Split the content at its list of options."""
        blocks = self.parse_content_to_nodes()
        places = [i for i, block in enumerate(blocks) if isinstance(block, nodes.enumerated_list)]
        if not places:
            raise ValueError("options must be an ordered list, got predict without one")
        offered = options("", *read_options(blocks[places[0]], right))
        whole = blocks[places[0] + 1 :]
        if not whole:
            raise ValueError("the whole answer must follow the options, got none")
        return [question("", *blocks[: places[0]]), offered, answer("", *whole)]


def apart(node: prediction) -> None:
    """Refuse a tempting number that would count as right.

    Raises
    ------
    ValueError
        If it is within the tolerance of the right number.
    """
    for one in node[1].children if node["tolerance"] else ():
        if one["value"] != node["right"] and abs(one["value"] - node["right"]) <= node["tolerance"]:
            rule = f"more than the tolerance, {node['tolerance']:g}, from {node['right']:g}"
            raise ValueError(f"a tempting answer must be {rule}, got {one['value']:g}")


def read_options(listed: nodes.Element, right: str | float) -> list[option]:
    """Read the items of the list, and check them against the right answer.

    Raises
    ------
    ValueError
        If there are too few or too many, if the answer is none of them, or if one has no reason.
    """
    chosen = isinstance(right, str)
    least, most = (2 if chosen else 1), len(LETTERS)
    if not least <= len(listed) <= most:
        raise ValueError(f"options must be {least} to {most}, got options={len(listed)}")
    letters = LETTERS[: len(listed)]
    if isinstance(right, str) and right not in letters:
        raise ValueError(f"answer must be one of the options {letters}, got answer={right!r}")
    return [
        read_option(item, letter if chosen else "", right)
        for letter, item in zip(letters, listed, strict=True)
    ]


def read_option(item: nodes.Element, letter: str, right: str | float) -> option:
    """Read one option: its first paragraph, and the reason behind it."""
    first, *reason = item.children
    value = letter or read_number(first.astext())
    if not letter and math.isnan(value):
        raise ValueError(f"a tempting answer must be a number, got {first.astext()!r}")
    if value != right and not reason:
        raise ValueError(f"an option that is wrong must have a reason, got none for {value!r}")
    return option("", choice("", "", *first.children), *reason, value=value)


# --- what a page must keep ----------------------------------------------------------------------


def check(app: Sphinx, document: nodes.document) -> None:
    """Count a page's predictions, and warn where one has another's name or no cell behind it."""
    names: set[str] = set()
    for node in document.findall(prediction):
        if node["name"] in names:
            warn(f"name must be unique in its page, got name={node['name']!r} twice", node)
        names.add(node["name"])
    if not names:
        return
    app.env.metadata[app.env.docname]["predictions"] = len(names)
    if not app.env.docname.startswith(app.config.deck_prefix):
        for node in document.findall(prediction):
            check_page(node)


def check_page(node: prediction) -> None:
    """Warn where a prediction of a page asks nothing, or has fewer cells behind it than it says."""
    if not node[0].children:
        warn("the question must stand before the options, got none", node)
    found = len(list(outputs_behind(node)))
    if found < node["cells"]:
        rule = "the number of cells with an output behind it in its section"
        warn(f"cells must be at most {rule}, {found}, got cells={node['cells']}", node)
    if node["reading"] and reading_behind(node) is None:
        warn("reading must have a paragraph directly behind the cells, got reading without", node)


def warn(message: str, node: nodes.Element) -> None:
    """Warn in this directive's name."""
    log.warning("predict: %s", message, location=node, type="slopes", subtype="predict")


def outputs_behind(node: prediction) -> Iterator[nodes.container]:
    """Yield the outputs of the cells that a prediction closes."""
    siblings = node.parent.children
    left = node["cells"]
    for sibling in siblings[siblings.index(node) + 1 :]:
        if left and isinstance(sibling, nodes.container) and sibling.get("nb_element"):
            found = [part for part in sibling.findall(nodes.container) if is_output(part)]
            yield from found
            left -= bool(found)


def reading_behind(node: prediction) -> nodes.paragraph | None:
    """Return the paragraph directly behind the cells that a prediction closes."""
    siblings = node.parent.children
    inside = [output.parent for output in outputs_behind(node)]
    places = [i for i, sibling in enumerate(siblings) if sibling in inside]
    behind = [one for one in siblings[max(places, default=-1) + 1 :] if one.children]
    found = behind[0] if places and behind else None
    return found if isinstance(found, nodes.paragraph) else None


def is_output(part: nodes.container) -> bool:
    """Whether a container holds the outputs of a cell."""
    return part.get("nb_element") == "cell_code_output" and bool(part.children)


# --- what a page and a deck write of it -----------------------------------------------------------


def letter_of(value: str | float) -> str:
    """Write an option's letter or number."""
    return value if isinstance(value, str) else f"{value:g}"


def reasons_of(offered: options) -> dict[str, nodes.list_item]:
    """Return the reasons, each as an item that begins with its letter or number."""
    told = [one for one in offered.children if len(one) > 1]
    return {letter_of(one["value"]): reason_of(one) for one in told}


def reason_of(one: option) -> nodes.list_item:
    """Return the reason of an option behind its letter or number."""
    item = nodes.list_item("", *one.children[1:])
    letter_first(item, letter_of(one["value"]))
    return item


def letter_first(node: nodes.Element, letter: str) -> None:
    """Put a letter before the first words of some blocks."""
    if not isinstance(node[0], nodes.paragraph):
        node.insert(0, nodes.paragraph())
    node[0].insert(0, [nodes.strong("", letter), nodes.Text(" ")])


def register(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("predict", Predict)
