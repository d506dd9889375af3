"""The prose of a page: its text without code, signatures, outputs, formulas and scripts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from playwright.sync_api import Page

APART = {"pre", "code", "script", "style", "math", "annotation", "title", "kbd"}
CLASSES = {"sig", "katex"}  # a signature is code, defaults included; letters of formulas no text
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
HEAVY = """() => [...document.querySelectorAll(".pasted-text")]
  .filter(e => getComputedStyle(e).fontWeight !== getComputedStyle(e.parentElement).fontWeight)
  .map(e => `${e.textContent} is ${getComputedStyle(e).fontWeight} heavy`)"""
# What is kept in one piece and yet stands on two lines.
BROKEN = """() => [...document.querySelectorAll(".unbroken")]
  .filter(e => new Set([...e.getClientRects()].filter(r => r.width).map(r => r.bottom)).size > 1)
  .map(e => `${e.querySelector("annotation")?.textContent} of: ${e.parentElement.innerText}`)"""
MACHINE = re.compile(r"[^\s(]*\d(?:\.\d+)?[eE][+-]?\d+\S*")


class _Prose(HTMLParser):
    """Keeps the text that stands in none of the elements apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.apart: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag not in VOID and (self.apart or tag in APART or not CLASSES.isdisjoint(classes)):
            self.apart.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.apart:
            while self.apart.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.apart:
            self.text.append(data)


def prose(html: str) -> str:
    """Return the text of a page, without what is code, output or formula."""
    reader = _Prose()
    reader.feed(html[html.find("<body") :])
    reader.close()
    return "".join(reader.text)


def machine_numbers(html: str) -> list[str]:
    """Find the numbers that are written as a machine prints them, ``3e-13`` for 3·10⁻¹³."""
    return MACHINE.findall(prose(html))


def heavy_numbers(page: Page) -> list[str]:
    """Find the pasted numbers that are heavier or lighter than the sentence around them."""
    return page.evaluate(HEAVY)  # type: ignore[no-any-return]


def broken_pieces(page: Page) -> list[str]:
    """Find the formulas that have parted from a mark before or after them at the end of a line."""
    return page.evaluate(BROKEN)  # type: ignore[no-any-return]
