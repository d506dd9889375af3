"""The figures of the built site: the same numbers in chapter and deck, text that can be read.

A drawing's alt text states what it shows, numbers included, so alt texts can be compared. Letters
are drawn as paths; a drawing says itself how high its smallest text is, in its own pixels.
"""

from __future__ import annotations

import html
import re

import pytest
from browsing import visit
from decks import wait_for_deck
from links import Site
from playwright.sync_api import Page

PHONE_LEAST, SLIDE_LEAST = 9, 24  # px, 390 px wide and on a slide at 1280 x 720
# The height of the smallest text of each drawing below an element as it is shown, in px.
TEXTS = """async within => Promise.all([...within.querySelectorAll("img[src$='.svg']")]
  .filter(img => img.src.includes("_images/") && !img.closest("[data-live]"))  // has its gate
  .map(async img => {
    const [svg] = /<svg[^>]*>/.exec(await (await fetch(img.src)).text());
    const own = name => Number(new RegExp(` ${name}="([0-9.]+)"`).exec(svg)?.[1]);
    for (let up = img; up !== within; up = up.parentElement)  // behind a prediction
      if (getComputedStyle(up).display === "none")
        up.style.setProperty("display", "block", "important");
    const {width, height} = img.getBoundingClientRect();
    const scale = Math.min(width / own("width"), height / own("height"));
    return [img.alt, own("data-text") * scale];
  }))"""

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


def illegible(page: Page, selector: str, least: float) -> list[str]:
    """Drawings whose smallest text is shown lower than that, or say nothing of it."""
    told = page.locator(selector).evaluate(TEXTS)
    return [f"{size:.1f} px: {alt[:60]}" for alt, size in told if not size >= least]


def test_text_in_figures_can_be_read_on_a_phone(book_path, site, browser, server):
    if not alts(site, book_path):
        pytest.skip("a page without figures")
    with visit(browser, server, book_path, phone=True) as (page, _):
        page.evaluate("probes.unfold()")
        assert not illegible(page, "body", PHONE_LEAST)


def test_text_in_figures_can_be_read_from_the_last_row(deck_path, site, browser, server):
    if not alts(site, deck_path):
        pytest.skip("a deck without figures")
    present = ".reveal .slides section.present:not(.stack)"
    with visit(browser, server, deck_path) as (page, _):
        wait_for_deck(page)
        found = []
        for number in range(page.evaluate("deckprobes.count()")):
            page.evaluate("n => deckprobes.show(n)", number)
            small = illegible(page, present, SLIDE_LEAST)
            found += [f"slide {number + 1}, {one}" for one in small]
    assert not found


def test_text_that_is_too_small_or_says_nothing_would_be_seen(browser, server):
    with visit(browser, server, "finite.html", phone=True) as (page, _):
        first = page.locator("img[src*='_images/']").first
        first.evaluate("img => { img.style.width = '100px'; img.style.height = 'auto'; }")
        assert len(illegible(page, "body", PHONE_LEAST)) == 1
        first.evaluate("img => { img.src = document.querySelector('img').src + '#_images/x.svg'; }")
        assert len(illegible(page, "body", PHONE_LEAST)) == 1
