"""Code on slides is stepped, and its output waits: what is warned of, cell by cell."""

from __future__ import annotations

import logging

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
from docutils import nodes

from slopes_docs.deck import cells


def slide(source: str, *, output: str = "", **options: str) -> nodes.section:
    """A slide with one executed cell, as MyST-NB leaves it."""
    cell = nodes.container(nb_element="cell_code", cell_metadata=options)
    cell += nodes.container("", code := nodes.literal_block("", source), nb_element="x")
    cell += nodes.container("", nb_element="cell_code_output")
    if output:
        cell[-1] += nodes.literal_block("", output)
    leaf = nodes.section("", cell)
    cells.read_cell(cell)
    assert leaf[0][0][0] is code
    return leaf


@pytest.fixture
def warned(caplog):
    """What a slide is warned of."""

    def look(leaf: nodes.section) -> list[str]:
        logger = logging.getLogger("sphinx.slopes_docs.deck.cells")
        logger.propagate = True
        caplog.clear()
        with caplog.at_level(logging.WARNING, logger=logger.name):
            cells.check_code(leaf)
        return [record.getMessage() for record in caplog.records]

    return look


def test_dense_code_must_be_stepped_or_say_why_not(warned):
    assert "got lines=3" in warned(slide("a\nb\nc"))[0]
    assert warned(slide("a\nb\nc", steps="1|2-3")) == []
    assert warned(slide("a\nb\nc", whole="three names")) == []
    assert warned(slide("a\nb")) == []


def test_an_output_must_wait_for_the_prediction(warned):
    assert "an output must wait" in warned(slide("a", output="1"))[0]
    assert warned(slide("a", output="1", fragment="output")) == []
    assert warned(slide("a", output="1", fragment="both")) == []


def test_a_long_output_is_no_dense_code(warned):
    assert warned(slide("a", output="1\n2\n3\n4", fragment="output")) == []


@pytest.mark.parametrize(
    ("held", "cell", "output"),
    [("cell", True, False), ("output", False, True), ("both", True, True)],
)
def test_what_is_held_back_is_a_step(held, cell, output):
    made = slide("a", output="1", fragment=held)[0]
    assert ("fragment" in made["classes"]) is cell
    assert ("fragment" in made[-1]["classes"]) is output
