"""Predictions in a deck: all options at once, the answer one step more, reasons for the speaker.

The options stand on the slide from the start, so a vote can begin at once. The next step marks the
right option and shows the answer. The reasons go to the end of the slide's notes.
"""

from __future__ import annotations

from docutils import nodes

from slopes_docs.deck.directives import notes
from slopes_docs.page.predict import options, prediction, reasons_of


def lay_out(node: prediction) -> None:
    """Replace a prediction by its parts, and hand its reasons to the notes of its slide."""
    asked, offered, told = node.children
    classes = ["fragment", "answer"]
    blocks = list(asked.children)
    if isinstance(node["right"], str):
        blocks.append(option_list(offered))
        classes.append(f"answer-{node['right'].lower()}")
    blocks.append(nodes.container("", *told.children, classes=classes))
    slide = node.parent
    for said in [child for child in slide.children if isinstance(child, notes)]:
        said += nodes.paragraph("", "", nodes.strong("", "Why they tempt"))
        said += nodes.bullet_list("", *reasons_of(offered).values(), classes=["reasons"])
    node.replace_self(blocks)


def option_list(offered: options) -> nodes.enumerated_list:
    """Return the options as the list that a question slide shows in boxes."""
    items = [
        nodes.list_item("", nodes.paragraph("", "", *one[0].children)) for one in offered.children
    ]
    return nodes.enumerated_list("", *items, enumtype="arabic", prefix="", suffix=".")
