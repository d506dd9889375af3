"""The book and hand-outs in print: no empty sheet, no link to where it was printed, no answers."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

import pytest
from browsing import visit
from decks import letters
from pypdf import PdfReader

REPOSITORY = Path(__file__).resolve().parents[2]
BOOK = """<!doctype html><html lang="en"><head><title>A book</title>
<link rel="stylesheet" href="print.css">{canonical}</head><body><article class="bd-article">
<section id="front"><h1>A book</h1><section id="contents"><h2>On the screen</h2></section></section>
<span id="document-one"></span><section id="one"><h1>One</h1>
<p><a href="slides/one.html">Its deck</a> <a href="#two">The next</a>
<a href="https://example.org/">Elsewhere</a></p></section>
<span id="document-two"></span><section id="two"><h1>Two</h1><p>The end.</p></section>
</article></body></html>
"""
HOME = "https://example.org/book/"


@pytest.fixture(scope="module")
def pdf():
    """The command, without what its package wants: the tools that build the book."""
    package = types.ModuleType("slopes_docs")
    package.__path__ = [str(REPOSITORY / "docs/_ext/slopes_docs")]
    sys.modules[package.__name__] = package
    return importlib.import_module("slopes_docs.commands.pdf")


@pytest.fixture(scope="module", params=["", f'<link rel="canonical" href="{HOME}index.html">'])
def printed(request, pdf, browser, tmp_path_factory):
    """A small book with two chapters, and whether it has an address; printed."""
    root = tmp_path_factory.mktemp("book")
    style = (REPOSITORY / "docs/_static/print.css").read_text("utf-8")
    (root / "print.css").write_text(style, "utf-8")
    (root / "index.html").write_text(BOOK.format(canonical=request.param), "utf-8")
    with pdf.serve(root) as base:
        pdf.print_one(browser, base, pdf.Job(root, "index.html", root / "book.pdf", pdf.PAGES))
    return PdfReader(root / "book.pdf"), bool(request.param)


def test_each_chapter_has_a_sheet_and_no_sheet_is_empty(printed):
    book, _ = printed
    sheets = [page.extract_text().split() for page in book.pages]
    assert [sheet[0] for sheet in sheets] == ["1", "2", "One", "Two"]  # foot, foot, heads
    assert all(len(sheet) > 2 for sheet in sheets)
    assert "screen" not in sheets[0]  # one table of contents is enough
    contents = sheets[1]
    assert contents[contents.index("Contents") + 1 :] == ["One", "3", "Two", "4"]


def test_links_lead_into_the_book_to_its_address_or_elsewhere(printed):
    book, addressed = printed
    links = [note.get_object() for page in book.pages for note in page.get("/Annots", [])]
    targets = {link["/A"]["/URI"] for link in links if "/URI" in link.get("/A", {})}
    home = {f"{HOME}slides/one.html"} if addressed else set()
    assert targets == {"https://example.org/", *home}


# Hand-outs

DECK = "slides/finite.html"


@pytest.fixture(scope="module")
def handed_out(pdf, browser, site, tmp_path_factory):
    """The hand-outs of a deck, with answers and without."""
    folder = tmp_path_factory.mktemp("hand-outs")
    jobs = [
        pdf.Job(site.root, f"{DECK}?print-pdf", folder / f"{name}.pdf", prepare)
        for name, prepare in (("answers", pdf.HAND_OUT), ("questions", pdf.QUESTIONS))
    ]
    for job in jobs:
        with pdf.serve(job.root) as base:
            pdf.print_one(browser, base, job)
    return [PdfReader(job.target) for job in jobs]


def test_a_hand_out_has_two_slides_on_each_sheet_of_a4(handed_out, visits):
    titles = [slide.title for slide in visits.deck(DECK).slides]
    pairs = [" ".join(titles[i : i + 2]) for i in range(0, len(titles), 2)]
    for paper in handed_out:
        assert {tuple(map(round, page.mediabox[2:])) for page in paper.pages} == {(595, 842)}
        sheets = [letters(page.extract_text()) for page in paper.pages]
        assert len(sheets) == len(pairs)
        for number, sheet in enumerate(sheets):
            found = [letters(title)[:12] in sheet for title in titles[2 * number : 2 * number + 2]]
            assert all(found), titles[2 * number]


ANSWERS = """[...document.querySelectorAll(".kind-question .answer p")]
  .map(p => p.firstChild.textContent)"""


def test_one_hand_out_keeps_its_answers_back(handed_out, browser, server):
    told, asked = (
        letters("".join(page.extract_text() for page in paper.pages)) for paper in handed_out
    )
    with visit(browser, server, DECK) as (page, _):
        answers = [text for words in page.evaluate(ANSWERS) if len(text := letters(words)) > 15]
    assert answers
    assert all(answer in told for answer in answers)
    assert not any(answer in asked for answer in answers)
