"""Fits: NIST's standard deviations, pulls of simulated fits, and S4's table with HESSE.

``python tests/benchmarks/fitting.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions; ``--data FOLDER`` takes certified problems from a folder, in place of those
that pip fetches (`least_squares.py` reads them). All in float64.
Digits are those of the least exact standard deviation of a problem, at the certified parameters,
which are printed to 11 digits: with the residual's spread computed there, and with the certified
one, since where data are exact to the last digit the spread is the rounding of the parameters.
Pulls are those of S4's histogram fit: 10 000 events expected, 1000 bins, 2000 sets of data.
Times are those of S4's notebook: its starts, limits and strategy, rivals in turn.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from _recording import environment, write
from iminuit import Minuit
from least_squares import CERTIFIED, digits, fetched, read

from slopes import timing
from slopes.fitting import covariance, expected, fit, poisson

TOYS, BINS, EVENTS, ROUNDS = 2000, 1000, 10_000, 15
NAMES = ("amplitude", "centre", "width")


def certified_errors(path: Path) -> tuple[Any, float]:
    """Read standard deviations and the residual's from a problem's file."""
    text = path.read_text()
    rows = re.findall(r"^\s*b\d+ =\s*(.*)$", text, re.M)
    spread = re.search(r"Residual Standard Deviation:\s*(\S+)", text)
    assert spread is not None
    return np.array([float(row.split()[3]) for row in rows]), float(spread.group(1))


def standard_deviations(folder: Path) -> list[dict[str, Any]]:
    """Digits of the standard deviations of every problem, at its certified parameters."""
    found = []
    for path in sorted(folder.glob("*.dat")):
        problem = read(path)
        exact, spread = certified_errors(path)
        at = jnp.asarray(problem.certified)
        residual = np.asarray(problem.residual(at))
        free = residual.size - at.size
        unscaled = np.sqrt(np.diagonal(expected(problem.residual, at, variance=1.0)))
        row = {
            "name": problem.name,
            "digits": digits(np.sqrt(residual @ residual / free) * unscaled, exact),
            "certified_spread": digits(spread * unscaled, exact),
        }
        print(f"{row['name']:10s}{row['digits']:6.1f}{row['certified_spread']:6.1f}")
        found.append(row)
    return found


def model(edges: Any) -> Callable[[Any, Any], Any]:
    """Give the terms of S4's histogram: amplitude, centre and width of a normal density."""

    def mean(theta: Any) -> Any:
        z = (edges - theta[1]) / theta[2]
        return theta[0] * jnp.diff(jax.scipy.stats.norm.cdf(z))

    return lambda theta, k: poisson(k, mean(theta))


def pulls() -> list[dict[str, Any]]:
    """Mean and width of the pulls of each parameter."""
    edges = jnp.linspace(-4.0, 4.0, BINS + 1)
    terms, truth = model(edges), jnp.array([float(EVENTS), 0.0, 1.0])
    expectation = truth[0] * jnp.diff(jax.scipy.stats.norm.cdf(edges))
    toys = jax.random.poisson(jax.random.key(5), expectation, (TOYS, BINS)).astype(float)
    found = jax.jit(jax.vmap(lambda k: fit(terms, truth, k, tol=1e-5)))(toys)
    assert found.converged.all()
    pull = (found.value - truth) / jnp.sqrt(jnp.diagonal(found.cov, axis1=1, axis2=2))
    return [
        {"name": name, "mean": float(row.mean()), "width": float(row.std())}
        for name, row in zip(NAMES, pull.T, strict=True)
    ]


def minimised(cost: Any, slope: Any, start: Any) -> Minuit:
    """One MIGRAD with S4's settings."""
    m = Minuit(cost, start, grad=slope)
    m.errordef, m.strategy = Minuit.LIKELIHOOD, 0
    m.limits = [(0, None), (None, None), (0, None)]
    return m.migrad()


def table() -> dict[str, Any]:
    """S4's programs and its four ways to the errors: calls and seconds."""
    counts, edges = np.histogram(np.random.default_rng(1).normal(size=EVENTS), bins=BINS)
    k, terms = jnp.asarray(counts, float), model(jnp.asarray(edges))

    def cost(theta: Any) -> Any:
        return jnp.sum(terms(theta, k))

    slope, fast = jax.grad(cost), jax.jit(cost)
    programs = {
        "no JIT, no grad": (cost, None),
        "no JIT, grad": (cost, slope),
        "JIT, no grad": (fast, None),
        "JIT, grad not compiled": (fast, slope),
        "JIT, grad": (fast, jax.jit(slope)),
    }
    start = np.array([1.5 * EVENTS, 1.0, 2.0])
    runs = {name: minimised(*pair, start) for name, pair in programs.items()}
    race = timing.in_turns(
        {name: (lambda x, pair=pair: minimised(*pair, x).fval, start)
         for name, pair in programs.items()}, rounds=ROUNDS,
    )  # fmt: skip
    best = np.array(runs["JIT, grad"].values)
    plain = lambda x: jnp.linalg.inv(jax.hessian(cost)(x))  # noqa: E731
    compiled = jax.jit(lambda x, k: covariance(terms, x, k))

    def hesse(cost: Any) -> Callable[[Any], Any]:
        def run(x: Any) -> Any:
            m = Minuit(cost, x)
            m.errordef = Minuit.LIKELIHOOD
            return np.asarray(m.hesse().errors)

        return run

    def afresh(x: Any) -> Any:
        return jax.jit(lambda x: jnp.linalg.inv(jax.hessian(lambda y: cost(y))(x)))(x)

    ways = {
        "HESSE": hesse(cost), "HESSE, cost compiled": hesse(fast), "JAX": plain,
        "JAX, compiled before": compiled, "JAX, with compilation": afresh,
    }  # fmt: skip
    errors = timing.in_turns(
        {name: (way, best, *((k,) if way is compiled else ())) for name, way in ways.items()},
        rounds=ROUNDS,
    )
    exact = np.sqrt(np.diagonal(compiled(best, k)))
    return {
        "programs": [
            {"name": name, "calls": m.nfcn, "gradients": m.ngrad, **seconds(race, name)}
            for name, m in runs.items()
        ],
        "errors": [{"name": name, **seconds(errors, name)} for name in ways],
        "exact": exact.tolist(),
        "hesse": float(np.max(np.abs(hesse(cost)(best) / exact - 1))),
    }


def seconds(race: timing.Race, name: str) -> dict[str, float]:
    """Median and quartiles of one rival."""
    found = race.spread(name)
    return {"median": found.median, "low": found.low, "high": found.high}


def main(arguments: list[str] | None = None) -> int:
    """Print the tables, and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--data", type=Path, help="a folder of problem files")
    given = parser.parse_args(arguments)
    jax.config.update("jax_enable_x64", True)
    record: dict[str, Any] = {"environment": environment("jax", "jaxlib", "numpy", "iminuit")}
    print(f"digits of standard deviations, of {CERTIFIED}: own spread, certified spread")
    with tempfile.TemporaryDirectory() as folder:
        record["certified"] = standard_deviations(given.data or fetched(folder))
    record["pulls"] = pulls()
    for row in record["pulls"]:
        print(f"pull of {row['name']:10s} mean {row['mean']:6.3f} width {row['width']:.3f}")
    record |= table()
    for row in record["programs"]:
        print(
            f"{row['name']:24s}{row['calls']:4d}{row['gradients']:4d}{1e3 * row['median']:9.2f} ms"
        )
    for row in record["errors"]:
        print(f"{row['name']:24s}{1e3 * row['median']:9.2f} ms")
    print(f"errors {record['exact']}, HESSE off by {record['hesse']:.1e}")
    if given.json:
        write(given.json, record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
