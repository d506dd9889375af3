"""Time of a site that is built from nothing: an old commit's tools against newer ones.

``python tests/benchmarks/site.py`` prints the table; ``--json PATH`` also writes every build with
machine and versions; ``--commit`` names the old commit, ``--tools`` the newer one, ``--rounds`` the
builds of each. Both build the pages and the package of the old commit, in clones of this
repository: one with its own extensions and settings, one with the newer ones. These make more of
the same pages (notebooks, a search index, smaller style sheets), and warn of what a page must have
since then: a step for each part of dense code, a question as a directive. No cell may fail, and the
old tools must say nothing. Before every build its outputs, doctrees and cached cells are removed.
Each is built once beforehand, so that front-end files, bytecode and JAX's compilations are there,
as they are in a reader's second build; then in turns, the best of each counting: a busy machine
only adds to a time. Seconds of the processors include the kernels.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from _recording import environment, write

ROOT = Path(__file__).parents[2]
COMMIT, NEWER = "7d3fc22", "HEAD"
TOOLS = (
    "docs/_ext", "docs/_ipython", "docs/_static", "docs/_templates", "docs/conf.py",
    "docs/package.json", "docs/package-lock.json",
)  # fmt: skip
FAILED = "[mystnb.exec]"  # the warning of a cell that fails
OUTPUTS = ("dist", "build/doctrees", "build/jupyter-cache")
SPHINX = [
    "-m", "sphinx", "--builder", "html", "--doctree-dir", "build/doctrees", "--nitpicky", "--quiet",
    "--jobs", "2", "docs", "dist/site",
]  # fmt: skip
STRICT = ("--fail-on-warning", "--keep-going")


class Build(NamedTuple):
    """One build: whose tools, seconds on the clock, and seconds of all processors."""

    tools: str
    wall: float
    cpu: float


def clone(commit: str, folder: Path) -> Path:
    """Put a commit into a folder, with the front-end files that are installed here."""
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", ROOT, folder], check=True)
    subprocess.run(["git", "-C", folder, "checkout", "--quiet", commit], check=True)
    if (ROOT / "docs" / "node_modules").is_dir():
        shutil.copytree(ROOT / "docs/node_modules", folder / "docs/node_modules", symlinks=True)
    return folder


def name_of(commit: str) -> str:
    """Give the short name of a commit, which a record can hold."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "--short", commit]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def modernize(folder: Path, newer: Path) -> None:
    """Give a clone the extensions and settings of a newer one."""
    for name in TOOLS:
        old, new = folder / name, newer / name
        if new.is_dir():
            shutil.rmtree(old)
            shutil.copytree(new, old, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(new, old)


def build(tools: str, folder: Path) -> Build:
    """Build a clone's site from nothing."""
    for name in OUTPUTS:
        shutil.rmtree(folder / name, ignore_errors=True)
    settings = {"PYTHONPATH": str(folder / "src"), "PYTHONHASHSEED": "0", "SLOPES_EXECUTE": "force"}
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | settings
    before, start = used(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *SPHINX, *(STRICT if tools == "then" else ())],
        cwd=folder,
        env=env,
        check=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    took = Build(tools, time.perf_counter() - start, used() - before)
    if FAILED in done.stderr:
        sys.exit(done.stderr)
    return took


def used() -> float:
    """Give the processor seconds of all that this process has started and that has ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(commit: str, newer: str, rounds: int) -> list[Build]:
    """Build both in turns."""
    with tempfile.TemporaryDirectory() as temporary:
        folders = {tools: clone(commit, Path(temporary, tools)) for tools in ("then", "now")}
        modernize(folders["now"], clone(newer, Path(temporary, "newer")))
        for tools, folder in folders.items():
            build(tools, folder)
        return [build(*pair) for _ in range(rounds) for pair in folders.items()]


def best(builds: list[Build], tools: str) -> Build:
    """Give the least seconds that some tools took."""
    mine = [build for build in builds if build.tools == tools]
    return Build(tools, min(b.wall for b in mine), min(b.cpu for b in mine))


def main() -> None:
    """Print the table and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--commit", default=COMMIT)
    parser.add_argument("--tools", default=NEWER)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    arguments.tools = name_of(arguments.tools)
    builds = measure(arguments.commit, arguments.tools, arguments.rounds)
    then, now = best(builds, "then"), best(builds, "now")
    print("tools   wall (s)   processors (s)")
    for tools, wall, cpu in [*builds, then._replace(tools="best"), now._replace(tools="best")]:
        print(f"{tools:6s}{wall:10.1f}{cpu:17.1f}")
    print(f"{now.wall / then.wall:.2f} x the wall time of commit {arguments.commit}, ", end="")
    print(f"{now.cpu / then.cpu:.2f} x its processor time")
    if arguments.json:
        record = environment("sphinx", "myst-nb", "jax")
        rows = [row._asdict() for row in builds]
        write(
            arguments.json,
            {
                "environment": record,
                "commit": arguments.commit,
                "tools": arguments.tools,
                "builds": rows,
            },
        )


if __name__ == "__main__":
    main()
