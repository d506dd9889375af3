"""Predictions in a page: a question whose answer, and the outputs behind it, wait for the reader.

The page holds everything in its final place, so that nothing moves when it is painted: a box with
the options, the answer folded below it, and the outputs each with a note. ``predict.css`` closes
the outputs and shows the controls only on a screen that runs scripts; ``predict.js`` handles
what is pressed and keeps it in the browser. Everywhere else, on paper, in the book as one page, in
a notebook, it is a box with the question and the options, and a folded answer with the reasons.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from slopes_docs.deck import votes
from slopes_docs.deck.checks import is_deck
from slopes_docs.page.predict import (
    answer,
    choice,
    letter_first,
    letter_of,
    option,
    outputs_behind,
    prediction,
    question,
    reading_behind,
    reasons_of,
)

ANSWERED = {"html", "dirhtml"}  # builders whose pages run the script
SCRIPT = "predict.js"
# `predict.js` makes it a field for a number where it comes into view
NUMBER = (
    '<p class="predict-number"><label>Your number <input type="hidden" step="any" name="{name}" '
    'required autocomplete="off"></label></p>\n'
)
PRESSES = (
    '<p class="predict-presses"><button type="button" class="predict-choose">Choose</button> '
    '<button type="button" class="predict-show">Show me</button> '
    '<button type="button" class="predict-forget">Forget my choice</button></p>\n'
)
SAID = '<div class="predict-said" role="status"></div>\n'
NOTE = (
    '<p class="predict-note">The output opens when you have answered '
    '<a href="#{name}">the prediction</a>.</p>\n'
)


class predict(nodes.Admonition, nodes.Element):  # noqa: N801
    """The question with its options. Its name is the heading that a notebook gives it."""


class closed(nodes.General, nodes.Element):  # noqa: N801
    """What waits for the answer of the prediction ``name``; an output says so with a ``note``."""


class score(nodes.General, nodes.Element):  # noqa: N801
    """Where a page counts the right answers."""


class Score(SphinxDirective):
    """Where a page says how many of its questions are answered, and how many of them right."""

    def run(self) -> list[nodes.Node]:
        """Leave a place for the count."""
        return [score()]


# --- layout -------------------------------------------------------------------------------------


class LayOut(SphinxPostTransform):
    """Lay out the predictions of a page or a deck."""

    default_priority = 690  # before slides are built of what stands in a deck

    def run(self, **_: Any) -> None:
        """Visit the page."""
        found = list(self.document.findall(prediction))
        answered = self.app.builder.name in ANSWERED
        if answered and is_deck(self.app, self.env.docname):
            for node in found:
                votes.lay_out(node)
            return
        quiz = next(self.document.findall(score), None) is not None
        for number, node in enumerate(found, 1):
            kind = "Question" if quiz else "Predict"
            lay_out(node, f"{kind} {number} of {len(found)}", live=answered)


def lay_out(node: prediction, heading: str, *, live: bool) -> None:
    """Turn the parts of a prediction into a box and a folded answer, and close what is behind."""
    asked, offered, told = node.children
    if live:
        close(node)
    chosen = isinstance(node["right"], str)
    box = predict("", asked, heading=heading, name=node["name"], live=live, number=not chosen)
    if chosen:
        name = node["name"] if live else ""
        items = [nodes.list_item("", labelled(one, name)) for one in offered.children]
        box += nodes.bullet_list("", *items, classes=["predict-options"])
        letter_first(told, node["right"])
    else:
        told.insert(0, nodes.paragraph("", "", nodes.strong("", numeral(node["right"]))))
    reasons = reasons_of(offered)
    told += nodes.bullet_list("", *reasons.values(), classes=["predict-reasons"])
    told["classes"] = ["dropdown"]  # a notebook folds it
    node["live"], node["reasons"] = live, list(reasons)
    node.children = []
    node += [box, told]


def numeral(value: float) -> str:
    """Write the right number as a reader writes it."""
    return "\N{MINUS SIGN}" * (value < 0) + f"{abs(value):.15g}"


def close(node: prediction) -> None:
    """Close the outputs behind a prediction, and what is written about them."""
    reading = reading_behind(node) if node["reading"] else None
    for part in [*outputs_behind(node), *([reading] if reading else [])]:
        wrapper = closed("", name=node["name"], note=part is not reading)
        part.replace_self(wrapper)
        wrapper += part


def labelled(one: option, name: str) -> choice:
    """Return the words of an option behind its letter; of a named question it can be chosen."""
    words = nodes.inline("", "", *one[0].children, classes=["predict-words"])
    letter = nodes.strong("", one["value"], classes=["predict-letter"])
    return choice("", "", letter, nodes.Text(" "), words, value=one["value"], name=name)


# --- writing ------------------------------------------------------------------------------------


def _visit_prediction(self: HTML5Translator, node: prediction) -> None:
    if not node["live"]:
        self.body.append(self.starttag(node, "div", CLASS="prediction"))
        return
    data = {
        "data-cells": str(node["cells"]),
        "data-right": letter_of(node["right"]),
        "data-tolerance": "" if node["tolerance"] is None else repr(node["tolerance"]),
        "data-reasons": json.dumps(node["reasons"]),
    }
    self.body.append(self.starttag(node, "div", CLASS="prediction", **data))


def _visit_predict(self: HTML5Translator, node: predict) -> None:
    asked = f'aria-describedby="{node["name"]}-question" ' if node["live"] else ""
    tag, title = ("fieldset", "legend") if node["live"] else ("div", "p")
    self.body.append(f'<{tag} {asked}class="admonition predict">\n')
    self.body.append(f'<{title} class="admonition-title">{escape(node["heading"])}</{title}>\n')
    self.body.append(f'<div class="predict-question" id="{node["name"]}-question">\n')


def _depart_predict(self: HTML5Translator, node: predict) -> None:
    if node["live"]:
        number = NUMBER.format(name=node["name"]) if node["number"] else ""
        self.body.append(number + SAID + PRESSES)
    self.body.append("</fieldset>\n" if node["live"] else "</div>\n")


def _depart_question(self: HTML5Translator, node: question) -> None:
    self.body.append("</div>\n")


def _visit_choice(self: HTML5Translator, node: choice) -> None:
    if name := node["name"]:
        told = f'name="{name}" value="{node["value"]}"'
        box = f'<input type="radio" {told} required autocomplete="off">'
        self.body.append(f'<label class="predict-choice">{box}')
    else:
        self.body.append('<span class="predict-choice">')


def _depart_choice(self: HTML5Translator, node: choice) -> None:
    self.body.append("</label>" if node["name"] else "</span>")


def _visit_answer(self: HTML5Translator, node: answer) -> None:
    summary = "<summary>Answer</summary>"
    self.body.append(f'<details class="predict-answer">{summary}<div class="predict-whole">\n')


def _depart_answer(self: HTML5Translator, node: answer) -> None:
    self.body.append("</div></details>\n")


def _visit_closed(self: HTML5Translator, node: closed) -> None:
    self.body.append(f'<div class="predict-closed" data-prediction="{node["name"]}">\n')
    if node["note"]:
        self.body.append(NOTE.format(name=node["name"]))


def _depart_div(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</div>\n")


def _visit_score(self: HTML5Translator, node: score) -> None:
    self.body.append('<div class="predict-score" role="status">')


def _nothing(self: HTML5Translator, node: nodes.Element) -> None:
    """Write nothing around a question: `predict` has begun it."""


# --- the script ---------------------------------------------------------------------------------


def totals(app: Sphinx, page: str) -> dict[str, dict[str, Any]]:
    """Map the address of each page with predictions, seen from a page, to its name and count."""
    return {
        app.builder.get_relative_uri(page, name): {"page": name, "count": data["predictions"]}
        for name, data in sorted(app.env.metadata.items())
        if data.get("predictions") and not is_deck(app, name)
    }


def add_script(app: Sphinx, page: str, _: str, __: dict[str, Any], doctree: Any) -> None:
    """Load the script where there are predictions, and on the page that lists the chapters."""
    asks = doctree is not None and not is_deck(app, page)
    asks = asks and bool(app.env.metadata[page].get("predictions"))
    if app.builder.name in ANSWERED and (asks or page == app.config.root_doc):
        counts = json.dumps(totals(app, page), sort_keys=True)
        app.add_js_file(None, body=counts, type="application/json", id="predictions")
        # it comes before the first paint, as the style sheet does: a kept choice moves nothing
        app.add_js_file(SCRIPT, **{"async": "async", "blocking": "render"})


def register(app: Sphinx) -> None:
    """Register the nodes, and the style sheet, which is part of the site's one."""
    app.add_directive("score", Score)
    app.add_post_transform(LayOut)
    app.add_css_file("predict.css")
    app.add_node(prediction, html=(_visit_prediction, _depart_div))
    app.add_node(predict, html=(_visit_predict, _depart_predict))
    app.add_node(question, html=(_nothing, _depart_question))
    app.add_node(choice, html=(_visit_choice, _depart_choice))
    app.add_node(answer, html=(_visit_answer, _depart_answer))
    app.add_node(closed, html=(_visit_closed, _depart_div))
    app.add_node(score, html=(_visit_score, _depart_div))
