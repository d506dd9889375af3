"""Each chapter as an executed notebook that opens and runs anywhere.

A page with code cells becomes ``notebooks/<page>.ipynb`` in the built site, beside a wheel of the
package. The text comes from the resolved page (`plain`), the cells and outputs from the execution.
The first cell says where it comes from; the second installs the package where it is missing: from
the site if its address is known, else from the wheel beside the notebook.

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

import ast
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from execution import project_root
from plain import Cell, Markdown, is_cell

log = logging.getLogger(__name__)

DECKS = "slides/"
GLUE = {"glue", "glue_values"}
HIDDEN_SOURCE = {"hide-input", "remove-input", "hide-cell", "remove-cell"}
HIDDEN_OUTPUT = {"hide-output", "remove-output", "hide-cell", "remove-cell"}
KEPT_TAGS = {"raises-exception", "timing"}
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow"}  # where the import's name differs
LEFTOVERS = re.compile(
    r"""^\s*(?:>\s*)*(?:`{3,}|~{3,}|:{3,})\s*\{[^}\n]+\}.*$   # a directive
      | ^\s*(?:>\s*)*:{3,}.*$                                 # a colon fence
      | \{[A-Za-z][\w:+-]*\}`[^`\n]*`                         # a role
      | ^\([\w:. -]+\)=\s*$                                   # a target
      | ^\+\+\+.*$                                            # a cell break
      | ^:[\w-]+:\s.*$                                        # an option
    """,
    re.MULTILINE | re.VERBOSE,
)
FENCED = re.compile(r"^((?:> ?)*[ ]*)(`{3,})(?!`|\{).*?\n.*?^\1\2`*$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"(?<![`}])(`+)(?!`).+?(?<!`)\1(?!`)")

Notebook = dict[str, Any]

BOOTSTRAP = """\
# Installs what the cells below import, where it is missing. In the course's own
# environment this cell does nothing.
try:
    import slopes
except ImportError:
    import importlib
    import subprocess
    import sys
{find}
    needed = [{wanted}]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *needed], check=True)
    importlib.invalidate_caches()
    import slopes
"""
FROM_SITE = '''
    wheel = "slopes{extra} @ {address}"'''
FROM_FILE = '''\
    from pathlib import Path

    name = "{name}"
    places = [folder / name for folder in (Path.cwd(), *Path.cwd().parents[:2])]
    found = [place.as_uri() for place in places if place.exists()]
    if not found:
        raise ImportError(
            f"slopes is not installed. Download {{name}}, which lies beside this notebook "
            "on the course's site, into the notebook's folder; then run this cell again."
        ) from None
    wheel = f"slopes{extra} @ {{found[0]}}"'''


# --- cells --------------------------------------------------------------------------------------


def without_glue(source: str) -> str:
    """Leave the glue out of a cell's source.

    Parameters
    ----------
    source : str
        Python code.

    Returns
    -------
    str
        The code without imports of ``myst_nb`` and without statements that are calls of ``glue``
        or ``glue_values``; empty if no statement is left. Code that Python cannot parse (magics)
        comes back as it is.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    dropped = list(_glue_statements(tree.body))
    if not dropped:
        return source
    lines = source.splitlines()
    gone = {n for node in dropped for n in range(node.lineno, (node.end_lineno or 0) + 1)}
    kept = "\n".join(line for n, line in enumerate(lines, 1) if n not in gone).strip("\n")
    return kept if ast.parse(kept).body else ""


def _glue_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        if _is_glue(node):
            yield node
        elif inner:
            below = list(_glue_statements(inner))
            yield from [node] if set(inner) <= set(below) else below


def _is_glue(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] == "myst_nb"
    if isinstance(node, ast.Import):
        return all(alias.name.partition(".")[0] == "myst_nb" for alias in node.names)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = node.value.func
        return getattr(called, "id", getattr(called, "attr", "")) in GLUE
    return False


def code_cell(cell: Notebook, *, folded: bool = False) -> Notebook | None:
    """Clean an executed cell; None if only glue was in it.

    Parameters
    ----------
    cell : dict
        A code cell of the executed notebook.
    folded : bool
        Whether the page shows the cell in a folded block.

    Returns
    -------
    dict or None
        The cell to publish, without an id.
    """
    source = without_glue("".join(cell["source"]))
    if not source.strip():
        return None
    tags = set(cell["metadata"].get("tags", []))
    hidden = {
        "source_hidden": folded or bool(tags & HIDDEN_SOURCE),
        "outputs_hidden": folded or bool(tags & HIDDEN_OUTPUT),
    }
    metadata: Notebook = {"jupyter": {key: True for key, value in hidden.items() if value}}
    metadata["tags"] = sorted(tags & KEPT_TAGS)
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {key: value for key, value in metadata.items() if value},
        "outputs": [] if tags & {"remove-output", "remove-cell"} else cell["outputs"],
        "source": source,
    }


def markdown_cells(texts: list[str]) -> Iterator[Notebook]:
    """Make one cell for each heading and what follows it."""
    gathered: list[str] = []
    for text in [*texts, "# "]:
        if text.startswith("#") and gathered:
            source = "\n\n".join(gathered)
            yield {"cell_type": "markdown", "metadata": {}, "source": source}
            gathered = []
        gathered.append(text)


def cells(pieces: Iterable[str | Cell], executed: list[Notebook]) -> list[Notebook]:
    """Put texts and executed cells in order.

    Parameters
    ----------
    pieces : iterable of str or Cell
        The page: texts, and places of the cells that it shows.
    executed : list of dict
        The executed notebook's cells.

    Returns
    -------
    list of dict
        Cells without ids. Those that the page does not show follow the one that they followed.
    """
    pieces = list(pieces)
    shown = {piece.index for piece in pieces if isinstance(piece, Cell)}
    waiting = [
        index
        for index, cell in enumerate(executed)
        if cell["cell_type"] == "code" and index not in shown
    ]
    made: list[Notebook] = []
    texts: list[str] = []

    def place(index: int, *, folded: bool = False) -> None:
        made.extend(markdown_cells(texts))
        texts.clear()
        if cell := code_cell(executed[index], folded=folded):
            made.append(cell)

    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        while waiting and waiting[0] < piece.index:
            place(waiting.pop(0))
        place(piece.index, folded=piece.folded)
        following = piece.index + 1
        while waiting and waiting[0] == following:
            place(waiting.pop(0))
            following += 1
    for index in waiting:
        place(index)
    return [*made, *markdown_cells(texts)]


# --- the notebook -------------------------------------------------------------------------------


def wanted(executed: list[Notebook]) -> tuple[list[str], bool]:
    """List the distributions that a notebook imports, and whether it draws.

    Parameters
    ----------
    executed : list of dict
        Cells.

    Returns
    -------
    tuple[list[str], bool]
        Distributions other than the package and Python's own, and whether ``slopes.plots`` is
        among the imports.
    """
    names: set[str] = set()
    for cell in executed:
        try:
            tree = ast.parse(cell["source"] if cell["cell_type"] == "code" else "")
        except SyntaxError:  # a cell with magics imports nothing that we know of
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    draws = any(name.startswith("slopes.plots") for name in names)
    tops = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
    others = sorted(DISTRIBUTIONS.get(name, name) for name in tops - {"slopes", "IPython"})
    return others, draws


def bootstrap(executed: list[Notebook], wheel: str, site: str) -> Notebook:
    """Make the cell that installs the package where it is missing."""
    others, draws = wanted(executed)
    parts = {"name": wheel, "address": f"{site}notebooks/{wheel}", "extra": "[plots]" * draws}
    find = (FROM_SITE if site else FROM_FILE).format(**parts)
    arguments = ", ".join(["wheel", *map(json.dumps, others)])
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"jupyter": {"source_hidden": True}},
        "outputs": [],
        "source": BOOTSTRAP.format(find=find, wanted=arguments).rstrip("\n"),
    }


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


def leftovers(notebook: Notebook) -> list[str]:
    """Find MyST syntax that plain Jupyter would show as it stands.

    Parameters
    ----------
    notebook : dict
        A notebook as parsed JSON.

    Returns
    -------
    list of str
        The offending pieces of its Markdown cells; code in them does not count.
    """
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = CODE_SPAN.sub("", FENCED.sub("", "".join(cell["source"])))
            found += [match[0].strip() for match in LEFTOVERS.finditer(text)]
    return found


# --- the build ----------------------------------------------------------------------------------


def is_notebook(app: Sphinx, page: str) -> bool:
    """Whether a page is published as a notebook: executed, neither a deck nor the front page."""
    data = getattr(app.env, "nb_metadata", {})
    if page.startswith(DECKS) or page == app.config.root_doc:
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
    notebook = assemble(page, [head, setup, *made])
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


def add_buttons(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Offer the notebook on its page; nowhere the theme's buttons, which lead to the source."""
    buttons = context.get("header_buttons")
    if buttons is None:
        return
    own = {"download-buttons", "launch-buttons"}
    buttons[:] = [button for button in buttons if button.get("label") not in own]
    if doctree is None or not has_notebook(app, page, doctree):
        return
    repository = app.config.slopes_repository
    if repository:
        colab = f"https://colab.research.google.com/github/{repository}/blob/gh-pages/notebooks"
        buttons.insert(
            0, _button("Colab", f"{colab}/{page}.ipynb", "Run this page on Google Colab")
        )
    address = context["pathto"](f"notebooks/{page}.ipynb", 1)
    buttons.insert(0, _button("Notebook", address, "Download this page as an executed notebook"))


def _button(text: str, url: str, tooltip: str) -> dict[str, str]:
    label = f"{text.lower()}-button"
    return {"type": "link", "url": url, "text": text, "tooltip": tooltip, "label": label}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", export, priority=900)
    app.connect("html-page-context", add_buttons, priority=950)
    app.connect("build-finished", add_wheel)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
