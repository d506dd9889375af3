"""The description of a page."""

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from docutils import nodes
from docutils.utils import new_document

from slopes_docs.page import describe

WORDS = "A step that is too long costs the slope its digits, and a short one too. "


def page(*children):
    document = new_document("page")
    document += list(children)
    return document


def test_facts_formulas_and_lists_are_passed_over():
    facts = nodes.container("", nodes.paragraph("", "60 minutes, " * 9), classes=["chapter-facts"])
    formula = nodes.paragraph("", "With a formula, ", nodes.math("", r"\bar x"), nodes.Text(WORDS))
    item = nodes.bullet_list("", nodes.list_item("", nodes.paragraph("", "An item, " * 9)))
    tree = page(facts, formula, item, nodes.paragraph("", WORDS))
    assert describe.description("Steps", tree) == f"Steps. {WORDS.strip()}"


def test_a_long_description_is_cut_after_a_word():
    text = describe.description("Steps", page(nodes.paragraph("", WORDS * 5)))
    assert len(text) <= describe.LONGEST
    assert f"Steps. {WORDS * 5}".startswith(text.removesuffix("…") + " ")


def test_a_page_without_text_has_its_title():
    assert describe.description("API", page()) == "API."
