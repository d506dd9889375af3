"""The course's TeX macros: one table, read for every formula of book and decks."""

import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.page import macros

ROOT = Path(__file__).parents[3]

NOTATION = ROOT / "docs" / "reference" / "notation.md"
HEAD = "| macro | expansion | what it shows |\n|---|---|---|\n"


@pytest.fixture
def read(tmp_path):
    def read(text):
        page = tmp_path / "notation.md"
        page.write_text(text, encoding="utf-8")
        return macros.katex_macros(page)

    return read


def test_each_row_is_a_macro(read):
    rows = "| `\\R` | `\\mathbb{R}` | $\\R$ |\n| `\\abs` | `\\lvert #1\\rvert` | $\\abs x$ |\n"
    assert read(HEAD + rows) == {r"\R": r"\mathbb{R}", r"\abs": r"\lvert #1\rvert"}


def test_other_tables_and_code_are_no_macros(read):
    rows = "| `step` | `h` |\n| \\fl | `x` |\n`\\no` | `x` |\n| `\\R` | `\\mathbb{R}` | |\n"
    assert list(read(HEAD + rows)) == [r"\R"]


def test_a_page_without_macros_is_refused(read):
    with pytest.raises(
        ValueError, match=r"page must define each macro once, got .*notation\.md.*\[\]"
    ):
        read(HEAD)


def test_a_macro_that_is_defined_twice_is_refused(read):
    with pytest.raises(ValueError, match=r"page must define each macro once.*R.*R"):
        read(HEAD + "| `\\R` | `\\mathbb{R}` | |\n" + "| `\\R` | `\\mathbf{R}` | |\n")


def shown(text):
    """For each row of the table of macros, its macro and what the last column shows."""
    rows = re.findall(r"^\| `(\\[A-Za-z]+)` \| `[^`]+` \| (.+) \|$", text, re.MULTILINE)
    return dict(rows)


def test_the_notation_page_shows_every_macro_in_use():
    text = NOTATION.read_text(encoding="utf-8")
    table = shown(text)
    assert table.keys() == macros.katex_macros(NOTATION).keys()
    unused = [name for name, formula in table.items() if name not in formula]
    assert not unused, unused


def test_every_expansion_is_balanced():
    for name, meaning in macros.katex_macros(NOTATION).items():
        assert meaning.count("{") == meaning.count("}"), name
