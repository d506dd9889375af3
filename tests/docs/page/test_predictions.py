"""Predictions in a page: a form, closed outputs, and what is left of both without a script."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
bs4 = pytest.importorskip("bs4")
import bookbuild  # noqa: E402

from slopes_docs.page.predictions import numeral  # noqa: E402

LESSON = """\
---
file_format: mystnb
kernelspec: {name: python3}
---

# Lesson

:::{predict} B
:name: predict-half
:cells: 2
:reading:
How much is $1/2$?

1. `2`

   Read upside *down*.

2. $0.5$

It is $0.5$.
:::

```{code-cell} python
half = 1 / 2
```

Some words.

```{code-cell} python
print("first", half)
```

```{code-cell} python
:tags: [remove-cell]
print("hidden")
```

```{code-cell} python
print("second", half)
```

They said a half.

But there is more.

```{code-cell} python
print("third", half)
```

:::{predict} 27
:name: predict-number
:tolerance: 10%
:cells: 0
How much is it?

1. 18

   Twice nine.

Three times nine.
:::
"""
QUIZ = """\
# Quiz

```{score}
```

:::{predict} A
:name: predict-one
:cells: 0
Is it?

1. yes

2. no

   Why not?

It is.
:::
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A book with a lesson, a quiz and a page that asks nothing."""
    listed = "# Index\n\n```{toctree}\nlesson\nquiz\nplain\n```\n"
    pages = {
        "conf.py": bookbuild.CONF,
        "index.md": listed,
        "lesson.md": LESSON,
        "quiz.md": QUIZ,
        "plain.md": "# Plain\n",
    }
    return bookbuild.project(tmp_path_factory.mktemp("predictions"), pages=pages)


@pytest.fixture(scope="module")
def built(project):
    done = bookbuild.sphinx(project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project / "dist" / "site"


def soup(path):
    return bs4.BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def page(built):
    return soup(built / "lesson.html")


def test_a_prediction_is_a_group_with_a_legend_and_its_question(page):
    form = page.select_one("#predict-half[data-right]")
    asked = form.select_one("fieldset")["aria-describedby"]
    assert page.find(id=asked).select_one(".katex")
    assert form.legend.get_text() == "Predict 1 of 2"
    assert (form["data-right"], form["data-cells"], form["data-tolerance"]) == ("B", "2", "")


def test_each_option_is_a_labelled_button_of_one_group(page):
    labels = page.select("#predict-half ul.predict-options > li > label")
    assert [label.input["value"] for label in labels] == ["A", "B"]
    assert {label.input["name"] for label in labels} == {"predict-half"}
    assert [label.strong.get_text() for label in labels] == ["A", "B"]
    assert labels[1].select_one(".predict-words .katex")


def test_a_number_is_typed_and_its_temptations_are_not_shown(page):
    form = page.select_one("#predict-number")
    assert form["data-tolerance"] == "2.7"
    assert [box["type"] for box in form.select("input")] == ["hidden"]
    assert form.select_one(".predict-options") is None
    assert json.loads(form["data-reasons"]) == ["18"]


def test_the_answer_to_a_question_for_a_number_begins_with_it(page):
    told = page.select_one("#predict-number .predict-whole > p")
    assert told.get_text() == told.strong.get_text() == "27"


@pytest.mark.parametrize(
    ("value", "text"), [(-0.5, "\N{MINUS SIGN}0.5"), (709.78, "709.78"), (10.0, "10")]
)
def test_a_right_number_is_written_as_people_do(value, text):
    assert numeral(value) == text


def test_the_answer_and_the_reasons_are_folded(page):
    told = page.select_one("#predict-half details.predict-answer")
    assert not told.has_attr("open")
    (reason,) = told.select(".predict-reasons > li")
    assert reason.get_text(" ", strip=True) == "A Read upside down ."
    assert told.select_one(".predict-whole > p").strong.get_text() == "B"


def test_the_outputs_of_the_next_cells_with_any_wait_for_the_answer(page):
    closed = page.select(".predict-closed[data-prediction=predict-half]")
    *outputs, reading = closed
    assert [one.pre.get_text().split()[0] for one in outputs] == ["first", "second"]
    assert all(one.select_one(".predict-note a")["href"] == "#predict-half" for one in outputs)
    assert reading.get_text(strip=True) == "They said a half."
    assert "third" not in "".join(one.get_text() for one in page.select(".predict-closed"))


def test_a_page_with_a_score_asks_questions(built):
    page = soup(built / "quiz.html")
    assert page.legend.get_text() == "Question 1 of 1"
    assert page.select_one(".predict-score")["role"] == "status"


def test_the_script_is_where_predictions_are_and_where_chapters_are_listed(built):
    asking = {
        name
        for name in ("index", "lesson", "quiz", "plain", "search")
        if "predict.js" in (built / f"{name}.html").read_text("utf-8")
    }
    assert asking == {"index", "lesson", "quiz"}


def test_each_page_knows_how_many_predictions_the_others_hold(page):
    counts = json.loads(page.find("script", id="predictions").string)
    assert counts == {
        "": {"page": "lesson", "count": 2},
        "quiz.html": {"page": "quiz", "count": 1},
    }


def test_a_notebook_has_question_options_and_a_folded_answer(built):
    notebook = json.loads((built / "notebooks" / "lesson.ipynb").read_text("utf-8"))
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    assert "**Predict**" in text
    assert "> - **A** `2`\n> - **B** $0.5$" in text
    assert "<summary>Answer</summary>\n\n**B** It is $0.5$.\n\n- **A** Read upside *down*." in text
    assert not {"input", "Choose", "opens when"} & set(text.split())


def test_the_book_on_one_page_asks_for_no_choice(project):
    done = bookbuild.sphinx(project, "-b", "singlehtml", out="book", doctrees="book")
    assert done.returncode == 0, done.stdout + done.stderr
    book = soup(project / "dist" / "book" / "index.html")
    assert not book.select("article .prediction[data-right], article input, .predict-closed")
    assert book.select_one("div.prediction .predict-options .predict-choice").get_text() == "A 2"
    assert book.select_one("div.prediction details.predict-answer .predict-reasons li")
