"""The gates: each takes what was seen and returns what is wrong with it, one line a finding.

An empty list means that the gate is passed. `test_gates.py` shows for each of them that it does
find what it is there for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accepted import ACCEPTED, Accepted
from browsing import Log, Transfer, all_live, picture, transfers, visit
from column import EVERYTHING, PHONE_LEAST, WRAPPED, cut, illegible
from playwright.sync_api import Browser, Page
from prose import broken_pieces, heavy_numbers
from reading import alike_folds
from serving import Server

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
IN_THE_DARK = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
PAGE_LIMIT = 300_000  # bytes, compressed, figures apart
SCRIPT_LIMIT = 150_000  # bytes, raw
SHIFT_LIMIT = 0.02  # cumulative layout shift; "good" begins at 0.1
LATE = 300  # ms after the last request: what moves then counts too
BRIGHT, DARK = 0.5, 0.2  # luminance of a light and of a dark ground
INK_KEPT = 0.5  # share of a figure's ink that must stand out in the dark as it does in the light
FIGURES = "main article img[src$='.svg']"
SENTENCE_ENDS = (".", "?", ".)", ".”", '."')


@dataclass
class Seen:
    """One page, at a desk in light and dark."""

    path: str
    log: Log
    transfers: list[Transfer]
    facts: dict[str, Any]
    findings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    grounds: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)
    code: list[str] = field(default_factory=list)
    paper: list[str] = field(default_factory=list)
    heavy: list[str] = field(default_factory=list)
    folds: list[str] = field(default_factory=list)


@dataclass
class SeenOnPhone:
    """One page, on a slow phone."""

    path: str
    shifts: list[dict[str, Any]]
    wide: list[str]
    cut: list[str]
    messages: list[str]
    letters: list[str]
    broken: list[str]


def turn(page: Page, scheme: str) -> None:
    """Ask for light or dark as the reader's system does, and wait until the page has followed."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate("probes.settle()")


def see(
    browser: Browser,
    server: Server,
    path: str,
    *,
    axe: Path,
    accepted: Sequence[Accepted] = ACCEPTED,
    expected: str = "",
) -> Seen:
    """Visit a page once and collect all that the gates need: light first, then dark.

    `expected` is an address without a file, for which the site's 404 page must answer.
    """
    table = [entry._asdict() for entry in accepted]
    with visit(browser, server, expected or path, expected=expected) as (page, log):
        seen = Seen(path, log, transfers(server, log), page.evaluate("probes.facts()"))
        figures = page.locator(FIGURES).count()
        seen.heavy, seen.folds = heavy_numbers(page), alike_folds(page)
        page.evaluate("probes.unfold()")
        seen.code = cut(page, EVERYTHING)
        page.evaluate(axe.read_text("utf-8"))
        for scheme, rules in (("light", AXE_TAGS), ("dark", IN_THE_DARK)):
            turn(page, scheme)
            seen.pictures[scheme] = [picture(page, FIGURES, number) for number in range(figures)]
            all_live(page)
            page.evaluate("probes.flatten()")
            found = page.evaluate("([r, t]) => probes.check(r, t)", [rules, table])
            seen.findings[scheme] = found
            seen.grounds[scheme] = page.evaluate("probes.ground()")
        seen.paper = dark_paper(page)
    return seen


def see_on_phone(browser: Browser, server: Server, path: str) -> SeenOnPhone:
    """Visit a page once on a phone, which is slow until the page has come to rest."""
    with visit(browser, server, path, phone=True, slow=True) as (page, log):
        page.wait_for_timeout(LATE)
        shifts = page.evaluate("probes.shifts")
        log.slowed.detach()
        page.evaluate("probes.unfold()")
        return SeenOnPhone(
            path,
            shifts,
            wide=page.evaluate("probes.wide(390)"),
            cut=page.evaluate("probes.cut()"),
            messages=cut(page, WRAPPED),
            letters=illegible(page, "body", PHONE_LEAST),
            broken=broken_pieces(page),
        )


# Requests


def foreign_requests(log: Log) -> list[str]:
    """Everything that was asked of another host; it was blocked."""
    return sorted(set(log.foreign))


def failed_responses(log: Log) -> list[str]:
    """Everything that the site asked of itself and did not get."""
    return sorted(set(log.failed))


def console_messages(log: Log) -> list[str]:
    """Errors and warnings in the console, and exceptions that no one caught."""
    return sorted(set(log.console))


# Weight


def heavy_scripts(files: Iterable[Transfer]) -> list[str]:
    """Scripts that are too large to be parsed on a phone without a pause."""
    return [
        f"{file.name} has {file.raw / 1000:.0f} kB, allowed are {SCRIPT_LIMIT // 1000}"
        for file in files
        if file.kind == "script" and file.raw > SCRIPT_LIMIT
    ]


def weight(files: Iterable[Transfer]) -> int:
    """Bytes that a first visit transfers, figures apart."""
    return sum(file.sent for file in files if file.kind != "image")


def heavy_page(files: Sequence[Transfer]) -> list[str]:
    """Report the whole list, largest first, of a page that transfers too much."""
    if weight(files) <= PAGE_LIMIT:
        return []
    ranked = sorted(files, key=lambda file: -file.sent)
    parts = [f"{file.name} {file.sent / 1000:.0f} kB" for file in ranked if file.kind != "image"]
    return [f"{weight(files) / 1000:.0f} kB of {PAGE_LIMIT // 1000}: " + ", ".join(parts[:10])]


def shifting(seen: SeenOnPhone) -> list[str]:
    """Report layout that moves while the page loads on a slow phone."""
    total = sum(shift["value"] for shift in seen.shifts)
    moved = [f"{shift['value']:.3f} {shift['what']}" for shift in seen.shifts]
    return [] if total < SHIFT_LIMIT else [f"layout shift {total:.3f}: " + "; ".join(moved)]


# Content


def images_without_alt(facts: dict[str, Any]) -> list[str]:
    """Images that tell a reader who cannot see them nothing."""
    return [
        f"{image['src']} has alt={image['alt']!r}"
        for image in facts["images"]
        if not image["decorative"] and not (image["alt"] or "").strip()
    ]


def missing_images(facts: dict[str, Any]) -> list[str]:
    """Images that did not come, or have no size."""
    return [f"{image['src']} is empty" for image in facts["images"] if not image["width"]]


def captions_that_are_no_sentences(facts: dict[str, Any]) -> list[str]:
    """Captions that do not end as a sentence does."""
    return [caption for caption in facts["captions"] if not caption.endswith(SENTENCE_ENDS)]


def axe_findings(found: Iterable[dict[str, Any]]) -> list[str]:
    """Findings of axe that are not in the table of accepted ones."""
    return [
        f"{one['rule']} at {one['target']}: {one['why']} {one['html']}"
        for one in found
        if one["accepted"] < 0
    ]


def stale_acceptances(table: Sequence[Accepted], found: Iterable[dict[str, Any]]) -> list[str]:
    """Accepted findings that no page shows any longer."""
    left = dict(enumerate(table))
    for one in found:  # no further than needed: what was not visited yet would be
        left.pop(one["accepted"], None)
        if not left:
            break
    return [f"{one.rule} at {one.selector}" for one in left.values()]


def unchanged_themes(seen: Seen) -> list[str]:
    """Report a page that does not follow the reader's choice of light or dark."""
    light, dark = seen.grounds["light"], seen.grounds["dark"]
    return ([] if light > BRIGHT else [f"light, the ground has luminance {light:.2f}"]) + (
        [] if dark < DARK else [f"dark, the ground has luminance {dark:.2f}"]
    )


def dark_paper(page: Page) -> list[str]:
    """Print a dark page: paper and figures must be light, and the page dark again."""
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.evaluate("probes.settle()")
    ground = page.evaluate("probes.ground()")
    shown = [picture(page, FIGURES, number) for number in range(page.locator(FIGURES).count())]
    faults = [] if ground > BRIGHT else [f"the paper has luminance {ground:.2f}"]
    faults += [
        f"figure {number} has a ground of luminance {figure['ground']:.2f} on paper"
        for number, figure in enumerate(shown, start=1)
        if figure and (figure["ground"] <= BRIGHT or not figure["ink"])
    ]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen", color_scheme="dark")
    page.evaluate("probes.settle()")
    return faults + ([] if page.evaluate("probes.ground()") < DARK else ["the page stays light"])


def figures_that_keep_their_colours(seen: Seen) -> list[str]:
    """Figures that are a bright box in the dark, or dark lines on a dark ground."""
    pairs = zip(seen.pictures["light"], seen.pictures["dark"], strict=True)
    found = []
    for number, (light, dark) in enumerate(pairs, start=1):
        if light is None or dark is None:  # the page shows another figure in this theme
            continue
        if dark["ground"] >= DARK or light["ground"] <= BRIGHT:
            found.append(
                f"figure {number}: luminance of its ground in the dark {dark['ground']:.2f}"
            )
        elif dark["ink"] < INK_KEPT * light["ink"]:
            ink = f"{light['ink']:.3f} in light, {dark['ink']:.3f} in dark"
            found.append(f"figure {number}: ink {ink}")
    return found
