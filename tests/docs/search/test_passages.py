"""What the search knows of a page."""

from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")

import json

import bookbuild

TALK = """
---
minutes: 2
---

# Talk

Hello.

```{notes}
:minutes: 1

Secret.
```

## A statement

Shown.

```{notes}
:minutes: 1

Also secret.
```
"""
CHAPTER = """
---
file_format: mystnb
---

# First $f'$

Close to $x$ lies a slope; $\\frac{a}{b}$ is none.

```{code-cell} python
print("an output")
```

## Its *second* part

$$\\sum_i x_i$$

Told with `words` and {abbr}`more`.

### Below

Deeper.
"""
FUNCTION = """
# tools

```{eval-rst}
.. py:module:: tools

.. py:function:: cut(x)

   Cut it.

.. py:class:: Knife

   Cuts.

   .. py:attribute:: edge

      How *sharp* it is.

   .. py:method:: sharpen()

      Make it sharper.
```
"""
CONTENTS = """
# Book

Welcome.

```{toctree}
first
silent
slides/index
reference/glossary
reference/api/tools
```
"""
PAGES = {
    "conf.py": bookbuild.CONF + "extensions.remove('sphinx.ext.viewcode')\n",
    "index.md": CONTENTS,
    "first.md": CHAPTER.lstrip(),
    "silent.md": "---\nno-search: true\n---\n\n# Silent\n\nNothing to find.\n",
    "slides/index.md": "# Decks\n\n```{toctree}\ntalk\n```\n",
    "slides/talk.md": TALK.lstrip(),
    "reference/glossary.md": "# Glossary\n\n:::{glossary}\n\nslope\n  How steep it is.\n:::\n",
    "reference/api/tools.md": FUNCTION,
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The passages of a small book, by the address that they lead to."""
    root = bookbuild.project(tmp_path_factory.mktemp("searched"), pages=PAGES)
    done = bookbuild.sphinx(root)
    assert done.returncode == 0, done.stderr
    kept = Path(root, "build", "doctrees", "passages")
    assert not list(Path(root, "dist").rglob("searchindex.js"))
    return {p[0]: p[1:] for file in kept.rglob("*.json") for p in json.loads(file.read_text())}


def test_a_chapter_is_cut_at_its_headings(found):
    chapter = {url: passage for url, passage in found.items() if url.startswith("first")}
    assert chapter == {
        "first.html": ["First f'", "First f'", "Chapter", "Close to x lies a slope; … is none."],
        "first.html#its-second-part": [
            "Its second part", "First f'", "Chapter", "Told with words and more."
        ],
        "first.html#below": ["Below", "First f'", "Chapter", "Deeper."],
    }  # fmt: skip


def test_slides_are_passages_without_what_only_the_speaker_reads(found):
    assert found["slides/talk.html"][2:] == ["Deck", "Hello."]
    assert found["slides/talk.html#a-statement"] == ["A statement", "Talk", "Deck", "Shown."]


def test_terms_and_functions_have_places_of_their_own(found):
    assert found["reference/glossary.html#term-slope"][0] == "slope"
    assert found["reference/glossary.html#term-slope"][2:] == ["Glossary", "slope How steep it is."]
    assert found["reference/api/tools.html#tools.cut"] == ["cut", "tools", "API", "Cut it."]
    assert found["reference/glossary.html"][3] == ""


def test_the_fields_of_a_class_are_read_with_it_and_its_methods_apart(found):
    tools = {url: text for url, (*_, text) in found.items() if "#tools." in url}
    assert tools["reference/api/tools.html#tools.Knife"] == "Cuts. edge: How sharp it is."
    assert tools["reference/api/tools.html#tools.Knife.sharpen"] == "Make it sharper."
    assert not [url for url in tools if "edge" in url]


def test_a_page_that_asks_for_silence_is_not_found(found):
    assert not [url for url in found if url.startswith("silent")]
