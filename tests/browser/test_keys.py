"""The keys of a deck: its own help and the page that tells of them list the same."""

from __future__ import annotations

import decks
from browsing import visit

LETTERS = set("BCDFGNOPSTUWX")


def test_the_help_of_a_deck_lists_every_key(browser, server):
    with visit(browser, server, "slides/finite.html") as (page, _):
        decks.wait_for_deck(page)
        page.keyboard.press("Shift+Slash")
        listed = page.locator(".r-overlay-help td:first-child, .overlay-help td:first-child")
        keys = {key.strip() for cell in listed.all_inner_texts() for key in cell.split(",")}
    assert {*LETTERS, "Delete"} <= keys


def test_the_page_on_presenting_lists_every_key(browser, server):
    with visit(browser, server, "reference/cite.html") as (page, _):
        cells = page.locator("#present-a-deck table td:first-child").all_inner_texts()
    told = {word for cell in cells for word in cell.replace(",", " ").split()}
    assert {*LETTERS, "Delete", "?"} <= told
