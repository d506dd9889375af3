r"""Dual numbers against derivatives by hand and compiled ones: seconds, and operations counted.

``python tests/benchmarks/dual.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions. On arrays the rivals are written by hand: they return value and derivative,
share what the two have in common and are written as NumPy is written. On numbers the rival is
num-dual, dual numbers in compiled Rust. Ratios depend on the memory of the machine; the counted
operations do not.
"""

import argparse
import contextlib
import math
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _programs import POINT, in_turns, loop
from _recording import environment, timed, write

from slopes import dual

SIZE = 100_000
COEFFICIENTS = (2.0, -1.0, 0.5, 3.0, -2.0)


def gauss_by_hand(x: Any) -> Any:
    """Return exp(-x^2/2) and its slope."""
    y = np.exp(-0.5 * x * x)
    return y, -x * y


def logistic_by_hand(x: Any) -> Any:
    """Return 1/(1 + exp(-x)) and its slope."""
    y = 1 / (1 + np.exp(-x))
    return y, y * (1 - y)


def quotient_by_hand(x: Any) -> Any:
    """Return sin(x) exp(x)/(1 + x^2) and its slope."""
    q = 1 / (1 + x * x)
    w = np.exp(x) * q
    y = np.sin(x) * w
    return y, np.cos(x) * w + y * (1 - 2 * x * q)


def softplus_by_hand(x: Any) -> Any:
    """Return log(1 + exp(x)) and its slope."""
    e = np.exp(x)
    return np.log1p(e), e / (1 + e)


def polynomial_by_hand(x: Any) -> Any:
    """Return a polynomial and its slope by Horner's scheme."""
    leading, second, *rest = COEFFICIENTS
    y, y_dot = leading * x + second, leading
    for c in rest:
        y, y_dot = y * x + c, y_dot * x + y
    return y, y_dot


def tanh_by_hand(x: Any) -> Any:
    """Return tanh(x) and its slope, the quick one that cancels far out."""
    y = np.tanh(x)
    return y, 1 - y * y


def root_by_hand(x: Any) -> Any:
    """Return sqrt(1 + x^2) and its slope."""
    y = np.sqrt(1 + x * x)
    return y, x / y


def polynomial(_m: Any) -> Callable[[Any], Any]:
    """Build the polynomial on any numbers."""

    def fn(x: Any) -> Any:
        y = COEFFICIENTS[0]
        for c in COEFFICIENTS[1:]:
            y = y * x + c
        return y

    return fn


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "exp(-x^2/2)": (lambda m: lambda x: m.exp(-(x**2) / 2), gauss_by_hand),
    "1/(1 + exp(-x))": (lambda m: lambda x: 1 / (1 + m.exp(-x)), logistic_by_hand),
    "sin(x) exp(x)/(1 + x^2)": (
        lambda m: lambda x: m.sin(x) * m.exp(x) / (1 + x**2),
        quotient_by_hand,
    ),
    "log1p(exp(x))": (lambda m: lambda x: m.log1p(m.exp(x)), softplus_by_hand),
    "polynomial of degree 4": (polynomial, polynomial_by_hand),
    "tanh(x)": (lambda m: lambda x: m.tanh(x), tanh_by_hand),
    "sqrt(1 + x^2)": (lambda m: lambda x: m.sqrt(1 + x * x), root_by_hand),
}


class Tally:
    """Counts of operations on entries of arrays."""

    def __init__(self) -> None:
        self.total = 0


_open: list[Tally] = []


@contextlib.contextmanager
def counted() -> Iterator[Tally]:
    """Count the operations on arrays made by `counting` meanwhile."""
    _open.append(Tally())
    try:
        yield _open[-1]
    finally:
        _open.pop()


class _Counting(np.ndarray):
    """An array whose every operation is counted: one for each entry of the result."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        bare = [x.view(np.ndarray) if isinstance(x, _Counting) else x for x in inputs]
        if "out" in options:
            options["out"] = tuple(x.view(np.ndarray) for x in options["out"])
        y = getattr(ufunc, method)(*bare, **options)
        for tally in _open:
            tally.total += np.size(bare[0] if method == "reduce" else y)
        return counting(y) if isinstance(y, np.ndarray) else y


def counting(x: Any) -> Any:
    """Make an array whose operations are counted."""
    return np.asarray(x).view(_Counting)


def operations(name: str) -> dict[str, float]:
    """Count operations per entry: the function, value and slope by hand, by dual numbers."""
    build, by_hand = FUNCTIONS[name]
    n, fn = 64, build(dual)
    runs = {
        "fn": lambda x: fn(x),
        "hand": by_hand,
        "dual": lambda x: fn(dual.Dual(x, counting(np.ones(n)))),
    }
    return {key: _count(run, n) for key, run in runs.items()}


def per_direction(name: str, directions: int) -> dict[str, float]:
    """Count operations per entry: the function, and dual numbers with several directions."""
    n, fn = 64, FUNCTIONS[name][0](dual)
    seeds = counting(np.ones((n, directions)))
    return {"fn": _count(fn, n), "dual": _count(lambda x: fn(dual.Dual(x, seeds)), n)}


def _count(run: Callable[[Any], Any], n: int) -> float:
    with counted() as tally:
        run(counting(np.linspace(-2, 2, n)))
    return tally.total / n


def speeds(rounds: int = 8, repeats: int = 25) -> list[dict[str, Any]]:
    """Time value and slope at 100000 points, the rivals in turns: a machine changes its pace."""
    x = np.random.default_rng(1).uniform(-3, 3, SIZE)
    v = np.ones_like(x)
    rows = []
    for name, (build, by_hand) in FUNCTIONS.items():
        fn = build(dual)
        runs: dict[str, Callable[[], Any]] = {
            "fn": lambda fn=fn: fn(x),
            "hand": lambda by_hand=by_hand: by_hand(x),
            "dual": lambda fn=fn: dual.jvp(fn, x, v),
        }
        turns = [{key: timed(run, repeats) for key, run in runs.items()} for _ in range(rounds)]
        median = {key: statistics.median(turn[key]["median"] for turn in turns) for key in runs}
        least = {key: min(turn[key]["low"] for turn in turns) for key in runs}
        rows.append({
            "function": name,
            **median,
            "ratio": median["dual"] / median["hand"],
            "best": least["dual"] / least["hand"],
        })  # fmt: skip
    return rows


def numbers(rounds: int = 500) -> dict[str, dict[str, float]]:
    """Time the derivative of a scalar program, against compiled dual numbers and plain floats."""
    import num_dual

    ours, theirs, plain = loop(dual.sin), loop(lambda x: x.sin()), loop(math.sin)
    _, slope = num_dual.first_derivative(theirs, POINT)
    assert math.isclose(dual.derivative(ours, POINT), slope, rel_tol=1e-12)
    return in_turns(
        {
            "plain floats": lambda: plain(POINT),
            "num-dual": lambda: num_dual.first_derivative(theirs, POINT),
            "slopes.dual": lambda: dual.derivative(ours, POINT),
        },
        rounds,
    )


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    options = parser.parse_args(argv)
    counts = []
    print(f"{'Operations per entry':26s} fn  hand  dual  with 1 to 9 directions, each")
    for name in FUNCTIONS:
        row = {"function": name, **operations(name)}
        one, nine = (per_direction(name, k)["dual"] for k in (1, 9))
        row["each"] = (nine - one) / 8
        counts.append(row)
        print("{function:26s}{fn:3.0f} {hand:5.0f} {dual:5.0f} {each:6.1f}".format(**row))
    rows = speeds()
    # Once a block of 32 MB was freed, the C library keeps what is freed instead of returning it.
    np.ones(4_000_000).sum()
    for row, kept in zip(rows, speeds(), strict=True):
        row["kept"] = kept["best"]
    print(f"\n{SIZE} entries, microseconds   fn   hand   dual  dual/hand  fastest  memory kept")
    for row in rows:
        fn, hand, dual_ = (1e6 * row[key] for key in ("fn", "hand", "dual"))
        print(
            f"{row['function']:26s}{fn:7.0f}{hand:7.0f}{dual_:7.0f}"
            f"{row['ratio']:9.2f}{row['best']:9.2f}{row['kept']:9.2f}"
        )
    program = numbers()
    print("\n60 operations on numbers, microseconds    median  quartiles    over num-dual")
    for name, row in program.items():
        lower, median, upper = (1e6 * row[key] for key in ("lower", "median", "upper"))
        ratio = row["median"] / program["num-dual"]["median"]
        print(f"{name:40s}{median:8.1f}  {lower:.1f} to {upper:.1f}{ratio:10.2f}")
    if options.json:
        content = {
            "environment": environment("numpy", "num-dual"),
            "operations": counts,
            "seconds": rows,
            "program": program,
        }
        write(options.json, content)


if __name__ == "__main__":
    main(sys.argv[1:])
