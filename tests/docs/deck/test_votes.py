"""Predictions in a deck, laid out: options and answer on the slide, reasons in its notes."""

from __future__ import annotations

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from docutils import nodes

from slopes_docs.deck import votes
from slopes_docs.deck.directives import notes
from slopes_docs.page.predict import answer, choice, option, options, prediction, question


def words(text):
    return nodes.paragraph("", text)


def slide(right, *values):
    """A slide with a prediction, each option but the right one with a reason, and its notes."""
    offered = [
        option("", choice("", str(value)), *[words("So.")] * (value != right), value=value)
        for value in values
    ]
    asked = prediction("", question("", words("What?")), right=right)
    asked += [options("", *offered), answer("", words("That."))]
    return nodes.section("", asked, notes("", words("Said.")))


def test_question_options_and_answer_stand_on_the_slide_in_this_order():
    laid = slide("B", "A", "B", "C")
    votes.lay_out(laid[0])
    asked, listed, told, _ = laid.children
    assert asked.astext() == "What?"
    assert [item.astext() for item in listed] == ["A", "B", "C"]
    assert told["classes"] == ["fragment", "answer", "answer-b"]
    assert told.astext() == "That."


def test_no_option_waits_for_a_step():
    laid = slide("A", "A", "B")
    votes.lay_out(laid[0])
    waiting = [n for n in laid.findall(nodes.Element) if "fragment" in n.get("classes", [])]
    assert waiting == [laid[2]]


def test_a_number_has_an_answer_and_no_options():
    laid = slide(27.0, 18.0)
    votes.lay_out(laid[0])
    assert [n.astext() for n in laid.children[:2]] == ["What?", "That."]
    assert laid[1]["classes"] == ["fragment", "answer"]


def test_the_reasons_end_the_notes_each_behind_its_letter():
    laid = slide("B", "A", "B", "C")
    votes.lay_out(laid[0])
    said, head, told = laid[3].children
    assert (said.astext(), head.astext()) == ("Said.", "Why they tempt")
    assert [item.astext() for item in told] == ["A So.", "C So."]
