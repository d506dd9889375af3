"""Answer predictions as a reader does, and run votes as a lecturer does; say what fails."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

SCREEN = 800  # px: what is behind a prediction within this height must wait for the answer
SHIFT_LIMIT = 0.01  # cumulative layout shift
NAMES = "[...document.querySelectorAll('.prediction[data-right]')].map(form => form.id)"

# Outputs that can be seen behind an open prediction: those that it closes, and all on its screen.
TOLD = """screen => {
  const forms = [...document.querySelectorAll(".prediction[data-right]:not([data-state])")];
  const shown = e => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
  const outputs = [...document.querySelectorAll(".cell_output")].filter(shown);
  return forms.flatMap(form => {
    const top = form.getBoundingClientRect().top, left = Number(form.dataset.cells);
    if (!(left >= 0)) return [`${form.id} does not say how many cells it closes`];
    const part = form.closest("section");
    const behind = [...part.querySelectorAll(".cell_output")].filter(
      e => e.closest("section") === part
        && form.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING);
    const told = behind.slice(0, left).filter(shown);
    const near = outputs.filter(e => left && behind.includes(e)
      && e.getBoundingClientRect().top < top + screen);
    return [...new Set([...told, ...near])].map(
      e => `${form.id} is told by an output: ${e.textContent.trim().slice(0, 40)}`);
  });
}"""
STATE = """name => {
  const form = document.getElementById(name);
  const shown = e => e !== null && e.checkVisibility({ visibilityProperty: true });
  const outputs = [...document.querySelectorAll(`[data-prediction="${name}"]`)];
  return {
    state: form.dataset.state ?? "open",
    said: form.querySelector(".predict-said").textContent,
    answer: shown(form.querySelector(".predict-whole")),
    outputs: outputs.map(e => shown(e.lastElementChild)),
    notes: outputs.flatMap(e => [...e.querySelectorAll(".predict-note")].map(shown)),
    marked: [...form.querySelectorAll("li.right, li.chosen")].map(e => e.className),
    presses: [...form.querySelectorAll("button")].filter(shown).map(e => e.textContent),
    focus: form.contains(document.activeElement) ? document.activeElement.className : null,
    progress: document.querySelector("a.current .predict-count [aria-hidden]")
      ?.textContent,
  };
}"""
# Where a question slide stands when it is reached, and one step later.
VOTE = """() => {
  const slide = Reveal.getCurrentSlide();
  if (!slide.matches(".kind-question")) return null;
  const shown = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const options = [...slide.querySelectorAll(".slide-body > ol > li")];
  return {
    title: slide.querySelector("h2, h3").textContent, options: options.length,
    hidden: options.filter(e => !shown(e)).length,
    answer: [...slide.querySelectorAll(".answer")].filter(shown).length,
    reasons: slide.querySelectorAll("aside.notes .reasons > li").length,
  };
}"""


def told(page: Page) -> list[str]:
    """Outputs behind predictions that a reader sees before choosing."""
    return page.evaluate(TOLD, SCREEN)  # type: ignore[no-any-return]


def state(page: Page, name: str) -> dict[str, Any]:
    """What the page shows of one prediction."""
    return page.evaluate(STATE, name)  # type: ignore[no-any-return]


def choose(page: Page, name: str, value: str) -> dict[str, Any]:
    """Choose an option with the mouse, or type a number, and press the button."""
    form = page.locator(f"#{name}")
    option = form.locator(f"input[value='{value}']")
    if option.count():
        option.check()
    else:
        form.scroll_into_view_if_needed()  # there it becomes a field
        form.locator("input[type=number]").fill(value)
    form.locator(".predict-choose").click()
    return state(page, name)


def press(page: Page, name: str, which: str) -> dict[str, Any]:
    """Press one of the other buttons."""
    page.locator(f"#{name} .predict-{which}").click()
    return state(page, name)


def refused(page: Page) -> list[str]:
    """Answer all predictions rightly: each must say so, and open its answer and its outputs."""
    found = []
    for name in page.evaluate(NAMES):
        right = page.locator(f"#{name}").get_attribute("data-right") or ""
        seen = choose(page, name, right)
        whole = seen["answer"] and all(seen["outputs"])
        found += [] if seen["said"].startswith("Right.") and whole else [f"{name}: {seen}"]
    return found


def votes(page: Page) -> list[str]:
    """Turn to every question slide: a vote must be able to start at once, one step answers it."""
    found, asked = [], 0
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("n => { const i = Reveal.getIndices(Reveal.getSlides()[n]);"
                      " Reveal.slide(i.h, i.v || 0, -1); }", number)  # fmt: skip
        page.evaluate("probes.settle()")
        before = page.evaluate(VOTE)
        if before is None:
            continue
        asked += 1
        page.keyboard.press("Space")
        page.evaluate("probes.settle()")
        found += faults_of_a_vote(before, page.evaluate(VOTE))
    return found if asked else ["the deck asks nothing"]


def faults_of_a_vote(before: dict[str, Any], after: dict[str, Any] | None) -> list[str]:
    """Say what is wrong with a question slide when it is reached, and one step later."""
    title = before["title"]
    rules = {
        f"{before['hidden']} of {before['options']} options wait for a click": before["hidden"],
        "it has fewer than two options": before["options"] < 2,
        "its answer is told at once": before["answer"],
        "one step does not answer it": after is None or not after["answer"],
        "its notes give no reasons": not before["reasons"],
    }
    return [f"{title!r}: {fault}" for fault, broken in rules.items() if broken]
