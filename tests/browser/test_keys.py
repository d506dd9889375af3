"""The keys of a deck: its own help and the page that tells of them list the same."""

from __future__ import annotations

import decks
import pytest
from browsing import visit

LETTERS = set("BCDFGNOPSTUWX")


def test_the_help_of_a_deck_lists_every_key(browser, server):
    with visit(browser, server, "slides/finite.html") as (page, _):
        decks.wait_for_deck(page)
        page.keyboard.press("Shift+Slash")
        listed = page.locator(".r-overlay-help td:first-child, .overlay-help td:first-child")
        keys = {key.strip() for cell in listed.all_inner_texts() for key in cell.split(",")}
    assert {*LETTERS, "Delete"} <= keys


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_a_field_for_hands_lets_go_of_the_keys_and_nothing_else(key, browser, server):
    with visit(browser, server, "slides/finite.html") as (page, _):
        decks.wait_for_deck(page)
        asked = "Reveal.getSlides().findIndex(s => s.matches('.kind-question'))"
        page.evaluate(f"deckprobes.show({asked})")
        page.keyboard.press("u")
        field = page.locator(".present .hands").first
        field.press("7")
        field.press(key)
        assert field.input_value() == "7"
        assert not page.evaluate("Reveal.isOverview()")
        assert not field.evaluate("e => e === document.activeElement")


def test_arrows_of_a_question_stand_out_when_the_scheme_changes(browser, server):
    with visit(browser, server, "slides/finite.html") as (page, _):
        decks.wait_for_deck(page)
        asked = "Reveal.getSlides().findIndex(s => s.matches('.kind-question'))"
        page.evaluate(f"deckprobes.show({asked})")
        colour = "getComputedStyle(document.querySelector('.controls')).color"
        muted = "getComputedStyle(document.documentElement).getPropertyValue('--slopes-muted')"
        light = page.evaluate(colour)
        page.keyboard.press("d")
        dark = page.evaluate(colour)
        probe = f"document.body.style.color = {muted}, getComputedStyle(document.body).color"
        assert dark == page.evaluate(probe) != light


def test_the_page_on_presenting_lists_every_key(browser, server):
    with visit(browser, server, "reference/cite.html") as (page, _):
        cells = page.locator("#present-a-deck table td:first-child").all_inner_texts()
    told = {word for cell in cells for word in cell.replace(",", " ").split()}
    assert {*LETTERS, "Delete", "?"} <= told
