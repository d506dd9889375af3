"""Chromium, kept offline, and a record of everything that a page asks for or complains of."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Request,
    Response,
    Route,
    WebSocket,
    sync_playwright,
)
from serving import Server, payload

# Chromium calls home when it starts; the resolver rule stops what the other switches leave.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
DESK = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
PROBES = Path(__file__).with_name("probes.js")
DECK_PROBES = Path(__file__).with_name("deckprobes.js")
PATIENCE = 60_000  # ms: what a page may take to come on a busy machine; it takes 2 to 5 s
SLOWDOWN = 4  # processor, as Lighthouse throttles it for a phone
NETWORK = {"offline": False, "latency": 40, "downloadThroughput": 5e5, "uploadThroughput": 2e5}


def find_chromium() -> str:
    """Return the path of Chromium: the variable CHROMIUM, else the one on the search path."""
    given = os.environ.get("CHROMIUM")
    path = shutil.which(given or "chromium")
    if path is None:
        raise FileNotFoundError(
            f"CHROMIUM must be the path of an installed Chromium, got CHROMIUM={given!r}; install "
            "your system's package (on Debian: apt install chromium) or set the variable"
        )
    return path


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start one headless Chromium with a new profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Log:
    """What happened in a browser context."""

    requests: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    slowed: CDPSession | None = None  # slows the page until it is detached


class Recorder:
    """Blocks and records in one context; windows that a page opens are included.

    Playwright's routing switches the HTTP cache off, so every load is a first visit. It also
    starves windows that a script writes, as reveal's speaker window is: with `block` false such a
    window gets its files, and the resolver rule alone keeps the browser offline.
    """

    def __init__(
        self, context: BrowserContext, server: Server, *, expected: str = "", block: bool = True
    ) -> None:
        self.log = Log()
        self._origin = server.origin
        self._expected = expected  # the one address whose status 404 is what the test asks for
        if block:
            context.route("**/*", self._route)
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda e: self.log.console.append(f"uncaught error: {e.error}"))
        context.on("response", self._response)
        context.on("requestfailed", self._failed)
        context.on("page", lambda page: page.on("websocket", self._socket))

    def _route(self, route: Route) -> None:
        if self._own(route.request.url):
            route.continue_()
        else:
            route.abort()

    def _request(self, request: Request) -> None:
        self.log.requests.append(request.url)
        if not self._own(request.url):
            self.log.foreign.append(request.url)

    def _own(self, url: str) -> bool:
        return url.startswith((self._origin + "/", "data:", "blob:", "about:"))

    def _socket(self, socket: WebSocket) -> None:
        self.log.foreign.append(socket.url)

    def _console(self, message: ConsoleMessage) -> None:
        expected = self._expected and message.location.get("url") == self._expected
        if message.type in {"error", "warning"} and not expected:
            self.log.console.append(f"{message.type}: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.url != self._expected:
            self.log.failed.append(f"{response.status} {response.url}")

    def _failed(self, request: Request) -> None:
        # An aborted request is one that the browser itself gave up, or a foreign one.
        if self._own(request.url) and "ABORTED" not in (request.failure or ""):
            self.log.failed.append(f"{request.failure} {request.url}")


def new_context(browser: Browser, *, phone: bool = False, dark: bool = False) -> BrowserContext:
    """Open a context with the probes installed: 1280 x 720, or a phone of 390 x 844."""
    kind = {"is_mobile": True, "has_touch": True} if phone else {}
    context = browser.new_context(
        viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        service_workers="block",
        **kind,  # type: ignore[arg-type]
    )
    context.set_default_timeout(PATIENCE)
    context.add_init_script(path=PROBES)
    context.add_init_script(path=DECK_PROBES)
    return context


@contextlib.contextmanager
def visit(
    browser: Browser,
    server: Server,
    path: str,
    *,
    phone: bool = False,
    slow: bool = False,
    expected: str = "",
    block: bool = True,
) -> Iterator[tuple[Page, Log]]:
    """Load one page in a new context and hand over the page, settled, and its log."""
    context = new_context(browser, phone=phone)
    try:
        address = expected and server.base + expected
        recorder = Recorder(context, server, expected=address, block=block)
        page = context.new_page()
        if slow:
            recorder.log.slowed = slow_down(page)
        page.goto(server.base + path, wait_until="networkidle")
        page.evaluate("probes.settle()")
        yield page, recorder.log
    finally:
        context.close()


def slow_down(page: Page) -> CDPSession:
    """Give the page the processor and the network of a middling phone."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    return session


@dataclass(frozen=True)
class Transfer:
    """One file of a first visit, in bytes."""

    name: str
    kind: str
    raw: int
    sent: int


KINDS = {
    ".html": "html",
    ".css": "style",
    ".js": "script",
    ".mjs": "script",
    ".woff2": "font",
    ".woff": "font",
    ".ttf": "font",
}


def transfers(server: Server, log: Log) -> list[Transfer]:
    """Return what a visit fetched from the site, each file once, with its compressed size."""
    urls = dict.fromkeys(url.split("#")[0] for url in log.requests)
    files = {url: server.file_of(url) for url in urls}
    return [
        Transfer(
            name=file.relative_to(server.root).as_posix(),
            kind=KINDS.get(file.suffix, "image"),
            raw=file.stat().st_size,
            sent=len(payload(file)),
        )
        for file in files.values()
        if file is not None
    ]


def all_live(page: Page) -> None:
    """Make sure that axe is asked about live figures and not about their pictures.

    Raises
    ------
    AssertionError
        If one has not started, though it was brought into view.
    """
    boxes = page.locator("[data-live]:not(.is-live)")
    asleep = boxes.evaluate_all("all => all.map(box => box.dataset.live)")
    assert not asleep, f"every live figure must have started, got {asleep} still to come"


def picture(page: Page, selector: str, number: int) -> dict[str, Any] | None:
    """Return how the image looks: luminance of its ground, share of pixels that stand out."""
    image = page.locator(selector).nth(number)
    if not image.is_visible() or not image.evaluate("e => probes.come(e)"):
        return None
    png = base64.b64encode(image.screenshot()).decode("ascii")
    return page.evaluate("png => probes.look(png)", png)  # type: ignore[no-any-return]
