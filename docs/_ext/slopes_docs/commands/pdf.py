"""Print every deck as a hand-out, and the book, as PDF files.

Run as ``python -m slopes_docs.commands.pdf SITE SINGLEHTML OUT``: the decks of SITE, from reveal's
print view, two slides on a sheet of A4 with lines to write on below each, go to
``OUT/slides/<topic>.pdf``, and without the answers to their questions to
``<topic>-questions.pdf``; SINGLEHTML, the book on one page, goes to
``OUT/slopes.pdf`` on A4, with a page of contents, running heads and page numbers. Folded answers
and solutions are printed open: paper cannot be clicked. Chromium prints, headless and offline, from
a server on loopback; what it says at length is said shorter afterwards (``smaller``).

Chromium is the program named by the variable ``CHROMIUM``, else ``chromium`` on the search path.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

USAGE = "usage: python -m slopes_docs.commands.pdf SITE SINGLEHTML OUT"
# Chromium calls home when it starts; the resolver rule stops what the other switches leave.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PATIENCE = 120_000  # milliseconds: a busy machine is no error
SHEETS: dict[str, Any] = {
    "prefer_css_page_size": True,
    "print_background": True,
    "outline": True,
    "tagged": True,
}
# Two slides on a sheet, 1280 px on 180 mm (zoom 0.5315), and four lines to write on below each.
HAND_OUT = """() => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: `
    @page { size: A4; margin: 12mm 15mm 16mm;
      @bottom-center { content: counter(page); font: 8pt sans-serif; color: #57606a } }
    body { width: 180mm !important; height: auto !important; overflow: visible !important }
    .handed-out { break-inside: avoid; height: 133mm }
    .handed-out .pdf-page { zoom: .5315; break-after: auto !important;
      outline: 2px solid #d0d7de; outline-offset: -2px }
    .handed-out hr { margin: 7.6mm 0 0; border: 0; border-top: .3mm solid #d0d7de }` }));
  for (const slide of document.querySelectorAll(".pdf-page")) {
    const half = Object.assign(document.createElement("div"), { className: "handed-out" });
    slide.replaceWith(half);
    half.append(slide, ...[1, 2, 3, 4].map(() => document.createElement("hr")));
  }
}"""
# A question to be answered by hand: nothing marks the right option.
QUESTIONS = (
    f"() => {{ ({HAND_OUT})(); "
    """for (const answer of document.querySelectorAll(".kind-question .answer")) {
    answer.classList.remove("visible");
    answer.style.visibility = "hidden";
  }
}"""
)
# Each chapter is a named page, whose head is its title; the mark before it, to which links lead,
# stands on the same page, for between two names a sheet would stay empty. A box that is higher than
# half a sheet may be broken. The contents come before the first chapter, and have room for the page
# numbers, so that these move nothing when they are known; the list that a screen shows is left out.
PAGES = """() => {
  const font = "font: 8pt sans-serif; color: #57606a";
  const foot = `@bottom-center { content: counter(page); ${font} }`;
  const rules = [`@page { size: A4; margin: 20mm 18mm; ${foot} }`];
  const list = document.createElement("nav");
  list.id = "printed-contents";
  const starts = document.querySelectorAll(".bd-article span[id^='document-'] + section");
  [...starts].forEach((chapter, i) => {
    const title = chapter.querySelector(":is(h1, h2, h3)").cloneNode(true);
    for (const extra of title.querySelectorAll(".headerlink, .katex-mathml")) extra.remove();
    const words = title.textContent.trim();
    rules.push(`@page sheet${i} { @top-center { content: ${JSON.stringify(words)}; ${font} } }`);
    const mark = chapter.previousElementSibling;
    mark.style.cssText = `display: block; break-before: page; page: sheet${i}`;
    chapter.style.cssText = `break-before: auto; page: sheet${i}`;
    const line = document.createElement("p");
    const link = Object.assign(document.createElement("a"), { href: `#${chapter.id}` });
    link.textContent = words;
    line.append(link, document.createElement("span"));
    list.append(line);
  });
  for (const box of document.querySelectorAll("pre, div.highlight, div.cell_input"))
    if (box.offsetHeight > 500) box.style.breakInside = "auto";
  const sheet = document.createElement("style");
  sheet.textContent = rules.join(" ");
  document.head.append(sheet);
  starts[0].previousElementSibling.before(list);
  document.querySelector("section#contents:not(:has(section))")?.remove();
}"""
CONTENTS = """(numbers) => {
  for (const line of document.querySelectorAll("#printed-contents p"))
    line.lastChild.textContent = numbers[line.firstChild.hash.slice(1)];
}"""
# Pictures below the fold load late, and a folded block has no size until it is open.
UNFOLD = """async () => {
  document.documentElement.dataset.theme = "light";
  for (const fold of document.querySelectorAll("details:not(.hide), #claims details"))
    fold.open = true;
  for (const fold of document.querySelectorAll(".toggle-hidden"))
    fold.classList.remove("toggle-hidden");
  const images = [...document.images];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map((image) => image.decode().catch(() => image.src)));
  await document.fonts.ready;
  return images.filter((image) => !image.naturalWidth).map((image) => image.src);
}"""
# A link that is not into the file leads to the site's address, where it has one, else nowhere: the
# server on loopback is gone when the file is read.
LINKS = """() => {
  const home = document.querySelector("link[rel=canonical]")?.href;
  for (const link of document.querySelectorAll("a[href]")) {
    const wanted = link.getAttribute("href");
    if (wanted.startsWith("#") || link.origin !== location.origin) continue;
    if (home && !link.querySelector("img")) link.href = new URL(wanted, home);
    else link.removeAttribute("href");
  }
}"""
DECK_READY = "window.Reveal?.isReady() && document.querySelector('.pdf-page') !== null"


class Job(NamedTuple):
    """One file to print: from which folder, which address in it, and to where."""

    root: Path
    address: str
    target: Path
    prepare: str  # what is done in the page before it is printed


def jobs(site: Path, book: Path, out: Path) -> list[Job]:
    """List what there is to print.

    Parameters
    ----------
    site, book : Path
        The built site, and the book on one page.
    out : Path
        Folder of the PDF files.

    Returns
    -------
    list[Job]
        The decks in the order of their names, then the book.

    Raises
    ------
    ValueError
        If one of the folders holds no built pages.
    """
    for name, folder in (("SITE", site), ("SINGLEHTML", book)):
        if not (folder / "index.html").is_file():
            raise ValueError(f"{name} must be a folder of built pages, got {name}={str(folder)!r}")
    decks = [page for page in sorted((site / "slides").glob("*.html")) if page.stem != "index"]
    found = []
    for page in decks:
        address, name = f"slides/{page.name}?print-pdf", out / "slides" / page.stem
        found += [
            Job(site, address, Path(f"{name}.pdf"), HAND_OUT),
            Job(site, address, Path(f"{name}-questions.pdf"), QUESTIONS),
        ]
    return [*found, Job(book, "index.html", out / "slopes.pdf", PAGES)]


def find_chromium() -> str:
    """Return the path of Chromium, or say how to get it."""
    given = os.environ.get("CHROMIUM")
    path = shutil.which(given or "chromium")
    if path is None:
        raise FileNotFoundError(
            f"CHROMIUM must be the path of an installed Chromium, got CHROMIUM={given!r}. Install "
            "your system's package (on Debian: apt install chromium) or set the variable."
        )
    return path


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Write no log."""


@contextmanager
def serve(root: Path) -> Iterator[str]:
    """Serve a folder on a free loopback port and hand over its address."""
    handler = functools.partial(_Handler, directory=str(root))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def print_all(work: Sequence[Job]) -> None:
    """Print each job in one Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        try:
            for job in work:
                with serve(job.root) as base:
                    print_one(browser, base, job)
        finally:
            browser.close()


def print_one(browser: Any, base: str, job: Job) -> None:
    """Load one page, wait for all that it shows, and print it."""
    page = browser.new_page(color_scheme="light", reduced_motion="reduce")
    page.set_default_timeout(PATIENCE)
    page.goto(base + job.address, wait_until="networkidle")
    if "print-pdf" in job.address:
        page.wait_for_function(DECK_READY)
    if missing := page.evaluate(UNFOLD):
        raise RuntimeError(f"pictures must load, got missing={missing!r} in {job.address}")
    page.evaluate(LINKS)
    page.evaluate(job.prepare)
    job.target.parent.mkdir(parents=True, exist_ok=True)
    page.pdf(path=job.target, **SHEETS)
    if job.prepare == PAGES:
        page.evaluate(CONTENTS, page_numbers(job.target))
        page.pdf(path=job.target, **SHEETS)
    page.close()
    pack(job.target)


def page_numbers(path: Path) -> dict[str, int]:
    """Read on which pages the places are that a book's own links lead to."""
    import pikepdf

    with pikepdf.open(path) as book:
        pages = {page.objgen: number for number, page in enumerate(book.pages, 1)}
        places = book.Root.Dests.items()
        return {name.lstrip("/"): pages[place[0].objgen] for name, place in places}


def pack(path: Path) -> None:
    """Write a file anew: less to say, and that in compressed streams."""
    import pikepdf

    from slopes_docs.commands.smaller import make_smaller

    pikepdf.settings.set_flate_compression_level(9)
    with pikepdf.open(path, allow_overwriting_input=True) as printed:
        make_smaller(printed)
        printed.save(
            path, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True
        )


def main(argv: Sequence[str]) -> int:
    """Run from the command line.

    Parameters
    ----------
    argv : Sequence[str]
        The folders SITE, SINGLEHTML and OUT.

    Returns
    -------
    int
        0 if every file is printed, 2 if the arguments or the machine do not allow it.
    """
    if len(argv) != 3:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    try:
        work = jobs(*map(Path, argv))
        find_chromium()
    except (ValueError, FileNotFoundError) as problem:
        sys.stderr.write(f"{problem}\n{USAGE}\n")
        return 2
    print_all(work)
    for job in work:
        sys.stdout.write(f"{job.target}  {job.target.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
