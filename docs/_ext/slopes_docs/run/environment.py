"""What a build ran on and how long each page took: the table on the environment page, and the log.

``{environment-table}`` becomes three tables: versions, machine, seconds for each page. Its rows are
filled in when the page is written, after every page has been read (by several processes, or taken
from the cache, which remembers how long the recorded run took).
"""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from slopes_docs.run.execution import installed
from slopes_docs.run.measured import measured

log = logging.getLogger(__name__)

# What the cells import, and what makes pages of them; a test compares it with the cells.
DISTRIBUTIONS = (
    "iminuit", "ipython", "jax", "jaxlib", "matplotlib", "ml-dtypes", "mpmath", "myst-nb", "numpy",
    "scikit-learn", "scipy", "slopes", "sphinx", "sympy", "uncertainties",
)  # fmt: skip


class environment_table(nodes.General, nodes.Element):  # noqa: N801
    """Where the tables go."""


class EnvironmentTable(SphinxDirective):
    """The directive ``environment-table``."""

    def run(self) -> list[nodes.Node]:
        """Leave a mark: not every page is known yet."""
        tables = self.env.metadata.setdefault(self.env.docname, {})
        tables["environment_table"] = True
        return [environment_table()]


# --- what there is to tell --------------------------------------------------------------------


def versions() -> list[tuple[str, str]]:
    """List the programs that the outputs come from."""
    rows = [("python", platform.python_version())]
    return rows + [(name, found) for name in DISTRIBUTIONS if (found := installed(name))]


def machine() -> list[tuple[str, str]]:
    """Describe the machine without naming it."""
    return [
        ("processor", _processor()),
        ("cores", str(_cores())),
        ("memory", _memory()),
        ("system", f"{platform.system()} {platform.machine()}"),
    ]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or "unknown"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> str:
    names = getattr(os, "sysconf_names", {})
    if not {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= set(names):
        return "unknown"
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def runtimes(env: BuildEnvironment) -> dict[str, float]:
    """Give the seconds that the cells of each executed page took."""
    data = getattr(env, "nb_metadata", {})
    runs = {name: data[name].get("exec_data") for name in sorted(data)}
    return {name: run["runtime"] for name, run in runs.items() if run and run["runtime"]}


# --- the tables -------------------------------------------------------------------------------


def fill_in(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the tables where the directive stood."""
    for node in list(doctree.findall(environment_table)):
        node.replace_self(tables(app, docname))


def tables(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Make the three tables."""
    seconds = runtimes(app.env)
    pages = [
        (link(app, docname, name), measured(nodes.Text(f"{seconds[name]:.1f}")))
        for name in sorted(seconds, key=lambda name: place(app.env, name))
    ]
    total = measured(nodes.Text(f"{sum(seconds.values()):.1f}"))
    return [
        table("Versions", ("program", "version"), versions()),
        table("Machine", ("part", "here"), machine()),
        table("Run time of the cells", ("page", "seconds"), [*pages, ("all", total)]),
    ]


def place(env: BuildEnvironment, name: str) -> tuple[bool, tuple[int, ...], str]:
    """Order pages as a reader looks for them: chapters by number, then all others by name."""
    number = env.toc_secnumbers.get(name, {}).get("", ())
    return not number, number, name


def link(app: Sphinx, docname: str, target: str) -> nodes.reference:
    """Refer to a page by its title."""
    uri = app.builder.get_relative_uri(docname, target)
    deck = "deck: " if target.startswith("slides/") else ""
    title = deck + app.env.titles[target].astext()
    return nodes.reference("", title, internal=True, refuri=uri)


def table(
    title: str, head: tuple[str, ...], rows: list[tuple[str | nodes.Node, ...]]
) -> nodes.table:
    """Make a table from strings and inline nodes."""
    group = nodes.tgroup("", *[nodes.colspec(colwidth=1) for _ in head], cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *[_row(row) for row in rows])
    # with an id that numfig has not met, the caption gets no number and no complaint
    ids = [nodes.make_id(f"environment {title}")]
    return nodes.table("", nodes.title("", title), group, classes=["environment"], ids=ids)


def _row(cells: tuple[str | nodes.Node, ...]) -> nodes.row:
    made = [cell if isinstance(cell, nodes.Node) else nodes.Text(cell) for cell in cells]
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", "", cell)) for cell in made])


def pages_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the environment page anew whenever a page has run."""
    if not getattr(env, "nb_new_exec_data", False):
        return []
    return [name for name, data in env.metadata.items() if data.get("environment_table")]


def report(app: Sphinx, exception: Exception | None) -> None:
    """Print how long each page took, the slowest first."""
    if exception is not None or app.env is None or not (seconds := runtimes(app.env)):
        return
    log.info("\nseconds  page (cells only; a cached page shows the run that was recorded)")
    for name, value in sorted(seconds.items(), key=lambda item: -item[1]):
        log.info("%7.1f  %s", value, name)
    log.info("%7.1f  all", sum(seconds.values()))


def register(app: Sphinx) -> None:
    """Register the directive and its mark."""
    app.add_node(environment_table)
    app.add_directive("environment-table", EnvironmentTable)
