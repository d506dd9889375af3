"""Numbers in prose."""

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

from docutils import nodes

from slopes_docs.page.numerals import humane, write_powers


@pytest.mark.parametrize(
    ("machine", "people"),
    [
        ("an error of 3e-13, and", "an error of 3·10⁻¹³, and"),
        ("2e+03 for 7", "2·10³ for 7"),
        ("1e300", "10³⁰⁰"),
        ("\N{MINUS SIGN}8.333333e-06.", "\N{MINUS SIGN}8.333333·10⁻⁶."),
        ("-4e-1 (5.0E2)", "\N{MINUS SIGN}4·10⁻¹ (5.0·10²)"),
        ("0e+00", "0"),
        ("1e+00", "1"),
        ("7e+00", "7"),
        ("1.0e-03", "1.0·10⁻³"),
        ("5 % of 3e-1 %", "5\N{NO-BREAK SPACE}% of 3·10⁻¹\N{NO-BREAK SPACE}%"),
        (" % of all", "\N{NO-BREAK SPACE}% of all"),
    ],
)
def test_a_number_is_written_with_a_power_of_ten(machine, people):
    assert humane(machine) == people


@pytest.mark.parametrize(
    "text", ["0x1e-1", "v1.2e-3rc", "e5", "1e", "10.1007/3e5", "2·10⁹", "12.5"]
)
def test_what_is_no_such_number_stays(text):
    assert humane(text) == text


def test_code_and_formulas_stay_and_prose_does_not():
    page = nodes.container(
        "", nodes.paragraph("", "", nodes.Text("1e-3"), nodes.literal("", "1e-3"))
    )
    page += nodes.literal_block("", "1e-3")
    page += nodes.paragraph("", "", nodes.math("", "1e-3"), nodes.strong("", "2e-3"))
    write_powers(None, page, "page")
    assert page.astext() == "10⁻³1e-3\n\n1e-3\n\n1e-32·10⁻³"
