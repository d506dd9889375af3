"""Compare the site's notebooks with copies that were run elsewhere: they must say the same.

Run as ``python -m slopes_docs.commands.repeated NOTEBOOKS NOTEBOOKS``, the site's and the copies.
What is compared is what readers can compare: the printed and written results of all cells, but for
those with the tag ``timing`` and those whose output the page does not show.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

USAGE = "usage: python -m slopes_docs.commands.repeated NOTEBOOKS NOTEBOOKS, two folders"


def said(output: dict[str, Any]) -> str:
    """Give the text of an output; a picture says nothing."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return "" if "image/svg+xml" in output.get("data", {}) else "".join(text)


def differences(first: Path, second: Path) -> list[str]:
    """List the cells that say something else in the second folder.

    Parameters
    ----------
    first, second : Path
        Folders with notebooks of the same names; the second may hold more.

    Returns
    -------
    list[str]
        One line for each cell; empty if all say the same.
    """
    found = []
    for path in sorted(first.glob("*.ipynb")):
        cells, again = (
            json.loads((folder / path.name).read_text(encoding="utf-8"))["cells"]
            for folder in (first, second)
        )
        for number, (one, two) in enumerate(zip(cells, again, strict=True)):
            if "timing" in one["metadata"].get("tags", []) or not one.get("outputs"):
                continue
            was, now = ("".join(map(said, cell["outputs"])) for cell in (one, two))
            if was != now:
                found.append(f"{path.name}, cell {number}: {was!r} in the site, then {now!r}")
    return found


def main(arguments: list[str]) -> int:
    """Print the differences of two folders; 1 if there are some."""
    if len(arguments) != 2 or not all(any(Path(one).glob("*.ipynb")) for one in arguments):
        raise SystemExit(USAGE)
    found = differences(*(Path(folder) for folder in arguments))
    print(*(found or ["run elsewhere, the notebooks say the same"]), sep="\n")  # noqa: T201 - a command
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
