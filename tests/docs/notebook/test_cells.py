"""The cells of an exported notebook: what must not be left, what is left out."""

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.notebook import cells


@pytest.mark.parametrize(
    "leftover",
    [
        "see {ref}`a label`",
        "the value {glue:text}`x`",
        ":::{note}\nText.\n:::",
        ":::",
        "```{figure} a.svg\n```",
        "> ```{note}\n> text\n> ```",
        "(a-label)=\n# Title",
        "+++\n\ntext",
        ":name: fig-x",
    ],
)
def test_a_leftover_is_found(leftover):
    cell = {"cell_type": "markdown", "source": f"Before.\n\n{leftover}\n\nAfter."}
    assert cells.leftovers({"cells": [cell]})


@pytest.mark.parametrize(
    "source",
    [
        "`{ref}` is a role's name",
        "code ``{ref}`x` `` in a line",
        "```python\nx = {1}\n:::\n```",
        "````\n```{note}\n```\n````",
        "> ```python\n> :::\n> ```",
        "$x_{n}$ and a set {1, 2}",
    ],
)
def test_code_and_mathematics_are_no_leftovers(source):
    assert cells.leftovers({"cells": [{"cell_type": "markdown", "source": source}]}) == []


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("from myst_nb import glue\nglue('a', 1)", ""),
        ("import myst_nb\nx = 1\nmyst_nb.glue('a', x)", "x = 1"),
        ("for i in range(3):\n    glue(i, i)\nassert True", "assert True"),
        ("if x:\n    assert x\n    glue('a', x)", "if x:\n    assert x"),
        ("if True:\n    glue_values(\n        a=1,\n    )\nelse:\n    glue('b', 2)", ""),
        ("# why\nglue('a', 1)", ""),
        ("%matplotlib inline\nglue('a', 1)", "%matplotlib inline\nglue('a', 1)"),
        ("x = 1  # nothing to leave out", "x = 1  # nothing to leave out"),
    ],
)  # fmt: skip
def test_glue_statements_go_and_the_rest_stays(source, kept):
    assert cells.without_glue(source) == kept
