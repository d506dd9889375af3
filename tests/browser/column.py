"""What fits its column and what can be read there: code, messages, the letters of drawings.

Letters of a drawing are paths; a drawing says itself how high its smallest text is, in its own
pixels.
"""

from __future__ import annotations

from playwright.sync_api import Page

PHONE_LEAST, SLIDE_LEAST = 9, 24  # px, 390 px wide and on a slide at 1280 x 720
EVERYTHING = "article pre, article table"
WRAPPED = "article :is(.message, details.hide) pre"  # what has lines that may go on in the next

# How far an element goes beyond the boxes that clip it, within the article.
CUT = """selector => [...document.querySelectorAll(selector)].flatMap(e => {
  let beyond = 0;
  for (let box = e; box && box.tagName !== "ARTICLE"; box = box.parentElement)
    if (getComputedStyle(box).overflowX !== "visible")
      beyond = Math.max(beyond, box.scrollWidth - box.clientWidth);
  const lines = e.innerText.split("\\n").sort((a, b) => b.length - a.length);
  return beyond > 1 && e.checkVisibility() ? [`${beyond} px of: ${lines[0].slice(0, 100)}`] : [];
})"""
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


def cut(page: Page, selector: str) -> list[str]:
    """Elements of an unfolded page that are wider than what shows them."""
    return page.evaluate(CUT, selector)  # type: ignore[no-any-return]


def illegible(page: Page, selector: str, least: float) -> list[str]:
    """Drawings whose smallest text is shown lower than that, or say nothing of it.

    What is hidden around a drawing is shown for that, and stays so.
    """
    told = page.locator(selector).evaluate(TEXTS)
    return [f"{size:.1f} px: {alt[:60]}" for alt, size in told if not size >= least]
