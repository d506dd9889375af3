"""Numbers of the book: through its parts, in chapters alone, and true after an edit."""

import re

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

import bookbuild

FIGURE = ".. figure:: picture.svg\n   :name: fig-{0}\n\n   A picture of {0}.\n\n"
EQUATION = ".. math::\n   :label: eq-{0}\n\n   x = 1\n\n"
EXERCISE = ".. exercise:: Try\n   :label: ex-{0}\n\n   Try {0}.\n\n"
SUMMARY = "Summary\n-------\n\nOf {0}.\n\n"  # a heading that chapters share
SEE = ":numref:`fig-{0}`, :eq:`eq-{0}`, :ref:`ex-{0}`.\n\n"
PARTS = """
.. toctree::
   :caption: Part
   :numbered: 1

   {}

.. toctree::
   :caption: Last part
   :numbered: 1

   last

.. toctree::

   aside
"""


def chapter(name, *, see):
    heading = f"{name.title()}\n======\n\n"
    return (
        heading + "".join(part.format(name) for part in (FIGURE, EQUATION, SUMMARY, EXERCISE)) + see
    )


def lay_out(root):
    pages = {
        "conf": bookbuild.CONF + "katex_prerender = False\nsource_suffix = ['.rst']\n",
        "index": "Book\n====\n" + PARTS.format("one\n   two"),
        "one": chapter("one", see=SEE.format("last")),
        "two": chapter("two", see=""),
        "last": chapter("last", see=SEE.format("one")),
        "aside": "Aside\n=====\n\n" + FIGURE.format("aside") + SEE.format("last"),
    }
    files = {f"{name}.rst": text for name, text in pages.items()}
    files["conf.py"] = files.pop("conf.rst")
    files["picture.svg"] = '<svg xmlns="http://www.w3.org/2000/svg"><title>A picture</title></svg>'
    return bookbuild.project(root, pages=files)


def built(root, builder="html"):
    done = bookbuild.sphinx(
        root, "-b", builder, out=builder, doctrees=builder, SLOPES_EXECUTE="off"
    )
    assert done.returncode == 0, done.stderr
    folder = root / "dist" / builder
    texts = {path.stem: path.read_text("utf-8") for path in folder.glob("*.html")}
    return {
        name: text.partition("<article")[2].partition("</article>")[0]
        for name, text in texts.items()
    }


def labels(text):
    return [
        number.strip()
        for number in re.findall(r'(?:eqno|(?:caption|section)-number)">([^<]+)<', text)
    ]


def references(text):
    links = re.findall(r'<a class="reference internal" href="[^"]*#[^"]*"[^>]*>(.*?)</a>', text)
    return [re.sub("<[^>]+>", "", link) for link in links]


def said(number):
    return [f"Figure {number}.1", f"({number}.1)", f"Exercise {number}.1"]


def of(number):
    return [f"{number}.", *said(number)]


def test_numbers_run_through_the_parts_and_follow_every_edit(tmp_path):
    book = lay_out(tmp_path)
    first = built(book)
    assert [labels(first[name]) for name in ("one", "two", "last")] == [of(1), of(2), of(3)]
    assert labels(first["aside"]) == []
    assert [references(first[name]) for name in ("one", "aside")] == [said(3), said(3)]
    index = book / "docs" / "index.rst"
    index.write_text("Book\n====\n" + PARTS.format("two\n   one"), "utf-8")
    second = built(book)
    assert [labels(second[name]) for name in ("two", "one")] == [of(1), of(2)]
    assert references(second["last"]) == said(2)


def test_the_book_on_one_page_has_the_same_numbers(tmp_path):
    text = built(lay_out(tmp_path), "singlehtml")["index"]
    assert labels(text) == [*of(1), *of(2), *of(3)]
    assert references(text)[:3] == said(3)
