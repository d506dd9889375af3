"""Repairs of other people's classes: KaTeX's process, and the sources that are published."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book's tools are not installed")
from slopes_docs import repairs


def renderer(script: str) -> type:
    """Return a stand-in for sphinxcontrib-katex's server, which runs ``script``."""

    class Server:
        @staticmethod
        def build_command(socket):
            return [sys.executable, "-c", textwrap.dedent(script), socket]

        @staticmethod
        def timeout_error(timeout):
            return TimeoutError(f"timeout={timeout}")

    return Server


def test_a_socket_that_does_not_listen_yet_is_waited_for(tmp_path):
    late = """
        import socket, sys, time
        server = socket.socket(socket.AF_UNIX)
        server.bind(sys.argv[1])
        time.sleep(0.3)
        server.listen()
        server.accept()[0].recv(1)
    """
    process, connection = repairs.start_katex(renderer(late), tmp_path, 20.0)
    connection.close()
    assert process.wait(20) == 0
    process.stdin.close()
    process.stdout.close()


def test_a_renderer_that_dies_is_an_error_at_once(tmp_path):
    with pytest.raises(TimeoutError, match=r"timeout=20\.0"):
        repairs.start_katex(renderer("raise SystemExit(1)"), tmp_path, 20.0)


def test_a_forked_process_forgets_its_parents_renderer():
    server = type("Server", (), {"katex_server": object()})
    repairs.own_katex(server)
    assert server.katex_server is None


def test_a_second_end_of_a_renderer_is_no_error(tmp_path):
    server = SimpleNamespace(rundir=tmp_path / "socket")
    server.rundir.mkdir()
    end = repairs.end_once(lambda server: server.rundir.rmdir())
    for _ in range(2):
        end(server)
    assert not server.rundir.exists()


def test_a_second_end_of_a_build_is_no_error(tmp_path):
    app = SimpleNamespace(_katex_static_path=tmp_path / "styles")
    app._katex_static_path.mkdir()
    for exception in (None, ValueError("the one that matters")):
        repairs.forget_styles(app, exception)
    assert not app._katex_static_path.exists()


# --- the sources that are published ---


def test_the_source_of_a_named_tuple_s_field_is_not_python_s_own(monkeypatch):
    from sphinx.ext import viewcode

    class Pair:
        field = type("getter", (), {"__module__": "collections"})()  # as Python 3.13 has it

    module = SimpleNamespace(Pair=Pair, dumps=json.dumps)
    monkeypatch.setitem(sys.modules, "pairs", module)
    monkeypatch.setattr(viewcode, "_get_full_modname", viewcode._get_full_modname)
    assert viewcode._get_full_modname("pairs", "Pair.field") == "collections"
    repairs.publish_own_sources()
    assert viewcode._get_full_modname("pairs", "Pair.field") == "pairs"
    assert viewcode._get_full_modname("pairs", "Pair") == __name__  # a name from another module
    assert viewcode._get_full_modname("pairs", "other") is None


def test_a_module_s_file_is_found_without_its_import(monkeypatch, tmp_path):
    (tmp_path / "top" / "sub").mkdir(parents=True)
    for name in ("__init__.py", "part.py", "sub/__init__.py"):
        (tmp_path / "top" / name).write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    files = [repairs.module_file(None, name) for name in ("top", "top.part", "top.sub", "top.no")]
    top = tmp_path / "top"
    assert files == [top / "__init__.py", top / "part.py", top / "sub" / "__init__.py", None]
    assert repairs.module_file(None, "nowhere.part") is None


# --- the pages that are written side by side ---


def test_the_shortest_page_is_written_first_then_the_longest(monkeypatch, tmp_path):
    from sphinx.builders import Builder

    seen = []
    monkeypatch.setattr(Builder, "_write_parallel", lambda _, *given: seen.append(given))
    repairs.write_side_by_side()
    for name, size in zip("abcde", (3, 9, 1, 5, 7), strict=True):
        (tmp_path / name).write_text("x" * size)
    env = SimpleNamespace(doc2path=lambda name: tmp_path / name)
    Builder._write_parallel(SimpleNamespace(env=env), list("abcde"), 1)
    Builder._write_parallel(SimpleNamespace(env=env), list("abcde") * 4, 1)
    assert seen[0] == (list("cbeda"), 1)
    assert seen[1][1] == 20 // repairs.WRITTEN


# --- bibliography styles ---


def test_a_plugin_is_looked_up_once(monkeypatch):
    from pybtex import plugin

    lookups = []
    monkeypatch.setattr(
        plugin, "_load_entry_point", lambda *given, **_: lookups.append(given) or object
    )
    repairs.look_up_plugins_once()
    found = [plugin.find_plugin("pybtex.style.names", "last_first") for _ in range(3)]
    assert found == [object] * 3
    assert len(lookups) == 1


def test_an_entry_of_a_bibliography_is_an_item_of_its_list(monkeypatch):
    from docutils.core import publish_parts
    from docutils.writers._html_base import HTMLTranslator

    monkeypatch.setattr(HTMLTranslator, "visit_citation", HTMLTranslator.visit_citation)
    repairs.list_references()
    written = publish_parts("[A]_ [B]_\n\n.. [A] one\n.. [B] two\n", writer="html5")["body"]
    roles = re.findall(r'role="(list|listitem|doc-biblioentry)"', written)
    assert roles == ["list", "listitem", "listitem"]
