"""Repairs of other people's classes: KaTeX's process."""

from __future__ import annotations

import sys
import textwrap

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
