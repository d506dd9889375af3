"""The contents of the landing page, from what the chapters say of themselves.

The order and the parts are those of the toctrees of ``index.md``; minutes stand in the first lines
of a chapter, what it builds on in its *You need*, the minutes of its deck in the deck's front
matter. Nothing of it is written twice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from slopes_docs.deck.checks import is_deck
from slopes_docs.deck.plans import MINUTES

TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CAPTION = re.compile(r"^:caption: (.+)$", re.MULTILINE)
FACTS = re.compile(r"^(\d+) minutes\b", re.MULTILINE)
NEEDS = re.compile(r"^\*\*You need\*\*$(.*?)^## ", re.MULTILINE | re.DOTALL)
REFERENCE = re.compile(r"\{ref\}`(?:[^`<]*<)?([\w-]+)>?`")
DECK = re.compile(r"\A---\n.*?^minutes: *([\d.]+)$.*?^---$", re.MULTILINE | re.DOTALL)
ROW = 28  # units of the drawing from one chapter to the next
HALF = ROW // 2


class Chapter(NamedTuple):
    """A chapter: its page, its minutes, the chapters that it needs, and its deck's minutes."""

    page: str
    minutes: int
    needs: tuple[str, ...]
    lecture: float


def parts(docs: Path) -> dict[str, list[Chapter]]:
    """Read the parts of the book and their chapters.

    Parameters
    ----------
    docs : Path
        The folder of the book.

    Returns
    -------
    dict[str, list[Chapter]]
        Captions of the parts, in order; those without chapters are left out.

    Raises
    ------
    ValueError
        If a chapter does not say how many minutes it takes.
    """
    found = {}
    for block in TOCTREE.findall((docs / "index.md").read_text(encoding="utf-8")):
        caption = CAPTION.search(block)
        pages = [line for line in block.split() if (docs / f"{line}.md").is_file()]
        if caption and (chapters := [read(docs, page) for page in pages if "/" not in page]):
            found[caption[1]] = chapters
    return found


def read(docs: Path, page: str) -> Chapter:
    """Read what a chapter says of itself."""
    text = (docs / f"{page}.md").read_text(encoding="utf-8")
    minutes, needs, deck = FACTS.search(text), NEEDS.search(text), docs / "slides" / f"{page}.md"
    if not minutes:
        raise ValueError(f"chapter must say its minutes in its first lines, got {page}.md")
    wanted = REFERENCE.findall(needs[1]) if needs else []
    known = dict.fromkeys(name for name in wanted if (docs / f"{name}.md").is_file())
    lecture = 0.0
    if deck.is_file():
        given = DECK.search(deck.read_text(encoding="utf-8"))
        lecture = float(given[1]) if given else MINUTES
    return Chapter(page, int(minutes[1]), tuple(known), lecture)


def totals(docs: Path) -> dict[str, str]:
    """Give the sums that the landing page states, as substitutions of MyST."""
    chapters = [chapter for part in parts(docs).values() for chapter in part]
    lectures = [chapter.lecture for chapter in chapters if chapter.lecture]
    return {
        "chapters": str(len(chapters)),
        "reading": hours(sum(chapter.minutes for chapter in chapters)),
        "lectures": str(len(lectures)),
        "teaching": hours(sum(lectures)),
    }


def hours(minutes: float) -> str:
    """Write a time to the half hour."""
    whole, half = divmod(round(minutes / 30), 2)
    return f"{whole}{'½' * half} hour{'s' * ((whole, half) != (1, 0))}"


def entry(chapter: Chapter) -> str:
    """Write the line of a chapter."""
    facts = [f"{chapter.minutes} minutes"]
    if chapter.lecture:
        facts.append(f"{{doc}}`slides </slides/{chapter.page}>`, {chapter.lecture:g} minutes")
    if chapter.needs:
        facts.append("after " + ", ".join(f"{{doc}}`/{name}`" for name in chapter.needs))
    return f"1. **{{doc}}`/{chapter.page}`**\n\n   {' · '.join(facts)}\n"


def arcs(chapters: list[Chapter]) -> str:
    """Draw an arc from each chapter to those that build on it."""
    rows = {chapter.page: row for row, chapter in enumerate(chapters)}
    pairs = [(rows[name], rows[c.page]) for c in chapters for name in c.needs if name in rows]
    widest = max((end - start for start, end in pairs), default=1)
    drawn = []
    for start, end in pairs:
        reach, top, bottom = 10 + 80 * (end - start) / widest, start * ROW + HALF, end * ROW + HALF
        drawn.append(f"M100 {top}C{100 - reach:g} {top} {100 - reach:g} {bottom} 96 {bottom}")
    # a line of no length with round ends stays round, however the drawing is stretched
    dots = "".join(f"M100 {row * ROW + HALF}h0" for row in rows.values())
    return (
        f'<svg class="chapter-arcs" viewBox="0 0 106 {ROW * len(rows)}" preserveAspectRatio="none" '
        f'aria-hidden="true" focusable="false"><path d="{"".join(drawn)}"/>'
        f'<path class="dots" d="{dots}"/></svg>'
    )


class Contents(SphinxDirective):
    """The parts of the book: chapters, lectures, and what needs what."""

    def run(self) -> list[nodes.Node]:
        """Write a list for each part, with its arcs beside it."""
        docs = Path(self.env.srcdir)
        found: list[nodes.Node] = []
        for caption, chapters in parts(docs).items():
            for chapter in chapters:
                self.env.note_dependency(self.env.doc2path(chapter.page))
                self.env.note_dependency(str(docs / "slides" / f"{chapter.page}.md"))
            text = "\n".join(map(entry, chapters))
            drawing = nodes.raw("", arcs(chapters), format="html")
            inner = [drawing, *self.parse_text_to_nodes(text)]
            found += [
                nodes.rubric("", caption),
                nodes.container("", *inner, classes=["chapters"]),
            ]
        return found


def step_over_decks(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Let *previous* and *next* lead to pages: a deck fills the screen, without a way on."""
    for side, name in ((1, "prev"), (2, "next")):
        other = app.builder.relations.get(page, (None,) * 3)[side]
        if not (other and is_deck(app, other)):
            continue
        while other and is_deck(app, other):
            other = app.builder.relations[other][side]
        link = other and {
            "link": app.builder.get_relative_uri(page, other),
            "title": app.builder.render_partial(app.env.titles[other])["title"],
        }
        context[name] = link


def register(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("contents-of-the-book", Contents)
