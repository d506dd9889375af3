"""Who speaks, where and when, from the address of a deck."""

from __future__ import annotations

import decks
import pytest
from browsing import visit

SUBJECT = "slides/finite.html"  # the others share its furniture
GIVEN = "?lecturer=Ada%20%3Cimg%20src=x%3E&place=Turin&date=1842-10-18"
WORDS = "Ada <img src=x> · Turin · 1842-10-18"


def test_the_address_gives_lecturer_place_and_date_as_text(browser, server):
    with visit(browser, server, SUBJECT + GIVEN) as (page, log):
        decks.wait_for_deck(page)
        assert page.locator(".given").inner_text() == WORDS
        assert page.locator(".given img").count() == 0
        footers = page.evaluate("Reveal.getSlides().map(slide => slide.dataset.footer)")
        faults = page.evaluate("deckprobes.state().overflow")
    assert all(footer.endswith(f" · {WORDS}") for footer in footers)
    assert faults == log.failed == []


def test_a_deck_of_nobody_says_nothing(browser, server):
    with visit(browser, server, SUBJECT) as (page, _):
        decks.wait_for_deck(page)
        assert not page.locator(".given").is_visible()
        footers = page.evaluate("Reveal.getSlides().map(slide => slide.dataset.footer)")
    assert {footer.count(" · ") for footer in footers} == {1}


@pytest.mark.parametrize("length", [200])
def test_a_long_name_is_cut(browser, server, length):
    with visit(browser, server, f"{SUBJECT}?lecturer={'x' * length}") as (page, _):
        decks.wait_for_deck(page)
        assert len(page.locator(".given").inner_text()) == 80
        page.evaluate("deckprobes.show(0)")
        assert page.evaluate("deckprobes.state().overflow") == []
