"""The book as EPUB, for a reader without a network: chapters and reference, no decks.

Sphinx's builder of EPUB puts every page and every static file into the book, with the templates of
the site. Here the book has its own style sheet and no script; links into decks and to files of the
site lead to the site where its address is known, and are plain text elsewhere; formulas are MathML
with KaTeX's fonts beside them, which the list of contents must say; and names that a drawing uses
twice, which browsers pass over, are made to differ. EPUBCheck has nothing to say about the result.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.builders.epub3 import Epub3Builder

from slopes_docs.page.book import decks_of, lead_to_the_site

HERE = Path(__file__).parent
SHEET = "ebook.css"
SHEETS = ("pygments.css", "vendor/katex/katex.min.css", SHEET)
KATEX = Path("_static", "vendor", "katex")
FONT = re.compile(r"url\((?:[^)]*/)?(\w[\w-]*\.woff2)\)")
NOT_IN_EBOOKS = re.compile(
    r"(?<![\w-])direction:[^;}]*;?"
)  # readers set the direction of text themselves
ITEM = re.compile(r'<item id="[^"]+" href="([^"]+)" media-type="[^"]+" />')
UNSAID = re.compile(r"<svg\b(?![^>]*\bxmlns=)")
PROPERTIES = {"mathml": "<math", "svg": "<svg", "scripted": "<script"}
NAMED = re.compile(r'\bid="([^"]+)"')


class Ebook(Epub3Builder):
    """Sphinx's builder of EPUB, without what only the site can do."""

    media_types: ClassVar[dict[str, str]] = {**Epub3Builder.media_types, ".woff2": "font/woff2"}

    def init(self) -> None:
        """Leave the site's templates to the site; lists of modules are for its search."""
        self.config.templates_path, self.config.html_domain_indices = [], False
        self.config.epub_use_index = False
        super().init()

    def init_css_files(self) -> None:
        """Style code by Pygments, formulas by KaTeX, all else by the book's own sheet."""
        self._css_files = []
        for name in SHEETS:
            super().add_css_file(name)

    def add_css_file(self, filename: str, **kwargs: Any) -> None:
        """Take no sheet of an extension."""

    def add_js_file(self, filename: str, **kwargs: Any) -> None:
        """Take no script: most reading devices run none."""

    def prepare_writing(self, docnames: Any) -> None:
        """Know which documents the book has."""
        self.left_out = set(decks_of(self))
        self.config.epub_exclude_files = [f"{name}{self.out_suffix}" for name in self.left_out]
        super().prepare_writing(docnames)

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write a chapter whose links lead to places in the book, or to the site."""
        if docname in self.left_out:
            return
        for reference in list(doctree.findall(nodes.reference)):
            self.mend(reference, docname)
        super().write_doc(docname, doctree)

    def mend(self, reference: nodes.reference, docname: str) -> None:
        """Let a link out of the book lead to the site, or leave its words."""
        address = reference.get("refuri", "").partition("#")[0]
        if not address or ":" in address:
            return
        target = Path(docname).parent.joinpath(address)
        page = re.sub(r"[^/]+/\.\./", "", target.as_posix()).removesuffix(self.out_suffix)
        if page not in self.env.found_docs - self.left_out:
            lead_to_the_site(reference, self, page)

    def handle_page(self, pagename: str, addctx: dict[str, Any], *given: Any, **more: Any) -> None:
        """Write a page, and say of each drawing in it that it is one."""
        if body := addctx.get("body"):
            addctx["body"] = UNSAID.sub('<svg xmlns="http://www.w3.org/2000/svg"', body)
        super().handle_page(pagename, addctx, *given, **more)

    def copy_static_files(self) -> None:
        """Copy the sheets, and the fonts of formulas."""
        static, katex = Path(self.outdir, "_static"), Path(self.outdir, KATEX)
        (katex / "fonts").mkdir(parents=True, exist_ok=True)
        self.create_pygments_style_file()
        (static / SHEET).write_text((HERE / SHEET).read_text(encoding="utf-8"), encoding="utf-8")
        source = Path(self.confdir, KATEX)
        sheet = NOT_IN_EBOOKS.sub("", (source / "katex.min.css").read_text(encoding="utf-8"))
        (katex / "katex.min.css").write_text(sheet, encoding="utf-8")
        for name in set(FONT.findall(sheet)):
            (katex / "fonts" / name).write_bytes((source / "fonts" / name).read_bytes())

    def copy_image_files(self) -> None:
        """Copy the drawings, each name in them once."""
        super().copy_image_files()
        for path in Path(self.outdir, self.imagedir).glob("*.svg"):
            text = path.read_text(encoding="utf-8")
            path.write_text(name_once(text), encoding="utf-8")

    def build_content(self) -> None:
        """Write the list of contents, and say there which pages hold formulas or drawings."""
        super().build_content()
        package = Path(self.outdir, "content.opf")
        told = ITEM.sub(self.describe, package.read_text(encoding="utf-8"))
        package.write_text(told, encoding="utf-8")

    def toc_metadata(self, level: int, navpoints: list[Any]) -> dict[str, Any]:
        """Give the list of contents for older readers the book's own identifier."""
        return {**super().toc_metadata(level, navpoints), "uid": self.config.epub_identifier}

    def describe(self, item: re.Match[str]) -> str:
        """Add to an entry of the list what its page holds."""
        if not item[1].endswith(self.out_suffix):
            return item[0]
        text = Path(self.outdir, item[1]).read_text(encoding="utf-8")
        held = " ".join(word for word, sign in PROPERTIES.items() if sign in text)
        return item[0].replace(" />", f' properties="{held}" />') if held else item[0]


def name_once(drawing: str) -> str:
    """Tell names apart that stand several times in a drawing; the first stays as it is."""
    count = Counter(NAMED.findall(drawing))
    seen: Counter[str] = Counter()

    def named(found: re.Match[str]) -> str:
        name = found[1]
        seen[name] += 1
        return found[0] if seen[name] == 1 else f'id="{name}-{seen[name]}"'

    return NAMED.sub(named, drawing) if max(count.values(), default=1) > 1 else drawing
