r"""Jacobians and Hessians: sparse against asdex, CasADi and dense; forward against reverse.

``python tests/benchmarks/jacobians.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions. Rivals run in turns, compiled and warmed up, in double precision, and each
run waits for its result. Under `jit` both sparse libraries return a BCOO matrix, indices included.
asdex is left out where it does not import, as on JAX 0.12. A dense Jacobian of 10 000 columns is
not run but extrapolated from 2000, whose time grows with the square.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from _programs import in_turns
from _recording import environment, write

from slopes import products

KEY = jax.random.key(0)
DENSE = 2000  # the largest n of a dense Jacobian


def chain(x: Any) -> Any:
    """Each output sees its input and both neighbours."""
    padded = jnp.pad(x, 1)
    return jnp.sin(padded[:-2]) * x - 2 * x**2 + padded[2:] * x


def rosenbrock(x: Any) -> Any:
    """Rosenbrock's function of n variables."""
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def tridiagonal(n: int) -> Any:
    """Give the places of a tridiagonal matrix."""
    i = np.arange(n)
    return np.concatenate([i, i[1:], i[:-1]]), np.concatenate([i, i[:-1], i[1:]]), (n, n)


def banded(n: int, width: int) -> Any:
    """Give the places of a matrix with some diagonals on either side."""
    i, j = np.meshgrid(np.arange(n), np.arange(-width, width + 1), indexing="ij")
    inside = (i + j >= 0) & (i + j < n)
    return i[inside], (i + j)[inside], (n, n)


def arrow(n: int) -> Any:
    """Give the places of a full first row and column and a diagonal."""
    i, rest = np.arange(n), np.arange(1, n)
    zero = np.zeros(n - 1, int)
    return np.concatenate([i, zero, rest]), np.concatenate([i, rest, zero]), (n, n)


def raced(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, dict[str, float]]:
    """Time rivals in turns, one call at a time, each until its result is there."""
    waited = {name: lambda run=run: jax.block_until_ready(run()) for name, run in runs.items()}
    return in_turns(waited, rounds, calls=1)


def asdex() -> Any:
    """Import the rival where it can be imported."""
    if not find_spec("asdex"):
        return None
    try:
        import asdex as library
    except ImportError:  # its last release does not import on JAX 0.12
        return None
    return library


def sparse_jacobian(n: int = 10_000, rounds: int = 300) -> dict[str, Any]:
    """Time the Jacobian of the chain, beside the function and the dense one."""
    x, small = jnp.linspace(0.5, 2.0, n), jnp.linspace(0.5, 2.0, DENSE)
    jac = products.sparse_jacobian(chain, x, key=KEY, pattern=tridiagonal(n))
    mine, runs = jax.jit(jac), {"function": jax.jit(chain)}
    runs = {"function": lambda fn=runs["function"]: fn(x), "slopes": lambda: mine(x)}
    if library := asdex():
        theirs = jax.jit(library.jacobian(chain, x))
        assert np.allclose(theirs(x).todense(), mine(x).todense(), rtol=1e-14, atol=0)
        runs["asdex"] = lambda: theirs(x)
    dense = jax.jit(jax.jacfwd(chain))
    rows = raced(runs, rounds)
    rows[f"jacfwd, n = {DENSE}"] = raced({"dense": lambda: dense(small)}, 9)["dense"]
    return {"n": n, "error": jac.prove(x, key=KEY), "seconds": rows}


def sparse_hessian(n: int, rounds: int = 300) -> dict[str, Any]:
    """Time the Hessian of Rosenbrock's function, beside the gradient, CasADi and the dense one."""
    import casadi

    x = jnp.linspace(-1.0, 1.5, n)
    hess = products.sparse_hessian(rosenbrock, x, key=KEY, pattern=tridiagonal(n))
    mine, gradient = jax.jit(hess), jax.jit(jax.grad(rosenbrock))
    runs: dict[str, Callable[[], Any]] = {
        "gradient": lambda: gradient(x),
        "slopes": lambda: mine(x),
    }
    if library := asdex():
        theirs = jax.jit(library.hessian(rosenbrock, x))
        runs["asdex"] = lambda: theirs(x)
    symbol = casadi.SX.sym("x", n)
    head, tail = symbol[: n - 1], symbol[1:]
    formula = casadi.sum1(100 * (tail - head**2) ** 2 + (1 - head) ** 2)
    whole, _ = casadi.hessian(formula, symbol)
    casadi_hessian, point = casadi.Function("h", [symbol], [whole]), np.asarray(x)
    buffered, call = casadi_hessian.buffer()
    entries = np.zeros(whole.nnz())
    buffered.set_arg(0, memoryview(point))
    buffered.set_res(0, memoryview(entries))
    runs["CasADi SX"] = call
    rows = raced(runs, rounds)
    if n <= DENSE:  # apart: its eight megabytes empty the cache for whoever comes next
        dense = jax.jit(jax.hessian(rosenbrock))
        rows |= raced({"jax.hessian": lambda: dense(x)}, 50)
    order = np.lexsort((hess.pattern.rows, hess.pattern.cols))  # CasADi's: column by column
    error = np.abs(np.asarray(hess.values(x))[order] - entries).max() / np.abs(entries).max()
    return {"n": n, "error": float(error), "seconds": rows}


def colours() -> list[dict[str, Any]]:
    """Count the colours of patterns, and time the colouring."""
    cases = {f"band, {w} beside": banded(10_000, w) for w in (1, 2, 5)} | {"arrow": arrow(2000)}
    rows = []
    for name, places in cases.items():
        for kind, colour in (
            ("columns", products.colour_columns),
            ("symmetric", products.colour_symmetric),
        ):
            start = time.perf_counter()
            found = int(colour(places).max()) + 1
            row = {"pattern": name, "kind": kind, "slopes": found}
            row["seconds"] = time.perf_counter() - start
            if library := asdex():
                pattern = library.SparsityPattern.from_coo(*places[:2], places[2])
                theirs = library.color_cols if kind == "columns" else library.color_symmetric
                row["asdex"] = int(np.max(theirs(pattern)[0])) + 1
            rows.append(row)
    return rows


def modes(rounds: int = 30) -> list[dict[str, Any]]:
    """Time both modes and softmax's closed form, then the mode that is picked beside the better."""
    rows = []
    for m, n in ((1000, 1000), (1000, 10), (10, 1000), (100, 100), (300, 100), (100, 300)):
        A, x = drawn(m, n)
        ways = {"forward": jax.jacfwd(softmax, 1), "reverse": jax.jacrev(softmax, 1)}
        ways |= {"picked": lambda A, x: products.jacobian(partial(softmax, A), x), "closed": closed}
        rows.append({"function": "softmax", "m": m, "n": n, **compared(ways, A, x, rounds)})
    ways = {"forward": jax.jacfwd(quadratic, 1), "reverse": jax.jacrev(quadratic, 1)}
    ways["picked"] = lambda A, x: products.jacobian(partial(quadratic, A), x)
    found = compared(ways, *drawn(1000, 1000), rounds)
    rows.append({"function": "quadratic", "m": 1, "n": 1000, **found})
    return rows


def softmax(A: Any, x: Any) -> Any:
    """Return the softmax of a linear map."""
    return jax.nn.softmax(A @ x)


def closed(A: Any, x: Any) -> Any:
    """Return its Jacobian from the formula."""
    s = softmax(A, x)
    return s[:, None] * A - jnp.outer(s, s @ A)


def quadratic(A: Any, x: Any) -> Any:
    """Return a quadratic form."""
    return x @ A @ x


def drawn(m: int, n: int) -> tuple[Any, Any]:
    """Draw a matrix and a vector, from a key each."""
    for_A, for_x = jax.random.split(KEY)
    return jax.random.normal(for_A, (m, n)) / np.sqrt(n), jax.random.normal(for_x, (n,))


def compared(ways: dict[str, Any], A: Any, x: Any, rounds: int) -> dict[str, Any]:
    """Time all ways but the picked one; then that, in turns with the better mode alone.

    Where these two are one program, all that they differ by is noise: ten times as many rounds.
    """
    runs = {name: partial(jax.jit(way), A, x) for name, way in ways.items()}
    picked = runs.pop("picked")
    seconds = raced(runs, rounds)
    better = min(("forward", "reverse"), key=lambda name: seconds[name]["median"])
    again = raced({"better": runs[better], "picked": picked}, 10 * rounds)
    same = program(ways["picked"], A, x) == program(ways[better], A, x)
    return {"seconds": seconds | again, "one program": same}


def program(way: Any, A: Any, x: Any) -> str:
    """Return what the compiler gets, without the name of the function."""
    return re.sub(r"@jit_\w+", "@jit", jax.jit(way).lower(A, x).as_text())


def show(title: str, seconds: dict[str, dict[str, float]]) -> None:
    """Print a table of times in microseconds."""
    print(f"\n{title}, microseconds: median, quartiles, least")
    for name, row in seconds.items():
        median, lower, upper, least = (1e6 * row[k] for k in ("median", "lower", "upper", "low"))
        print(f"{name:24s}{median:10.1f}  {lower:.1f} to {upper:.1f}  {least:.1f}")


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    options = parser.parse_args(argv)
    jax.config.update("jax_enable_x64", True)
    jacobian, hessians = sparse_jacobian(), [sparse_hessian(n) for n in (1000, 10_000)]
    show(f"Jacobian of the chain, n = {jacobian['n']}", jacobian["seconds"])
    for row in hessians:
        show(f"Hessian of Rosenbrock, n = {row['n']}, error {row['error']:.0e}", row["seconds"])
    counted, timed = colours(), modes()
    print("\nColours of columns, and of a symmetric matrix")
    for row in counted:
        print(
            "{pattern:18s}{kind:10s} slopes {slopes}, {seconds:.2f} s,".format(**row),
            "asdex",
            row.get("asdex"),
        )
    for row in timed:
        show(f"{row['function']}, {row['m']} x {row['n']}", row["seconds"])
        print(f"the picked mode is {'' if row['one program'] else 'not '}the better one's program")
    if options.json:
        names = ("jax", "numpy", "casadi", *(["asdex"] if asdex() else []))
        write(
            options.json,
            {
                "environment": environment(*names),
                "jacobian": jacobian,
                "hessians": hessians,
                "colours": counted,
                "modes": timed,
            },
        )


if __name__ == "__main__":
    main(sys.argv[1:])
