r"""Symbolic derivatives with and without sharing: sizes and times against other libraries.

``python tests/benchmarks/symbolic.py`` prints the tables; ``--json PATH`` also writes the rows with
machine and versions. A family is built on a namespace, so that both libraries get the same
expression. Sizes count operations, symbols and numbers: *distinct* ones as they are stored, and
those of the *tree* that is written out, counted without writing it. SymPy keeps results of earlier
calls; it is timed with an empty store (*cold*) and once more with the store of the same call
(*warm*), and its ``lambdify`` with and without ``cse``. A size that takes SymPy longer than
`PATIENCE` ends its column. CasADi and symengine, whose core is compiled, go through the same stages
in turns: build, differentiate, make a function, and (not symengine) write source.
"""

import argparse
import contextlib
import gc
import itertools
import math
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import casadi
import symengine
import sympy
from _recording import environment, timed, write
from sympy.core.cache import clear_cache

from slopes import symbolic

PATIENCE = 3.0  # seconds
SIZES = (5, 10, 20, 50, 100, 200)


# --- the same expressions for both libraries ------------------------------------------------------


def product(m: Any, x: Any, n: int) -> Any:
    """Multiply n different factors, from the left."""
    total = m.sin(x)
    for i in range(1, n):
        total = total * m.sin(x + i)
    return total


def nested(m: Any, x: Any, n: int) -> Any:
    """Nest n sines: one argument each, so that the tree is a path."""
    for _ in range(n):
        x = m.sin(x)
    return x


def logistic(_m: Any, x: Any, n: int) -> Any:
    """Nest n steps of the logistic map: two uses of the argument, so that the tree doubles."""
    for _ in range(n):
        x = 4 * x * (1 - x)
    return x


FAMILIES: dict[str, Callable[[Any, Any, int], Any]] = {
    "product of sines": product,
    "sine of sine": nested,
    "logistic map": logistic,
}


def waves(m: Any, x: Any) -> Any:
    """Add damped waves: some 500 nodes as a tree, and little that is shared."""
    return sum(m.sin(k * x) * m.exp(-(x**2) / k) / (1 + k * x**2) for k in range(2, 30))


# --- sizes ----------------------------------------------------------------------------------------


def sympy_sizes(expr: Any) -> tuple[int, int]:
    """Count distinct and tree nodes of a SymPy expression, the latter without unfolding."""
    size: dict[Any, int] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        waiting = [arg for arg in node.args if arg not in size]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        size[node] = 1 + sum(size[arg] for arg in node.args)
    return len(size), size[expr]


def sympy_cse_size(expr: Any) -> int:
    """Count the nodes of what ``cse`` makes of an expression."""
    named, rest = sympy.cse([expr])
    return sum(sympy_sizes(part)[1] for _, part in named) + sympy_sizes(rest[0])[1]


def sympy_row(build: Callable[[Any, Any, int], Any], sx: Any, n: int) -> dict[str, Any]:
    """Return SymPy's sizes and time, or nothing if it does not finish."""
    clear_cache()
    row: dict[str, Any] = {}
    try:
        with patience(PATIENCE):
            expr = build(sympy, sx, n)
            start = time.perf_counter()
            slope = sympy.diff(expr, sx)
            seconds = time.perf_counter() - start
            distinct, tree = sympy_sizes(slope)
            row = {"sympy_distinct": distinct, "sympy_tree": float(tree), "sympy_seconds": seconds}
        with patience(PATIENCE):
            row["sympy_cse"] = sympy_cse_size(slope)
    except (RecursionError, TimeoutError):
        pass
    return row


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer."""

    def interrupt(*_: Any) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def growth() -> list[dict[str, Any]]:
    """Size of the derivative and time for it, in each family and size."""
    rows = []
    x, sx = symbolic.symbol("x"), sympy.Symbol("x", real=True)
    for name, build in FAMILIES.items():
        patient = True
        for n in SIZES:
            expr, slope = build(symbolic, x, n), None
            gc.collect()  # no node of the last derivative is there to be found
            start = time.perf_counter()
            slope = symbolic.diff(expr, x)
            seconds = time.perf_counter() - start
            row: dict[str, Any] = {
                "family": name,
                "n": n,
                "nodes": symbolic.count_nodes(expr),
                "slope_nodes": symbolic.count_nodes(slope),
                "slope_tree": float(symbolic.count_nodes(slope, shared=False)),
                "seconds": seconds,
                "sympy_distinct": None,
                "sympy_tree": None,
                "sympy_cse": None,
                "sympy_seconds": None,
            }
            if patient:
                found = sympy_row(build, sx, n)
                patient = bool(found)
                row |= found
            rows.append(row)
    return rows


# --- differentiate and compile --------------------------------------------------------------------


def cold(run: Callable[[], Any]) -> Callable[[], Any]:
    """Run with SymPy's store empty."""

    def emptied() -> Any:
        clear_cache()
        return run()

    return emptied


def compiled(name: str, build: Callable[[Any, Any], Any], repeats: int = 5) -> dict[str, Any]:
    """Time derivative plus compilation, and a call of what comes out."""
    x, sx = symbolic.symbol("x"), sympy.Symbol("x", real=True)
    ours, theirs = build(symbolic, x), build(sympy, sx)

    def sympy_function(*, cse: bool) -> Any:
        return sympy.lambdify([sx], sympy.diff(theirs, sx), "math", cse=cse)

    def slopes_function() -> Any:
        return symbolic.function(symbolic.diff(ours, x), [x])

    runs: dict[str, Callable[[], Any]] = {
        "slopes": slopes_function,
        "slopes, simplified": lambda: symbolic.function(
            symbolic.simplify(symbolic.diff(ours, x)), [x]
        ),
        "SymPy, cold": cold(lambda: sympy_function(cse=False)),
        "SymPy, warm": lambda: sympy_function(cse=False),
        "SymPy with cse, cold": cold(lambda: sympy_function(cse=True)),
        "SymPy with cse, warm": lambda: sympy_function(cse=True),
    }
    seconds, calls, values = {}, {}, []
    for label, run in runs.items():
        gc.collect()
        seconds[label] = timed(run, repeats)
        if "warm" not in label:
            fn = run()
            values.append(fn(0.7))
            calls[label.removesuffix(", cold")] = timed(lambda fn=fn: fn(0.7), 200)
    assert max(values) - min(values) < 1e-10 * max(map(abs, values)), values
    distinct, tree = sympy_sizes(theirs)
    return {
        "name": name,
        "nodes": symbolic.count_nodes(ours),
        "tree": float(symbolic.count_nodes(ours, shared=False)),
        "sympy_nodes": distinct,
        "sympy_tree": float(tree),
        "seconds": seconds,
        "call_seconds": calls,
    }


# --- the same stages, in turns --------------------------------------------------------------------


class Stages(NamedTuple):
    """What a library does: an expression, its derivative, a function of it, and its source."""

    build: Callable[[], Any]
    derivative: Callable[[Any], Any]
    function: Callable[[Any], Callable[[float], Any]]
    source: Callable[[Any], str] | None


def stages_of_slopes() -> Stages:
    """Name the stages of the package."""
    x = symbolic.symbol("x")
    return Stages(
        lambda: waves(symbolic, x),
        lambda y: symbolic.diff(y, x),
        lambda slope: symbolic.function(slope, [x]),
        lambda slope: symbolic.to_python(slope, [x]),
    )


def stages_of_casadi() -> Stages:
    """Name the stages of CasADi's scalar expressions; its source is in C."""
    x = casadi.SX.sym("x")

    def source(slope: Any) -> str:
        generator = casadi.CodeGenerator("slope.c")
        generator.add(casadi.Function("slope", [x], [slope]))
        return str(generator.dump())

    return Stages(
        lambda: waves(casadi, x),
        lambda y: casadi.gradient(y, x),
        lambda slope: casadi.Function("slope", [x], [slope]),
        source,
    )


def stages_of_symengine() -> Stages:
    """Name the stages of symengine."""
    x = symengine.Symbol("x")
    return Stages(
        lambda: waves(symengine, x),
        lambda y: y.diff(x),
        lambda slope: symengine.Lambdify([x], [slope]),
        None,
    )


LIBRARIES = {
    "slopes": stages_of_slopes,
    "CasADi": stages_of_casadi,
    "symengine": stages_of_symengine,
}


def seconds_of_stages(stages: Stages) -> tuple[dict[str, float], float]:
    """Go through the stages once; also return the slope at 0.7."""
    gc.collect()  # no node of the last turn is there to be found
    clock = [time.perf_counter()]
    y = stages.build()
    clock.append(time.perf_counter())
    slope = stages.derivative(y)
    clock.append(time.perf_counter())
    fn = stages.function(slope)
    clock.append(time.perf_counter())
    if stages.source:
        stages.source(slope)
        clock.append(time.perf_counter())
    spans = [end - start for start, end in itertools.pairwise(clock)]
    seconds = dict(zip(("build", "derivative", "function", "source"), spans, strict=False))
    value = fn(0.7)
    return seconds, float(value[0] if hasattr(value, "__len__") else value)


def staged(repeats: int = 60) -> dict[str, Any]:
    """Time the stages of each library, in turns, after one turn that is left out."""
    libraries = {name: make() for name, make in LIBRARIES.items()}
    values = [seconds_of_stages(stages)[1] for stages in libraries.values()]
    assert max(values) - min(values) < 1e-10 * max(map(abs, values)), values
    turns: dict[str, list[dict[str, float]]] = {name: [] for name in libraries}
    for _ in range(repeats):
        for name, stages in libraries.items():
            turns[name].append(seconds_of_stages(stages)[0])
    rows = []
    for name, found in turns.items():
        row: dict[str, Any] = {"library": name, "source": None}
        row |= {stage: statistics.median(t[stage] for t in found) for stage in found[0]}
        row["whole"] = statistics.median(
            t["build"] + t["derivative"] + t["function"] for t in found
        )
        rows.append(row)
    y = waves(symbolic, symbolic.symbol("x"))
    tree = symbolic.count_nodes(y, shared=False)
    return {"nodes": symbolic.count_nodes(y), "tree": tree, "repeats": repeats, "rows": rows}


def kepler(m: Any, x: Any) -> Any:
    """Take three Newton steps for Kepler's equation with e = x: more take SymPy too long."""
    E = x + 1
    for _ in range(3):
        E = E - (E - x * m.sin(E) - 1) / (1 - x * m.cos(E))
    return E


def main(argv: list[str]) -> None:
    """Print the tables and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    options = parser.parse_args(argv)
    rows = growth()
    head = "family             n  nodes  slope   as tree      sympy  as tree       cse"
    print(f"{head}   seconds     sympy")
    for r in rows:
        print(
            f"{r['family']:16s} {r['n']:3d} {r['nodes']:6d} {r['slope_nodes']:6d} "
            f"{r['slope_tree']:9.3g} {_cell(r['sympy_distinct']):>10s} "
            f"{_cell(r['sympy_tree']):>8s} {_cell(r['sympy_cse']):>9s} "
            f"{r['seconds']:9.2e} {_cell(r['sympy_seconds']):>9s}"
        )
    cases = [compiled("damped waves", waves), compiled("Kepler, 3 steps", kepler)]
    for case in cases:
        print(
            f"\n{case['name']}: {case['nodes']} nodes, as a tree {case['tree']:.4g}; "
            f"SymPy's {case['sympy_nodes']}, {case['sympy_tree']:.4g}"
        )
        base = case["seconds"]["slopes"]["median"]
        for label, t in case["seconds"].items():
            call = case["call_seconds"].get(label.removesuffix(", cold"))
            called = f", a call {call['median']:.2e} s" if call else ""
            print(f"{label:22s} {t['median']:.2e} s, {t['median'] / base:6.1f}{called}")
    stages = staged()
    ours = stages["rows"][0]["whole"]
    print(f"\nThe same stages in turns, {stages['tree']} nodes as a tree; milliseconds")
    print("library        build  derivative  function  these over slopes  source")
    for r in stages["rows"]:
        source = f"{1e3 * r['source']:7.2f}" if r["source"] else "      -"
        print(
            f"{r['library']:10s} {1e3 * r['build']:9.2f} {1e3 * r['derivative']:11.2f} "
            f"{1e3 * r['function']:9.2f} {r['whole'] / ours:18.2f} {source}"
        )
    if options.json:
        content = {
            "stages": stages,
            "environment": environment("numpy", "sympy", "casadi", "symengine"),
            "growth": rows,
            "compiled": cases,
        }
        write(options.json, content)


def _cell(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.3g}"


if __name__ == "__main__":
    main(sys.argv[1:])
