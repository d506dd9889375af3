"""Markdown from a resolved page: what is unknown, and macros."""

from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from docutils import nodes

from slopes_docs.notebook import markdown


def test_unknown_elements_are_written_as_text_with_a_warning(monkeypatch):
    class Odd(nodes.Element):
        pass

    said = []
    monkeypatch.setattr(markdown.log, "warning", lambda *args, **_: said.append(args))
    writer = markdown.Markdown(base="", source=Path())
    assert writer.block(Odd("", nodes.Text("a * b"))) == r"a \* b"
    assert said


@pytest.mark.parametrize(
    ("tex", "expanded"),
    [
        (r"\R^n", r"\mathbb{R}^n"),
        (r"\Rest", r"\Rest"),
        (r"\norm{x} + \norm\R", r"\|x\| + \|\mathbb{R}\|"),
        (r"\norm{\frac{a_{1}}{b}}", r"\|\frac{a_{1}}{b}\|"),
        (r"\up x", r"\uparrow x"),
    ],
)
def test_macros_are_written_out(tex, expanded):
    macros = {r"\R": r"\mathbb{R}", r"\norm": r"\|#1\|", r"\up": r"\uparrow"}
    assert markdown.Markdown(base="", source=Path(), macros=macros).expand(tex) == expanded
