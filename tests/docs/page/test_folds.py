"""The name of a folded cell."""

from types import SimpleNamespace

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")

from docutils import nodes

from slopes_docs.page import folds


@pytest.fixture
def transform(monkeypatch):
    made = object.__new__(folds.NameFolds)
    env = SimpleNamespace(docname="page", toc_fignumbers={"page": {"figure": {"fig-a": (2, 3)}}})
    config = SimpleNamespace(numfig_format={"figure": "Figure %s"})
    monkeypatch.setattr(folds.NameFolds, "env", env, raising=False)
    monkeypatch.setattr(folds.NameFolds, "config", config, raising=False)
    return made


def cell(*children, prompt=folds.NAMELESS):
    return nodes.container("", *children, prompt_show=prompt)


def test_a_cell_that_draws_a_figure_says_which(transform):
    assert transform.title(cell(nodes.figure(ids=["fig-a"]))) == "How Figure 2.3 is drawn"


def test_a_cell_that_names_itself_is_named_so(transform):
    assert transform.title(cell(prompt="How runs are counted")) == "How runs are counted"


def test_a_cell_without_a_name_is_a_warning(transform, monkeypatch):
    said = []
    monkeypatch.setattr(folds.log, "warning", lambda text, **_: said.append(text))
    transform.title(cell(nodes.figure(ids=["fig-b"])))
    assert said == ["a folded cell must have a numbered figure or code_prompt_show, got neither"]


def test_a_fold_is_written_with_its_name_alone():
    translator = SimpleNamespace(body=[], encode=lambda text: text.replace("&", "&amp;"))
    node = folds.fold("", title="Here & there", classes=["above-input"])
    folds.visit_fold(translator, node)
    folds.depart_fold(translator, node)
    first, title, last = "".join(translator.body).splitlines()
    assert first == '<details class="admonition hide above-input">'
    assert title == "<summary>Here &amp; there</summary>"
    assert last == "</details>"
