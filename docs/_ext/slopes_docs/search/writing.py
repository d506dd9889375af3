"""The index of the search, written by Pagefind, and Sphinx's own left out.

Pagefind (https://pagefind.app) cuts its index in small pieces, of which a browser loads those that
a query needs. Each passage is handed to it as a small page of its own, so that a result leads to
the section and not to the top of a long chapter, and a word in a heading weighs more.
"""

from __future__ import annotations

import html
import shutil
from pathlib import Path

from sphinx.application import Sphinx

from slopes_docs.page.npm import run_script
from slopes_docs.search.passages import Passage, collected

FOLDER = "pagefind"
# What a visitor's browser never asks for: Pagefind's own pages and the index without a language.
UNUSED = ("*ui*", "pagefind-highlight.js", "wasm.unknown.pagefind")
HIGHLIGHTS = "sphinx_highlight.js"  # what Sphinx's search marks on the page it leads to
# How much a word of a page counts: a chapter explains, a slide repeats it.
WEIGHTS = {"Chapter": 1.0, "Glossary": 1.0, "API": 0.6, "Reference": 0.5, "Deck": 0.4}


def leave_sphinx_out(app: Sphinx) -> None:
    """Have Sphinx make no index of its own, where it would load what an earlier build has made."""
    builder = app.builder
    if builder.name == "html":
        builder.load_indexer = lambda _: setattr(builder, "indexer", None)
        builder._js_files = [js for js in builder._js_files if HIGHLIGHTS not in str(js.filename)]


def as_page(passage: Passage) -> str:
    """Write a passage as the page that Pagefind reads.

    The name of the title's field is the kind, so that a heading's words can weigh by kind when one
    searches (``search.js``).
    """
    known = {passage.kind: passage.title, "page": passage.page}
    fields = (
        f'<i data-pagefind-meta="{name}[title]" title="{html.escape(value)}"></i>'
        for name, value in known.items()
    )
    text = f'<p data-pagefind-weight="{WEIGHTS[passage.kind]}">{html.escape(passage.text)}</p>'
    return f'<html lang="en"><body>{"".join(fields)}{text}</body></html>'


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the index of all pages."""
    if exception is not None or app.builder.name != "html":
        return
    if not Path(app.confdir, "node_modules", "pagefind").is_dir():
        return  # a project without front-end packages
    target = Path(app.outdir, FOLDER)
    shutil.rmtree(target, ignore_errors=True)
    index(collected(app), target)
    for pattern in UNUSED:
        for path in target.glob(pattern):
            path.unlink()


def index(found: list[Passage], target: Path) -> None:
    """Let Pagefind index some passages.

    Raises
    ------
    sphinx.errors.ExtensionError
        If it refuses one, or cannot write.
    """
    records = [{"url": passage.url, "content": as_page(passage)} for passage in found]
    given = {"target": str(target), "records": records}
    run_script(Path(__file__).with_name("pagefind.mjs"), given, "pagefind must index all pages")
