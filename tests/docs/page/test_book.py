"""The book on one page: chapters side by side, no decks, and links that lead somewhere."""

import re
from collections import Counter

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

import bookbuild

CONF = (
    bookbuild.CONF
    + """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).parent))
extensions = ["kinds", *extensions]
numfig_format = {}
"""
)
# Two nodes, one of which names the builder, as some extensions do and so hide what does not.
KINDS = """
from docutils import nodes

class plain(nodes.Element):
    pass

class marked(nodes.Element):
    pass

def write(self, node):
    self.body.append(f"[{type(node).__name__}]")

def leave(self, node):
    pass

def setup(app):
    app.add_node(plain, html=(write, leave))
    app.add_node(marked, html=(write, leave), singlehtml=(write, leave))
    app.add_role("plain", lambda *_, **__: ([plain()], []))
    app.add_role("marked", lambda *_, **__: ([marked()], []))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
"""
PAGES = {
    "index": """
Book
====

Begin with :doc:`one`. Present :doc:`the deck <slides/one>`.

First steps
-----------

.. toctree::

   one
   two
   slides/index
   part/index
""",
    "one": """
One
===

A note. [#]_ See :ref:`two's summary <two-summary>`, `here <Summary_>`_ and :plain:`x` :marked:`x`.

.. [#] The note of chapter one.

Summary
-------

Of one. Back to :doc:`the book <index>`, on to :doc:`part/inner`.
""",
    "two": """
Two
===

A note. [#]_

.. [#] The note of chapter two.

.. _two-summary:

Summary
-------

.. figure:: picture.svg

   A caption.
""",
    "part/index": "Part\n====\n\n.. toctree::\n\n   inner\n",
    "part/inner": "Inner\n=====\n\nText.\n",
    "slides/index": "Decks\n=====\n\n.. toctree::\n\n   one\n",
    "slides/one": "The deck\n========\n\n.. notes::\n   :minutes: 45\n\n   Say this.\n",
}


def build(root, *options):
    pages = {f"{name}.rst": text.lstrip() for name, text in PAGES.items()}
    pages |= {"conf.py": CONF, "kinds.py": KINDS}
    pages["picture.svg"] = '<svg xmlns="http://www.w3.org/2000/svg"><title>A picture</title></svg>'
    bookbuild.project(root, pages=pages)
    done = bookbuild.sphinx(root, "-b", "singlehtml", *options, SLOPES_EXECUTE="off")
    assert done.returncode == 0, done.stderr
    html = (root / "dist" / "site" / "index.html").read_text(encoding="utf-8")
    return html[html.index('<article class="bd-article') : html.index("</article>")]


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    return build(tmp_path_factory.mktemp("book"))


def test_chapters_stand_side_by_side_and_pages_of_a_part_in_it(body):
    headings = re.findall(r"<h(\d)>([^<]+)<", body)
    assert headings == [
        ("1", "Book"), ("2", "First steps"), ("1", "One"), ("2", "Summary"), ("1", "Two"),
        ("2", "Summary"), ("1", "Part"), ("1", "Inner"),
    ]  # fmt: skip


def test_decks_are_left_out(body):
    assert "Say this" not in body
    assert "Decks" not in body


def test_every_link_leads_to_one_place(body):
    places = Counter(re.findall(r'\sid="([^"]+)"', body))
    links = re.findall(r'href="#([^"]*)"', body)
    assert len(links) > 8
    assert [link for link in links if places[link] != 1] == []


def test_two_chapters_with_one_heading_keep_their_own(body):
    first, second = (body.index(f'id="{name}--summary"') for name in ("one", "two"))
    assert body.index("chapter one") < first < body.index("chapter two") < second
    assert 'href="#one--summary">here' in body.replace('<span class="std std-ref">', "")


def test_notes_are_told_apart(body):
    notes = re.findall(r'<aside class="footnote[^>]* id="([^"]+)"', body)
    assert len(set(notes)) == 2


def test_figures_keep_their_numbers(body):
    assert re.search(r'caption-number">Fig\. 1 ', body)


def test_nodes_known_to_html_alone_are_written(body):
    assert "[plain]" in body
    assert "[marked]" in body


def test_a_link_to_a_deck_is_plain_text_where_the_site_is_unknown(body):
    assert re.search(r"Present (<span[^>]*>)?the deck", body)


def test_a_link_to_a_deck_leads_to_the_site_where_it_is_known(tmp_path):
    body = build(tmp_path, "-D", "slopes_site=https://slopes.example/")
    assert 'href="https://slopes.example/slides/one.html"' in body
