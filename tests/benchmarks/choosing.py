"""The ways of the course and their peers on the same battery.

``python tests/benchmarks/choosing.py`` prints a table; ``--json PATH`` also writes every row with
machine and versions. The battery is that of `slopes.problems`, with some troubles added. The peers
are SciPy, numdifftools and jacobi (numerical), SymPy (symbolic) and autograd (automatic), each with
its defaults; SciPy and numdifftools are told, as ours is, where a domain ends nearby. Functions for
the numerical peers are guarded: NaN where ours raise, and elementwise on arrays. A formula that
SymPy has not found after `PATIENCE` seconds counts as not found.

A value is *wrong* if it has fewer than `DIGITS` digits and nothing says so. A bar says so if it
covers the error or is as large as the value; SciPy also says whether it has converged.
"""

import argparse
import contextlib
import dataclasses
import math
import signal
import statistics
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import autograd
import autograd.numpy as anp
import jacobi
import numdifftools
import numpy as np
import scipy.differentiate
import scipy.special
import sympy
from _recording import environment, write

from slopes.methods import METHODS, Method, estimates
from slopes.problems import PROBLEMS, Interval, Problem

PATIENCE = 5  # seconds
DIGITS = 3  # of a value that is of any use


class Row(NamedTuple):
    """What one method did with one problem."""

    method: str
    problem: str
    group: str
    digits: float
    """Least over the points; of the largest entry."""
    evaluations: float
    """Median number of runs of the program."""
    failed: str
    """Name of the error, or NaN, or empty."""
    wrong: int
    """Points with fewer than `DIGITS` digits and without notice."""


# --- troubles: programs of one number that some methods cannot take ------------------------------


def trouble(name: str, build: Any, derivative: Any, at: float, low: float = -math.inf) -> Problem:
    """Make a problem of one point."""
    return Problem(
        name=name,
        kind="scalar",
        build=build,
        derivative=derivative,
        domain=(Interval(low),),
        points=(at,),
        source="made for this benchmark",
        branches=name in {"loop", "stairs"},
    )


def heron(x: Any) -> Any:
    """Square root by an iteration that stops when it has arrived."""
    y = x
    while abs(y * y - x) > 1e-10:
        y = (y + x / y) / 2
    return y


def stored(m: Any) -> Callable[[Any], Any]:
    """Fill a NumPy array."""

    def fn(x: Any) -> Any:
        powers = np.zeros(4)
        for k in range(4):
            powers[k] = x**k
        return powers.sum()

    del m
    return fn


TROUBLES = (
    trouble("compiled", lambda _m: scipy.special.j0, lambda x: -scipy.special.j1(x), 1.0),
    trouble("stored", stored, lambda x: 1 + 2 * x + 3 * x**2, 1.0),
    trouble("rounded", lambda m: lambda x: round(m.sin(x), 6), np.cos, 1.0),
    trouble("edge", lambda m: lambda x: x * m.sqrt(x), lambda x: 1.5 * np.sqrt(x), 1e-9, 0.0),
    trouble(
        "fast", lambda m: lambda x: m.sin(1e5 * x), lambda x: 1e5 * np.cos(1e5 * x), 1.0
    ),
    trouble("loop", lambda _m: heron, lambda x: 0.5 / np.sqrt(x), 1.0, 0.0),
    trouble("cancels", lambda m: lambda x: (1 - m.cos(x)) / x**2, lambda x: -x / 12, 1e-4),
    trouble("stairs", lambda _m: lambda x: math.floor(40 * x) + x, lambda x: 0 * x + 1, 0.9749),
)  # fmt: skip


# --- peers: each takes a problem and a point -----------------------------------------------------


def guarded(problem: Problem, m: Any = np) -> Callable[[Any], Any]:
    """Program of one number, elementwise on arrays, NaN where it raises or leaves its domain."""
    fn, (side,) = problem.build(m), problem.domain

    def one(t: float) -> float:
        if not side.low <= t <= side.high:
            return math.nan
        try:
            return float(fn(float(t)))
        except (ArithmeticError, ValueError):
            return math.nan

    return np.vectorize(one, otypes=[float])


def vector(problem: Problem) -> Callable[[Any], Any]:
    """Program of n numbers; further axes of its argument are points."""
    fn = problem.build(np)

    def array_fn(x: Any) -> Any:
        y = fn(np.asarray(x))
        return np.stack(y) if isinstance(y, list) else np.asarray(y)

    return array_fn


def half_way(problem: Problem, x: Any) -> Any:
    """Half the distance to the end of the domain, for each input."""
    ends = np.array([(side.low, side.high) for side in problem.domain])
    return 0.5 * np.abs(ends - np.atleast_1d(x)[:, None]).min(axis=1)


def with_scipy(problem: Problem, x: Any) -> tuple[Any, Any]:
    """``scipy.differentiate``: its first step is 0.5, or half the way to the end of the domain."""
    step = np.minimum(0.5, half_way(problem, x))
    if problem.kind == "scalar":
        fn = guarded(problem, math)
        found = scipy.differentiate.derivative(fn, x, initial_step=float(step[0]))
    else:
        fn = vector(problem)
        found = scipy.differentiate.jacobian(fn, np.array(x), initial_step=step)
    # without success there is no bound on the error
    return np.squeeze(found.df), np.squeeze(np.where(found.success, found.error, np.inf))


def with_numdifftools(problem: Problem, x: Any) -> tuple[Any, Any]:
    """``numdifftools.Derivative`` and ``Jacobian``: the longest step is 2, or half the way."""
    step = float(half_way(problem, x).min())
    options = {"full_output": True} | ({"base_step": step} if step < 2 else {})
    if problem.kind == "scalar":
        found = numdifftools.Derivative(guarded(problem, math), **options)(x)
    else:
        found = numdifftools.Jacobian(vector(problem), **options)(np.array(x))
    return np.squeeze(found.estimate), np.squeeze(found.error_estimate)


def with_jacobi(problem: Problem, x: Any) -> tuple[Any, Any]:
    """``jacobi.jacobi``."""
    fn = guarded(problem, math) if problem.kind == "scalar" else vector(problem)
    value, error = jacobi.jacobi(fn, np.array(x) if np.ndim(x) else x)
    return np.squeeze(value), np.squeeze(error)


SYMPY = SimpleNamespace(
    **{name: getattr(sympy, name) for name in ("sin", "cos", "tan", "atan", "exp", "log", "tanh")},
    sqrt=sympy.sqrt,
    log1p=lambda x: sympy.log(1 + x),
)


def with_sympy(problem: Problem, x: Any) -> tuple[Any, Any]:
    """``sympy.diff``, then ``lambdify`` with common subexpressions."""
    with patience(PATIENCE):
        xs = sympy.symbols(f"x:{np.size(x)}", real=True)
        y = problem.build(SYMPY)(xs[0] if problem.kind == "scalar" else list(xs))
        ys = y if isinstance(y, list) else [y]
        jac = [[sympy.diff(yi, xj) for xj in xs] for yi in ys]
        fn = sympy.lambdify(xs, jac, modules="numpy", cse=True)
    return np.array(fn(*np.atleast_1d(x))), 0.0


AUTOGRAD = SimpleNamespace(
    **{name: getattr(anp, name) for name in ("sin", "cos", "tan", "exp", "log", "tanh", "log1p")},
    sqrt=anp.sqrt,
    atan=anp.arctan,
)


def with_autograd(problem: Problem, x: Any) -> tuple[Any, Any]:
    """``autograd.grad`` and ``autograd.jacobian``."""
    fn = problem.build(AUTOGRAD)
    if problem.kind == "jacobian":
        return autograd.jacobian(lambda x: anp.array(fn(x)))(np.array(x)), 0.0
    return autograd.grad(fn)(np.array(x) if np.ndim(x) else float(x)), 0.0


@contextlib.contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Give up after some seconds."""

    def give_up(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def with_adaptive(problem: Problem, x: Any) -> tuple[Any, Any]:
    """The course's, which brings error bars."""
    value, bar = estimates(problem, x)
    return np.squeeze(value), np.squeeze(bar)


def ours(method: Method) -> Callable[[Problem, Any], tuple[Any, Any]]:
    """One of the course's others."""
    return lambda problem, x: (method.differentiate(problem, x), 0.0)


PEERS: dict[str, Callable[[Problem, Any], tuple[Any, Any]]] = {
    "scipy": with_scipy,
    "numdifftools": with_numdifftools,
    "jacobi": with_jacobi,
    "sympy": with_sympy,
    "autograd": with_autograd,
}
OURS = {method.name: ours(method) for method in METHODS} | {"adaptive": with_adaptive}


# --- the tables ----------------------------------------------------------------------------------


def counted(problem: Problem) -> tuple[Problem, list[int]]:
    """Make the same problem that counts the points at which its program runs."""
    calls, n = [0], len(problem.domain)

    def build(m: Any) -> Callable[[Any], Any]:
        fn = problem.build(m)

        def counting(x: Any) -> Any:
            many = isinstance(x, np.ndarray) and x.ndim > (problem.kind != "scalar")
            calls[0] += x.size // n if many else 1
            return fn(x)

        return counting

    return dataclasses.replace(problem, build=build), calls


def judge(name: str, method: Callable[[Problem, Any], Any], problem: Problem) -> Row:
    """Run one method on one problem at all of its points."""
    group = "trouble" if problem in TROUBLES else problem.kind
    found, runs, wrong = [], [], 0
    for x in problem.points:
        counting, calls = counted(problem)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # peers warn about NaN; the table says it
            try:
                value, bar = method(counting, x)
            except Exception as error:  # whatever a method raises, it found no derivative
                return Row(name, problem.name, group, math.nan, math.nan, type(error).__name__, 0)
        y, exact = np.asarray(value, dtype=float), np.asarray(problem.derivative(x))
        if not np.all(np.isfinite(y)):
            return Row(name, problem.name, group, math.nan, math.nan, "NaN", 0)  # said, not wrong
        runs.append(calls[0])
        error = np.abs(y.reshape(exact.shape) - exact)
        share = error.max() / (np.abs(exact).max() or 1.0)
        found.append(-math.log10(min(max(share, 2.0**-53), 1.0)) + 0.0)
        wrong += found[-1] < DIGITS and not noticed(y, bar, error)
    return Row(name, problem.name, group, min(found), statistics.median(runs), "", int(wrong))


def noticed(y: Any, bar: Any, error: Any) -> bool:
    """Whether a bar covers the error, or is as large as the value."""
    covered = np.all(error <= np.reshape(bar, np.shape(bar) and np.shape(error)))
    return bool(covered or np.max(bar) >= np.abs(y).max() > 0)


class Summary(NamedTuple):
    """A line of the table."""

    problems: int
    errors: int
    wrong: int
    right: int
    median: float
    least: float
    evaluations: float


def summary(rows: list[Row]) -> Summary:
    """Errors, problems with a wrong value, problems done, digits found, and evaluations."""
    found = [row for row in rows if not row.failed]
    return Summary(
        len(rows),
        len(rows) - len(found),
        sum(row.wrong > 0 for row in found),
        sum(row.digits >= DIGITS for row in found),
        statistics.median(row.digits for row in found),
        min(row.digits for row in found),
        statistics.median(row.evaluations for row in found),
    )


def main() -> None:
    """Print the table and write the record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write every row to this file")
    target = parser.parse_args().json
    rows = [
        judge(name, method, problem)
        for name, method in {**OURS, **PEERS}.items()
        for problem in (*PROBLEMS, *TROUBLES)
    ]
    print(f"{'':14s}problems errors wrong right median least evaluations")
    for title, troubled in (("battery", False), ("trouble", True)):
        print(title)
        for name in {**OURS, **PEERS}:
            here = [r for r in rows if r.method == name and (r.group == "trouble") == troubled]
            s = summary(here)
            print(f"  {name:12s}{s.problems:8d} {s.errors:6d} {s.wrong:5d} {s.right:5d} "
                  f"{s.median:6.1f} {s.least:5.1f} {s.evaluations:8.0f}")  # fmt: skip
            low = [f"{r.problem} {r.failed or round(r.digits, 1)}"
                   for r in here if r.failed or r.digits < 6]  # fmt: skip
            print("    ", ", ".join(low) or "all with six digits")
    if target:
        packages = ("numpy", "scipy", "numdifftools", "jacobi", "sympy", "autograd", "jax")
        write(target, {"environment": environment(*packages), "rows": [r._asdict() for r in rows]})


if __name__ == "__main__":
    main()
