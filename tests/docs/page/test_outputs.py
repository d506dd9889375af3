"""Messages are wrapped, tables are not."""

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

from docutils import nodes

from slopes_docs.page.outputs import wrap_messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("step must be large enough to change x, got step=1e-09", True),
        ("[[1. 2.]\n [3. 4.]]", True),
        ("h = 1e-02   largest error = 1.2e-05", False),
        ("a  1\nb  2", False),
    ],
)
def test_what_has_no_columns_is_a_message(text, message):
    block = nodes.literal_block("", text)
    page = nodes.container("", nodes.container("", block, nb_element="cell_code_output"))
    wrap_messages(None, page, "page")
    assert ("message" in block["classes"]) == message


def test_source_is_no_message():
    block = nodes.literal_block("", "x = 1")
    wrap_messages(None, nodes.container("", block, nb_element="cell_code_source"), "page")
    assert block["classes"] == []
