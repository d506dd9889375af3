"""The course's TeX macros: one table on the notation page, read for every formula."""

from __future__ import annotations

import re
from pathlib import Path

ROW = re.compile(r"^\| `(\\[A-Za-z]+)` \| `([^`]+)` \|", re.MULTILINE)


def katex_macros(page: Path) -> dict[str, str]:
    r"""Read the macros from the notation page.

    Parameters
    ----------
    page : Path
        A Markdown file with table rows that begin with ``| `\name` | `meaning` |``.

    Returns
    -------
    dict[str, str]
        Macro names with their expansions, as KaTeX takes them.

    Raises
    ------
    ValueError
        If the page defines no macro, or one twice.
    """
    rows = ROW.findall(page.read_text(encoding="utf-8"))
    names = [name for name, _ in rows]
    if not rows or len(set(names)) != len(names):
        raise ValueError(f"page must define each macro once, got page={page.name!r}: {names}")
    return dict(rows)
