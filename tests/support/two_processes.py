"""Two processes that compute one gradient; no array of the data is whole in either of them.

``python two_processes.py`` starts both and prints what they say, one after the other.
``python two_processes.py PORT INDEX`` is one of them.
"""

import contextlib
import os
import socket
import subprocess
import sys
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
    """Join the others, build the global arrays from what is here, and take the gradient."""
    import jax
    import numpy as np
    from jax.sharding import NamedSharding, PartitionSpec

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_num_cpu_devices", DEVICES)
    jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=PROCESSES, process_id=index)
    mesh = jax.make_mesh((jax.device_count(),), ("data",))
    split, whole = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in (["data"], []))
    X, y = (jax.make_array_from_process_local_data(split, part) for part in rows_of(index))
    w = jax.device_put(np.ones(3), whole)

    held = [shard.index[0] for shard in X.addressable_shards]
    rows = ", ".join(f"{part.start} to {part.stop - 1}" for part in held)
    print(f"process {index}: {jax.device_count()} devices, {jax.local_device_count()} of them here")
    print(f"X is {jax.typeof(X)}, here are rows {rows}")
    print("gradient", np.round(np.asarray(jax.jit(jax.grad(loss))(w, X, y)), 12))
    refused("close over X", lambda: jax.jit(lambda w: loss(w, X, y))(w))
    refused("read X", lambda: np.asarray(X))
    jax.distributed.shutdown()


def refused(name, act):
    """Print the first sentence of an error."""
    try:
        act()
    except RuntimeError as error:
        print(f"{name}: {type(error).__name__}: {str(error).partition('. ')[0]}.")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def together(timeout=120):
    """Run both processes; give what each printed. None of them outlives the call."""
    script, port = str(Path(__file__).resolve()), str(free_port())
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
    deadline = time.monotonic() + timeout
    with contextlib.ExitStack() as stack:
        running = []
        for index in range(PROCESSES):
            command = [sys.executable, script, port, str(index)]
            pipe = subprocess.PIPE
            process = subprocess.Popen(
                command, stdout=pipe, stderr=pipe, text=True, env=environment
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            running.append(process)
        told = [process.communicate(timeout=deadline - time.monotonic()) for process in running]
    for process, (_, errors) in zip(running, told, strict=True):
        if process.returncode:
            raise RuntimeError(f"a process ended with {process.returncode}: {errors[-2000:]}")
    return [out for out, _ in told]


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
