"""The furniture of a page serves its reader."""

from __future__ import annotations

import handling
import pytest
import reading
from browsing import DESK, visit
from verdict import passed

SUBJECT = "finite.html"  # the page that is handled; the others share its furniture
# Styles computed while a page loads, as a part of its elements: a deck's are computed once before
# reveal lays slides one below the other. Where all is laid out they are 1.0 and 5.1.
EARLY = {SUBJECT: 0.35, f"slides/{SUBJECT}": 2}


@pytest.fixture
def subject(browser, server):
    with visit(browser, server, SUBJECT) as (page, _):
        yield page


def test_a_higher_heading_looks_stronger(subject):
    passed(reading.weak_headings(subject))


def test_a_formula_has_as_much_space_above_as_below(subject):
    subject.evaluate("probes.unfold()")
    assert len(subject.evaluate(reading.SPACES)) > 3
    passed(reading.uneven_displays(subject))


def test_a_click_on_the_title_of_a_solution_opens_it(subject):
    passed(reading.closed_titles(subject))


def test_the_contents_mark_the_place_after_every_jump(subject):
    passed(reading.wrong_marks(subject))


def test_the_drawer_closes_after_a_tap(browser, server):
    with visit(browser, server, SUBJECT, phone=True) as (page, _):
        passed(reading.open_drawer(page))


@pytest.mark.parametrize("path", EARLY)
def test_what_is_far_from_the_reader_is_not_laid_out(path, browser, server):
    assert reading.styled_early(browser, server.base + path) < EARLY[path]


def test_every_folded_cell_has_a_name_of_its_own(book_path, visits):
    passed(visits.desk(book_path).folds)


# Each check has its sabotage


@pytest.mark.parametrize(
    ("style", "count"),
    [("h2 { font: 500 34px serif } h3 { font: 600 28px serif }", 1),
     ("h2 { font: 600 20px serif } h3 { font: 600 28px serif }", 1),
     ("h2 { font: 700 28px serif } h3 { font: 600 20px serif }", 0)],
)  # fmt: skip
def test_a_weak_heading_is_caught(style, count, browser):
    page = browser.new_page(viewport=DESK)
    page.set_content(f"<style>{style}</style><article><h2>Two</h2><h3>Three</h3></article>")
    assert len(reading.weak_headings(page)) == count
    page.close()


@pytest.mark.parametrize(("margin", "count"), [("20px 0", 0), ("40px 0 20px", 1)])
def test_a_formula_with_uneven_space_is_caught(margin, count, browser):
    page = browser.new_page(viewport=DESK)
    formula = f"<div class='math' style='margin: {margin}'><div class='base'>x</div></div>"
    page.set_content(
        f"<style>p {{ margin: 0 }}</style><article><p>a</p>{formula}<p>b</p></article>"
    )
    assert len(reading.uneven_displays(page)) == count
    page.close()


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [("<summary>Code</summary>", "<summary>Code</summary>", 2),
     ("<summary aria-label='Toggle'>One</summary>", "<summary>Two</summary>", 1),
     ("<summary>Show code cell source</summary>", "<summary>Two</summary>", 1),
     ("<summary>One</summary>", "<summary>Two</summary>", 0)],
)  # fmt: skip
def test_folds_without_names_of_their_own_are_caught(first, second, count, browser):
    page = browser.new_page()
    folds = "".join(f"<details class='hide'>{one}x</details>" for one in (first, second))
    page.set_content(f"<article>{folds}</article>")
    assert len(reading.alike_folds(page)) == count
    page.close()


def test_dead_furniture_is_caught(subject, browser, server, monkeypatch):
    monkeypatch.setattr(handling, "PATIENCE", 300)
    subject.add_style_tag(content=".solution a { pointer-events: auto !important; }")
    assert reading.closed_titles(subject)
    subject.evaluate("requestAnimationFrame = () => 0")
    assert reading.wrong_marks(subject)
    with visit(browser, server, SUBJECT, phone=True) as (page, _):
        page.evaluate("HTMLDialogElement.prototype.close = () => {}")
        assert reading.open_drawer(page) == ["the drawer stays open"]
