"""What the tests of the built site share: options, one browser, one visit to each page."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest

# The support modules lie beside the tests and serve shots.py too, which is run as a script.
sys.path.insert(0, str(Path(__file__).parent))

import decks
import gates
from accepted import ACCEPTED, Accepted
from browsing import chromium
from links import Site
from playwright.sync_api import Browser
from serving import Server, notfound_prefix, site_address, site_prefix

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = "_modules/slopes/"
NOWHERE = "no/such/folder/page.html"  # deep, so that relative links of the 404 page would break
REMEDY = "run `nox -s site` first, or name another folder with --site"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the folder of the site and of the npm packages from the command line."""
    group = parser.getgroup("built site")
    group.addoption("--site", default="dist/site", help="the built site (default: dist/site)")
    group.addoption("--modules", default="docs/node_modules", help="where npm put axe-core")


def _folder(config: pytest.Config, option: str, default: str) -> Path:
    return REPOSITORY / config.getoption(option, default)


@lru_cache
def _load(root: Path) -> Site:
    if not (root / "index.html").is_file():
        # A collector's error is shown without a traceback: the line says all.
        message = f"--site must be a built site, got --site={str(root)!r}; {REMEDY}"
        raise pytest.Collector.CollectError(message)
    return Site(root, site_prefix(root), site_address(root), notfound_prefix(root))


def of_one_visit(path: str) -> Any:
    """All tests of a page in one process, whatever their file: it is visited once for all."""
    return pytest.param(path, marks=pytest.mark.xdist_group(path))


def of_the_book(site: Site) -> list[str]:
    """Return the pages of the book that are visited.

    One template makes all pages that show a module's source: the largest is visited, and the one
    with the longest line.
    """
    texts = {path: (site.root / path).read_text("utf-8") for path in site.documents}
    sources = [path for path in texts if path.startswith(SOURCES)]
    shown = {max(sources, key=lambda path: measure(texts[path])) for measure in (len, longest_line)}
    kept = set(texts) - set(site.decks) - set(sources)
    return sorted(kept | shown)


def longest_line(html: str) -> int:
    """Return the number of characters of the longest line of what a page shows as code."""
    code = "".join(re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL))
    return max(map(len, unescape(re.sub(r"<[^>]+>", "", code)).splitlines()), default=0)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every page and every deck of the site its own test."""
    wanted = {"page_path", "book_path", "deck_path"} & set(metafunc.fixturenames)
    for name in wanted:
        site = _load(_folder(metafunc.config, "--site", "dist/site"))
        pages = sorted(site.documents)
        choice = {"page_path": pages, "book_path": of_the_book(site), "deck_path": site.decks}
        metafunc.parametrize(name, [of_one_visit(path) for path in choice[name]], scope="module")


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> Site:
    """The built site, parsed."""
    return _load(_folder(request.config, "--site", "dist/site"))


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> Path:
    """The file of axe-core."""
    file = _folder(request.config, "--modules", "docs/node_modules") / "axe-core/axe.min.js"
    if not file.is_file():
        raise FileNotFoundError(f"axe-core must be installed, got {file}; {REMEDY}")
    return file


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def server(site: Site) -> Iterator[Server]:
    """The site on loopback."""
    with Server(site.root, site.prefix) as started:
        yield started


class Visits:
    """Every page is visited once at a desk and once on a phone, every deck is walked once."""

    def __init__(self, browser: Browser, server: Server, site: Site, axe: Path) -> None:
        self._browser, self._server, self._site, self._axe = browser, server, site, axe
        self._desk: dict[str, gates.Seen] = {}
        self._phone: dict[str, gates.SeenOnPhone] = {}
        self._decks: dict[str, decks.SeenDeck] = {}

    def desk(self, path: str) -> gates.Seen:
        if path not in self._desk:
            see = self._see_notfound if path == "404.html" else self._see
            self._desk[path] = see(path)
        return self._desk[path]

    def _see(self, path: str) -> gates.Seen:
        return gates.see(self._browser, self._server, path, axe=self._axe)

    def _see_notfound(self, path: str) -> gates.Seen:
        # A site that knows no address cannot know its sub-path: its 404 page is served at the root.
        with Server(self._site.root, self._site.notfound) as server:
            return gates.see(self._browser, server, path, axe=self._axe, expected=NOWHERE)

    def phone(self, path: str) -> gates.SeenOnPhone:
        if path not in self._phone:
            seen = gates.see_on_phone(self._browser, self._server, path)
            if gates.shifting(seen):  # a busy machine may delay a font: what jumps, jumps again
                seen = gates.see_on_phone(self._browser, self._server, path)
            self._phone[path] = seen
        return self._phone[path]

    def deck(self, path: str) -> decks.SeenDeck:
        if path not in self._decks:
            self._decks[path] = decks.see(self._browser, self._server, path, axe=self._axe)
        return self._decks[path]

    def weights(self) -> list[str]:
        """Return a line for each page visited, heaviest first: weight and blocking scripts."""
        ranked = sorted(self._desk.values(), key=lambda seen: -gates.weight(seen.transfers))
        return [
            f"{gates.weight(seen.transfers) / 1000:6.0f}  {seen.path}; "
            f"{len(seen.facts['blocking'])} scripts block: "
            + " ".join(Path(source.split("?")[0]).name for source in seen.facts["blocking"])
            for seen in ranked
        ]

    def axe_findings(self, table: Sequence[Accepted]) -> Iterator[dict[str, object]]:
        """Yield findings of axe, accepted or not, on the pages that the table names."""
        for path in {entry.page for entry in table}:
            for found in self.desk(path).findings.values():
                yield from found


VISITS = pytest.StashKey[Visits]()


@pytest.fixture(scope="session")
def visits(
    browser: Browser, server: Server, site: Site, axe: Path, pytestconfig: pytest.Config
) -> Visits:
    """What the visits have brought to light."""
    pytestconfig.stash[VISITS] = Visits(browser, server, site, axe)
    return pytestconfig.stash[VISITS]


@pytest.fixture(scope="session")
def table() -> tuple[Accepted, ...]:
    """The accepted findings of axe."""
    return ACCEPTED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what the pages weigh, for whoever wants them lighter still."""
    seen: Visits | None = config.stash.get(VISITS, None)
    if seen is None or not (lines := seen.weights()):
        return
    terminalreporter.section("first visits: kB compressed, figures apart")
    for line in lines:
        terminalreporter.write_line(line)
