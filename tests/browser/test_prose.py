"""Numbers in prose look like prose."""

from __future__ import annotations

import pytest
from prose import broken_pieces, heavy_numbers, machine_numbers
from verdict import passed


def test_no_number_in_prose_is_in_machine_notation(page_path, site):
    passed(machine_numbers((site.root / page_path).read_text("utf-8")))


def test_no_pasted_number_of_a_page_is_heavier_than_its_sentence(book_path, visits):
    passed(visits.desk(book_path).heavy)


def test_no_pasted_number_of_a_deck_is_heavier_than_its_sentence(deck_path, visits):
    passed(visits.deck(deck_path).heavy)


def test_on_a_phone_every_mark_stays_at_its_formula(book_path, visits):
    passed(visits.phone(book_path).broken)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>an error of 3e-13, and</p>", ["3e-13,"]),
        ("<td>2.1E+04</td>", ["2.1E+04"]),
        ("<p>is \N{MINUS SIGN}8.3e-06.</p><pre>1e-3</pre>", ["\N{MINUS SIGN}8.3e-06."]),
        ("<p><code>1e-3</code> x<br>y</p><pre>1e-3<b>2e-4</b></pre>", []),
        ("<p>3·10⁻¹³ or 10⁻³</p>", []),
        ("<p><span class='katex'><i>=2E</i><i>1</i></span>, 1e-3</p>", ["1e-3"]),
    ],
)
def test_machine_notation_is_caught_in_prose_alone(body, found):
    assert machine_numbers(f"<title>1e-3</title><body>{body}</body>") == found


def test_a_heavy_number_is_caught(browser):
    page = browser.new_page()
    for weight, count in (("bold", 1), ("inherit", 0)):
        page.set_content(
            f"<p><b class='pasted-text' style='font-weight: {weight}'>10</b> steps</p>"
        )
        assert len(heavy_numbers(page)) == count
    page.close()


@pytest.mark.parametrize(("white", "count"), [("nowrap", 0), ("normal", 1)])
def test_a_mark_that_parts_from_its_formula_is_caught(white, count, browser):
    page = browser.new_page()
    box = "<b style='display: inline-block'>formula</b>"
    page.set_content(
        f"<style>p {{ width: min-content }} .unbroken {{ white-space: {white} }}</style>"
        f"<p>Of a <span class='unbroken'>{box},</span> and</p>"
    )
    assert len(broken_pieces(page)) == count
    page.close()
