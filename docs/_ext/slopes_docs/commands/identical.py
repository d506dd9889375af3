"""Compare two built sites byte for byte, measured values aside.

Run as ``python -m slopes_docs.commands.identical SITE SITE``.
What is set aside is marked (see `measured`): marked elements of pages, the outputs of cells with
the tag ``timing`` in notebooks, and the pictures that only such elements show.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from urllib.parse import unquote

from slopes_docs.run.measured import mask, measured_spans

USAGE = (
    "usage: python -m slopes_docs.commands.identical SITE SITE, two folders with an index.html each"
)
SOURCE = re.compile(r'\s(?:src|href|srcset|data)="([^"#?]+)')


def masked_notebook(text: str) -> str:
    """Blank the outputs of a notebook's measuring cells, and what it says in a measured span."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if "timing" in cell["metadata"].get("tags", []):
            cell["outputs"] = []
        if cell["cell_type"] == "markdown":
            cell["source"] = mask("".join(cell["source"]))
        cell["id"] = None  # derived from the content
    return json.dumps(notebook, sort_keys=True)


def content(path: Path) -> bytes:
    """Read a file as it counts for the comparison."""
    if path.suffix == ".html":
        return mask(path.read_text(encoding="utf-8")).encode()
    if path.suffix == ".ipynb":
        return masked_notebook(path.read_text(encoding="utf-8")).encode()
    return path.read_bytes()


def measured_files(root: Path) -> set[Path]:
    """List the pictures that appear in measured elements and nowhere else."""
    inside: set[Path] = set()
    outside: set[Path] = set()
    for page in root.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for start, end in measured_spans(text):
            inside |= _sources(text[start:end], page)
        outside |= _sources(mask(text), page)
    return {path.relative_to(root) for path in inside - outside if path.is_relative_to(root)}


def _sources(text: str, page: Path) -> set[Path]:
    links = (unquote(link) for link in SOURCE.findall(text) if ":" not in link)
    return {path for link in links if (path := (page.parent / link).resolve()).is_file()}


def differences(first: Path, second: Path) -> list[str]:
    """List what differs between two built sites.

    Parameters
    ----------
    first, second : Path
        Output folders of two builds.

    Returns
    -------
    list[str]
        One line for each file that only one has or that differs; empty if none does.
    """
    roots = first.resolve(), second.resolve()
    trees = [
        {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
        - measured_files(root)
        for root in roots
    ]
    found = [f"only in the first: {name}" for name in sorted(trees[0] - trees[1])]
    found += [f"only in the second: {name}" for name in sorted(trees[1] - trees[0])]
    for name in sorted(trees[0] & trees[1]):
        one, two = (content(root / name) for root in roots)
        if one != two:
            found.append(f"differs: {name} {_where(one, two)}")
    return found


def _where(one: bytes, two: bytes) -> str:
    pairs = zip(one, two, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(two)))
    near = slice(max(0, at - 30), at + 50)
    return f"at byte {at}: {one[near]!r} against {two[near]!r}"


def main(arguments: list[str]) -> int:
    """Print the differences of two folders; 1 if there are some."""
    if len(arguments) != 2 or not all(Path(folder, "index.html").exists() for folder in arguments):
        raise SystemExit(USAGE)
    found = differences(*(Path(folder) for folder in arguments))
    print(*(found or ["identical, measured values aside"]), sep="\n")  # noqa: T201 - a command
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
