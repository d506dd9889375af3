"""A process that has imported what pages import, and forks a kernel for whoever asks.

`kernels` starts it as a script, with a socket as its input. A request is one message: the kernel's
arguments, environment and folder, and a socket that stands for the asker. Over that socket go the
kernel's number and, in the end, its exit code. A kernel is killed when its asker goes away (some
seconds later if the asker says that it has told the kernel to end), and all are when nobody is left
who could ask: no kernel outlives the build.

A fork has only the thread that forks, so this process must have no other. It computes nothing:
JAX starts its threads with its first computation. (Those of OpenBLAS do not count. They stop
before a fork and start again when they are needed.)
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "numpy",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "scipy.special",
    "scipy.optimize",
    "sympy",
    "mpmath",
    "jax.numpy",
)
LARGEST = 200_000  # bytes of a request
LEFT = b"."  # what an asker says that waits for the kernel's end no longer
GRACE = 5.0  # seconds for that end, as long as Jupyter would wait
FOR_EVER = float("inf")


class Kernel(NamedTuple):
    """A running kernel: its number, what is ready when it has ended, and who asked for it."""

    pid: int
    ended: int
    asker: socket.socket
    until: float = FOR_EVER  # when it is killed; finite once its asker has left


def preload(names: tuple[str, ...] = PRELOADED) -> dict[str, str]:
    """Import what is installed of some modules, with the settings that a kernel has by then.

    Returns
    -------
    dict[str, str]
        The environment variables that the modules have set.
    """
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # a kernel ends when this process does
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # or the debugger warns of frozen modules
    before = dict(os.environ)
    for name in names:
        if importlib.util.find_spec(name.partition(".")[0]):
            importlib.import_module(name)
    # Matplotlib has loaded its backend, which asks at import whether it is in a kernel: forget it
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib_inline"]:
        del sys.modules[name]
    gc.freeze()  # what is here to stay is no garbage: a kernel need not look at it again
    return {name: os.environ[name] for name in os.environ.keys() - before}


def serve(requests: socket.socket) -> dict[str, Any]:
    """Fork a kernel for each request; return only in a kernel, with its request."""
    kernels: list[Kernel] = []
    while True:
        watched = [kernel.ended for kernel in kernels]
        watched += [kernel.asker for kernel in kernels if kernel.until == FOR_EVER]
        soonest = min((kernel.until for kernel in kernels), default=FOR_EVER)
        patience = None if soonest == FOR_EVER else max(0.0, soonest - time.monotonic())
        ready, _, _ = select.select([requests, *watched], [], [], patience)
        for kernel in list(kernels):
            kernels.remove(kernel)
            if kernel.ended in ready or kernel.until <= time.monotonic():
                bury(kernel)
            elif kernel.asker not in ready:
                kernels.append(kernel)
            elif says(kernel.asker) == LEFT:
                kernels.append(kernel._replace(until=time.monotonic() + GRACE))
            else:
                bury(kernel)
        if requests not in ready:
            continue
        message, (asker, *_) = receive(requests)
        if not message:  # nobody is left who could ask
            for kernel in kernels:
                bury(kernel)
            sys.exit()
        pid = os.fork()
        if not pid:
            return leave(json.loads(message), requests, kernels, asker)
        asker.sendall(f"{pid}\n".encode())
        kernels.append(Kernel(pid, os.pidfd_open(pid), asker))


def receive(requests: socket.socket) -> tuple[bytes, list[socket.socket | None]]:
    """Read one request and the socket that came with it."""
    message, numbers, _, _ = socket.recv_fds(requests, LARGEST, 1)
    return message, [socket.socket(fileno=number) for number in numbers] or [None]


def says(asker: socket.socket) -> bytes:
    """Read what an asker says; nothing if it has gone away."""
    with contextlib.suppress(OSError):
        return asker.recv(1)
    return b""


def bury(kernel: Kernel) -> None:
    """End a kernel and what it started, if they still run, and tell who asked for it."""
    for end in (os.kill, os.killpg):  # just forked, it leads no group yet
        with contextlib.suppress(ProcessLookupError):
            end(kernel.pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(kernel.pid, 0)[1])
    os.close(kernel.ended)
    with kernel.asker, contextlib.suppress(OSError):  # it may have gone away
        kernel.asker.sendall(f"{code}\n".encode())


def leave(
    request: dict[str, Any], requests: socket.socket, kernels: list[Kernel], asker: socket.socket
) -> dict[str, Any]:
    """Turn a fork of the server into a process of its own, which holds nothing of the server's."""
    os.setsid()
    for kernel in kernels:
        os.close(kernel.ended)
        kernel.asker.close()
    asker.close()
    requests.close()
    assert os.open(os.devnull, os.O_RDONLY) == 0  # noqa: S101 - the lowest number that is free
    os.environ.clear()
    os.environ.update(request["env"] | {"JPY_PARENT_PID": str(os.getppid())})
    os.chdir(request["cwd"])
    return request


def run(request: dict[str, Any], imported: dict[str, str]) -> None:
    """Be a kernel, as ``python -m ipykernel_launcher`` is one that has set the same variables."""
    for name, value in imported.items():
        os.environ.setdefault(name, value)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # or all kernels would draw the same numbers
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher and launcher.origin), *request["arguments"]]
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    if Path(sys.path[0]) == Path(__file__).parent:
        del sys.path[0]  # a page imports nothing from here
    imported = preload()
    run(serve(socket.socket(fileno=0)), imported)
