"""Marks that stay with their formula."""

from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

from docutils import nodes

from slopes_docs.page.punctuation import breaks, keep

LONG = r"f(x+\delta)\approx f(x)+J\delta"
WHOLE = r"\frac{\partial^2 f+\partial g}{\partial x^2}"


def pieces(*parts, form="html"):
    """Keep the marks of a paragraph of texts and formulas ($); say what became of it."""
    children = [nodes.math("", p[1:]) if p.startswith("$") else nodes.Text(p) for p in parts]
    paragraph = nodes.paragraph("", "", *children)
    page = nodes.container("", paragraph)
    keep(SimpleNamespace(builder=SimpleNamespace(format=form)), page, "page")
    assert page.astext() == "".join(parts).replace("$", "")
    unbroken = [node for node in paragraph if isinstance(node, nodes.inline)]
    assert all(node["classes"] == ["unbroken"] for node in unbroken)
    return [node.astext() for node in unbroken]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("of ", "$h", ", and"), ["h,"]),
        (("(", "$h", "), and"), ["(h),"]),
        (("is “", "$h", "”?"), ["“h”?"]),
        (("the ", "$n", "-th"), ["n-"]),
        (("the ", "$n", "th one"), ["nth"]),
        (("$a", ": ", "$b", "; ", "$c", "."), ["a:", "b;", "c."]),
        (("so ", "$a=b", "."), ["a=b."]),  # short enough for any line
        (("so ", f"${WHOLE}", "."), [f"{WHOLE}."]),  # cannot be broken anyway
        (("so ", f"${LONG}", "."), []),
        (("of ", "$h", " and (", "$k", " more)"), ["(k"]),
        (("of ", "$h", " alone"), []),
        (("$h",), []),
        (("$h", "$k", ","), ["k,"]),
        (("$n", "those"), []),
    ],
)
def test_marks_stay_with_their_formula_and_words_do_not(parts, expected):
    assert pieces(*parts) == expected


def test_what_is_no_page_stays():
    assert pieces("of ", "$h", ", and", form="latex") == []


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a=b", True), ("a-b", True), ("-a", False), ("x_{a+b}", False),
        (r"\left(a+b\right)^2", False), (r"a\to b", True), (r"\top", False), (r"\int f", False),
        (r"a\in b", True), ("f(x)", False),
    ],
)  # fmt: skip
def test_a_formula_breaks_at_its_operators_outside_of_braces(formula, expected):
    assert breaks(formula) is expected
