"""Use the site as a reader does, with the mouse and with the keyboard, and say what fails."""

from __future__ import annotations

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Late

NAVIGATION = ".bd-docs-nav a"
SIDEBAR_TOGGLE = ".primary-toggle:visible"
THEME_BUTTON = ".theme-switch-button:visible"
SEARCH_BUTTON = ".search-button__button:visible"
SKIP_LINK = ".skip-link a"
PATIENCE = 3_000  # ms until a click must have had its effect
STOPS = 40  # of the Tab key

IN_VIEW = """selector => {
  const e = document.querySelector(selector);
  if (!e || !e.checkVisibility({visibilityProperty: true, opacityProperty: true})) return false;
  const box = e.getBoundingClientRect();
  return box.width > 1 && box.right > 1 && box.left < innerWidth;
}"""

IN_SIGHT = "selector => document.querySelector(selector).getBoundingClientRect().top >= 0"


def becomes(page: Page, expression: str, argument: object = None) -> bool:
    """Whether an expression comes true while a reader, or a busy machine, may take its time."""
    try:
        page.wait_for_function(expression, arg=argument, timeout=PATIENCE)
    except Late:
        return False
    return True


def _navigation_is(page: Page, shown: bool) -> bool:
    return becomes(page, f"s => ({IN_VIEW})(s) === {str(shown).lower()}", NAVIGATION)


def sidebar(page: Page) -> list[str]:
    """Toggle the navigation with the mouse, and back with the keyboard."""
    if page.locator(SIDEBAR_TOGGLE).count() == 0:
        return ["there is no visible button that toggles the sidebar"]
    before = page.evaluate(IN_VIEW, NAVIGATION)
    page.locator(SIDEBAR_TOGGLE).first.click()
    if not _navigation_is(page, not before):
        return ["a click on the sidebar's toggle changes nothing"]
    if page.evaluate("document.querySelector('dialog[open]') !== null"):
        page.keyboard.press("Escape")
    else:
        page.locator(SIDEBAR_TOGGLE).first.focus()
        page.keyboard.press("Enter")
    return [] if _navigation_is(page, before) else ["the keyboard does not bring the sidebar back"]


def _theme_is(page: Page, mode: str) -> bool:
    dark = "<" if mode == "dark" else ">"
    return becomes(page, f"probes.ground() {dark} 0.4")


def _choose(page: Page, mode: str, *, keyboard: bool) -> None:
    """Choose from the theme's menu, or step through its modes where it has none."""
    button = page.locator(THEME_BUTTON).first
    option = page.locator(f".theme-change-button[data-mode={mode}]:visible").first
    for _ in range(3):
        button.focus()
        page.keyboard.press("Enter") if keyboard else button.click()
        page.wait_for_timeout(150)
        if option.is_visible():
            option.focus()
            page.keyboard.press("Enter") if keyboard else option.click()
        if _theme_is(page, mode):
            return


def theme(page: Page) -> list[str]:
    """Go dark by mouse, reload, go light by keyboard, reload: the choice must hold."""
    if page.locator(THEME_BUTTON).count() == 0:
        return ["there is no visible button that changes the theme"]
    found = []
    for mode, keyboard in (("dark", False), ("light", True)):
        means = "keyboard" if keyboard else "mouse"
        _choose(page, mode, keyboard=keyboard)
        if not _theme_is(page, mode):
            found.append(f"the page does not become {mode} by {means}")
            continue
        page.reload(wait_until="networkidle")
        if not _theme_is(page, mode):
            found.append(f"the choice of {mode} is lost on reload")
    return found


def search(page: Page, word: str) -> list[str]:
    """Open the search from a page, find `word`, and open the first result."""
    if page.locator(SEARCH_BUTTON).count() == 0:
        return ["there is no visible search button"]
    page.locator(SEARCH_BUTTON).first.click()
    field = page.locator("input[type=search]:visible").first
    try:
        field.fill(word, timeout=PATIENCE)
        field.press("Enter")
        page.wait_for_url("**/search.html?q=*", timeout=PATIENCE)
        result = page.locator(".bd-search-container .search-results a").first
        result.click(timeout=PATIENCE)
        page.wait_for_url(lambda url: "search.html" not in url, timeout=PATIENCE)
    except Late as late:
        return [f"the search for {word!r} gets stuck: {str(late).splitlines()[0]}"]
    page.wait_for_load_state("load")
    text = page.locator("body").inner_text()
    return [] if word.lower() in text.lower() else [f"{page.url} does not contain {word!r}"]


def skip_link(page: Page) -> list[str]:
    """The first Tab must show a link that leads past the navigation."""
    page.keyboard.press("Tab")
    if not page.evaluate("s => document.activeElement?.matches(s) ?? false", SKIP_LINK):
        return ["the first Tab does not reach a skip link"]
    if not becomes(page, IN_SIGHT, SKIP_LINK):
        return ["the skip link stays out of sight when it has the focus"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = page.evaluate("document.activeElement.closest('main') !== null")
    return [] if inside else ["after the skip link the next Tab is not in the main part"]


def focus(page: Page) -> list[str]:
    """Wherever Tab leads, the place must be seen."""
    found = []
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        page.evaluate("probes.lives()")  # a figure that starts takes the keyboard from its picture
        stop = page.evaluate("probes.focus()")
        if stop is None:
            break
        if not (stop["marked"] and stop["shown"]):
            fault = "is not marked" if stop["shown"] else "is not visible"
            found.append(f"{stop['what']} has the focus and {fault}")
    return list(dict.fromkeys(found))
