"""Where the course is published: one place to ask, and no address where there is none."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from sphinx.application import Sphinx

NAME = r"(?P<owner>[A-Za-z0-9-]+)/(?P<name>[A-Za-z0-9._-]+?)"
REMOTE = re.compile(rf"(?:https?://|ssh://|git://)?(?:[^@/\s]+@)?github\.com[:/]{NAME}(?:\.git)?/?")
VARIABLE = re.compile(NAME)


def repository(root: Path) -> str:
    """Find the GitHub repository that a working copy belongs to.

    Parameters
    ----------
    root : Path
        A folder of the working copy.

    Returns
    -------
    str
        ``owner/name`` from ``GITHUB_REPOSITORY``, else from the remote ``origin``; empty where
        neither names a repository on GitHub.
    """
    if VARIABLE.fullmatch(given := os.environ.get("GITHUB_REPOSITORY", "")):
        return given
    found = REMOTE.fullmatch(_origin(root))
    return f"{found['owner']}/{found['name']}" if found else ""


def _origin(root: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "config", "--get", "remote.origin.url"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:  # no git on this machine
        return ""
    return done.stdout.strip()


def site(repository: str) -> str:
    """Give the address of the published site, with a trailing slash.

    Parameters
    ----------
    repository : str
        ``owner/name``, or empty.

    Returns
    -------
    str
        ``SLOPES_SITE`` if it is set, else the repository's address on GitHub Pages, else empty.
    """
    if given := os.environ.get("SLOPES_SITE", ""):
        return given.rstrip("/") + "/"
    if not repository:
        return ""
    owner, name = repository.split("/")
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def register(app: Sphinx) -> None:
    """Register the settings that hold the addresses, empty where nothing is published."""
    app.add_config_value("slopes_repository", "", "html", str)
    app.add_config_value("slopes_site", "", "env", str)
