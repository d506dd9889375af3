"""A deck away from the projector: on a phone it scrolls, without scripts it is a page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from browsing import PHONE, visit
from playwright.sync_api import Browser, Page
from serving import Server
from verdict import passed

BODY_LEAST = 14  # px on a phone
LINE = 40  # px: what a slide's title takes at least

# What a slide shows when it is scrolled to its end: text that is too small, fragments not shown,
# boxes that leave the screen. Formulas and figures have sizes of their own. A busy machine is given
# time to answer to the scrolling.
SEEN = """async ([number, least]) => {
  const page = document.querySelectorAll(".scroll-page")[number];
  const view = document.querySelector(".reveal-viewport");
  const end = page.getBoundingClientRect().bottom + view.scrollTop - innerHeight;
  view.scrollTo({ top: end, behavior: "instant" });
  const look = () => {
    const found = [], body = page.querySelector(".slide-body");
    const scale = page.querySelector("section").getBoundingClientRect().width / 780;
    for (const e of body.querySelectorAll("p, li, td, th, pre")) {
      const box = e.getBoundingClientRect(), name = e.textContent.trim().slice(0, 30);
      if (!box.width || e.closest(".katex")) continue;
      const size = parseFloat(getComputedStyle(e).fontSize) * scale;
      if (size < least && !e.matches("pre")) found.push(`${name} is ${size.toFixed(1)} px high`);
      const out = box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
      if (out) found.push(`${name} leaves the screen`);
    }
    const kept = [...body.querySelectorAll(".fragment:not(.step)")]
      .filter(f => getComputedStyle(f).opacity < 1);
    return [...found, ...kept.map(f => `${f.textContent.trim().slice(0, 30)} is not shown`)];
  };
  for (const waits = performance.now() + 5000;;) {
    await new Promise(done => setTimeout(done, 80));
    const found = look();
    if (!found.length || performance.now() > waits) return found;
  }
}"""
# Who reads after the lecture scrolls through slides, not through their steps; an answer waits.
STEPPED = """() => [...document.querySelectorAll('.scroll-page')].flatMap((page, i) => {
  const screens = page.getBoundingClientRect().height / innerHeight;
  const asks = page.querySelector('.kind-question') !== null;
  return asks ? screens < 1.5 ? [`slide ${i + 1}: the answer does not wait`] : []
    : screens > 1.01 ? [`slide ${i + 1} takes ${screens.toFixed(1)} screens`] : [];
})"""
AT_ONCE = "*, *::before, *::after { transition: none !important; animation: none !important }"


def test_on_a_phone_a_deck_scrolls_and_every_slide_can_be_read(deck_path, browser, server):
    with visit(browser, server, deck_path, phone=True) as (page, log):
        page.wait_for_function("window.Reveal?.isReady?.() && Reveal.isScrollView()")
        count = page.evaluate("document.querySelectorAll('.scroll-page').length")
        assert count == page.evaluate("Reveal.getTotalSlides()")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        page.add_style_tag(content=AT_ONCE)
        faults = page.evaluate(STEPPED)
        faults += [
            f"slide {number + 1}: {fault}"
            for number in range(count)
            for fault in page.evaluate(SEEN, [number, BODY_LEAST])
        ]
    passed(faults + log.console)


def test_the_frame_of_the_next_slide_is_no_phone(browser, server):
    with visit(browser, server, "slides/tape.html?receiver", phone=True) as (page, _):
        page.wait_for_function("window.Reveal?.isReady?.()")
        assert not page.evaluate("Reveal.isScrollView()")
        assert page.evaluate("Reveal.getConfig().width") == 1280


def test_a_phone_laid_on_its_side_shows_slides_again(browser, server):
    with visit(browser, server, "slides/tape.html", phone=True) as (page, _):
        page.wait_for_function("window.Reveal?.isReady?.() && Reveal.isScrollView()")
        page.set_viewport_size({"width": PHONE["height"], "height": PHONE["width"]})
        page.wait_for_function("!Reveal.isScrollView()")
        assert page.evaluate("Reveal.getConfig().width") == 1280


@pytest.fixture(scope="module")
def scriptless(deck_path: str, browser: Browser, server: Server) -> Iterator[Page]:
    """A deck in a browser that runs no scripts of pages."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(server.base + deck_path)
    yield page
    context.close()


def test_without_scripts_a_deck_is_a_page_with_every_slide(scriptless):
    titles = scriptless.locator("section.slide > :is(h1, h2, h3)")
    assert titles.count() == scriptless.locator("section.slide").count() > 0
    tops = [title.bounding_box()["y"] for title in titles.all()]
    assert all(later - earlier > LINE for earlier, later in pairwise(tops))
    kept = scriptless.locator(".fragment:not(.step)")
    assert all(kept.nth(number).is_visible() for number in range(0, kept.count(), 5))


def test_without_scripts_a_deck_is_no_wider_than_a_phone(scriptless):
    boxes = [slide.bounding_box() for slide in scriptless.locator(".slide-body > *").all()]
    assert max(box["x"] + box["width"] for box in boxes if box) <= PHONE["width"] + 1
