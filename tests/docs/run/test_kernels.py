"""Forked kernels: no page can tell them from others, and none is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import pytest

pytest.importorskip("myst_nb", reason="the book's tools are not installed")
from nbclient import NotebookClient
from nbformat import v4

from slopes_docs.run import execution, kernels
from slopes_docs.run.server import Kernel, bury

if not hasattr(os, "pidfd_open"):
    pytest.skip("kernels are forked on Linux alone", allow_module_level=True)

ROOT = Path(__file__).parents[3]
STATE = """\
import json, os, pathlib, random, resource, select, signal, sys, threading
import matplotlib
links = [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
         if os.path.lexists(f"/proc/self/fd/{n}")]
# Jupyter's connections may be there a moment later: this table tells them from other sockets
table = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
connections = {line.split()[9] for line in table}
variables = {k: v for k, v in os.environ.items() if k not in {"JPY_PARENT_PID", "JPY_SESSION_NAME"}}
print(json.dumps({
    "variables": variables, "folder": os.getcwd(), "path": sys.path, "flags": str(sys.flags),
    "program": sys.argv[0], "arguments": [a for a in sys.argv[1:] if not a.endswith(".json")],
    "input": [select.select([0], [], [], 5)[0], os.read(0, 1).decode()],
    "leader": os.getpid() == os.getpgid(0) == os.getsid(0),
    "signals": [str(signal.getsignal(n)) for n in sorted(signal.valid_signals())
                if "<" not in str(signal.getsignal(n))],
    "threads": sorted(type(t).__name__ for t in threading.enumerate()),
    "files": sum(link.partition("[")[2][:-1] not in connections for link in links),
    "hash": hash("a"), "main": __name__,
    "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
    "backend": matplotlib.rcParams._get("backend"), "names": sorted(globals()),
    "parent": os.environ["JPY_PARENT_PID"] == str(os.getppid()),
}))"""  # fmt: skip
# Libraries add filters when they are imported: in a fork below the strict one, which goes first.
FILTERS = """\
import itertools, warnings
print(*itertools.takewhile(lambda f: f[0] != "error", warnings.filters), sep="\\n")"""
IMPORTED = "import sys\nprint('jax' in sys.modules)"
DRAWN = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
NUMBERS = "import random, numpy as np\nprint(random.random(), np.random.rand(), np.random.rand())"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with the settings of a build, and nothing of it left in this process."""
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in execution.kernel_environment(ROOT).items():
            patch.setenv(name, value)
        patch.setenv("IPYTHONDIR", str(root))
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(root / "jax"))
        execution.install_profile(ROOT / "docs" / "_ipython", root)
        app = SimpleNamespace(config=SimpleNamespace(nb_execution_mode="force"))
        factory = kernels.KernelProvisionerFactory.instance()
        ordinary = factory.default_provisioner_name
        kernels.start(app, None, ["page"])
        yield kernels.ForkingProvisioner.server
        kernels.stop(app, None)
        factory.default_provisioner_name = ordinary


def outputs(*cells, cwd):
    """Run some cells and give the outputs of each."""
    book = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        book, kernel_name="python3", timeout=120, resources={"metadata": {"path": str(cwd)}}
    )
    client.execute()
    return [cell.outputs for cell in book.cells]


def gone(pid):
    """Whether a process ends within ten seconds."""
    for _ in range(200):
        with contextlib.suppress(FileNotFoundError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.05)
                continue
        return True
    return False


def test_a_page_cannot_tell_a_fork(server, tmp_path, monkeypatch):
    assert server.process.poll() is None
    forked = outputs(FILTERS, IMPORTED, STATE, DRAWN, cwd=tmp_path)
    monkeypatch.setattr(kernels.ForkingProvisioner, "server", None)
    ordinary = outputs(FILTERS, IMPORTED, STATE, DRAWN, cwd=tmp_path)
    first, second = (json.loads(found[2][0]["text"]) for found in (forked, ordinary))
    assert first == second
    assert forked[0] == ordinary[0]
    assert [sorted(out.data) for out in forked[3]] == [sorted(out.data) for out in ordinary[3]]
    assert "image/png" in forked[3][0].data
    assert (forked[1][0]["text"], ordinary[1][0]["text"]) == ("True\n", "False\n")  # it was one


@pytest.mark.usefixtures("server")
def test_two_forks_draw_different_numbers(tmp_path):
    first, second = (outputs(NUMBERS, cwd=tmp_path)[0][0]["text"].split() for _ in range(2))
    assert not set(first) & set(second)


def asked(server, folder):
    """A bare kernel of the server."""
    connection = folder / "connection.json"
    command = [sys.executable, *kernels.LAUNCH, "-f", str(connection)]
    return server.fork(command, dict(os.environ), str(folder))


def test_the_end_of_a_kernel_is_told(server, tmp_path):
    kernel = asked(server, tmp_path)
    assert kernel.poll() is None
    kernel.terminate()
    assert kernel.wait(20) in {0, -signal.SIGTERM}
    kernel = asked(server, tmp_path)
    kernel.kill()
    assert kernel.wait(20) == -signal.SIGKILL
    assert gone(kernel.pid)


def test_a_kernel_ends_with_its_asker(server, tmp_path):
    kernel = asked(server, tmp_path)
    kernel.link.close()
    assert gone(kernel.pid)
    assert server.process.poll() is None


# --- no page is kept waiting ----------------------------------------------------------------------

TELL_PID = "import os\nprint(os.getpid())"
AT_THE_END = """\
import atexit, pathlib, time
def end():
    while not pathlib.Path("go").exists():
        time.sleep(0.01)
    pathlib.Path("ended").touch()
atexit.register(end);"""
NEVER_ENDS = """\
import threading, time
threading.Thread(target=time.sleep, args=(60,)).start()"""


@pytest.mark.usefixtures("server")
def test_a_kernel_does_at_its_end_what_it_should_though_nobody_waits(tmp_path):
    pid = int(outputs(TELL_PID, AT_THE_END, cwd=tmp_path)[0][0]["text"])
    assert Path(f"/proc/{pid}").exists()
    (tmp_path / "go").touch()
    assert gone(pid)
    assert (tmp_path / "ended").exists()


@pytest.mark.usefixtures("server")
def test_a_kernel_that_does_not_end_is_killed(tmp_path):
    pid = int(outputs(TELL_PID, NEVER_ENDS, cwd=tmp_path)[0][0]["text"])
    assert Path(f"/proc/{pid}").exists()
    assert gone(pid)


def test_a_kernel_that_has_ended_cannot_be_left(server, tmp_path):
    kernel = asked(server, tmp_path)
    kernel.kill()
    kernel.wait(20)
    kernel.leave()
    assert kernel.returncode == -signal.SIGKILL


class Channels:
    """What a kernel says on two channels; the first questions may be lost on that of outputs."""

    def __init__(self, lost=0, *, alive=True):
        self.lost, self.alive, self.asked, self.handled = lost, alive, [], None
        self.replies, self.states = asyncio.Queue(), asyncio.Queue()

    def kernel_info(self):
        question = f"question {len(self.asked)}"
        self.asked.append(question)
        if self.alive:
            self.replies.put_nowait({"parent_header": {"msg_id": question}, "content": {}})
        if self.alive and len(self.asked) > self.lost:
            for state in ("busy", "idle"):
                content = {"execution_state": state}
                message = {"parent_header": {"msg_id": question}, "content": content}
                self.states.put_nowait(message)
        return question

    async def read(self, queue, timeout):
        try:
            return await asyncio.wait_for(queue.get(), timeout / 5)
        except TimeoutError:
            raise Empty from None

    async def get_shell_msg(self, timeout):
        return await self.read(self.replies, timeout)

    async def get_iopub_msg(self, timeout):
        return await self.read(self.states, timeout)

    async def is_alive(self):
        return self.alive

    def _handle_kernel_info_reply(self, reply):
        self.handled = reply["parent_header"]["msg_id"]


def wait(channels, timeout=None):
    asyncio.run(kernels.PromptClient.wait_for_ready(channels, timeout))


@pytest.mark.parametrize("lost", [0, 1, 3])
def test_a_client_asks_until_outputs_arrive_and_leaves_none_of_them_unread(lost):
    channels = Channels(lost)
    wait(channels)
    assert len(channels.asked) == lost + 1
    assert channels.handled == channels.asked[-1]
    assert channels.states.empty()


def test_a_client_waits_for_no_dead_kernel():
    with pytest.raises(RuntimeError, match="Kernel died before"):
        wait(Channels(alive=False))


def test_a_client_waits_no_longer_than_it_may():
    with pytest.raises(RuntimeError, match=r"didn't respond in 0\.1 seconds"):
        wait(Channels(lost=10**9), 0.1)


# --- what is no fork ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "variables"),
    [
        (["/usr/bin/other", *kernels.LAUNCH], {}),
        ([sys.executable, "-m", "another_kernel"], {}),
        ([sys.executable, *kernels.LAUNCH], {"JAX_PLATFORMS": "tpu"}),
        ([sys.executable, *kernels.LAUNCH], {"PYTHONHASHSEED": "7"}),
        ([sys.executable, *kernels.LAUNCH], {"LARGE": "x" * kernels.LARGEST}),
    ],
)
def test_what_a_fork_cannot_be_is_started_in_the_ordinary_way(server, command, variables):
    assert server.fork(command, dict(os.environ) | variables, None) is None


ASKER = """
import sys
from slopes_docs.run import kernels
server = kernels.Server()
command = [sys.executable, *kernels.LAUNCH, "-f", sys.argv[1]]
print(server.process.pid, server.fork(command, server.environment, None).pid, flush=True)
input()
"""


def test_nothing_outlives_a_build_that_is_killed(tmp_path):
    env = os.environ | {"PYTHONPATH": str(ROOT / "docs" / "_ext")}
    command = [sys.executable, "-c", ASKER, str(tmp_path / "connection.json")]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asker:
        server, kernel = map(int, asker.stdout.readline().split())
        assert Path(f"/proc/{kernel}").exists()
        asker.kill()
    assert gone(kernel)
    assert gone(server)


def test_without_its_server_a_page_runs_all_the_same(tmp_path, monkeypatch):
    server = kernels.Server()
    monkeypatch.setattr(kernels.ForkingProvisioner, "server", server)
    server.process.kill()
    server.process.wait()
    assert asked(server, tmp_path) is None
    assert outputs("print(1 + 1)", cwd=tmp_path)[0][0]["text"] == "2\n"
    server.stop()


@pytest.mark.parametrize(("mode", "names"), [("off", ["page"]), ("force", [])])
def test_no_server_starts_where_nothing_runs(monkeypatch, mode, names):
    monkeypatch.setattr(kernels, "Server", lambda: pytest.fail("started"))
    kernels.start(SimpleNamespace(config=SimpleNamespace(nb_execution_mode=mode)), None, names)


def test_without_descriptors_of_processes_kernels_are_ordinary(monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    monkeypatch.setattr(kernels, "Server", lambda: pytest.fail("started"))
    app = SimpleNamespace(config=SimpleNamespace(nb_execution_mode="force"))
    kernels.start(app, None, ["page"])


def test_a_process_that_leads_no_group_yet_is_ended_too():
    # A fork that is buried before it has become a leader was waited for without end.
    sleeper = subprocess.Popen(["sleep", "20"])
    mine, theirs = socket.socketpair()
    with mine:
        bury(Kernel(sleeper.pid, os.pidfd_open(sleeper.pid), theirs))
        assert mine.recv(100) == b"-9\n"
    assert sleeper.wait() is not None  # it has been waited for
