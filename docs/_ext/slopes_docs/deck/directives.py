"""What a deck may say: the directives, what they read, and the nodes that they leave."""

from __future__ import annotations

import math
import re
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

KINDS = (
    "title", "section", "text", "code", "figure", "question", "columns", "statement", "exercises",
    "derivation",
)  # fmt: skip
GIVEN = ("lecturer", "place", "date")  # deck.js takes them from the address, too
LINES_LEAST = 2  # a derivation of one line derives nothing
PART = r"(?:\*|\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)"
STEPS = re.compile(rf"{PART}(?:\|{PART})*")


class notes(nodes.General, nodes.Element):  # noqa: N801
    """Speaker notes, with the planned ``minutes``, ``extra`` ones, and whether ``optional``."""


class slide_options(nodes.Invisible, nodes.Element):  # noqa: N801
    """Options of the slide around it; leaves no trace in the page."""


# --- options ----------------------------------------------------------------------------------


def read_minutes(argument: str | None) -> float:
    """Read a positive, finite number of minutes."""
    value = float(argument or "nan")
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"minutes must be a positive number, got minutes={argument!r}")
    return value


def read_more(argument: str | None) -> float:
    """Read how many minutes more a slide takes in a long lecture; none is a number, too."""
    value = float(argument or "nan")
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"extra must be a number of minutes from 0 on, got extra={argument!r}")
    return value


def read_kind(argument: str | None) -> str:
    """Read the kind of a slide."""
    return directives.choice(argument, KINDS)


def read_steps(argument: str | None) -> str:
    """Read the parts of a line stepping."""
    value = re.sub(r"\s", "", argument or "")
    if not STEPS.fullmatch(value):
        raise ValueError(f"steps must be line sets such as 1|2-3|*, got steps={argument!r}")
    return value


# --- directives -------------------------------------------------------------------------------


class Notes(SphinxDirective):
    """Speaker notes of the enclosing slide."""

    has_content = True
    option_spec: ClassVar = {
        "minutes": read_minutes,
        "extra": read_more,
        "optional": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Keep what is said, with its minutes."""
        if "minutes" not in self.options:
            raise self.error("minutes must be given, got notes without :minutes:")
        node = notes("", *self.parse_content_to_nodes(), minutes=self.options["minutes"])
        node["extra"], node["optional"] = self.options.get("extra", 0.0), "optional" in self.options
        self.set_source_info(node)
        return [node]


class Fragments(SphinxDirective):
    """Blocks or list items that appear one by one."""

    has_content = True
    option_spec: ClassVar = {"effect": directives.class_option}

    def run(self) -> list[nodes.Node]:
        """Mark each block or list item as one step."""
        blocks = self.parse_content_to_nodes()
        for block in blocks:
            items = block.children if _is_list(block) else [block]
            for item in filter(lambda node: isinstance(node, nodes.Element), items):
                item["classes"] += ["fragment", *self.options.get("effect", [])]
        return blocks


class Derivation(SphinxDirective):
    """Lines of a derivation, each with its reason; all but the first are steps."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Mark the list, and each item after the first as one step."""
        blocks = self.parse_content_to_nodes()
        items = blocks[0].children if len(blocks) == 1 and _is_list(blocks[0]) else []
        if len(items) < LINES_LEAST:
            raise self.error(
                f"derivation must be one list of {LINES_LEAST} lines or more, "
                f"got lines={len(items)} in blocks={len(blocks)}"
            )
        blocks[0]["classes"].append("derivation")
        for item in items[1:]:
            item["classes"].append("fragment")
        return blocks


class Slide(SphinxDirective):
    """Options of the enclosing slide."""

    option_spec: ClassVar = {
        "kind": read_kind,
        "class": directives.class_option,
        "auto-animate": directives.flag,
        "auto-animate-id": directives.unchanged_required,
        "auto-animate-restart": directives.flag,
        "transition": directives.unchanged_required,
        "background-color": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Leave the options for the slide around."""
        node = slide_options(options=dict(self.options))
        self.set_source_info(node)
        return [node]


class Stepping(SphinxDirective):
    """Line stepping for the code blocks inside."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Mark the code blocks inside."""
        try:
            steps = read_steps(self.arguments[0])
        except ValueError as problem:
            raise self.error(str(problem)) from None
        blocks = self.parse_content_to_nodes()
        for block in blocks:
            for code in block.findall(nodes.literal_block):
                code["deck_steps"] = steps
        return blocks


DIRECTIVES = {
    "notes": Notes,
    "fragments": Fragments,
    "derivation": Derivation,
    "slide": Slide,
    "stepping": Stepping,
}


def _is_list(node: nodes.Node) -> bool:
    """Tell whether the children of ``node`` are list items."""
    return isinstance(node, (nodes.bullet_list, nodes.enumerated_list, nodes.definition_list))


def register(app: Sphinx) -> None:
    """Register the directives, and the settings of decks."""
    app.add_config_value("deck_prefix", "slides/", "env", str)
    for name in (*GIVEN, "licence"):
        app.add_config_value(f"deck_{name}", "", "html", str)
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
