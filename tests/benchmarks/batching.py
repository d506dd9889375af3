r"""Iterations in bulk: loops in Python, NumPy, Numba and JAX, and what compiling them costs.

``python tests/benchmarks/batching.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions. The rows are those of an old introduction to JAX: a quadratic map from 38
starts, the logistic map for one parameter and for 600. Rivals run in turns, results are waited
for, and all rivals must give the same numbers. Numba has two forms of the diagram: one orbit after
the other, as the loop is told, and all orbits step by step, which its compiler turns into
instructions on several numbers at once.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from _programs import in_turns
from _recording import environment, write
from jax import lax

from slopes import iterate

jax.config.update("jax_enable_x64", True)
Runs = dict[str, Callable[[], Any]]

STARTS, STEPS = np.linspace(-6.9, 6.9, 38), 500
PARAMETERS, SKIP, KEEP = np.linspace(3.4, 4.0, 600, endpoint=False), 1000, 1000
LENGTHS = (50, 100, 200, 400, 800)


def square_map(x: Any) -> Any:
    """Make one step of 10x' = x^2 + 21."""
    return (x * x + 21) / 10


def logistic(x: Any, a: Any) -> Any:
    """Make one step of the logistic map."""
    return a * x * (1 - x)


def repeated(x: Any, steps: int = STEPS) -> Any:
    """Repeat the quadratic map in a Python loop, on numbers of any kind."""
    for _ in range(steps):
        x = square_map(x)
    return x


def orbit_of(a: Any, steps: int = SKIP + KEEP) -> Any:
    """Repeat the logistic map in a Python loop."""
    x = 0.3
    for _ in range(steps):
        x = a * x * (1 - x)
    return x


def quadratic() -> Runs:
    """Iterate the quadratic map from 38 starts, 500 steps."""
    import numba

    starts = jnp.asarray(STARTS)
    unrolled = jax.jit(repeated)
    counted = jax.jit(lambda x: lax.fori_loop(0, STEPS, lambda _, x: square_map(x), x))
    compiled = numba.njit(_columns)
    return {
        "NumPy": lambda: repeated(STARTS),
        "JAX, not compiled": lambda: jax.block_until_ready(repeated(starts)),
        "jit, written out": lambda: jax.block_until_ready(unrolled(starts)),
        "jit, fori_loop": lambda: jax.block_until_ready(counted(starts)),
        "Numba": lambda: compiled(STARTS, STEPS),
    }


def _columns(starts: Any, steps: int) -> Any:
    x = starts.copy()
    for _ in range(steps):
        for i in range(x.size):
            x[i] = (x[i] * x[i] + 21) / 10
    return x


def single() -> Runs:
    """Iterate the logistic map for one parameter, 2000 steps, and keep the last point."""
    import numba

    a, number = 3.5, jnp.asarray(3.5)
    scanned = jax.jit(lambda a: iterate.last(logistic, 0.3, a, steps=SKIP + KEEP))
    compiled = numba.njit(orbit_of)
    return {
        "Python numbers": lambda: orbit_of(a),
        "JAX, not compiled": lambda: jax.block_until_ready(orbit_of(number)),
        "jit, scan": lambda: jax.block_until_ready(scanned(number)),
        "Numba": lambda: compiled(a, SKIP + KEEP),
    }


def diagram() -> Runs:
    """Follow 600 orbits for 2000 steps and keep the last 1000 points of each."""
    import numba

    a = jnp.asarray(PARAMETERS)
    bulk = jax.jit(lambda a: iterate.bifurcation(logistic, 0.3, a, skip=SKIP, keep=KEEP).values)
    one_by_one, in_step = numba.njit(_one_by_one), numba.njit(_in_step)
    return {
        "JAX, not compiled": lambda: jax.block_until_ready(_eager(a)),
        "NumPy": lambda: _eager(PARAMETERS, np.stack),
        "jit(vmap(scan))": lambda: jax.block_until_ready(bulk(a)),
        "jit(vmap(scan)), not waited for": lambda: bulk(a),
        "Numba, orbit by orbit": lambda: one_by_one(PARAMETERS, SKIP, KEEP),
        "Numba, all orbits in step": lambda: in_step(PARAMETERS, SKIP, KEEP),
    }


def _eager(a: Any, stack: Callable[..., Any] = jnp.stack) -> Any:
    x, kept = 0.3 + 0 * a, []
    for k in range(SKIP + KEEP):
        x = a * x * (1 - x)
        if k >= SKIP:
            kept.append(x)
    return stack(kept)


def _one_by_one(parameters: Any, skip: int, keep: int) -> Any:
    out = np.empty((keep, parameters.size))
    for i in range(parameters.size):
        x, a = 0.3, parameters[i]
        for _ in range(skip):
            x = a * x * (1 - x)
        for k in range(keep):
            x = a * x * (1 - x)
            out[k, i] = x
    return out


def _in_step(parameters: Any, skip: int, keep: int) -> Any:
    x, out = np.full(parameters.size, 0.3), np.empty((keep, parameters.size))
    for _ in range(skip):
        for i in range(x.size):
            x[i] = parameters[i] * x[i] * (1 - x[i])
    for k in range(keep):
        for i in range(x.size):
            x[i] = parameters[i] * x[i] * (1 - x[i])
            out[k, i] = x[i]
    return out


def check(runs: Runs, tol: float) -> None:
    """Stop unless all rivals give the same numbers, where orbits are not in chaos."""
    first, *rest = (np.atleast_1d(run())[..., :150] for run in runs.values())
    assert all(np.abs(first - other).max() < tol for other in rest)


def compile_times() -> list[dict[str, Any]]:
    """Trace, lower and compile loops of several lengths, the least of three times."""
    forms = {
        "unrolled": repeated,
        "scan": lambda x, steps: iterate.last(square_map, x, steps=steps),
    }
    rows = []
    for length in LENGTHS:
        row: dict[str, Any] = {"length": length}
        for name, form in forms.items():
            row[name] = min(_compile(form, length) for _ in range(3))
        rows.append(row)
    return rows


def _compile(form: Callable[..., Any], length: int) -> float:
    jax.clear_caches()
    start = time.perf_counter()
    jax.jit(lambda x: form(x, length)).lower(1.0).compile()
    return time.perf_counter() - start


TASKS: dict[str, tuple[Callable[[], Runs], int, int]] = {
    "quadratic": (quadratic, 30, 1),
    "single": (single, 30, 1),
    "diagram": (diagram, 30, 1),
}


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    options = parser.parse_args(argv)
    jax.config.update("jax_enable_compilation_cache", False)
    content: dict[str, Any] = {
        "environment": environment("numpy", "jax", "jaxlib", "numba"),
        "dtype": "float64",
        "device": str(jax.devices()[0].platform),
    }
    for task, (build, rounds, calls) in TASKS.items():
        runs = build()
        check(runs, 1e-9)
        content[task] = [{"way": way, **row} for way, row in in_turns(runs, rounds, calls).items()]
        print(f"\n{task}, microseconds: median, quartiles")
        for row in content[task]:
            median, lower, upper = (1e6 * row[key] for key in ("median", "lower", "upper"))
            print(f"{row['way']:34s}{median:10.1f}  {lower:.1f} to {upper:.1f}")
    content["compile"] = compile_times()
    print("\nseconds to compile: steps, written out, scan")
    for row in content["compile"]:
        print(f"{row['length']:5d}{row['unrolled']:9.3f}{row['scan']:9.3f}")
    if options.json:
        write(options.json, content)


if __name__ == "__main__":
    main(sys.argv[1:])
