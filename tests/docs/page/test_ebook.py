"""The book for reading devices: strict XML, no deck, no script, and links that lead somewhere."""

import re
import zipfile
from collections import Counter
from pathlib import PurePosixPath
from xml.etree import ElementTree

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

import bookbuild

from slopes_docs.page.ebook import NOT_IN_EBOOKS, UNSAID, name_once

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg"><g id="a"/><g id="b"/><g id="a"/></svg>'
PAGES = {
    "index.rst": "Book\n====\n\n.. toctree::\n\n   one\n   two\n   slides/index\n",
    "one.rst": """
One
===

Present :doc:`the deck <slides/one>`, or go on to :doc:`two`, where :math:`x^2` is.
Get `the notebook <notebooks/one.ipynb>`_, or see `elsewhere <https://example.org/one.html>`_.

.. exercise:: First

   Do it.

.. exercise:: Second

   Do it again.
""",
    "two.rst": """
Two
===

:math:`x^2`

.. figure:: picture.svg
   :alt: a picture

   A caption.

.. py:function:: pair()

   :returns: * **one** -- the first
             * **two** -- the second
""",
    "slides/index.rst": "Decks\n=====\n\n.. toctree::\n\n   one\n",
    "slides/one.rst": "The deck\n========\n\n.. notes::\n   :minutes: 45\n\n   Say this.\n",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Build a book and return its files."""
    root = tmp_path_factory.mktemp("ebook")
    pages = {name: text.lstrip() for name, text in PAGES.items()}
    bookbuild.project(root, pages={**pages, "conf.py": bookbuild.CONF, "picture.svg": DRAWING})
    done = bookbuild.sphinx(root, "-b", "epub", out="epub", SLOPES_EXECUTE="off")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(root / "dist" / "epub" / "slopes.epub") as packed:
        return {name: packed.read(name).decode(errors="replace") for name in packed.namelist()}


def pages_of(book):
    return {name: text for name, text in book.items() if name.endswith(".xhtml")}


def test_every_page_is_strict_xml_and_gives_a_name_once(book):
    assert {"index.xhtml", "one.xhtml", "two.xhtml", "nav.xhtml"} <= pages_of(book).keys()
    for name, text in pages_of(book).items():
        parts = ElementTree.fromstring(text).iter()  # noqa: S314, we have just written it
        names = Counter(part.get("id") for part in parts if part.get("id"))
        assert [one for one, count in names.items() if count > 1] == [], name


def test_no_deck_no_script_and_no_site_template_is_in_the_book(book):
    assert not [name for name in book if name.startswith("slides") or name.endswith(".js")]
    assert not [name for name, text in pages_of(book).items() if "<script" in text]
    assert "Say this" not in "".join(book.values())


def test_every_link_leads_to_a_file_of_the_book_or_out_of_it(book):
    for name, text in pages_of(book).items():
        for link in re.findall(r'href="([^"#]+)', text):
            if not link.startswith("https://"):
                assert str(PurePosixPath(name).parent / link) in book, (name, link)
    assert "the deck" in book["one.xhtml"]
    assert "the notebook" in book["one.xhtml"]
    assert 'href="https://example.org/one.html"' in book["one.xhtml"]


def test_the_list_of_contents_says_where_formulas_are(book):
    items = re.findall(r"<item [^>]*>", book["content.opf"])
    held = {re.search('href="([^"]+)"', item)[1]: 'properties="mathml"' in item for item in items}
    assert held["one.xhtml"]
    assert held["two.xhtml"]
    assert not held["index.xhtml"]


def test_no_list_stands_in_a_paragraph(book):
    assert "the second" in book["two.xhtml"]
    assert not re.search(r"<p>\s*<ul", book["two.xhtml"])


def test_a_name_that_a_drawing_uses_twice_is_told_apart(book):
    (drawing,) = [text for name, text in book.items() if name.endswith(".svg")]
    assert re.findall('id="([^"]+)"', drawing) == ["a", "b", "a-2"]
    told_apart = DRAWING.replace('<g id="a"/>', "", 1)
    assert name_once(told_apart) == told_apart


def test_only_the_direction_of_text_is_left_to_the_reader():
    sheet = ".a{direction:ltr;flex-direction:row}"
    assert NOT_IN_EBOOKS.sub("", sheet) == ".a{flex-direction:row}"


def test_a_drawing_that_says_what_it_is_is_left_alone():
    assert UNSAID.search('<svg class="a">')
    assert not UNSAID.search('<svg class="a" xmlns="http://www.w3.org/2000/svg">')
