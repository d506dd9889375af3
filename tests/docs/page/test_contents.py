"""The contents of the landing page."""

from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.page import contents
from slopes_docs.page.contents import Chapter

INDEX = """# Book

```{toctree}
:caption: First
:hidden:
one
two
```

```{toctree}
:caption: Others
slides/index
```
"""
ONE = "(one)=\n# One\n\n50 minutes · more\n\n**You need**\n\n- nothing.\n\n## The question\n"
TWO = """# Two

60 minutes

**You need**

- {ref}`one` and {ref}`the first <one>`, {ref}`fig-x`.

## The question
"""


@pytest.fixture
def docs(tmp_path):
    (tmp_path / "slides").mkdir()
    texts = {
        "index": INDEX,
        "one": ONE,
        "two": TWO,
        "slides/index": "# Decks\n",
        "slides/two": "# T\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text)
    return tmp_path


def test_a_chapter_says_what_it_takes(docs):
    one, two = Chapter("one", 50, (), 0.0), Chapter("two", 60, ("one",), 45.0)
    assert contents.parts(docs) == {"First": [one, two]}


def test_a_deck_of_another_length_says_so(docs):
    (docs / "slides" / "two.md").write_text("---\nminutes: 90\n---\n\n# Two\n")
    assert contents.parts(docs)["First"][1].lecture == 90.0


def test_the_sums_are_those_of_chapters_and_decks(docs):
    assert contents.totals(docs) == {
        "chapters": "2", "reading": "2 hours", "lectures": "1", "teaching": "1 hour",
    }  # fmt: skip
    assert contents.hours(340) == "5½ hours"


def test_a_chapter_without_minutes_is_an_error(docs):
    (docs / "one.md").write_text("# One\n\nHalf an hour\n")
    with pytest.raises(ValueError, match=r"chapter must say its minutes .*, got one\.md"):
        contents.parts(docs)


def test_an_arc_joins_a_chapter_and_what_builds_on_it(docs):
    drawing = contents.arcs(contents.parts(docs)["First"])
    row, half = contents.ROW, contents.HALF
    assert f"M100 {half}C" in drawing
    assert f" 96 {row + half}" in drawing
    assert drawing.count("h0") == 2


@pytest.mark.parametrize(
    ("page", "expected"),
    [("index", "three"), ("three", "index"), ("alone", None)],
)
def test_previous_and_next_step_over_decks(page, expected):
    relations = {
        "index": (None, None, "slides/a"),
        "slides/a": (None, "index", "slides/b"),
        "slides/b": (None, "slides/a", "three"),
        "three": (None, "slides/b", None),
        "alone": (None, None, None),
    }
    builder = SimpleNamespace(
        relations=relations,
        get_relative_uri=lambda _, to: to,
        render_partial=lambda _: {"title": "T"},
    )
    env = SimpleNamespace(titles=dict.fromkeys(relations))
    config = SimpleNamespace(deck_prefix="slides/")
    app = SimpleNamespace(builder=builder, env=env, config=config)
    context = {}
    contents.step_over_decks(app, page, "", context, None)
    assert [found["link"] for found in context.values()] == ([expected] if expected else [])


def test_the_book_s_own_chapters_can_be_read():
    parts = contents.parts(Path(__file__).parents[3] / "docs")
    order = [chapter.page for part in parts.values() for chapter in part]
    assert order.index("tape") < order.index("choosing")
    for chapters in parts.values():
        for chapter in chapters:  # what is needed has been read
            assert all(order.index(name) < order.index(chapter.page) for name in chapter.needs)
