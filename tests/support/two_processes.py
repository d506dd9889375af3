"""Two processes that compute one gradient; no array of the data is whole in either of them.

``python two_processes.py`` starts both and prints what they say, one after the other.
``python two_processes.py PORT INDEX`` is one of them.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

PROCESSES, DEVICES, ROWS = 2, 2, 64


def rows_of(index):
    """The part of the data that a process reads: these rows, and no others."""
    import numpy as np

    rows = np.arange(ROWS)[index * ROWS // PROCESSES : (index + 1) * ROWS // PROCESSES]
    return np.cos(np.outer(rows, [0.1, 0.2, 0.3])), np.sin(rows)


def loss(w, X, y):
    r = X @ w - y
    return (r * r).mean() / 2


def one(port, index):
    """Build global arrays from the rows that are here; take the gradient."""
    import jax
    import numpy as np
    from jax.sharding import NamedSharding
    from jax.sharding import PartitionSpec as P

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_num_cpu_devices", DEVICES)
    address = f"127.0.0.1:{port}"
    jax.distributed.initialize(address, PROCESSES, index)
    mesh = jax.make_mesh((jax.device_count(),), ("data",))
    cut, whole = NamedSharding(mesh, P("data")), NamedSharding(mesh, P())
    build = jax.make_array_from_process_local_data
    X, y = (build(cut, part) for part in rows_of(index))
    w = jax.device_put(np.ones(3), whole)

    here, all_of_them = jax.local_device_count(), jax.device_count()
    print(f"process {index}: {all_of_them} devices, {here} of them here")
    held = [shard.index[0] for shard in X.addressable_shards]
    rows = f"rows {held[0].start} to {held[-1].stop - 1}"
    print(f"X is {jax.typeof(X)}, {rows} are here")
    print("gradient", np.asarray(jax.jit(jax.grad(loss))(w, X, y)))
    refused("close over X", lambda: jax.jit(lambda w: loss(w, X, y))(w))
    refused("read X", lambda: np.asarray(X))
    jax.distributed.shutdown()


def refused(name, act):
    """Print the first sentence of an error."""
    try:
        act()
    except RuntimeError as error:
        told = f"{name}: {type(error).__name__}: {str(error).partition('. ')[0]}."
        print(textwrap.fill(told, 72, subsequent_indent="    ", break_on_hyphens=False))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def together(timeout=240):
    """Run both; give what each printed. One that fails ends the other."""
    port, deadline = free_port(), time.monotonic() + timeout
    with contextlib.ExitStack() as stack:
        begin = (started(port, index) for index in range(PROCESSES))
        running = [stack.enter_context(process) for process in begin]
        codes = [None] * PROCESSES
        while None in codes and not any(codes):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still running after {timeout} s")
            time.sleep(0.02)
            codes = [process.poll() for process, _, _ in running]
        for code, (_, _, errors) in zip(codes, running, strict=True):
            if code:
                told = text_of(errors)[-2000:]
                raise RuntimeError(f"a process ended with {code}: {told}")
        return [text_of(out) for _, out, _ in running]


@contextlib.contextmanager
def started(port, index):
    """Run one process, which writes to files as no pipe of it is read; it ends with the block."""
    command = [sys.executable, str(Path(__file__).resolve()), str(port), str(index)]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "no_proxy": "127.0.0.1"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors, env=environment)
        try:
            yield process, out, errors
        finally:
            process.kill()
            process.wait()


def text_of(file):
    file.seek(0)
    return file.read().decode()


@contextlib.contextmanager
def heard_alone():
    """Leave the output to Python: the library of the collectives prints when it connects."""
    with os.fdopen(os.dup(1), "w") as ours, Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        with contextlib.redirect_stdout(ours):
            yield


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with heard_alone():
            one(*map(int, sys.argv[1:]))
    else:
        print("\n".join(together()), end="")
