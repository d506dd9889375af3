"""The gradient of a layer that is an equation: unrolled, implicit, and Optimistix's.

``python tests/benchmarks/implicit.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions. The layer is x = tanh(W x + b) with n unknowns and a matrix of norm 0.9, the
loss w . x, and the gradient that with respect to b, all in float64 and compiled; W and b are
arguments, and w is a constant of the program unless a row says otherwise. Rivals are run in turn,
so that a busy machine is busy for all of them, and each waits
for its result. The error is that against a solution by elimination.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optimistix
from _recording import environment, write
from jax import lax

from slopes.fixedpoint import anderson
from slopes.implicit import fixed_point

TOLERANCES = (1e-4, 1e-6, 1e-8, 1e-10)
#: Steps of the loop that somebody has to choose before the tolerance is known to be met.
UNROLLED = 60


def layer(x: Any, args: Any) -> Any:
    """One application of the map."""
    W, b = args
    return jnp.tanh(W @ x + b)


def draw(n: int, norm: float = 0.9) -> tuple[Any, Any, Any]:
    """Matrix of the given norm, bias and covector, each from a key of its own."""
    keys = jax.random.split(jax.random.key(0), 3)
    W = jax.random.normal(keys[0], (n, n))
    b, w = (jax.random.normal(key, (n,)) for key in keys[1:])
    return norm * W / jnp.linalg.norm(W, 2), b, w


def unrolled(steps: int) -> Callable[..., Any]:
    """A loop of fixed length."""

    def solve(W: Any, b: Any) -> Any:
        return lax.scan(lambda x, _: (layer(x, (W, b)), None), jnp.zeros_like(b), length=steps)[0]

    return solve


def implicit(solver: Callable[..., Any] | None, tol: float) -> Callable[..., Any]:
    """Ours."""

    def solve(W: Any, b: Any) -> Any:
        return fixed_point(layer, jnp.zeros_like(b), (W, b), solver=solver, tol=tol).value

    return solve


def rival(tol: float) -> Callable[..., Any]:
    """Optimistix's fixed-point iteration with its implicit adjoint, as it comes."""
    solver = optimistix.FixedPointIteration(rtol=tol, atol=tol)

    def solve(W: Any, b: Any) -> Any:
        return optimistix.fixed_point(
            layer, solver, jnp.zeros_like(b), args=(W, b), max_steps=1000, throw=False
        ).value

    return solve


def exact(W: Any, b: Any, w: Any) -> np.ndarray:
    """The gradient by elimination, at a point found to the last digit."""
    x = np.asarray(b)
    for _ in range(1000):
        x = np.tanh(W @ x + b)
    bend = 1 - x**2
    return np.asarray(bend * np.linalg.solve((np.eye(len(x)) - bend[:, None] * W).T, w))


def compiled(solve: Callable[..., Any], W: Any, b: Any, w: Any, *, constant: bool = True) -> Any:
    """The gradient as a compiled program of b, W and w; it may know w beforehand."""
    known = w
    loss = lambda b, W, w: (known if constant else w) @ solve(W, b)  # noqa: E731
    return jax.jit(jax.grad(loss), keep_unused=True).lower(b, W, w).compile()


def in_turns(runs: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each run, in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run().block_until_ready()
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run().block_until_ready()
            times[name].append(time.perf_counter() - start)
    return times


def table(ways: Mapping[str, Callable[..., Any]], n: int, repeats: int) -> list[dict[str, Any]]:
    """Time, temporary memory and error of each way."""
    W, b, w = draw(n)
    true = exact(W, b, w)
    programs = {
        name: compiled(solve, W, b, w, constant="argument" not in name)
        for name, solve in ways.items()
    }
    runs = {name: lambda p=p: p(b, W, w) for name, p in programs.items()}
    times = in_turns(runs, repeats)
    return [
        {
            "name": name,
            "median": statistics.median(t),
            "low": min(t),
            "high": max(t),
            "bytes": programs[name].memory_analysis().temp_size_in_bytes,
            "error": float(np.linalg.norm(runs[name]() - true) / np.linalg.norm(true)),
        }
        for name, t in times.items()
    ]


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    parser.add_argument("--repeats", type=int, default=51, help="of each timing")
    options = parser.parse_args(argv)
    jax.config.update("jax_enable_x64", True)
    tol, n = 1e-10, 1000
    W, b, _ = draw(n)
    needed = int(fixed_point(layer, jnp.zeros(n), (W, b), tol=tol).iterations)
    ways = {
        f"unrolled, {UNROLLED} steps": unrolled(UNROLLED),
        f"unrolled, the {needed} steps needed": unrolled(needed),
        "implicit": implicit(None, tol),
        "implicit, w an argument": implicit(None, tol),
        "implicit, by anderson": implicit(anderson, tol),
        "optimistix": rival(tol),
    }
    record: dict[str, Any] = {
        "environment": environment("jax", "jaxlib", "numpy", "optimistix", "lineax"),
        "tolerance": tol,
        "inputs": n,
        "needed": needed,
        "ways": table(ways, n, options.repeats),
        "tolerances": [
            {
                "tolerance": t,
                **{
                    row["name"]: row["error"]
                    for row in table({"ours": implicit(None, t), "optimistix": rival(t)}, 100, 1)
                },
            }
            for t in TOLERANCES
        ],
    }
    print(f"tolerance {tol:.0e}, n = {n}: median, fastest, slowest in ms; kB; relative error")
    for row in record["ways"]:
        numbers = "".join(f"{1e3 * row[key]:9.2f}" for key in ("median", "low", "high"))
        print(f"  {row['name']:32}{numbers}{row['bytes'] / 1000:10.1f}{row['error']:10.1e}")
    print("error of the gradient, n = 100: tolerance, ours, optimistix")
    for row in record["tolerances"]:
        print(f"  {row['tolerance']:8.0e}{row['ours']:10.1e}{row['optimistix']:10.1e}")
    if options.json:
        write(options.json, record)


if __name__ == "__main__":
    main(sys.argv[1:])
