"""Lay out what is published: this version at the top, earlier ones in folders of their own.

Run as ``python -m slopes_docs.commands.versions SITE PUBLISHED OUT VERSION ADDRESS``: SITE is the
site as built, PUBLISHED what stands on the web (an empty folder at first), OUT becomes what is
pushed. What stood at the top moves to ``v0.1/`` once the second number of the version changes;
folders of earlier versions stay. ``switcher.json`` tells the theme's switcher all of them, newest
first; ADDRESS, empty or with a slash at its end, comes before their names.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

USAGE = "usage: python -m slopes_docs.commands.versions SITE PUBLISHED OUT VERSION ADDRESS"
LIST = "switcher.json"
FOLDER = re.compile(r"v\d+\.\d+")


def folder_of(version: str) -> str:
    """Name the folder of a version.

    Raises
    ------
    ValueError
        If the version does not begin with two numbers.
    """
    found = re.match(r"(\d+)\.(\d+)", version)
    if not found:
        raise ValueError(f"version must begin with two numbers, got version={version!r}")
    return f"v{found[1]}.{found[2]}"


def standing(published: Path) -> str:
    """Tell which version stands at the top of what is published, empty if none does."""
    known = published / LIST
    return json.loads(known.read_text(encoding="utf-8"))[0]["version"] if known.is_file() else ""


def kept(published: Path, version: str) -> list[str]:
    """List the folders of earlier versions, newest first, that stand beside a version."""
    names = {path.name for path in published.glob("v*") if FOLDER.fullmatch(path.name)}
    if before := standing(published):
        names.add(folder_of(before))
    numbers = {name: tuple(map(int, name[1:].split("."))) for name in names - {folder_of(version)}}
    return sorted(numbers, key=numbers.__getitem__, reverse=True)


def lay_out(site: Path, published: Path, out: Path, version: str, address: str) -> None:
    """Write what is pushed.

    Parameters
    ----------
    site, published, out : Path
        The site as built, what stands on the web, and the folder to make.
    version, address : str
        The version of the site, and where it is published.
    """
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(site, out)
    before = standing(published)
    for name in kept(published, version):
        if before and name == folder_of(before):
            shutil.copytree(published, out / name, ignore=_others(published))
        else:
            shutil.copytree(published / name, out / name)
    entries = [{"name": f"{version} (newest)", "version": version, "url": address or "./"}]
    for name in kept(published, version):
        entries.append({"name": name[1:], "version": name[1:], "url": f"{address}{name}/"})
    (out / LIST).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    (out / ".nojekyll").touch()


def _others(top: Path) -> Callable[[str, list[str]], set[str]]:
    """Leave out, at the top alone, what belongs to the whole and not to the version there."""

    def skip(folder: str, names: list[str]) -> set[str]:
        own = {".git", ".nojekyll", LIST}
        return (
            {n for n in names if n in own or FOLDER.fullmatch(n)} if Path(folder) == top else set()
        )

    return skip


def main(argv: Sequence[str]) -> int:
    """Run from the command line.

    Parameters
    ----------
    argv : Sequence[str]
        The five arguments.

    Returns
    -------
    int
        0, or 2 if the arguments are others.
    """
    if len(argv) != 5:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    site, published, out, version, address = argv
    lay_out(Path(site), Path(published), Path(out), version, address)
    sys.stdout.write((Path(out) / LIST).read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
