"""Numbers of a built site: each stands once, and whoever refers to one says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

CHAPTER = re.compile(r'<h1[^>]*><span class="section-number">([\d.]+?)\.? ')
PLACE = re.compile(r'<[^>]* id="([^"]+)"')
LABEL = re.compile(r'<span class="(?:eqno|caption-number)">([^<]*)<')
LINK = re.compile(r'<a class="reference internal" href="([^"]+)"[^>]*>(.*?)</a>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
NUMBER = re.compile(
    r"\b(?:Figure|Table|Listing|Exercise|Equation) [\d.]*\d|(?<![\w)\]])\([\d.]*\d\)"
)
OF_CHAPTER = re.compile(r"(\d+)\.\d+\)?$")


@dataclass
class Numbered:
    """What a page numbers, and what it says of numbers here and elsewhere."""

    chapter: str = ""
    labels: list[tuple[str, str]] = field(default_factory=list)  # id and number
    references: list[tuple[str, str]] = field(default_factory=list)  # address and text


def read(html: str) -> Numbered:
    """Read one page; a number belongs to the element with an id that was opened last before it."""
    chapter = CHAPTER.search(html)
    labels = []
    for label in LABEL.finditer(html):
        *_, place = ["", *PLACE.findall(html, 0, label.start())]
        labels.append((place, label[1].strip()))
    references = [(link[1], " ".join(TAG.sub("", link[2]).split())) for link in LINK.finditer(html)]
    return Numbered(chapter[1] if chapter else "", labels, references)


def read_site(root: Path, paths: list[str]) -> dict[str, Numbered]:
    """Read all pages."""
    return {path: read((root / path).read_text("utf-8")) for path in paths}


def faults(pages: Mapping[str, Numbered]) -> list[str]:
    """Name numbers that stand twice or in a wrong chapter, and references that say another one."""
    homes: dict[tuple[str, str], str] = {}  # page and id: number
    seen: dict[str, str] = {}
    found = []
    for path, page in pages.items():
        for place, number in page.labels:
            homes[path, place] = number
            if number in seen:
                found.append(f"{path}#{place}: {number} is also the number of {seen[number]}")
            seen[number] = f"{path}#{place}"
            chapter = OF_CHAPTER.search(number)
            if chapter is None or chapter[1] != page.chapter:
                found.append(f"{path}#{place}: {number} stands in chapter {page.chapter or 'none'}")
    return found + list(untrue(pages, homes))


def untrue(pages: Mapping[str, Numbered], homes: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield references whose number is not that of the place to which they lead."""
    for path, page in pages.items():
        for address, text in page.references:
            file, _, place = address.partition("#")
            target = normpath(join(dirname(path), file)) if file else path
            number = homes.get((target, unquote(place)), "")
            said = NUMBER.search(text)
            if said[0] != number if said else place.startswith("equation-"):
                yield f"{path}: {text!r} leads to {address}, whose number is {number or 'none'}"
