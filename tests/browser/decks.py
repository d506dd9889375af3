"""Walk through a deck as a lecturer does, print it, open the speaker's window; say what fails."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from accepted import ACCEPTED, Accepted
from browsing import DECK_PROBES, Log, Transfer, all_live, picture, transfers, visit
from column import SLIDE_LEAST, illegible
from gates import AXE_TAGS, IN_THE_DARK, INK_KEPT
from handling import becomes
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as Late
from prose import heavy_numbers
from pypdf import PdfReader
from serving import Server

BODY_LEAST, CODE_LEAST = 24, 22  # px on a screen of 1280 x 720
FILLED_LEAST = 0.45  # of the slide's height
SECTION_LEAST = 0.25  # of a slide that only announces a part, in large letters on its own ground
MINUTES = 45
PATIENCE = 5_000  # ms
PRESENT = ".reveal .slides section.present:not(.stack)"
FIGURES = f"{PRESENT} img[src$='.svg']"


@dataclass
class SeenSlide:
    """One slide with all its fragments shown."""

    number: int
    title: str
    filled: float
    least: float
    overflow: list[str]
    small: list[str]
    unseen: list[str]
    findings: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"slide {self.number}, {self.title!r}"


@dataclass
class SeenDeck:
    """One deck, walked through from the first slide to the last."""

    path: str
    log: Log
    transfers: list[Transfer]
    facts: dict[str, Any]
    notes: list[dict[str, Any]]
    slides: list[SeenSlide]
    heavy: list[str]


def see(
    browser: Browser,
    server: Server,
    path: str,
    *,
    axe: Path,
    accepted: Sequence[Accepted] = ACCEPTED,
) -> SeenDeck:
    """Visit a deck once and collect all that the gates need, slide by slide."""
    table = [entry._asdict() for entry in accepted]
    with visit(browser, server, path) as (page, log):
        wait_for_deck(page)
        files, facts = transfers(server, log), page.evaluate("probes.facts()")
        notes, heavy = page.evaluate("deckprobes.notes()"), heavy_numbers(page)
        page.evaluate(axe.read_text("utf-8"))
        page.evaluate("probes.unfold()")
        count = page.evaluate("deckprobes.count()")
        slides = [_see_slide(page, number) for number in range(count)]
        all_live(page)
        page.evaluate("probes.flatten()")  # only now: formulas lose their shape
        for slide in slides:
            slide.findings = _ask_axe(page, slide.number - 1, table)
            slide.letters = illegible(page, PRESENT, SLIDE_LEAST)
    return SeenDeck(path, log, files, facts, notes, slides, heavy)


def turn(page: Page, scheme: str) -> None:
    """Show a deck light or dark: the deck has its own switch and does not ask the system."""
    page.evaluate("scheme => { document.documentElement.dataset.theme = scheme }", scheme)
    page.evaluate("probes.settle()")


def wait_for_deck(page: Page) -> None:
    """Wait until reveal.js has taken over."""
    page.wait_for_function("window.Reveal?.isReady?.() && Reveal.getCurrentSlide()")


def _see_slide(page: Page, number: int) -> SeenSlide:
    page.evaluate("n => deckprobes.show(n)", number)
    state = page.evaluate("deckprobes.state()")
    slide = SeenSlide(
        number=number + 1,
        title=state["title"],
        filled=state["filled"],
        least=SECTION_LEAST if state["section"] else FILLED_LEAST,
        overflow=state["overflow"],
        small=page.evaluate("([b, c]) => deckprobes.small(b, c)", [BODY_LEAST, CODE_LEAST]),
        unseen=state["unseen"],
    )
    for scheme in ("dark", "light"):
        turn(page, scheme)
        shown = range(state["pictures"])
        slide.pictures[scheme] = [picture(page, FIGURES, each) for each in shown]
    return slide


def _ask_axe(page: Page, number: int, table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    page.evaluate("n => deckprobes.show(n)", number)
    # The rules about a page as a whole need the whole page, once; those about colours both schemes.
    asked = [("dark", IN_THE_DARK, PRESENT), ("light", AXE_TAGS, PRESENT)]
    findings = []
    for scheme, rules, part in asked if number else [*asked, ("light", AXE_TAGS, None)]:
        turn(page, scheme)
        findings += page.evaluate("([r, t, p]) => probes.check(r, t, p)", [rules, table, part])
    return findings


# What a slide must be


def overflowing(deck: SeenDeck) -> list[str]:
    """Boxes outside the slide, code and other boxes that hold more than they show."""
    return [f"{slide}: {fault}" for slide in deck.slides for fault in slide.overflow[:6]]


def too_small(deck: SeenDeck) -> list[str]:
    """Text that the last row cannot read."""
    return [f"{slide}: {fault}" for slide in deck.slides for fault in slide.small[:6]]


def empty_images(deck: SeenDeck) -> list[str]:
    """Images without a size of their own: they did not load, or do not say how large they are."""
    return [f"{slide}: {source} is empty" for slide in deck.slides for source in slide.unseen]


def mostly_empty(deck: SeenDeck) -> list[str]:
    """Slides whose content covers too little of their height."""
    return [
        f"{slide}: {slide.filled:.0%} of its height is used, at least {slide.least:.0%} is asked"
        for slide in deck.slides
        if slide.filled < slide.least
    ]


def fading_figures(deck: SeenDeck) -> list[str]:
    """Figures that lose their ink when the deck turns dark."""
    return [
        f"{slide}: ink {light['ink']:.3f} in light, {dark['ink']:.3f} in dark"
        for slide in deck.slides
        for light, dark in zip(slide.pictures["light"], slide.pictures["dark"], strict=True)
        if light and dark and dark["ink"] < INK_KEPT * light["ink"]
    ]


def missing_notes(deck: SeenDeck) -> list[str]:
    """Slides that leave the lecturer without words or without a time."""
    return [
        f"{note['title']!r} has no {'minutes' if note['text'] else 'notes'}"
        for note in deck.notes
        if not (note["text"] and note["minutes"])
    ]


def wrong_minutes(deck: SeenDeck, total: float = MINUTES) -> list[str]:
    """Notes whose minutes do not make up the lecture."""
    found = sum(note["minutes"] for note in deck.notes)
    right = abs(found - total) < 0.1  # the minutes of a slide are kept in whole seconds
    return [] if right else [f"the notes add up to {found:g} of {total:g} minutes"]


# Paper


def print_deck(browser: Browser, server: Server, path: str) -> list[str]:
    """Print a deck and return the text of each page."""
    with visit(browser, server, path + "?print-pdf") as (page, _):
        page.wait_for_function("document.querySelectorAll('.pdf-page').length > 0")
        page.evaluate("probes.settle()")
        paper = page.pdf(prefer_css_page_size=True, print_background=True)
    return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(paper)).pages]


def print_where_it_stands(page: Page) -> list[str]:
    """Print as the browser's own command does, from the middle of the dark deck."""
    page.evaluate("Reveal.slide(Math.floor(Reveal.getHorizontalSlides().length / 2))")
    turn(page, "dark")
    paper = page.pdf(prefer_css_page_size=True)
    return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(paper)).pages]


def unlike_paper(pages: Sequence[str], titles: Sequence[str]) -> list[str]:
    """Report a printed deck that has not one page for each slide of the screen, in their order."""
    if len(pages) != len(titles):
        return [f"{len(pages)} pages for {len(titles)} slides"]
    return [
        f"page {number} does not show {title!r}"
        for number, (text, title) in enumerate(zip(pages, titles, strict=True), start=1)
        if letters(title)[:12] not in letters(text)
    ]


def letters(text: str) -> str:
    """Return a text's letters alone: spaces and ligatures are the printer's choice."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if c.isascii() and c.isalpha())


# Keyboard


def keys(page: Page) -> list[str]:
    """Step with the arrows to the end of the deck and back: every step must change what is seen."""
    page.evaluate("Reveal.slide(0, 0, -1)")
    steps = page.evaluate("Reveal.getTotalSlides() + document.querySelectorAll('.fragment').length")
    states = [_state(page)]
    while not page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
        page.keyboard.press("ArrowRight" if page.evaluate(RIGHT_IS_NEXT) else "ArrowDown")
        states.append(_state(page))
        if states[-1] == states[-2] or len(states) > steps + 1:
            return [f"an arrow key changes nothing at {states[-1]}"]
    return _steps_back(page, states)


# Down leads on inside a stack; a fragment comes first and takes either arrow.
RIGHT_IS_NEXT = "!Reveal.availableRoutes().down || Reveal.availableFragments().next"


def _state(page: Page) -> tuple[int, int, int | None]:
    now = page.evaluate("deckprobes.current()")
    return now["h"], now["v"], now["f"]


def _steps_back(page: Page, states: Sequence[tuple[int, int, int | None]]) -> list[str]:
    for wanted in reversed(states[:-1]):
        page.keyboard.press("PageUp")
        if _state(page)[:2] != wanted[:2]:
            return [f"a step back leads to {_state(page)} instead of {wanted}"]
    return []


def line_steps(page: Page) -> list[str] | None:
    """Step through the first code block that has steps; None if the deck has none."""
    place = page.evaluate(FIRST_STEPPED)
    if place is None:
        return None
    page.evaluate("([h, v]) => Reveal.slide(h, v, -1)", place)
    seen = [page.evaluate("deckprobes.current().lines")]
    while page.evaluate("Reveal.availableFragments().next"):
        page.keyboard.press("ArrowRight")
        seen.append(page.evaluate("deckprobes.current().lines"))
    changes = sum(one != other for one, other in pairwise(seen))
    return [] if changes else [f"{len(seen) - 1} steps dim no line of the code"]


FIRST_STEPPED = """() => {
  const code = document.querySelector('.reveal [data-steps]');
  if (!code) return null;
  const { h, v } = Reveal.getIndices(code.closest('section'));
  return [h, v || 0];
}"""


THEME = "document.documentElement.dataset.theme"


def dark_switch(page: Page) -> list[str]:
    """Press D: the deck must turn dark, stay so on reload, and turn light again."""
    found = []
    for wanted in ("dark", "light"):
        page.keyboard.press("d")
        for moment in ("D", "a reload"):
            page.wait_for_timeout(50)  # what is right on the way counts for nothing
            if not becomes(page, f"{THEME} === '{wanted}'"):
                found.append(f"after {moment} the deck is {page.evaluate(THEME)}, not {wanted}")
            page.reload(wait_until="load")
            wait_for_deck(page)
    return found


HIDDEN = """() => Reveal.getSlides().flatMap((slide, number) => {
  const shown = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const title = slide.querySelector("h1, h2, h3");
  const answers = [...slide.querySelectorAll(".fragment")];
  const told = answers.some(e => e.matches(":not(.visible)") && shown(e));
  return [...(title && shown(title) ? [] : [`slide ${number + 1} is empty`]),
          ...(told ? [`slide ${number + 1} gives its answer away`] : [])];
})"""


OUTSIDE = """() => {
  const boxes = Reveal.getSlides().map(slide => slide.getBoundingClientRect());
  const apart = (a, b) => a.right <= b.left || b.right <= a.left
    || a.bottom <= b.top || b.bottom <= a.top;
  return boxes.flatMap((box, i) => [
    ...(box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight
        ? [`slide ${i + 1} is outside the window`] : []),
    ...(boxes.slice(0, i).every(other => apart(box, other))
        ? [] : [`slide ${i + 1} lies on another`])]);
}"""


def overview(page: Page) -> list[str]:
    """Press Escape: the window must show every slide, what its fragments keep back still hidden."""
    page.evaluate("Reveal.slide(0, 0, -1)")
    page.keyboard.press("Escape")
    page.evaluate("probes.settle()")
    found: list[str] = [*page.evaluate(OUTSIDE), *page.evaluate(HIDDEN)]
    page.keyboard.press("Escape")
    return found


def overview_keys(page: Page) -> list[int]:
    """Return the slides, from 0, to which some arrows lead in the overview of a deck."""
    page.evaluate("Reveal.slide(0, 0, -1)")
    page.keyboard.press("Escape")
    found = []
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
        found.append(page.evaluate("Reveal.getIndices().h"))
    page.keyboard.press("Escape")
    return found


# The speaker's window


STYLED = "[...document.querySelectorAll('link[rel=stylesheet]')].every(link => link.sheet)"


def speaker(page: Page) -> list[str]:
    """Open the speaker's window with S and read the notes of the slide with the most formulas."""
    notes = page.evaluate("deckprobes.notes()")
    formulas = [note["formulas"] for note in notes]
    chosen = formulas.index(max(formulas))
    page.evaluate("n => deckprobes.show(n)", chosen)
    try:
        with page.expect_popup(timeout=PATIENCE) as opened:
            page.keyboard.press("s")
        window = opened.value
        window.wait_for_function(
            "document.querySelector('.speaker-controls-notes .value')?.textContent.trim()",
            timeout=2 * PATIENCE,
        )
        window.wait_for_function(STYLED, timeout=PATIENCE)
    except Late as late:
        reason = str(late).splitlines()[0]
        return [f"the speaker's window does not get its notes or their style: {reason}"]
    window.evaluate(DECK_PROBES.read_text("utf-8"))
    return spoken(window.evaluate("deckprobes.spoken()"), formulas[chosen])


def spoken(seen: dict[str, Any], formulas: int) -> list[str]:
    """Return what is wrong with the notes as the speaker sees them."""
    found = []
    if seen["formulas"] < formulas:
        found.append(f"{seen['formulas']} of {formulas} formulas in the notes can be seen")
    if seen["twice"]:
        found.append(f"{seen['twice']} formulas are shown twice, as MathML and as HTML")
    if "$" in seen["text"] or "\\frac" in seen["text"]:
        found.append(f"the notes show raw TeX: {seen['text'][:80]!r}")
    return found
