"""Plans of sessions, and the entry for BibTeX."""

from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs.page import teaching

CITATION = Path(__file__).parents[3] / "CITATION.cff"


@pytest.fixture
def docs(tmp_path):
    """A chapter with a deck of 40 minutes, and one without."""
    (tmp_path / "slides").mkdir()
    (tmp_path / "tape.md").write_text("# Backwards\n\n60 minutes\n")
    (tmp_path / "first.md").write_text("# First\n\n50 minutes\n")
    (tmp_path / "slides" / "tape.md").write_text("---\nminutes: 40\n---\n# Backwards\n")
    return tmp_path


def test_a_lecture_takes_the_minutes_of_its_deck_and_leaves_the_rest(docs):
    row = teaching.plan(["lecture tape: ex-tape-check ex-tape-derive"], 90, docs).splitlines()[-1]
    assert row == (
        "| 1 | {doc}`/slides/tape` | 40 | 50 | {ref}`ex-tape-check`, {ref}`ex-tape-derive` |"
    )


def test_half_a_lecture_takes_half_of_them(docs):
    assert teaching.session("lecture tape 2/2:", docs).minutes == 20


def test_practice_and_a_chapter_without_a_deck_take_none(docs):
    for line in ("practice tape: ex-tape-check", "lecture first: ex-first-check"):
        assert teaching.session(line, docs).minutes == 0


@pytest.mark.parametrize("line", ["talk tape: a", "lecture tape", "lecture tape 3/2: a"])
def test_another_line_is_refused(docs, line):
    with pytest.raises(ValueError, match=r"line must be 'lecture TOPIC: EXERCISES'.*got line="):
        teaching.session(line, docs)


def test_a_chapter_that_there_is_not_is_refused(docs):
    with pytest.raises(ValueError, match="line must name a chapter, got line='lecture none: a'"):
        teaching.session("lecture none: a", docs)


def test_a_lecture_longer_than_its_session_is_refused(docs):
    with pytest.raises(ValueError, match="at most 30 minutes long, got lecture=40"):
        teaching.plan(["lecture tape: a"], 30, docs)


def test_a_formula_in_the_title_of_a_slide_is_one_in_the_link():
    parts = teaching.told(r"Which error has $1/x$ at $1\pm0.3$?")
    assert [part.astext() for part in parts] == ["Which error has ", "1/x", " at ", r"1\pm0.3", "?"]
    assert [part.__class__.__name__ for part in parts] == ["Text", "math", "Text", "math", "Text"]


def test_the_entry_says_what_the_citation_says():
    entry = teaching.bibtex(CITATION.read_text(encoding="utf-8"), "https://slopes.example/")
    assert entry.startswith("@misc{slopes,\n  author  = {{The Slopes authors}},\n")
    assert "title   = {{Slopes: how a computer finds a derivative}}," in entry
    assert entry.endswith("url     = {https://slopes.example/},\n}")
    assert entry.count("{") == entry.count("}")


def test_the_entry_has_no_address_where_there_is_none():
    assert "url" not in teaching.bibtex(CITATION.read_text(encoding="utf-8"), "")
