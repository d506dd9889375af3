r"""Propagation of twenty inputs to twenty outputs: against plain JAX, uncertainties and jacobi.

``python tests/benchmarks/propagation.py`` prints the table; ``--json PATH`` also writes it with
machine and versions. The function mixes its inputs, takes sines and mixes again, a matrix product
each time, and the covariance matrix is full. Plain JAX is ``J @ cov @ J.T``, jitted, which is what
one writes by hand, with `jax.jacfwd` and with `jax.jacrev`: the faster is the rival. All run in
turns in double precision, and wait for their results; what is compiled is compiled before.
`uncertainties` gets correlated numbers made before the clock starts, and is asked for the
covariance matrix of its results; `jacobi` gets the function in NumPy.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jacobi
import jax
import jax.numpy as jnp
import numpy as np
import uncertainties
from _programs import in_turns
from _recording import environment, write
from uncertainties import umath

from slopes.propagation import propagate, propagate_factor

SIZE = 20
CAUSES = 2


def inputs(n: int = SIZE) -> tuple[Any, Any, Any, Any]:
    """Draw a matrix, a point, a full covariance, and a factor with few columns."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(n, n)) / np.sqrt(n)
    root = rng.normal(size=(n, n)) / np.sqrt(n)
    cov = 1e-4 * (root @ root.T + 0.5 * np.eye(n))
    return mixing, rng.normal(size=n), cov, 1e-2 * rng.normal(size=(n, CAUSES))


def small(rounds: int) -> dict[str, Any]:
    """Time the four on one function, and check that they agree."""
    mixing, mean, cov, _ = inputs()
    A, x, S = (jnp.asarray(part) for part in (mixing, mean, cov))

    def fn(x: Any) -> Any:
        return A @ jnp.sin(A @ x)

    def by_numpy(x: Any) -> Any:
        return mixing @ np.sin(mixing @ x)

    numbers = np.array(uncertainties.correlated_values(mean, cov))
    sin = np.vectorize(umath.sin, otypes=[object])

    def with_numbers() -> Any:
        return np.array(uncertainties.covariance_matrix(mixing @ sin(mixing @ numbers)))

    def plain(jacobian: Callable[..., Any]) -> Callable[..., Any]:
        def by_hand(x: Any, S: Any) -> Any:
            J = jacobian(fn)(x)
            sigma = J @ S @ J.T
            return fn(x), jnp.sqrt(jnp.diag(sigma)), sigma

        return jax.jit(by_hand)

    columns, by_rows = plain(jax.jacfwd), plain(jax.jacrev)
    ours = jax.jit(lambda x, S: propagate(fn, x, S))
    runs: dict[str, Callable[[], Any]] = {
        "plain JAX, jacfwd": lambda: jax.block_until_ready(columns(x, S)),
        "plain JAX, jacrev": lambda: jax.block_until_ready(by_rows(x, S)),
        "slopes": lambda: jax.block_until_ready(ours(x, S)),
    }
    slow: dict[str, Callable[[], Any]] = {
        "uncertainties": with_numbers,
        "jacobi": lambda: jacobi.propagate(by_numpy, mean, cov)[1],
    }
    exact = np.asarray(columns(x, S)[2])
    found = {"slopes": runs["slopes"]().cov} | {name: run() for name, run in slow.items()}
    apart = {
        name: float(np.abs(np.asarray(c) - exact).max() / np.abs(exact).max())
        for name, c in found.items()
    }
    seconds = in_turns(runs, rounds, calls=20)
    seconds |= in_turns(slow, max(3, rounds // 50), calls=1)
    rival = min((name for name in seconds if "plain" in name), key=lambda k: seconds[k]["low"])
    compiled = {"slopes": ours, "plain JAX, jacfwd": columns, "plain JAX, jacrev": by_rows}
    operations = {
        name: run.lower(x, S).compile().cost_analysis()["flops"] for name, run in compiled.items()
    }
    return {
        "n": SIZE,
        "m": SIZE,
        "rival": rival,
        "seconds": seconds,
        "apart": apart,
        "operations": operations,
    }


def causes(rounds: int, n: int = 1000) -> dict[str, Any]:
    """Time many inputs with few causes: the full matrix, and its factor."""
    _, mean, _, L = inputs(n)
    x, columns = jnp.asarray(mean), jnp.asarray(L)

    def fn(x: Any) -> Any:
        return jnp.stack([jnp.mean(x), jnp.mean(x**2), jnp.mean(jnp.sin(x))])

    sigma = columns @ columns.T
    whole = jax.jit(lambda x, S: propagate(fn, x, S))
    factored = jax.jit(lambda x, L: propagate_factor(fn, x, L))
    assert np.allclose(whole(x, sigma).error, factored(x, columns).error, rtol=1e-9)
    runs = {
        "matrix": lambda: jax.block_until_ready(whole(x, sigma)),
        "factor": lambda: jax.block_until_ready(factored(x, columns)),
    }
    return {
        "n": n,
        "m": 3,
        "causes": CAUSES,
        "seconds": in_turns(runs, max(3, rounds // 2), calls=2),
    }


def show(title: str, seconds: dict[str, dict[str, float]], base: str) -> None:
    """Print medians in microseconds, and over the first."""
    print(f"{title}: fastest, median, quartiles in microseconds, fastest over {base}'s")
    for name, row in seconds.items():
        low, median, lower, upper = (1e6 * row[k] for k in ("low", "median", "lower", "upper"))
        over = row["low"] / seconds[base]["low"]
        print(f"  {name:18s}{low:10.1f}{median:10.1f}  {lower:.1f} to {upper:.1f} {over:9.2f}")


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    parser.add_argument("--rounds", type=int, default=1000, help="of the compiled ones")
    options = parser.parse_args(argv)
    jax.config.update("jax_enable_x64", True)
    square, many = small(options.rounds), causes(options.rounds)
    show(f"n = m = {SIZE} (asked: slopes at most 1.1)", square["seconds"], square["rival"])
    print("  operations:", square["operations"])
    print("  largest difference, relative:", {k: f"{v:.0e}" for k, v in square["apart"].items()})
    show(f"n = {many['n']}, m = 3, {CAUSES} causes", many["seconds"], "factor")
    if options.json:
        record = {
            "environment": environment("jax", "jaxlib", "numpy", "uncertainties", "jacobi"),
            "square": square,
            "causes": many,
        }
        write(options.json, record)


if __name__ == "__main__":
    main(sys.argv[1:])
