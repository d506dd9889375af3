"""Serve a built site on loopback as a web host would.

The site lies under a sub-path, as on GitHub Pages, so that an address that starts at the root of
the host breaks here as it would there. Text goes out compressed, an unknown path gets the site's
`404.html` with status 404, and everything is one origin.
"""

from __future__ import annotations

import functools
import gzip
import mimetypes
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

DEFAULT_PREFIX = "/slopes/"
COMPRESSED = {".css", ".html", ".ipynb", ".js", ".json", ".mjs", ".py", ".svg", ".txt", ".xml"}
GZIP_LEVEL = 6  # the default of nginx, and what GitHub Pages' host is close to
HALT = 60  # s: a test that fails leaves no thread behind for longer
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}
CANONICAL = re.compile(r'<link[^>]*rel="canonical"[^>]*href="([^"]+)"')

STYLES = re.compile(r'(?:href|src)="(/(?:[^"/]+/)*)_static/')


def site_prefix(root: Path) -> str:
    """Return the sub-path that the site was built for: its canonical address tells, if any."""
    index = root / "index.html"
    found = CANONICAL.search(index.read_text("utf-8")) if index.exists() else None
    path = urlsplit(found[1]).path.removesuffix("index.html") if found else DEFAULT_PREFIX
    return path or "/"


def site_address(root: Path) -> str | None:
    """Return the public address that the site gives as its own, or None where it gives none."""
    index = root / "index.html"
    found = CANONICAL.search(index.read_text("utf-8")) if index.exists() else None
    return found[1].removesuffix("index.html") if found else None


def notfound_prefix(root: Path) -> str:
    """Return the sub-path that the site's 404 page gives to its own files."""
    page = root / "404.html"
    found = STYLES.search(page.read_text("utf-8")) if page.exists() else None
    return found[1] if found else DEFAULT_PREFIX


@functools.lru_cache(maxsize=1024)
def _packed(path: Path, modified: int) -> bytes:  # noqa: ARG001 - part of the cache's key
    data = path.read_bytes()
    return gzip.compress(data, GZIP_LEVEL, mtime=0) if path.suffix in COMPRESSED else data


def payload(path: Path) -> bytes:
    """Return the bytes that a visit transfers for one file, compressed if its type is text."""
    return _packed(path, path.stat().st_mtime_ns)


class Server:
    """A static server on a free loopback port; a context manager.

    Attributes
    ----------
    origin : str
        Scheme, host and port.
    base : str
        Address of the site's first page, ending in a slash.
    halting : dict of str to (bytes, threading.Event)
        Paths below `base` whose file comes up to the first place of some bytes, and goes on when
        the event is set.
    """

    def __init__(self, root: Path, prefix: str = DEFAULT_PREFIX) -> None:
        self.root = root.resolve()
        self.prefix = prefix
        self.halting: dict[str, tuple[bytes, threading.Event]] = {}
        self._http = _Http(("127.0.0.1", 0), functools.partial(_Handler, self))
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        self.base = self.origin + prefix
        # The short poll keeps the shutdown of the many small servers of the negative controls fast.
        serve = functools.partial(self._http.serve_forever, poll_interval=0.02)
        self._thread = threading.Thread(target=serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def file_of(self, url: str) -> Path | None:
        """Return the file that answers `url`, or None if there is none."""
        path = unquote(urlsplit(url).path)
        if not path.startswith(self.prefix):
            return None
        file = (self.root / path.removeprefix(self.prefix)).resolve()
        file = file / "index.html" if file.is_dir() else file
        return file if file.is_file() and file.is_relative_to(self.root) else None


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # with the five of the default, a busy machine loses connections

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet: a browser that leaves a page hangs up in the middle of an answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, site: Server, *args: object) -> None:
        self.site = site
        super().__init__(*args)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Write no log."""

    def do_GET(self) -> None:
        file, status = self.site.file_of(self.path), 200
        if file is None:
            file, status = self.site.root / "404.html", 404
        if not file.is_file():
            self._answer(404, "text/plain", b"not found", packed=False)
            return
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
        kind = kind or "application/octet-stream"
        halt = self.site.halting.get(urlsplit(self.path).path.removeprefix(self.site.prefix))
        if halt is None:
            self._answer(status, kind, payload(file), packed=file.suffix in COMPRESSED)
            return
        whole, (place, go_on) = file.read_bytes(), halt
        cut = whole.index(place)
        self._begin(status, kind, len(whole), packed=False)
        self.wfile.write(whole[:cut])
        go_on.wait(HALT)
        self.wfile.write(whole[cut:])

    def _answer(self, status: int, kind: str, body: bytes, *, packed: bool) -> None:
        self._begin(status, kind, len(body), packed=packed)
        self.wfile.write(body)

    def _begin(self, status: int, kind: str, length: int, *, packed: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if "text" in kind else kind)
        self.send_header("Content-Length", str(length))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
