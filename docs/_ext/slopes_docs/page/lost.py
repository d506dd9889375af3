"""The page for an address without a page: it offers a search and all chapters."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PAGE = "404"  # of sphinx-notfound-page, which also makes `pathto` lead there from any depth


def offer_ways(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write the page's body."""
    if page != PAGE:
        return
    pathto = context["pathto"]
    chapters = "".join(
        f'<li><a href="{pathto(name)}">{escape(app.env.titles[name].astext())}</a></li>'
        for name in app.env.toc_secnumbers
    )
    context["body"] = (
        "<h1>Page not found</h1><p>There is no page at this address. Search the course:</p>"
        f'<form class="lost" role="search" action="{pathto("search")}" method="get">'
        '<input type="search" name="q" aria-label="Search the course">'
        "<button>Search</button></form>"
        f"<p>Or go on with a chapter:</p><ol>{chapters}</ol>"
    )
