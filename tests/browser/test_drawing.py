"""Drawing on slides: the plugin comes when it is asked for, draws, wipes, and stays off paper."""

from __future__ import annotations

from collections.abc import Iterator

import decks
import pytest
from browsing import Log, visit
from playwright.sync_api import Browser, Page
from serving import Server

PEN, BOARD = "#notescanvas canvas", "#chalkboard canvas"
INK = """selector => {
  const { width, height } = document.querySelector(selector);
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(document.querySelector(selector), 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  return data.filter((value, i) => i % 4 === 3 && value > 0).length;
}"""


@pytest.fixture
def drawn(browser: Browser, server: Server) -> Iterator[tuple[Page, Log]]:
    """A deck on a slide with a derivation."""
    with visit(browser, server, "slides/finite.html") as (page, log):
        decks.wait_for_deck(page)
        page.evaluate("Reveal.slide(4)")
        yield page, log


def stroke(page: Page) -> None:
    """Draw a line by mouse."""
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(500, 400, steps=8)
    page.mouse.move(700, 320, steps=8)
    page.mouse.up()


def press(page: Page, key: str, shown: str) -> None:
    """Press the key of a canvas and wait until the canvas takes the mouse."""
    page.keyboard.press(key)
    page.wait_for_function(
        """id => {
          const box = document.getElementById(id);
          const style = box && getComputedStyle(box);
          return style && style.visibility === "visible" && style.pointerEvents !== "none";
        }""",
        arg=shown,
    )


def test_nothing_of_the_plugin_is_fetched_before_its_key(drawn):
    _, log = drawn
    assert [url for url in log.requests if "chalkboard" in url] == []


@pytest.mark.parametrize(
    ("key", "box", "canvas"), [("w", "notescanvas", PEN), ("c", "chalkboard", BOARD)]
)
def test_a_stroke_is_drawn_and_wiped(drawn, key, box, canvas):
    page, log = drawn
    press(page, key, box)
    assert page.evaluate(INK, canvas) == 0
    stroke(page)
    assert page.evaluate(INK, canvas) > 500
    page.keyboard.press("Delete")
    assert page.evaluate(INK, canvas) == 0
    assert log.foreign == log.failed == log.console == []


def test_the_same_key_puts_the_pen_away_and_the_arrows_lead_on(drawn):
    page, _ = drawn
    press(page, "w", "notescanvas")
    page.keyboard.press("w")
    before = page.evaluate("Reveal.getIndices()")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices()") != before


@pytest.mark.parametrize(("key", "box"), [("w", "notescanvas"), ("c", "chalkboard")])
def test_escape_puts_the_drawing_away_before_it_shows_the_overview(drawn, key, box):
    page, _ = drawn
    press(page, key, box)
    page.keyboard.press("Escape")
    assert not page.evaluate("Reveal.isOverview()")
    page.keyboard.press("Escape")
    assert page.evaluate("Reveal.isOverview()")


def test_a_drawing_belongs_to_its_step(drawn):
    page, _ = drawn
    press(page, "w", "notescanvas")
    stroke(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert page.evaluate(INK, PEN) == 0
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(1000)
    assert page.evaluate(INK, PEN) > 500


def test_a_drawing_does_not_stay_on_paper_or_in_the_browser(drawn):
    page, _ = drawn
    press(page, "c", "chalkboard")
    stroke(page)
    page.emulate_media(media="print")
    assert not page.locator("#chalkboard").is_visible()
    assert not page.locator("#notescanvas").is_visible()
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
