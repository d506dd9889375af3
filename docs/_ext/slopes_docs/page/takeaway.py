"""What a reader takes away: links on each chapter and on the page of downloads; files for Binder.

A chapter says below its facts where its notebook is, and the hand-out of its slides. Printed files
are made after the site by the task ``publish``, so links to them stand in a site that is
built with ``slopes_prints``, and in no other. Colab and Binder open the notebooks of the branch
gh-pages, where the repository's address is known; the files that Binder reads lie in ``binder/``.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from slopes_docs.notebook.export import has_notebook, is_notebook, wheel_name
from slopes_docs.notebook.setup import needs
from slopes_docs.run.execution import project_root

VARIABLE = "SLOPES_PRINTS"  # set by the task that makes the printed files
BOOK, EBOOK, ZIP = "pdf/slopes.pdf", "slopes.epub", "slopes-site.zip"
RUNTIME = "3.11"  # the oldest Python that the package has: Binder's default may lack wheels


def link(text: str, address: str, *classes: str) -> nodes.reference:
    """Make a link to a file of the site, or to another host."""
    return nodes.reference("", text, refuri=address, internal=True, classes=[*classes])


def download(text: str, address: str) -> nodes.reference:
    """Make a link that downloads, with its icon."""
    made = link(text, address, "to-keep")  # "download" is a class of the theme
    made.insert(0, nodes.inline("", "", classes=["fa-download"]))
    return made


def handouts(topic: str) -> dict[str, str]:
    """Give the printed files of a deck: what each is called, and where it lies."""
    return {
        "questions only": f"pdf/slides/{topic}-questions.pdf",
        "with answers": f"pdf/slides/{topic}.pdf",
    }


def running(repository: str, page: str) -> dict[str, str]:
    """Give the services that run a notebook, and its address on each."""
    if not repository:
        return {}
    colab = f"https://colab.research.google.com/github/{repository}/blob/gh-pages"
    binder = f"https://mybinder.org/v2/gh/{repository}/gh-pages?urlpath=lab/tree"
    path = f"notebooks/{page}.ipynb"
    return {"Colab": f"{colab}/{path}", "Binder": f"{binder}/{path}"}


def joined(links: dict[str, str]) -> list[nodes.Node]:
    """Write links in a row."""
    row: list[nodes.Node] = []
    for text, address in links.items():
        row += [nodes.Text(", "), link(text, address)]
    return row[1:]


def offers(app: Sphinx, page: str) -> list[nodes.Node]:
    """Say what can be taken from a chapter, in the words of one paragraph."""
    up = "../" * page.count("/")
    said: list[nodes.Node] = [download("Download notebook", f"{up}notebooks/{page}.ipynb")]
    if services := running(app.config.slopes_repository, page):
        said += [nodes.Text(" · run it on "), *joined(services)]
    deck = f"{app.config.deck_prefix}{page}"
    if app.config.slopes_prints and deck in app.env.found_docs:
        printed = {text: up + path for text, path in handouts(page).items()}
        said += [nodes.Text(" · hand-out of the slides: "), *joined(printed)]
    return said


def add_offers(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write what can be taken away below the facts of a chapter."""
    if not has_notebook(app, page, doctree):
        return
    for facts in doctree.findall(nodes.container):
        if "chapter-facts" in facts["classes"]:
            facts += nodes.paragraph("", "", *offers(app, page), classes=["take-away"])
            return


class Downloads(SphinxDirective):
    """All that can be taken away, as a list."""

    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Leave the place; what there is, is known when all is read."""
        return [downloads("")]


class downloads(nodes.General, nodes.Element):  # noqa: N801
    """The place of the list."""


def list_downloads(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write the list of downloads."""
    up = "../" * page.count("/")
    for place in list(doctree.findall(downloads)):
        rows = [nodes.list_item("", nodes.paragraph("", "", *row)) for row in rows_of(app, up)]
        place.replace_self(nodes.bullet_list("", *rows))


def rows_of(app: Sphinx, up: str) -> list[list[nodes.Node]]:
    """Give the entries of the list; without the site's own files for other builders."""
    if app.builder.name not in {"html", "dirhtml"}:
        return [[nodes.Text("on the site of the course")]]
    config, found = app.config, sorted(app.env.found_docs)
    wheel = wheel_name(project_root(app))
    rows = [[nodes.Text("the package: "), download(wheel, f"{up}notebooks/{wheel}")]]
    if config.slopes_prints:
        files = {"the book as PDF": BOOK, "the book as EPUB": EBOOK, "the site as ZIP": ZIP}
        rows = [[download(text, up + path)] for text, path in files.items()] + rows
    chapters = [name for name in found if is_notebook(app, name)]
    links = {_title(app, name): f"{up}notebooks/{name}.ipynb" for name in chapters}
    rows.append([nodes.Text("notebooks: "), *joined(links)])
    decks = [name for name in found if name.startswith(config.deck_prefix)]
    for deck in decks if config.slopes_prints else []:
        topic = deck.removeprefix(config.deck_prefix)
        if topic != "index":
            files = {text: up + path for text, path in handouts(topic).items()}
            rows.append(
                [nodes.Text(f"slides of {_title(app, deck)}, a page for each: "), *joined(files)]
            )
    return rows


def _title(app: Sphinx, page: str) -> str:
    return app.env.titles[page].astext()


# --- Binder -------------------------------------------------------------------------------------


def pins(constraints: str) -> dict[str, str]:
    """Read the versions that the project is tested with on Binder's Python."""
    lines = (line.partition(" ; ") for line in constraints.splitlines() if "==" in line)
    fits = [pin for pin, _, marker in lines if not marker or '< "3.12"' in marker]
    return dict(pin.split("==") for pin in fits if not pin.startswith("#"))


def requirements(notebooks: Path, wheel: str, constraints: str) -> str:
    """Write what Binder installs: the wheel, and what the notebooks import.

    Parameters
    ----------
    notebooks : Path
        The folder of the notebooks.
    wheel : str
        File name of the package's wheel, in the same folder.
    constraints : str
        The text of the file of tested versions.

    Returns
    -------
    str
        Lines for pip, run in the folder above that of the notebooks.
    """
    tested = pins(constraints)
    names: set[str] = set()
    for notebook in notebooks.glob("*.ipynb"):
        names |= {*needs(json.loads(notebook.read_text(encoding="utf-8"))["cells"]).values()}
    versions = [f"{name}=={tested[key]}" for name in sorted(names) if (key := _key(name)) in tested]
    return "\n".join([f"./{notebooks.name}/{wheel}", *versions]) + "\n"


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def write_binder(app: Sphinx, exception: Exception | None) -> None:
    """Write the files that Binder reads, beside the notebooks' folder."""
    notebooks = Path(app.outdir, "notebooks")
    if exception is not None or not notebooks.is_dir():
        return
    root, folder = project_root(app), Path(app.outdir, "binder")
    folder.mkdir(exist_ok=True)
    tested = (root / "constraints.txt").read_text(encoding="utf-8")
    text = requirements(notebooks, wheel_name(root), tested)
    (folder / "requirements.txt").write_text(text, encoding="utf-8")
    (folder / "runtime.txt").write_text(f"python-{RUNTIME}\n", encoding="utf-8")


def register(app: Sphinx) -> None:
    """Register the setting, the directive and its place."""
    app.add_config_value("slopes_prints", bool(os.environ.get(VARIABLE)), "html", bool)
    app.add_directive("downloads", Downloads)
    app.add_node(downloads)
