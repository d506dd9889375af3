r"""Ten sensitivities of many options against their price alone.

``python tests/benchmarks/greeks.py`` prints the table; ``--json PATH`` also writes it with machine
and versions. Both are jitted, in double precision, and run in turns; results are waited for. The
rows of one option are the latency of a call from Python.
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from _programs import in_turns
from _recording import environment, write

from slopes import greeks

jax.config.update("jax_enable_x64", True)
RANGES = ((80.0, 120.0), (80.0, 120.0), (0.1, 2.0), (0.0, 0.05), (0.1, 0.4))
"""Of spot, strike, expiry, rate and volatility."""
COUNTS = {1: 200, 100_000: 5}
"""Options, and the calls of a round."""


def options(count: int) -> list[Any]:
    """Draw the five arguments of some options."""
    rng = np.random.default_rng(0)
    return [jnp.asarray(rng.uniform(*between, count)) for between in RANGES]


def measured(count: int, calls: int, rounds: int = 30) -> list[dict[str, Any]]:
    """Time the price and the ten sensitivities of some options."""
    at = options(count)
    ways = {"price": greeks.call, "ten sensitivities": partial(greeks.greeks, greeks.call)}
    compiled = {way: jax.jit(fn) for way, fn in ways.items()}
    runs = {
        way: lambda fn=fn: jax.block_until_ready(fn(*at))  # type: ignore[misc]
        for way, fn in compiled.items()
    }
    return [{"options": count, "way": way, **row}
            for way, row in in_turns(runs, rounds, calls).items()]  # fmt: skip


def main(argv: list[str]) -> None:
    """Print the table and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rows, machine and versions to this file")
    chosen = parser.parse_args(argv)
    rows = [row for count, calls in COUNTS.items() for row in measured(count, calls)]
    for row in rows:
        median, lower, upper = (1e6 * row[key] for key in ("median", "lower", "upper"))
        print(f"{row['options']:7d} {row['way']:18s}{median:10.1f}  {lower:.1f} to {upper:.1f}")
    if chosen.json:
        found = environment("numpy", "jax", "jaxlib")
        write(chosen.json, {"environment": found, "dtype": "float64", "rows": rows})


if __name__ == "__main__":
    main(sys.argv[1:])
