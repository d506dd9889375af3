"""Make a PNG of every page and of every slide, for looking at.

    python tests/browser/shots.py dist/site OUT [--pages finite slides/finite] [--dark] [--phone]

Pages come whole, with folded parts open, at a width of 1280 or 390 pixels; slides with all that
steps on them shown, at 1280 x 720 or as a phone of 390 x 844 scrolls through them. Each deck also
gets one sheet with all its slides.
"""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

import decks
import gates
from browsing import chromium, visit
from links import Site
from playwright.sync_api import Browser, Page
from serving import Server, notfound_prefix, site_address, site_prefix

COLUMNS, THUMB = 4, 640  # of a contact sheet
# The lower end of a slide that a phone scrolls to is where all its steps have been passed.
SHOW = """async n => {
  if (!Reveal.isScrollView()) return deckprobes.show(n);
  Reveal.getSlides()[n].closest(".scroll-page").scrollIntoView({ block: "end" });
  await probes.settle();
}"""
SHEET = """<body style="margin:8px;background:#888;display:grid;gap:8px;
grid-template-columns:repeat({columns},{width}px)">{images}</body>"""


def shoot_page(page: Page, file: Path, *, dark: bool) -> None:
    """Photograph a page of the book from top to bottom."""
    page.evaluate("probes.unfold()")
    gates.turn(page, "dark" if dark else "light")
    page.screenshot(path=file, full_page=True)


def shoot_deck(page: Page, file: Path, *, dark: bool) -> list[Path]:
    """Photograph every slide of a deck; the number of the slide ends the name of the file."""
    decks.wait_for_deck(page)
    page.evaluate("probes.unfold()")
    decks.turn(page, "dark" if dark else "light")
    shots = []
    for number in range(page.evaluate("deckprobes.count()")):
        page.evaluate(SHOW, number)
        shots.append(file.with_name(f"{file.stem}-{number + 1:02d}.png"))
        page.screenshot(path=shots[-1])
    return shots


def contact_sheet(browser: Browser, shots: list[Path], file: Path) -> None:
    """Put small copies of all slides of a deck on one picture."""
    codes = [base64.b64encode(shot.read_bytes()).decode("ascii") for shot in shots]
    images = "".join(f'<img width="{THUMB}" src="data:image/png;base64,{code}">' for code in codes)
    page = browser.new_page(viewport={"width": COLUMNS * (THUMB + 8) + 8, "height": 720})
    page.set_content(SHEET.format(columns=COLUMNS, width=THUMB, images=images))
    page.screenshot(path=file, full_page=True)
    page.close()


def shoot(root: Path, out: Path, wanted: list[str], *, dark: bool, phone: bool) -> int:
    """Photograph the pages wanted, or all; return how many files were written."""
    site = Site(root, site_prefix(root), site_address(root), notfound_prefix(root))
    paths = [path for path in site.documents if not wanted or path.removesuffix(".html") in wanted]
    suffix = ("-dark" if dark else "") + ("-phone" if phone else "")
    out.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, Server(root, site.prefix) as server:
        for path in paths:
            file = out / (path.removesuffix(".html").replace("/", "_") + suffix + ".png")
            deck = path in site.decks
            with visit(browser, server, path, phone=phone) as (page, _):
                if not deck:
                    shoot_page(page, file, dark=dark)
                    continue
                shots = shoot_deck(page, file, dark=dark)
            contact_sheet(browser, shots, file)
    return len(list(out.glob("*.png")))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("site", type=Path, help="the built site, such as dist/site")
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--pages", nargs="+", default=[], help="paths without .html")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--phone", action="store_true")
    given = parser.parse_args()
    pages = [page.removesuffix(".html") for page in given.pages]
    count = shoot(given.site, given.out, pages, dark=given.dark, phone=given.phone)
    print(f"{count} pictures in {given.out}")


if __name__ == "__main__":
    main()
