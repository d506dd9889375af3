"""Read a page as a reader does: open folds, follow its contents, and say what fails."""

from __future__ import annotations

import json
from itertools import pairwise

from browsing import PHONE
from handling import becomes
from playwright.sync_api import Browser, Page

STYLES = "UpdateLayoutTree"  # how Chromium calls it, in its traces
FOLDS = "article details.hide > summary"
DRAWER = "#pst-secondary-sidebar-modal"
MARKED = """() => [...document.querySelectorAll(".page-toc a[aria-current]")]
  .filter(a => a.classList.contains("active")).map(a => a.hash.slice(1)).join()"""
STRENGTH = """() => ["h1", "h2", "h3"].flatMap(name => {
  const heading = document.querySelector(`article ${name}`);
  if (!heading) return [];
  const style = getComputedStyle(heading);
  return [[name, parseFloat(style.fontSize), parseFloat(style.fontWeight)]];
})"""

# Space above and below each displayed formula that stands between paragraphs.
SPACES = """() => [...document.querySelectorAll("article p + div.math")].flatMap(formula => {
  const after = formula.nextElementSibling;
  if (after?.tagName !== "P") return [];
  const parts = [...formula.querySelectorAll(".base")].map(e => e.getBoundingClientRect());
  return [[
    Math.min(...parts.map(part => part.top))
      - formula.previousElementSibling.getBoundingClientRect().bottom,
    after.getBoundingClientRect().top - Math.max(...parts.map(part => part.bottom)),
  ]];
})"""
EVEN = 1.5  # a formula belongs to what is before it as to what is behind it


def weak_headings(page: Page) -> list[str]:
    """A heading must be larger than the next lower one, and at least as heavy in every font."""
    found = page.evaluate(STRENGTH)
    drawn = [(name, size, weight >= 600) for name, size, weight in found]  # fonts have two weights
    return [
        f"{lower[0]} looks stronger than {upper[0]}"
        for upper, lower in pairwise(drawn)
        if lower[1] >= upper[1] or lower[2] > upper[2]
    ]


def uneven_displays(page: Page) -> list[str]:
    """A displayed formula has as much space above as below."""
    return [
        f"formula {number} has {above:.0f} px above and {below:.0f} px below"
        for number, (above, below) in enumerate(page.evaluate(SPACES), start=1)
        if not 1 / EVEN < above / max(below, 1) < EVEN
    ]


def alike_folds(page: Page) -> list[str]:
    """Every folded cell has a name of its own, and says it to all readers in the same words."""
    names = page.locator(FOLDS).evaluate_all(
        "all => all.map(e => [e.textContent.trim(), e.getAttribute('aria-label')])"
    )
    seen = [text for text, _ in names]
    return [
        f"{text!r}, named {label!r}"
        for text, label in names
        if not text or seen.count(text) > 1 or label not in {None, text} or "code cell" in text
    ]


SIDES = (("x", "width"), ("y", "height"))


def closed_titles(page: Page) -> list[str]:
    """A click anywhere on the title of a solution opens it, also on the name of the exercise."""
    found = []
    for title in page.locator(".solution.toggle > .admonition-title").all():
        link = title.locator("a").first
        box = link.bounding_box() if link.count() else None
        if box is None:
            continue
        address, whole = page.url, title.bounding_box() or box
        middle = {side: box[side] - whole[side] + box[size] / 2 for side, size in SIDES}
        title.click(position=middle)  # waits until what is scrolled to stands still
        shut = title.evaluate("e => e.parentElement.classList.contains('toggle-hidden')")
        if shut or page.url != address:
            found.append(f"{title.inner_text()!r} stays shut")
        if link.evaluate("e => getComputedStyle(e).textDecorationLine") != "none":
            found.append(f"{title.inner_text()!r} looks like a link")
    return found


def wrong_marks(page: Page) -> list[str]:
    """After a jump of any kind the contents mark the place where the page stands."""
    entries = page.locator(".page-toc a").evaluate_all("all => all.map(a => a.hash.slice(1))")
    jumps = [(f"location.hash = '{place}'", place) for place in entries]
    jumps += [("scrollTo(0, document.documentElement.scrollHeight)", entries[-1])]
    middle = entries[len(entries) // 2]
    jumps += [(f"document.getElementById('{middle}').scrollIntoView()", middle)]
    found = []
    for jump, place in jumps:
        page.keyboard.press("Shift")  # the reader goes on: an earlier jump counts no more
        page.evaluate(jump)
        page.wait_for_timeout(250)  # a mark that is right on the way counts for nothing
        if not becomes(page, f"place => ({MARKED})() === place", place):
            found.append(f"{jump} marks {page.evaluate(MARKED)!r} instead of {place!r}")
    return found


def open_drawer(page: Page) -> list[str]:
    """A tap on an entry of the contents closes their drawer and leads there."""
    page.locator(".secondary-toggle:visible").first.click()
    link = page.locator(f"{DRAWER} .page-toc a").nth(2)
    place = link.get_attribute("href") or ""
    link.click()
    page.wait_for_timeout(400)  # where the page is on its way counts for nothing
    if not becomes(page, "document.querySelector('dialog[open]') === null"):
        return ["the drawer stays open"]
    top = "document.querySelector(place).getBoundingClientRect().top"
    if becomes(page, f"place => -5 < {top} && {top} < 300", place):
        return []
    return [f"{place} is {page.evaluate(f'place => {top}', place):.0f} px from the top"]


def styled_early(browser: Browser, address: str) -> float:
    """Give how many styles are computed while a phone loads a page, as a part of its elements."""
    context = browser.new_context(viewport=PHONE, is_mobile=True)
    page = context.new_page()
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(500)  # autofill looks at a page once it has loaded
    events = json.loads(browser.stop_tracing())["traceEvents"]
    counts = [event["args"].get("elementCount", 0) for event in events if event["name"] == STYLES]
    part = sum(counts) / page.evaluate("document.querySelectorAll('*').length")
    context.close()
    return float(part)
