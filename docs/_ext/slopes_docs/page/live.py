"""A live figure: a small script of our own that takes a picture's place where scripts run.

The directive names a module of ``_static/live`` and stands before the code cell that draws the
picture; its content invites to an experiment, and where the figure shall open in another state
than its own, ``start`` gives the values of controls by the words that stand over them::

    ```{live} valley
    :start: Format = single; Function = sin x

    Look for the bottom of the valley.
    ```

    ```{code-cell} python
    plots.u_curve(...)
    ```

Without scripts, on paper, in the PDF, the EPUB and the notebook the picture stays, and the
invitation is left out. ``_static/live/live.js`` loads a module when its figure comes into view;
``_static/live.css`` keeps the place of a figure before that, so that nothing moves.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

log = logging.getLogger(__name__)
FOLDER = "_static/live"
SHARED = {"kit", "live", "program"}  # modules that are no figure
# A page that is opened as a file cannot load modules: there the picture stays, without an error.
LOADER = """<script type="module">
if (location.protocol !== "file:")
  import(new URL(`${document.documentElement.dataset.content_root}_static/live/live.js`, location));
</script>
"""


class live(nodes.General, nodes.Element):  # noqa: N801
    """A live figure: its words and, once the page is read, the cell with its picture."""


class live_words(nodes.Invisible, nodes.Element):  # noqa: N801
    """What the reader is invited to try, shown where the figure can live."""


def values(argument: str) -> dict[str, str]:
    """Read ``name = value; name = value``."""
    pairs = [part.partition("=") for part in directives.unchanged_required(argument).split(";")]
    found = {name.strip(): value.strip() for name, _, value in pairs}
    if not all(found) or not all(found.values()):
        raise ValueError(f"start must read 'name = value; name = value', got start={argument!r}")
    return found


class Live(SphinxDirective):
    """Let a script take the place of the next cell's picture."""

    has_content = True
    required_arguments = 1
    option_spec: ClassVar = {"start": values}

    def run(self) -> list[nodes.Node]:
        """Check the name, and wait for the cell."""
        name = self.arguments[0]
        folder = Path(self.env.app.confdir, FOLDER)
        figures = sorted({path.stem for path in folder.glob("*.js")} - SHARED)
        if name not in figures:
            raise self.error(f"live must be one of {', '.join(figures)}, got live={name!r}")
        self.assert_has_content()
        node = live("", live_words("", *self.parse_content_to_nodes()), figure=name)
        node["start"] = self.options.get("start", {})
        self.set_source_info(node)
        return [node]


def take_pictures(app: Sphinx, document: nodes.document) -> None:
    """Move the cell that follows a live figure into it."""
    for node in list(document.findall(live)):
        cell = node.next_node(descend=False, siblings=True)
        if isinstance(cell, nodes.container) and cell.get("nb_element") == "cell_code":
            cell.parent.remove(cell)
            node.append(cell)
        else:
            name = node["figure"]
            log.warning(
                "live must stand before the code cell with its picture, got live=%r without one",
                name, location=node, type="live",
            )  # fmt: skip


def _visit(self: HTML5Translator, node: live) -> None:
    if self.builder.name in {"html", "dirhtml"}:
        start = json.dumps(node["start"], ensure_ascii=False)
        opened = f" data-start='{escape(start)}'" if node["start"] else ""
        self.body.append(f'{LOADER}<div class="live" data-live="{node["figure"]}"{opened}>\n')


def _depart(self: HTML5Translator, node: live) -> None:
    if self.builder.name in {"html", "dirhtml"}:
        self.body.append("</div>\n")


def _visit_words(self: HTML5Translator, node: live_words) -> None:
    if self.builder.name not in {"html", "dirhtml"}:
        raise nodes.SkipNode
    self.body.append('<div class="live-words">')


def _depart_words(self: HTML5Translator, node: live_words) -> None:
    self.body.append("</div>\n")


def register(app: Sphinx) -> None:
    """Register the directive and its nodes."""
    app.add_directive("live", Live)
    app.add_node(live, html=(_visit, _depart))
    app.add_node(live_words, html=(_visit_words, _depart_words))
