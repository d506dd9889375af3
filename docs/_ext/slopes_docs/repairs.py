"""Repairs of the tools that the build stands on, each with the version that needs it."""

from __future__ import annotations

import functools
import importlib.util
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.util import Finalize, register_after_fork
from pathlib import Path
from typing import Any

from docutils import nodes

WRITTEN = 4  # pages that a process writes


def merge_streams(cells: list[dict]) -> None:
    """Join what a cell printed into one output.

    A kernel sends what is printed in pieces, cut by a clock, even within a line; MyST-NB would
    show each piece on lines of its own (1.4.0), so that a page would depend on the machine's load.
    MyST-NB's option ``nb_merge_streams`` will not do: it moves what is printed after a figure
    before it, and leaves the written notebook, which is exported, in pieces.
    """
    for cell in cells:
        merged: list[dict] = []
        for output in cell.get("outputs", []):
            last = merged[-1] if merged else {}
            stream = output["output_type"] == "stream" == last.get("output_type")
            if stream and output["name"] == last["name"]:
                last["text"] += output["text"]
            else:
                merged.append(output)
        if "outputs" in cell:
            cell["outputs"] = merged


def repair_outputs() -> None:
    """Let MyST-NB show and write the outputs that there are.

    From the cache it takes a copy and then writes the notebook as it was before, without outputs
    (1.4.0), so that an exported notebook would be empty in every build but the first.
    """
    from myst_nb.core.execute.cache import NotebookClientCache
    from myst_nb.core.execute.direct import NotebookClientDirect

    def repaired(start: Callable[[Any], None]) -> Callable[[Any], None]:
        def start_client(self: Any) -> None:
            given = self._notebook
            start(self)
            merge_streams(self._notebook.cells)
            given.cells, given.metadata = self._notebook.cells, self._notebook.metadata
            self._notebook = given

        return start_client

    for client in (NotebookClientCache, NotebookClientDirect):
        client.start_client = repaired(client.start_client)


def number_equations() -> None:
    """Count the numbered equations of ``amsmath``, whose ids MyST draws at random (5.2.0)."""
    from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer

    def label(self: SphinxRenderer) -> str:
        env = self.sphinx_env
        return f"{nodes.make_id(env.docname)}-{env.new_serialno('amsmath')}"

    SphinxRenderer._random_label = label


def read_proofs_in_parallel() -> None:
    """Let several processes read pages: sphinx-proof lacks a merge, of nothing (0.4.0)."""
    try:
        from sphinx_proof.domain import ProofDomain
    except ImportError:  # a project without theorems
        return
    ProofDomain.merge_domaindata = lambda *_: None


def start_katex(
    cls: Any, rundir: Path, timeout: float
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start KaTeX's process and connect as soon as it listens.

    sphinxcontrib-katex connects once, when the socket's file appears; the file is there a moment
    before anyone listens, and on a busy machine the build dies of a refused connection (0.9.11).
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


def own_katex(cls: type) -> None:
    """Forget the parent's KaTeX process after a fork, and end the child's own with the child.

    sphinxcontrib-katex keeps one connection in a class attribute: two processes that share it
    would read each other's formulas, and one started in a child would outlive the build (0.9.11).
    """
    cls.katex_server = None
    Finalize(None, lambda: cls.katex_server and cls.katex_server.terminate(), exitpriority=1)


def end_once(terminate: Callable[[Any], None]) -> Callable[[Any], None]:
    """Let a KaTeX server be ended twice.

    From Python 3.13 on, a forked process runs what was registered to run at its exit, and
    sphinxcontrib-katex registers its end there: what `own_katex` ends has then ended (0.9.11).
    """

    def ended(server: Any) -> None:
        if server.rundir.exists():
            terminate(server)

    return ended


def forget_styles(app: Any, _exception: Exception | None) -> None:
    """Remove sphinxcontrib-katex's folder, if it is still there.

    Sphinx tells twice that a build has finished if a listener fails: the second time the folder is
    gone, and an error about that would hide the one that matters (0.9.11).
    """
    shutil.rmtree(app._katex_static_path, ignore_errors=True)


def wait_for_katex() -> None:
    """Make sphinxcontrib-katex safe on a busy machine and in parallel (0.9.11)."""
    from sphinxcontrib import katex

    katex.KaTeXServer.start_server_process = classmethod(start_katex)
    katex.KaTeXServer.terminate = end_once(katex.KaTeXServer.terminate)
    register_after_fork(katex.KaTeXServer, own_katex)
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0  # seconds: a busy machine is no error
    katex.builder_finished = forget_styles


def publish_own_sources() -> None:
    """Keep Python's own source out of the book.

    From Python 3.13 on, what reads a field of a named tuple says that it is from ``collections``,
    whose source ``sphinx.ext.viewcode`` would publish (9.0.4).
    """
    from sphinx.ext import viewcode

    find = viewcode._get_full_modname

    def found(module: str, name: str) -> str | None:
        origin = find(module, name)
        return module if origin in sys.stdlib_module_names else origin

    viewcode._get_full_modname = found


def module_file(app: Any, module: str) -> Path | None:
    """Find the file of a module of a package, of which only the first part is looked up."""
    top, *parts = module.split(".")
    spec = importlib.util.find_spec(top)
    folders = spec.submodule_search_locations if spec else None
    base = Path(*(folders or [])[:1], *parts)
    return next(filter(Path.is_file, (base.with_suffix(".py"), base / "__init__.py")), None)


def find_sources_without_imports() -> None:
    """Let viewcode look for a module's file; it imports the module, and Matplotlib too (9.0.4)."""
    from sphinx.ext import viewcode

    viewcode.get_module_filename = module_file


def look_up_plugins_once() -> None:
    """Let pybtex remember its plugins: it searches all installed packages each time (0.26.1)."""
    from pybtex import plugin

    plugin._load_entry_point = functools.cache(plugin._load_entry_point)


def list_references() -> None:
    """Make the entries of a bibliography items of their list.

    docutils gives them a role that ARIA's module for publishing has withdrawn, so the list has none
    (0.22.4).
    """
    from docutils.writers._html_base import HTMLTranslator

    visit = HTMLTranslator.visit_citation

    def visit_citation(self: HTMLTranslator, node: nodes.citation) -> None:
        visit(self, node)
        self.body[-1] = self.body[-1].replace("doc-biblioentry", "listitem")

    HTMLTranslator.visit_citation = visit_citation


def write_side_by_side() -> None:
    """Let Sphinx write a few pages while it resolves the next ones.

    It writes the first page, whichever it is, before it starts a second process, and hands that one
    twenty pages at a time, so that one of the two always waits for the other (9.0.4).
    """
    from sphinx.builders import Builder

    write = Builder._write_parallel

    def shortest_first(self: Builder, docnames: Sequence[str], nproc: int) -> None:
        ordered = sorted(docnames, key=lambda name: self.env.doc2path(name).stat().st_size)
        write(self, [*ordered[:1], *reversed(ordered[1:])], max(nproc, len(ordered) // WRITTEN))

    Builder._write_parallel = shortest_first


def apply() -> None:
    """Make all repairs."""
    repair_outputs()
    number_equations()
    read_proofs_in_parallel()
    wait_for_katex()
    publish_own_sources()
    find_sources_without_imports()
    look_up_plugins_once()
    list_references()
    write_side_by_side()
