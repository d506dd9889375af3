"""Slides become what reveal.js reads, in a page template of their own."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from slopes_docs.deck.checks import is_deck
from slopes_docs.deck.directives import notes, slide_options
from slopes_docs.deck.slides import slide, stack, stepped


def _visit_slide(self: HTML5Translator, node: slide) -> None:
    node["outer_level"], self.section_level = self.section_level, node["level"]
    attributes = {f"data-{name}": value for name, value in node["data"].items()}
    self.body.append(self.starttag(node, "section", CLASS="slide", **attributes))


def _depart_slide(self: HTML5Translator, node: slide) -> None:
    self.section_level = node["outer_level"]
    self.body.append("</section>\n")


def _visit_stack(self: HTML5Translator, node: stack) -> None:
    self.body.append("<section>\n")


def _depart_stack(self: HTML5Translator, node: stack) -> None:
    self.body.append("</section>\n")


def _visit_notes(self: HTML5Translator, node: notes) -> None:
    self.body.append(f'<aside class="notes"><p class="plan">{escape(node["plan"])}</p>\n')


def _depart_notes(self: HTML5Translator, node: notes) -> None:
    self.body.append("</aside>\n")


def _visit_stepped(self: HTML5Translator, node: stepped) -> None:
    self.body.append(f'<div class="stepped" data-steps="{escape(node["steps"])}">')


def _depart_stepped(self: HTML5Translator, node: stepped) -> None:
    # One empty fragment for each step after the first: reveal counts them, deck.js reads them.
    later = node["steps"].count("|")
    self.body.append('<span class="fragment step"></span>' * later + "</div>\n")


def _skip(self: nodes.NodeVisitor, node: nodes.Element) -> None:
    raise nodes.SkipNode


def choose_template(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> str | None:
    """Give decks their own page template, in which no picture delays the first slide.

    A browser takes the first pictures of a page for what its reader sees first. They are asked for
    all the same: a lecture goes on where the network ends.
    """
    if doctree is None or not is_deck(app, pagename):
        return None
    context["body"] = context["body"].replace("<img ", '<img fetchpriority="low" ')
    return "deck.html"


def register(app: Sphinx) -> None:
    """Register the nodes that only a deck has."""
    app.add_node(slide, html=(_visit_slide, _depart_slide))
    app.add_node(stack, html=(_visit_stack, _depart_stack))
    app.add_node(notes, html=(_visit_notes, _depart_notes))
    app.add_node(stepped, html=(_visit_stepped, _depart_stepped))
    app.add_node(slide_options, html=(_skip, None))
