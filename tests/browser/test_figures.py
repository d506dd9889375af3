"""The figures of the built site: the same numbers in chapter and deck, text that can be read.

A drawing's alt text states what it shows, numbers included, so alt texts can be compared.
"""

from __future__ import annotations

import html
import re

import pytest
from browsing import visit
from column import PHONE_LEAST, illegible
from links import Site

IMAGE = re.compile(r"<img\b[^>]*>")
KIND = 24  # characters of an alt text that say what kind of figure it is
QUANTITY = re.compile(
    r"[\d.]*\d (?:for|at) \w+|\b(?!of )\w+ [\d.]*\d\b"
)  # "2.8 for product", "dual 16.0"


def alts(site: Site, path: str) -> list[str]:
    """The alt texts of a page's drawings."""
    page = (site.root / path).read_text(encoding="utf-8")
    images = [one for one in IMAGE.findall(page) if "_images/" in one]
    return [
        html.unescape(found[1]) for one in images if (found := re.search(r'alt="([^"]*)"', one))
    ]


def contradictions(chapter: list[str], deck: list[str]) -> list[str]:
    """Figures of a deck that the chapter draws too, but with other numbers.

    A deck may show a part of what the chapter shows: then each of its numbers is in the chapter's.
    """
    found = []
    for alt in deck:
        peers = [other for other in chapter if other[:KIND] == alt[:KIND]]
        told = QUANTITY.findall(alt)
        if peers and not any(set(told) <= {*QUANTITY.findall(peer)} for peer in peers):
            found.append(alt)
    return found


def test_chapter_and_deck_show_the_same_numbers(deck_path, site):
    chapter = deck_path.removeprefix("slides/")
    if not (site.root / chapter).is_file():
        pytest.skip("a deck without a chapter")
    assert not contradictions(alts(site, chapter), alts(site, deck_path))


COSTS = "Dot plot of the cost of the gradient: 2.8 for product and 3.5 for kepler."


@pytest.mark.parametrize(
    ("deck", "found"),
    [
        (COSTS, 0),
        ("Dot plot of the cost of the gradient: 2.8 for product.", 0),
        ("Another figure: 4.6 for product.", 0),
        (COSTS.replace("2.8", "4.6"), 1),
    ],
)
def test_another_number_for_the_same_quantity_would_be_seen(deck, found):
    assert len(contradictions([COSTS], [deck])) == found


def test_text_that_is_too_small_or_says_nothing_would_be_seen(browser, server):
    with visit(browser, server, "finite.html", phone=True) as (page, _):
        first = page.locator("img[src*='_images/']").first
        first.evaluate("img => { img.style.width = '100px'; img.style.height = 'auto'; }")
        assert len(illegible(page, "body", PHONE_LEAST)) == 1
        first.evaluate("img => { img.src = document.querySelector('img').src + '#_images/x.svg'; }")
        assert len(illegible(page, "body", PHONE_LEAST)) == 1
