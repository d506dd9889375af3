r"""Gradients and Jacobians by JAX: against formulas by hand, and the mode picked from the shapes.

``python tests/benchmarks/gradients.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions. All numbers are double precision, every run is waited for, and all rivals take
turns in one process, compiled before the first turn that counts. The limit of the gradient of
:math:`\lVert Ax-b\rVert^2` is the time of two compiled products with A, since the gradient has to
read A twice.
"""

import argparse
import itertools
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from _programs import in_turns
from _recording import environment, write

from slopes.products import jacobian

SIZE = 1000
SIDES = (4, 32, 256, 1024)


def waited(fn: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    """Make a run that ends when its result is there."""
    return lambda: jax.block_until_ready(fn(*args))


def drawn(*shapes: tuple[int, ...]) -> list[jax.Array]:
    """Draw an array for each shape, each with a key of its own."""
    keys = jax.random.split(jax.random.key(0), len(shapes))
    return [jax.random.normal(k, s) for k, s in zip(keys, shapes, strict=True)]


# --- one gradient, by hand and by machine ---------------------------------------------------------


def loss(x: Any, A: Any, b: Any) -> Any:
    """Squared length of the residual."""
    return jnp.sum((A @ x - b) ** 2)


def by_hand(x: Any, A: Any, b: Any) -> Any:
    """The formula as a course notebook writes it; the factor meets the matrix first."""
    return 2 * A.T @ (A @ x - b)


def fair(x: Any, A: Any, b: Any) -> Any:
    """The same formula; the factor meets the vector."""
    return 2 * ((A @ x - b) @ A)


def gradients(rounds: int) -> list[dict[str, Any]]:
    """Time the gradient in each way, and two products with the matrix."""
    A, x, b = drawn((SIZE, SIZE), (SIZE,), (SIZE,))
    ways: dict[str, Any] = {"by hand": by_hand, "fair": fair, "grad": jax.grad(loss)}
    exact = 2 * np.asarray(A).T @ (np.asarray(A) @ np.asarray(x) - np.asarray(b))
    for way in ways.values():
        assert np.allclose(way(x, A, b), exact, rtol=0, atol=1e-12 * np.abs(exact).max())
    ways |= {f"jit {name}": jax.jit(way) for name, way in ways.items()}
    rivals = {name: waited(way, x, A, b) for name, way in ways.items()}
    product = jax.jit(lambda A, x: A @ x)
    rivals["two products"] = waited(lambda: product(A, product(A, x)))
    return [{"name": name} | taken for name, taken in in_turns(rivals, rounds, 3).items()]


# --- which mode -----------------------------------------------------------------------------------


class Picked(NamedTuple):
    """Milliseconds of a Jacobian by either mode, and ours over the better one."""

    program: str
    outputs: int
    inputs: int
    forward: float
    reverse: float
    ours: float
    over: float
    taken: str
    """The mode that the shapes picked."""


def one_layer(m: int, n: int) -> Callable[[Any], Any]:
    """Tanh of a dense matrix times the input."""
    (W,) = drawn((m, n))
    return lambda x: jnp.tanh(W @ x / n**0.5)


def two_layers(m: int, n: int) -> Callable[[Any], Any]:
    """A network with 256 numbers between input and output."""
    V, W = drawn((256, n), (m, 256))
    return lambda x: jnp.tanh(W @ jnp.tanh(V @ x / n**0.5) / 16)


def after_itself(rivals: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Fastest run of each in turns, each after a run of its own, whose memory it finds warm.

    A run of microseconds that follows a rival of milliseconds takes twice as long.
    """
    best = dict.fromkeys(rivals, math.inf)
    for _ in range(rounds):
        for name, run in rivals.items():
            run()
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def picked(program: Callable[[int, int], Any], m: int, n: int, rounds: int) -> Picked:
    """Time three compiled Jacobians in turn; ours is one of the other two, and has both turns."""
    fn, x = program(m, n), jnp.linspace(-1.0, 1.0, n)
    ways = {"forward": jax.jacfwd(fn), "reverse": jax.jacrev(fn), "ours": lambda x: jacobian(fn, x)}
    text = {name: str(jax.make_jaxpr(way)(x)) for name, way in ways.items()}
    taken = next(name for name in ("forward", "reverse") if text[name] == text["ours"])
    rivals = {name: waited(jax.jit(way), x) for name, way in ways.items()}
    best = {name: 1e3 * fastest for name, fastest in after_itself(rivals, rounds).items()}
    better = min(best["forward"], best["reverse"])
    over = max(1.0, min(best["ours"], best[taken]) / better)
    return Picked(program.__name__, m, n, *best.values(), over, taken)


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    parser.add_argument("--rounds", type=int, default=51, help="of each timing")
    options = parser.parse_args(argv)
    jax.config.update("jax_enable_x64", True)
    times = gradients(options.rounds)
    table = [
        picked(program, m, n, options.rounds)
        for program in (one_layer, two_layers)
        for m, n in itertools.product(SIDES, SIDES)
    ]
    print(f"gradient of |Ax - b|^2, n = {SIZE}, milliseconds: fastest, median (quartiles)")
    for row in times:
        low, median, lower, upper = (1e3 * row[k] for k in ("low", "median", "lower", "upper"))
        print(f"  {row['name']:14}{low:8.3f}{median:8.3f} ({lower:.3f} to {upper:.3f})")
    print("Jacobians, milliseconds: outputs, inputs, forward, reverse, ours, ours over the better")
    for row in table:
        print(
            f"  {row.program:12}{row.outputs:6d}{row.inputs:6d}{row.forward:9.3f}{row.reverse:9.3f}"
            f"{row.ours:9.3f}{row.over:7.2f}  {row.taken}"
        )
    if options.json:
        record = {
            "environment": environment("jax", "numpy"),
            "gradient": times,
            "modes": [row._asdict() for row in table],
        }
        write(options.json, record)


if __name__ == "__main__":
    main(sys.argv[1:])
