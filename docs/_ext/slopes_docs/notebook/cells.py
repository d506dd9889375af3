"""The cells of an exported notebook: what is kept, what is hidden, what must not be left.

See `export` for the whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

from slopes_docs.notebook.markdown import Cell

Notebook = dict[str, Any]

GLUE = {"glue", "glue_values"}
HIDDEN_SOURCE = {"hide-input", "remove-input", "hide-cell", "remove-cell"}
HIDDEN_OUTPUT = {"hide-output", "remove-output", "hide-cell", "remove-cell"}
KEPT_TAGS = {"raises-exception", "timing"}
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
