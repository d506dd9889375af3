"""Every link of a built site, followed on disk: no server, no browser, no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

REFERENCES = {
    "a": ("href",),
    "area": ("href",),
    "link": ("href",),
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "form": ("action",),
    "object": ("data",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
}
SHARED_IMAGES = frozenset({"og:image", "twitter:image"})
# Addresses whose owners offer no encryption.
PLAIN_HTTP: frozenset[str] = frozenset()
CONTACTS = frozenset({"preconnect", "dns-prefetch"})


@dataclass
class Document:
    """The identifiers of a page, and what it refers to."""

    ids: set[str] = field(default_factory=set)
    references: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    deck: bool = False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.document.ids.update(given[name] for name in ("id", "name") if given.get(name))
        self.document.deck |= "reveal" in given.get("class", "").split()
        if given.get("property", given.get("name")) in SHARED_IMAGES:
            self.document.references.append(given.get("content", ""))
        if CONTACTS & set(given.get("rel", "").split()):
            self.document.contacts.append(given.get("href", ""))
        for name in REFERENCES.get(tag, ()):
            self.document.references += _addresses(name, given.get(name))


def _addresses(name: str, value: str | None) -> list[str]:
    if value is None:
        return []
    return [part.split()[0] for part in value.split(",")] if name == "srcset" else [value.strip()]


def read(file: Path) -> Document:
    """Return the identifiers and references of one HTML file."""
    reader = _Reader()
    reader.feed(file.read_text("utf-8"))
    reader.close()
    return reader.document


def page_paths(root: Path) -> list[str]:
    """Return the site's pages, decks included, as paths from its root."""
    files = sorted(root.rglob("*.html"))
    return [
        path.relative_to(root).as_posix()
        for path in files
        if not path.relative_to(root).as_posix().startswith(("_static/", "_images/", "_downloads/"))
    ]


class Site:
    """A built site, each page parsed once."""

    def __init__(
        self, root: Path, prefix: str, address: str | None = None, notfound: str | None = None
    ) -> None:
        self.root = root.resolve()
        self.prefix = prefix
        self.notfound = notfound or prefix  # where the 404 page believes that the site lies
        self.address = address
        self.documents = {path: read(root / path) for path in page_paths(root)}

    @property
    def decks(self) -> list[str]:
        """Pages that are slides."""
        return [path for path, document in self.documents.items() if document.deck]

    def external(self) -> dict[str, set[str]]:
        """Return every address elsewhere and the pages that name it."""
        found: dict[str, set[str]] = {}
        for path, document in self.documents.items():
            for reference in document.references:
                if urlsplit(reference).netloc and not self._is_own(reference):
                    found.setdefault(reference, set()).add(path)
        return found

    def _is_own(self, reference: str) -> bool:
        return self.address is not None and reference.startswith(self.address)

    def broken(self, path: str) -> list[str]:
        """Return the references of one page that lead nowhere."""
        references = dict.fromkeys(self.documents[path].references)
        found = ((reference, self._fault(path, reference)) for reference in references)
        contacts = [f"{url}: asks for a connection" for url in self.documents[path].contacts]
        return contacts + [f"{reference}: {fault}" for reference, fault in found if fault]

    def _fault(self, path: str, reference: str) -> str | None:
        parts = urlsplit(reference)
        if self._is_own(reference):
            inside = reference.removeprefix(str(self.address))
            return self._fault_inside("index.html", urlsplit(inside).path, "")
        if parts.scheme in {"mailto", "tel", "data"} or parts.scheme == "https":
            return None
        if parts.scheme == "http":
            return None if reference in PLAIN_HTTP else "is not https"
        if parts.scheme or parts.netloc:
            return "has a scheme that no page here uses"
        return self._fault_inside(path, parts.path, unquote(parts.fragment))

    def _fault_inside(self, page: str, path: str, fragment: str) -> str | None:
        if page == "404.html" and path and not path.startswith("/"):
            return "is relative, and this page answers for paths of any depth"
        target = self._resolve(page, unquote(path))
        if target is None:
            return "lies outside the site"
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            return "no such file"
        if target.suffix in {".md", ".rst"}:
            return "leads to source text, not to a page"
        name = target.relative_to(self.root).as_posix()
        return self._fault_of_fragment(name, fragment) if name in self.documents else None

    def _resolve(self, page: str, path: str) -> Path | None:
        if path.startswith("/"):
            # Only the 404 page may know where the site lies: it answers for paths of any depth.
            allowed = page == "404.html" and path.startswith(self.notfound)
            return (self.root / path.removeprefix(self.notfound)).resolve() if allowed else None
        target = (self.root / page).parent / path if path else self.root / page
        target = target.resolve()
        return target if target.is_relative_to(self.root) else None

    def _fault_of_fragment(self, name: str, fragment: str) -> str | None:
        document = self.documents[name]
        if document.deck and fragment.startswith("/"):  # reveal.js: #/name/vertical, or numbers
            fragment = fragment.strip("/").split("/")[0]
            fragment = "" if fragment.isdecimal() else fragment
        if not fragment or fragment in document.ids or fragment == "top":
            return None
        return f"no element has the id {fragment!r}"
