"""Second derivatives: compositions, a product against the gradient, and where the matrix pays.

``python tests/benchmarks/hessians.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions. All in float64, compiled unless a row says eager; each run waits for its
result. Rivals are run in turn, so that a busy machine is busy for all of them. The sum of squares
is ||Ax - b||^2 with A of n rows and columns and a key for each array.
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
from _recording import environment, write

from slopes.products import hvp

INPUTS = (10, 100, 1000, 10_000, 100_000, 1_000_000)


def squares(x: Any, A: Any, b: Any) -> Any:
    """The sum of squares of the residual."""
    r = A @ x - b
    return r @ r


def valley(x: Any) -> Any:
    """Rosenbrock's function in n dimensions."""
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def draw(n: int) -> tuple[Any, ...]:
    """Matrix, right-hand side, point and direction, each from a key of its own."""
    keys = jax.random.split(jax.random.key(0), 4)
    shapes = ((n, n), (n,), (n,), (n,))
    return tuple(jax.random.normal(k, s) for k, s in zip(keys, shapes, strict=True))


def in_turns(runs: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Seconds a call of each, in turn; short ones are repeated until a millisecond has passed."""
    counts, times = {}, {name: [] for name in runs}
    for name, run in runs.items():
        run().block_until_ready()
        start = time.perf_counter()
        run().block_until_ready()
        counts[name] = max(1, round(1e-3 / (time.perf_counter() - start)))
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                run().block_until_ready()
            times[name].append((time.perf_counter() - start) / counts[name])
    return times


def rows(times: Mapping[str, list[float]]) -> list[dict[str, Any]]:
    """Median, fastest and slowest of each."""
    return [
        {"name": name, "median": statistics.median(t), "low": min(t), "high": max(t)}
        for name, t in times.items()
    ]


def matrices(repeats: int, n: int = 1000) -> list[dict[str, Any]]:
    """The Hessian by three compositions and by hand."""
    A, b, x, _ = draw(n)
    ways = {
        "forward over reverse": jax.jit(jax.jacfwd(jax.jacrev(squares))),
        "reverse over forward": jax.jit(jax.jacrev(jax.jacfwd(squares))),
        "reverse over reverse": jax.jit(jax.jacrev(jax.jacrev(squares))),
    }
    by_hand = jax.jit(lambda A: 2 * (A.T @ A))
    exact = by_hand(A)
    for way in ways.values():
        assert np.allclose(way(x, A, b), exact, rtol=0, atol=1e-10 * n)
    runs = {name: lambda way=way: way(x, A, b) for name, way in ways.items()}
    return rows(in_turns({**runs, "by hand": lambda: by_hand(A)}, repeats))


def products(repeats: int, n: int = 3000) -> list[dict[str, Any]]:
    """One product: by hand as one writes it, by hand without a copy, eager and compiled."""
    A, b, x, z = draw(n)
    by_hand = jax.jit(lambda A, z: 2 * ((A @ z) @ A))
    compiled = jax.jit(lambda x, z, A, b: hvp(squares, x, z, A, b))
    runs = {
        "by hand, 2 * A.T @ (A @ z), eager": lambda: 2 * A.T @ (A @ z),
        "by hand, 2 * ((A @ z) @ A)": lambda: by_hand(A, z),
        "hvp, eager": lambda: hvp(squares, x, z, A, b),
        "hvp, compiled": lambda: compiled(x, z, A, b),
    }
    exact = by_hand(A, z)
    for run in runs.values():
        assert np.allclose(run(), exact, rtol=0, atol=1e-10 * float(abs(exact).max()))
    return rows(in_turns(runs, repeats))


def against_gradient(repeats: int, n: int) -> dict[str, Any]:
    """A product with the Hessian of Rosenbrock's function, over its gradient."""
    x = jnp.linspace(-1.0, 1.0, n)
    v = jax.random.normal(jax.random.key(1), (n,))
    gradient = jax.jit(jax.grad(valley))
    product = jax.jit(lambda x, v: hvp(valley, x, v))
    times = in_turns({"gradient": lambda: gradient(x), "hvp": lambda: product(x, v)}, repeats)
    pairs = [b / a for a, b in zip(times["gradient"], times["hvp"], strict=True)]
    low, median, high = statistics.quantiles(pairs, n=4)
    best = [min(times[name]) for name in ("gradient", "hvp")]
    return {
        "inputs": n,
        "gradient": best[0],
        "hvp": best[1],
        "ratio": best[1] / best[0],
        "low": low,
        "median": median,
        "high": high,
    }


def break_even(repeats: int, n: int = 1000) -> dict[str, float]:
    """Number of products from which it pays to form the matrix, in seconds and in operations."""
    A, b, x, z = draw(n)
    form = jax.jit(jax.hessian(squares))
    product = jax.jit(lambda x, z, A, b: hvp(squares, x, z, A, b))
    multiply = jax.jit(lambda H, z: H @ z)
    H = form(x, A, b)
    times = in_turns(
        {
            "form": lambda: form(x, A, b),
            "product": lambda: product(x, z, A, b),
            "multiply": lambda: multiply(H, z),
        },
        repeats,
    )
    best = {name: statistics.median(t) for name, t in times.items()}
    saved = best["product"] - best["multiply"]
    counted = {
        name: fn.lower(*args).compile().cost_analysis()["flops"]
        for name, fn, args in (
            ("form", form, (x, A, b)),
            ("product", product, (x, z, A, b)),
            ("multiply", multiply, (H, z)),
        )
    }
    return {
        **best,
        "seconds": best["form"] / saved if saved > 0 else float("inf"),
        "operations": counted["form"] / (counted["product"] - counted["multiply"]),
    }


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    parser.add_argument("--repeats", type=int, default=51, help="of each timing")
    options = parser.parse_args(argv)
    jax.config.update("jax_enable_x64", True)
    record: dict[str, Any] = {
        "environment": environment("jax", "jaxlib", "numpy"),
        "matrices": matrices(options.repeats),
        "products": products(options.repeats),
        "inputs": [against_gradient(options.repeats, n) for n in INPUTS],
        "break_even": break_even(options.repeats),
    }
    for title in ("matrices", "products"):
        print(f"{title}: median, fastest, slowest, in milliseconds")
        for row in record[title]:
            numbers = "".join(f"{1e3 * row[key]:10.3f}" for key in ("median", "low", "high"))
            print(f"  {row['name']:34}{numbers}")
    print("product over gradient, Rosenbrock: fastest, then quartiles of pairs (asked: at most 2)")
    for row in record["inputs"]:
        quartiles = "".join(f"{row[key]:7.2f}" for key in ("low", "median", "high"))
        print(f"  {row['inputs']:8d}{1e6 * row['gradient']:10.1f}{1e6 * row['hvp']:10.1f} us"
              f"{row['ratio']:7.2f}   {quartiles}")  # fmt: skip
    found = record["break_even"]
    print(
        f"break-even, n = 1000: {found['seconds']:.0f} products in seconds, "
        f"{found['operations']:.0f} in operations"
    )
    if options.json:
        write(options.json, record)


if __name__ == "__main__":
    main(sys.argv[1:])
