"""The card prints on two sheets of A4, whatever the margins, and leaves neither of them empty."""

from __future__ import annotations

import io

import pypdf
import pytest
from browsing import visit

PAGE = "reference/card.html"
MARGINS = {"book": "18mm", "narrow": "10mm"}  # of the command pdf, and a browser's default
WORDS = 150  # on a sheet; a sheet of prose has some 500, the card has formulas and code


@pytest.fixture(params=MARGINS)
def sheets(request, browser, server):
    """The pages of the card as a browser prints it."""
    margin = dict.fromkeys(("top", "bottom", "left", "right"), MARGINS[request.param])
    with visit(browser, server, PAGE) as (page, _):
        page.evaluate("probes.unfold()")
        printed = page.pdf(format="A4", margin=margin, print_background=True)
    return pypdf.PdfReader(io.BytesIO(printed)).pages


def test_the_card_fills_two_sheets(sheets):
    assert len(sheets) == 2


def test_each_sheet_begins_with_its_part(sheets):
    first, second = (sheet.extract_text() for sheet in sheets)
    assert "Three ways on two pages" in first
    assert "The program: automatic" in second
    assert "The program: automatic" not in first


def test_each_sheet_is_worth_its_paper(sheets):
    assert min(len(sheet.extract_text().split()) for sheet in sheets) > WORDS
