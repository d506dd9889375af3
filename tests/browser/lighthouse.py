"""Ask Lighthouse about every page and deck, as a middling phone sees them, and print a table.

    python tests/browser/lighthouse.py dist/site [--pages finite slides/finite]

The site is served on loopback as a web host serves it, text compressed. Accessibility, SEO and how
far the layout shifts depend on the page alone: one page below what is asked is a failure. The score
for performance also depends on the machine and what else it does: its median over a few runs is
printed beside the limit, and judged by whoever reads it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from browsing import FLAGS, find_chromium
from links import Site
from serving import Server, notfound_prefix, site_address, site_prefix

LIGHTHOUSE = "lighthouse@12.8.2"  # from npm; the site does without
FAST, SHIFT = 97, 0.01  # score out of 100; layout shift, a ratio without unit
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
SURE = CATEGORIES[1:]  # do not depend on the machine


@dataclass(frozen=True)
class Report:
    """What Lighthouse says of a page: scores out of 100, seconds, and faults by name."""

    page: str
    scores: dict[str, int]
    paint: float
    shift: float
    faults: list[str]

    @property
    def failures(self) -> list[str]:
        """What falls short and does not depend on the machine."""
        short = [f"{name} {self.scores[name]}" for name in SURE if self.scores[name] < 100]
        moved = [f"layout shift {self.shift:.3f}"] if self.shift > SHIFT else []
        return [*short, *moved] and [*short, *moved, *self.faults]

    def row(self) -> str:
        """Give a line of the table."""
        scores = "".join(f"{self.scores[name]:>8}" for name in CATEGORIES)
        return f"{self.page:44}{scores}{self.paint:>7.1f}{self.shift:>8.3f}"


def read(page: str, told: list[dict[str, Any]]) -> Report:
    """Sum up the reports of one page: medians of what varies, the worst of what should not."""
    first = told[0]["audits"]
    scores = {
        name: [round(100 * (each["categories"][name]["score"] or 0)) for each in told]
        for name in CATEGORIES
    }
    judged = {ref["id"] for name in SURE for ref in told[0]["categories"][name]["auditRefs"]}
    return Report(
        page,
        {
            name: round(statistics.median(s)) if name not in SURE else min(s)
            for name, s in scores.items()
        },
        statistics.median(
            each["audits"]["largest-contentful-paint"]["numericValue"] / 1000 for each in told
        ),
        max(each["audits"]["cumulative-layout-shift"]["numericValue"] for each in told),
        sorted(name for name in judged if first[name]["score"] not in {None, 1}),
    )


def ask(npm: list[str], address: str, out: Path) -> dict[str, Any]:
    """Run Lighthouse once, with the browser that the other checks use."""
    chosen = [f"--only-categories={','.join(CATEGORIES)}", "--output=json", f"--output-path={out}"]
    flags = f"--chrome-flags=--headless=new {' '.join(FLAGS[:-1])}"  # the last holds blanks
    program = [*npm, "exec", "--yes", f"--package={LIGHTHOUSE}", "--", "lighthouse"]
    command = [*program, address, *chosen, flags, "--quiet"]
    told = subprocess.run(
        command,
        env={**os.environ, "CHROME_PATH": find_chromium()},
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        raise RuntimeError(f"Lighthouse must judge {address}, got {told.stderr}")
    return json.loads(out.read_text("utf-8"))  # type: ignore[no-any-return]


def main() -> int:
    """Read the command line, print the table, and return how many pages fall short."""
    from slopes_docs.page.npm import npm_command  # needs the book's tools, which tests here lack

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("site", type=Path, help="the built site, such as dist/site")
    parser.add_argument("--pages", nargs="+", default=[], help="paths without .html")
    parser.add_argument("--runs", type=int, default=1, help="runs a page")
    given = parser.parse_args()
    wanted = {page.removesuffix(".html") for page in given.pages}
    npm, prefix = npm_command(), site_prefix(given.site)
    lost = notfound_prefix(given.site)  # another one, where the site has no address
    site = Site(given.site, prefix, site_address(given.site), lost)
    pages = [path for path in site.documents if not wanted or path.removesuffix(".html") in wanted]
    print(f"{'page':44}{'perf.':>8}{'access.':>8}{'best':>8}{'SEO':>8}{'LCP s':>7}{'shift':>8}")
    reports = []
    with (
        Server(given.site, prefix) as server,
        Server(given.site, lost) as deep,
        tempfile.TemporaryDirectory() as folder,
    ):
        for page in pages:
            home = deep if page == "404.html" else server
            out, address = Path(folder, "report.json"), home.base + page
            reports.append(read(page, [ask(npm, address, out) for _ in range(given.runs)]))
            print(reports[-1].row(), *reports[-1].failures, sep="  ", flush=True)
    slow = sum(report.scores["performance"] < FAST for report in reports)
    short = sum(bool(report.failures) for report in reports)
    print(f"{len(reports)} pages: {short} fall short, performance is below {FAST} on {slow}")
    return short


if __name__ == "__main__":
    sys.exit(main() > 0)
