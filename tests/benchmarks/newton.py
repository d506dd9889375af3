"""Minimisers on CUTEst's small unconstrained problems, and S2's step of Newton at larger sizes.

``python tests/benchmarks/newton.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions. The problems are those of sif2jax with at most 50 unknowns, from their
published start, in float64. Each SciPy method has JAX's compiled value with gradient, and the
Hessian or its product, compiled too; ours is one compiled call. A run is solved if its value is
within 1e-6 of the best that any method here found, as a part of it where it is above 1. Times are
the fastest of three runs after one that compiles, of all methods in turn.
"""

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sif2jax
from _recording import environment, timed, write
from jax.flatten_util import ravel_pytree
from scipy.optimize import minimize

from slopes.newton import conjugate_gradient, newton_cg, newton_minimum
from slopes.products import hvp

MOST_UNKNOWNS, CLOSE, STEPS, TOL = 50, 1e-6, 1000, 1e-8
SIZES = (2, 10, 100, 1000, 10_000)


def problems() -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """Every problem as a function of one row, and its start."""
    found = {}
    for problem in sif2jax.unconstrained_minimisation_problems:
        flat, restore = ravel_pytree(jax.tree.map(lambda a: jnp.asarray(a, float), problem.y0))
        if flat.size <= MOST_UNKNOWNS:
            found[problem.name] = (
                lambda row, problem=problem, restore=restore: problem.objective(
                    restore(row), problem.args
                ),
                flat,
            )
    return found


def contestants(fn: Callable[[Any], Any], x: Any) -> dict[str, Callable[[], Any]]:
    """Each method as a call without arguments that returns its last point."""
    both = jax.jit(jax.value_and_grad(fn))
    matrix, product = jax.jit(jax.hessian(fn)), jax.jit(lambda x, v: hvp(fn, x, v))
    ours = jax.jit(lambda x: newton_cg(fn, x, tol=TOL, steps=STEPS).value)
    dense = jax.jit(lambda x: newton_minimum(fn, x, tol=TOL, steps=STEPS).value)

    def value(row: Any) -> tuple[float, Any]:
        y, slope = both(row)
        return float(y), np.asarray(slope)

    def scipy(method: str, **more: Any) -> Callable[[], Any]:
        options = {"gtol": TOL, "maxiter": STEPS}
        return lambda: (
            minimize(value, np.asarray(x), jac=True, method=method, options=options, **more).x
        )

    return {
        "newton_cg": lambda: ours(x).block_until_ready(),
        "newton_minimum": lambda: dense(x).block_until_ready(),
        "trust-exact": scipy("trust-exact", hess=lambda row: np.asarray(matrix(row))),
        "trust-ncg": scipy("trust-ncg", hessp=lambda row, v: np.asarray(product(row, v))),
        "BFGS": scipy("BFGS"),
    }


def one(name: str, fn: Callable[[Any], Any], x: Any, repeats: int) -> dict[str, Any]:
    """Values reached and seconds taken on one problem; infinite where a method raised."""
    ways, values, times = contestants(fn, x), {}, {}
    for way, run in ways.items():
        try:
            reached = float(fn(jnp.asarray(run())))
        except (ValueError, np.linalg.LinAlgError, OverflowError):
            reached = np.inf
        values[way] = reached if np.isfinite(reached) else np.inf
    for _ in range(repeats):
        for way, run in ways.items():
            if np.isfinite(values[way]):
                start = time.perf_counter()
                run()
                spent = time.perf_counter() - start
                times[way] = min(spent, times.get(way, np.inf))
    return {"name": name, "unknowns": x.size, "values": values, "seconds": times}


def solved(row: dict[str, Any]) -> dict[str, bool]:
    """Say which methods came to the best value of all."""
    best = min(row["values"].values())
    room = CLOSE * max(1.0, abs(best))
    return {way: bool(value <= best + room) for way, value in row["values"].items()}


def cutest(repeats: int, only: list[str]) -> list[dict[str, Any]]:
    """All problems, a row for each."""
    rows = []
    for name, (fn, x) in problems().items():
        if not only or name in only:
            row = one(name, fn, x, repeats)
            rows.append({**row, "solved": solved(row)})
            lost = [way for way, good in rows[-1]["solved"].items() if not good]
            print(f"{name:12s} {x.size:3d}  not solved by {lost}", flush=True)
            jax.clear_caches()
    return rows


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each method: problems solved, and time over that of trust-ncg where both solve."""
    found = []
    for way in rows[0]["values"]:
        shared = [r for r in rows if r["solved"][way] and r["solved"]["trust-ncg"]]
        ratios = [r["seconds"][way] / r["seconds"]["trust-ncg"] for r in shared]
        found.append(
            {
                "name": way,
                "solved": sum(r["solved"][way] for r in rows),
                "of": len(rows),
                "shared": len(shared),
                "total": sum(r["seconds"][way] for r in shared)
                / sum(r["seconds"]["trust-ncg"] for r in shared),
                "median": statistics.median(ratios),
                "slower": sum(ratio > 1 for ratio in ratios),
            }
        )
    return found


def quadratic(n: int) -> tuple[Any, Any]:
    """A quadratic function of n unknowns as S2's, by a product of two n, and its start."""
    scale = jnp.linspace(1.0, 2.0, n)
    ones = jnp.ones(n) / n**0.5

    def fn(x: Any) -> Any:
        return 0.5 * jnp.sum(scale * (x - 3) ** 2) + 0.5 * (ones @ (x - 3)) ** 2

    return fn, jnp.zeros(n)


def steps(repeats: int, n: int) -> dict[str, Any]:
    """One step of Newton by inverse, by solving, and by conjugate gradients, in seconds."""
    fn, x = quadratic(n)
    slope, matrix = jax.grad(fn), jax.hessian(fn)
    ways = {
        "inverse": lambda x: x - jnp.linalg.inv(matrix(x)) @ slope(x),
        "solve": lambda x: x - jnp.linalg.solve(matrix(x), slope(x)),
        "conjugate gradients": lambda x: (
            x - conjugate_gradient(lambda v: hvp(fn, x, v), slope(x), tol=1e-10).value
        ),
    }
    row: dict[str, Any] = {"unknowns": n}
    for name, way in ways.items():
        if n == SIZES[-1] and name != "conjugate gradients":
            continue  # gigabytes and minutes, where the row before shows the trend
        run = jax.jit(way)
        row[name] = timed(lambda run=run: run(x).block_until_ready(), 2 if n > 1000 else repeats)
        assert abs(run(x) - 3).max() < 1e-6
    return row


def main(arguments: list[str] | None = None) -> int:
    """Run everything, print it, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args(arguments)
    jax.config.update("jax_enable_x64", True)
    warnings.simplefilter("ignore")  # SciPy's, where a method gives up
    rows = cutest(given.repeats, given.only)
    totals = summary(rows)
    for row in totals:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    sizes = [] if given.only else [steps(given.repeats, n) for n in SIZES]
    for row in sizes:
        print(row)
    if given.json:
        write(
            given.json,
            {
                "environment": environment("jax", "numpy", "scipy", "sif2jax"),
                "summary": totals,
                "problems": rows,
                "steps": sizes,
            },
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
