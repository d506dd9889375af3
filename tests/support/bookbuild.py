"""Builds the small book, or any pages, in a project of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONF = "from siteconf import *\nbibtex_bibfiles = []\n"
ROOT = Path(__file__).parents[2]
BOOK = ROOT / "tests" / "docs" / "fixtures" / "book"


def project(root, *, book=BOOK, pages=None):
    """Lay out a project: the package's files, the kernels' profile, and a book."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "constraints.txt"):
        shutil.copy(ROOT / name, root)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", root / "src", ignore=ignored)
    docs = root / "docs"
    if pages is None:
        shutil.copytree(book, docs, ignore=ignored)
    for name, text in (pages or {}).items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("_ipython", "_static", "_templates"):
        unneeded = shutil.ignore_patterns("vendor")
        shutil.copytree(ROOT / "docs" / name, docs / name, ignore=unneeded)
    sheet = docs / "_static" / "vendor" / "katex" / "katex.min.css"
    sheet.parent.mkdir(parents=True)
    sheet.touch()  # stands for the one that npm would install
    return root


def sphinx(root, *options, out="site", doctrees="doctrees", **variables):
    """Build a project's book as the gates do."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("SLOPES_") and key not in {"GITHUB_REPOSITORY", "PYTHONPATH"}
    }
    environment |= {"PYTHONHASHSEED": "0", "GIT_DIR": os.devnull}
    paths = [str(Path(__file__).parent), str(root / "src")]
    environment |= {"PYTHONPATH": os.pathsep.join(paths), **variables}
    command = [
        sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-j", "2", "--no-color",
        "-d", str(root / "build" / doctrees), *options,
        str(root / "docs"), str(root / "dist" / out),
    ]  # fmt: skip
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=root
    )
