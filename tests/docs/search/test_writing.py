"""The index of the search."""

import gzip
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from sphinx.errors import ExtensionError

from slopes_docs.search import writing
from slopes_docs.search.passages import FOLDER, Passage

DOCS = Path(__file__).parents[3] / "docs"
needs_pagefind = pytest.mark.skipif(
    not (DOCS / "node_modules" / "pagefind").is_dir(), reason="the front-end files are missing"
)
PASSAGE = Passage("a.html#b", 'Signs < & "', "Page", "Chapter", "1 < 2 & so on")


def test_a_passage_is_a_page_with_its_kind_as_the_name_of_the_title():
    page = writing.as_page(PASSAGE)
    assert 'data-pagefind-meta="Chapter[title]" title="Signs &lt; &amp; &quot;"' in page
    assert '<p data-pagefind-weight="1.0">1 &lt; 2 &amp; so on</p>' in page


def test_a_chapter_weighs_more_than_a_deck():
    assert writing.WEIGHTS["Chapter"] > writing.WEIGHTS["Reference"] > writing.WEIGHTS["Deck"]


@needs_pagefind
def test_the_index_holds_each_passage_and_nothing_that_no_page_asks_for(tmp_path):
    kept = tmp_path / "doctrees" / FOLDER / "a.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps([PASSAGE]))
    app = SimpleNamespace(
        builder=SimpleNamespace(name="html"), confdir=DOCS, outdir=tmp_path / "site",
        doctreedir=tmp_path / "doctrees", env=SimpleNamespace(found_docs={"a", "b"}),
    )  # fmt: skip
    for _ in range(2):  # the second build takes the place of the first
        writing.write(app, None)
    names = {path.name.partition(".")[0] for path in (tmp_path / "site/pagefind").glob("*.*")}
    assert names == {"pagefind", "pagefind-entry", "pagefind-worker", "wasm"}
    (fragment,) = (tmp_path / "site/pagefind/fragment").iterdir()
    told = json.loads(gzip.decompress(fragment.read_bytes()).removeprefix(b"pagefind_dcd"))
    assert told["url"] == PASSAGE.url
    assert told["meta"] == {"Chapter": PASSAGE.title, "page": "Page"}
    assert told["content"] == PASSAGE.text + "."


@needs_pagefind
def test_an_index_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "taken").write_text("a file is no folder")
    with pytest.raises(ExtensionError, match="pagefind must index all pages, got"):
        writing.index([PASSAGE], tmp_path / "taken" / "below")


def test_nothing_is_written_after_a_failure_or_for_another_builder(tmp_path):
    for name, exception in (("html", ValueError()), ("epub", None)):
        app = SimpleNamespace(builder=SimpleNamespace(name=name), confdir=DOCS, outdir=tmp_path)
        writing.write(app, exception)
    assert not list(tmp_path.iterdir())
