"""Names in running text lead to the API, links to terms say what they mean."""

import re

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

import bookbuild

API = """
API
===

.. py:module:: package

.. py:function:: turn(angle, move)

   As `move` does; `angle` and `move` are arguments, `nothing` is neither.

   See `turn`, `package.move`, `other.name`.

.. py:function:: move(by)

   See `turn` and `by`.
"""
WORDS = """
Words
=====

.. glossary::

   step
     A distance, :math:`h` or :math:`x + h`.

   sum
     A value, :math:`\\sum_k a_k`.

Of a :term:`step` and a :term:`sum`.
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    root = tmp_path_factory.mktemp("names")
    book = {
        "index.rst": "Book\n====\n\n.. toctree::\n\n   api\n   words\n",
        "api.rst": API.lstrip(),
        "words.rst": WORDS.lstrip(),
        "conf.py": bookbuild.CONF + "katex_prerender = False\n",
    }
    bookbuild.project(root, pages=book)
    done = bookbuild.sphinx(root, "-b", "html", SLOPES_EXECUTE="off")
    assert done.returncode == 0, done.stderr
    site = root / "dist" / "site"
    return {name: (site / f"{name}.html").read_text("utf-8") for name in ("api", "words")}


def test_a_name_that_is_documented_becomes_a_link_and_an_argument_does_not(pages):
    links = re.findall(r'<a class="reference internal" href="#(package[^"]+)" title=', pages["api"])
    assert links == ["package.turn", "package.move", "package.turn"]
    assert pages["api"].count("<cite>") == 6  # move, angle, move; nothing; other.name; by


def test_a_link_to_a_term_carries_its_definition_where_it_reads_as_text(pages):
    titles = dict(
        re.findall(r'href="#term-(\w+)"( title="[^"]*")?', pages["words"].split("Of a")[1])
    )
    assert titles == {"step": ' title="A distance, h or x + h."', "sum": ""}
