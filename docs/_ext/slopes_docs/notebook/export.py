"""Each chapter as an executed notebook that opens and runs anywhere.

A page with code cells becomes ``notebooks/<page>.ipynb`` in the built site, beside a wheel of the
package. The text comes from the resolved page (`markdown`), cells and outputs from the execution.
The first cell says where it comes from; the second installs what is missing, the package from the
site if its address is known, else from the wheel beside the notebook; a third unpacks a record that
cells read (`setup`).

What becomes of the cells:

* glue (calls of ``glue`` and ``glue_values``, imports of ``myst_nb``) is left out, and with it a
  cell that does nothing else; the text holds the values already;
* a cell with the tag ``remove-cell`` follows the cell before it, its source hidden: the assertions
  behind the prose stay in the notebook;
* ``hide-input``, ``remove-input``, ``hide-output`` and folded solutions become Jupyter's own
  ``source_hidden`` and ``outputs_hidden``.

Ids are derived from page, source and position: two builds give the same bytes. `leftovers` finds
MyST syntax in a notebook; a leftover is a warning.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from slopes_docs.notebook.cells import Notebook, cells, leftovers
from slopes_docs.notebook.markdown import Markdown, is_cell
from slopes_docs.notebook.setup import bootstrap, records
from slopes_docs.run.execution import project_root

log = logging.getLogger(__name__)

NO_LESSONS = ("slides/", "reference/")  # decks, and pages that only report


# --- the notebook -------------------------------------------------------------------------------


def opening(title: str, address: str, project: str, licence: str) -> Notebook:
    """Make the first cell: the title, where the notebook comes from, its licence."""
    page = f"[{title}]({address})" if address else title
    source = f"# {title}\n\n*An executed copy of “{page}” from {project}. © {licence}.*"
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def assemble(page: str, made: list[Notebook]) -> Notebook:
    """Make the notebook: number the cells and give each a fixed id."""
    seen: dict[str, int] = {}
    for cell in made:
        key = f"{page}\0{cell['cell_type']}\0{cell['source']}"
        seen[key] = seen.get(key, 0) + 1
        cell["id"] = hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:12]
    for count, cell in enumerate((c for c in made if c["cell_type"] == "code"), 1):
        cell["execution_count"] = count
        for output in cell["outputs"]:
            if output["output_type"] == "execute_result":
                output["execution_count"] = count
    return {
        "cells": made,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {
                "file_extension": ".py",
                "mimetype": "text/x-python",
                "name": "python",
                "pygments_lexer": "ipython3",
            },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


# --- the build ----------------------------------------------------------------------------------


def is_notebook(app: Sphinx, page: str) -> bool:
    """Whether a page is published as a notebook: an executed chapter."""
    data = getattr(app.env, "nb_metadata", {})
    if page.startswith(NO_LESSONS) or page == app.config.root_doc:
        return False
    return page in data and bool(data[page].get("exec_data"))


def has_notebook(app: Sphinx, page: str, doctree: nodes.document) -> bool:
    """Whether this page of this build gets a notebook."""
    builds = app.builder.name in {"html", "dirhtml"} and is_notebook(app, page)
    return builds and any(is_cell(node) for node in doctree.findall(nodes.container))


def wheel_name(root: Path) -> str:
    """Give the file name of the package's wheel."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}-{project['version']}-py3-none-any.whl"


def tex_macros() -> dict[str, str]:
    """Give the macros that the page's formulas are set with."""
    from sphinxcontrib import katex

    return katex.KATEX_DEFAULT_OPTIONS.get("macros", {})


def writer(app: Sphinx, page: str) -> Markdown:
    """Set up the writer for a page."""
    site = app.config.slopes_site
    return Markdown(
        base=site + app.builder.get_target_uri(page) if site else "",
        source=Path(app.srcdir),
        numbers=app.env.toc_fignumbers.get(page, {}),
        formats=app.config.numfig_format,
        macros=tex_macros(),
    )


def export(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write a page's notebook."""
    if not has_notebook(app, page, doctree):
        return
    executed = Path(app.env.mystnb_config.output_folder, f"{page}.ipynb")
    found = json.loads(executed.read_text(encoding="utf-8"))["cells"]
    markdown = writer(app, page)
    title, *pieces = markdown.pieces(doctree)
    made = cells(pieces, found)
    head = opening(
        str(title).removeprefix("# "), markdown.base, app.config.project, app.config.copyright
    )
    setup = bootstrap(made, wheel_name(project_root(app)), app.config.slopes_site)
    # cells run in the folder of their page
    unpacked = records(made, Path(app.srcdir, page).parent)
    notebook = assemble(page, [head, setup, *unpacked, *made])
    for leftover in leftovers(notebook):
        log.warning(
            "notebook: MyST syntax is left in it: %s", leftover, location=page, type="slopes",
            subtype="notebooks",
        )  # fmt: skip
    target = Path(app.outdir, "notebooks", f"{page}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    target.write_text(text + "\n", encoding="utf-8")


def add_wheel(app: Sphinx, exception: Exception | None) -> None:
    """Build the package's wheel beside the notebooks, in this process and without a network."""
    folder = Path(app.outdir, "notebooks")
    if exception is not None or not folder.is_dir():
        return
    try:
        from hatchling.builders.wheel import WheelBuilder
    except ImportError:
        log.warning("notebooks: hatchling is missing, so there is no wheel beside them")
        return
    for old in folder.glob("*.whl"):
        old.unlink()
    builder = WheelBuilder(str(project_root(app)))
    (built,) = builder.build(directory=str(folder), versions=["standard"])
    if Path(built).name != wheel_name(project_root(app)):
        log.warning("notebooks: they ask for another wheel than %s", Path(built).name)
