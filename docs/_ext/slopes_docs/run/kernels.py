"""Kernels that start in a moment: forks of a process that has imported the libraries already.

A kernel spends more than a second on imports, and a build starts one for every page. `server`
imports once; the provisioner here, Jupyter's name for what starts a kernel, asks it for a fork. A
page cannot tell: environment, folder, arguments, input, signals and the end are as they would be.
Nor is a page kept waiting as by Jupyter: `PromptClient` takes a kernel as soon as it is ready, and
what follows a page does not wait until its kernel has ended. Where there is no such server (not on
Linux, or it has died), and for a kernel that it cannot give, Jupyter starts an ordinary process.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from slopes_docs.run.server import LARGEST, LEFT

NAME = "slopes-fork"
LAUNCH = ["-m", "ipykernel_launcher"]
PATIENCE = 60.0  # seconds: a busy machine is no error
# What Python and the imported libraries have read when they started: a fork cannot change it.
READ_AT_START = ("PYTHON", "JAX_", "XLA_", "MPL", "OPENBLAS_", "OMP_", "LD_")


class Forked:
    """A forked kernel, with the part of `subprocess.Popen` that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.returncode: int | None = None
        self.pid = self.told(PATIENCE)

    def told(self, seconds: float | None) -> int | None:
        """Read the next number from the server; None if there is none in time."""
        if not select.select([self.link], [], [], seconds)[0]:
            return None
        line = b""
        while not line.endswith(b"\n"):
            if not (byte := self.link.recv(1)):
                return -signal.SIGKILL  # the server is gone, and its kernels with it
            line += byte
        return int(line)

    def poll(self) -> int | None:
        """Give the exit code, None while the kernel runs."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end, and give the exit code."""
        if self.returncode is None:
            self.returncode = self.told(timeout)
            if self.returncode is not None:
                self.link.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def leave(self) -> None:
        """Wait no longer for a kernel that has been told to end: the server does."""
        if self.poll() is None:
            with contextlib.suppress(OSError):  # the server is gone, and the kernel with it
                self.link.sendall(LEFT)
            self.link.close()
            self.returncode = 0

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


class Server:
    """The server, as whoever starts it and their forks see it."""

    def __init__(self) -> None:
        self.requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.environment = dict(os.environ)
        script = Path(__file__).with_name("server.py")
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, str(script)], stdin=theirs, start_new_session=True
            )

    def fork(self, command: list[str], env: dict[str, str], cwd: str | None) -> Forked | None:
        """Ask for a kernel; None if it has to be started in the ordinary way."""
        if command[:3] != [sys.executable, *LAUNCH] or not self.suits(env):
            return None
        request = {"arguments": command[3:], "env": env, "cwd": str(cwd or Path.cwd())}
        mine, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self.requests, [json.dumps(request).encode()], [theirs.fileno()])
            kernel = Forked(mine)
        except OSError:
            mine.close()
            return None
        return kernel if kernel.pid and kernel.pid > 0 else None

    def suits(self, env: dict[str, str]) -> bool:
        """Whether a fork has read the same settings as a process with this environment would."""
        return fixed(env) == fixed(self.environment) and len(json.dumps(env)) < LARGEST / 2

    def stop(self) -> None:
        """End the server and its kernels."""
        self.requests.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:  # its kernels end with it
            self.process.kill()
            self.process.wait()


def fixed(env: dict[str, str]) -> dict[str, str]:
    """Select the settings that are read when a process starts."""
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}


class PromptClient(AsyncKernelClient):
    """Jupyter's client, which waits for a kernel no longer than the kernel takes to be ready."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its outputs arrive.

        Jupyter's own waits until no output has come for a fifth of a second. Here the wait ends
        with the last output that can come: that the kernel is idle after the question asked last.
        (The first may go by unheard, for a channel of outputs loses what is said before it is
        connected. So the question is asked anew.)

        Parameters
        ----------
        timeout : float, optional
            Seconds after which the wait is given up; no limit if None.

        Raises
        ------
        RuntimeError
            If the kernel dies, or is not ready in time.
        """
        start = time.monotonic()
        while True:
            question = self.kernel_info()
            reply = await answer(self.get_shell_msg, question, 1.0)
            if reply and await answer(self.get_iopub_msg, question, 0.05, state="idle"):
                self._handle_kernel_info_reply(reply)
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if timeout is not None and time.monotonic() - start > timeout:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")


async def answer(
    channel: Callable[..., Awaitable[dict[str, Any]]],
    question: str,
    seconds: float,
    state: str | None = None,
) -> dict[str, Any] | None:
    """Read a channel until the answer to a question comes; None if none comes in time."""
    while True:
        try:
            message = await channel(timeout=seconds)
        except Empty:
            return None
        ours = message["parent_header"].get("msg_id") == question
        if ours and message["content"].get("execution_state") == state:
            return message


class ForkingProvisioner(LocalProvisioner):
    """Jupyter's provisioner of local processes, which takes a fork where it can."""

    server: Server | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Start a kernel."""
        kernel = self.server and self.server.fork(cmd, kwargs["env"], kwargs.get("cwd"))
        if not kernel:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel
        self.pid = self.pgid = kernel.pid
        self.cwd = kwargs.get("cwd", Path.cwd())
        self.parent.client_factory = PromptClient
        return self.connection_info

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Let a kernel end that has just been told to; one that starts again is waited for."""
        if isinstance(self.process, Forked) and not restart:
            self.process.leave()


def start(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Start the server before pages are read, if cells may run."""
    able = all(hasattr(os, name) for name in ("fork", "pidfd_open"))
    if able and docnames and app.config.nb_execution_mode != "off":
        factory = KernelProvisionerFactory.instance()
        value = f"{__name__}:{ForkingProvisioner.__name__}"
        factory.provisioners[NAME] = EntryPoint(NAME, value, factory.GROUP_NAME)
        factory.default_provisioner_name = NAME
        ForkingProvisioner.server = Server()


def stop(app: Sphinx, exception: Exception | None) -> None:
    """Stop it."""
    if server := ForkingProvisioner.server:
        ForkingProvisioner.server = None
        server.stop()
