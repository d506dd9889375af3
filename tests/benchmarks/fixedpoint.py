r"""Anderson acceleration: evaluations of Chandrasekhar's H-equation, and the distance from GMRES.

``python tests/benchmarks/fixedpoint.py`` prints the tables; ``--json PATH`` also writes them with
machine and versions. Counts are those of Toth and Kelley (2015): n = 512, tolerance 1e-8 of the
first residual. For each memory the counts of nine starts that differ by some 1e-15 are kept too,
with the package's regularisation, with one at the unit roundoff, and by an iteration of NumPy's
that has neither regularisation nor safeguard: where a count hangs on rounding, they spread.
GMRES is SciPy's, one cycle of k steps for a random system of 50 unknowns.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse.linalg
from _recording import environment, write

from slopes.fixedpoint import anderson, picard

jax.config.update("jax_enable_x64", True)

UNKNOWNS = 512
PUBLISHED = {0.5: [7, 6, 6], 0.99: [11, 10, 10, 11, 12, 12], 1.0: [21, 16, 17, 21, 27, 38]}
SHIFTS = 1e-15 * np.arange(-4, 5)
NODES = (np.arange(UNKNOWNS) + 0.5) / UNKNOWNS
KERNEL = NODES[:, None] / (NODES[:, None] + NODES) / (2 * UNKNOWNS)


def h_map(h: Any, c: Any) -> Any:
    """Apply the H-equation, by the midpoint rule."""
    return 1 / (1 - c * (KERNEL @ h))


def plain(c: float, memory: int, shift: float) -> int:
    """Count evaluations of the iteration as it is defined: least squares by NumPy, no more."""
    points = [np.ones(UNKNOWNS) + shift]
    images = [h_map(points[0], c)]
    while True:
        latest = np.array(images[-memory - 1 :])
        residuals = latest - np.array(points[-memory - 1 :])
        if len(images) == 1:
            first = np.linalg.norm(residuals[0])
        if np.linalg.norm(residuals[-1]) <= 1e-8 * first:
            return len(images)
        columns = np.diff(residuals, axis=0).T
        weights = np.linalg.lstsq(columns, residuals[-1], rcond=None)[0]
        points.append(latest[-1] - np.diff(latest, axis=0).T @ weights)
        images.append(h_map(points[-1], c))


def counts() -> list[dict[str, Any]]:
    """Count evaluations for every c and memory, and their spread over nearby starts."""
    rows: list[dict[str, Any]] = []
    for memory in range(1, 7):
        for name, ridge in (("default", 2.0**-26.5), ("roundoff", 2.0**-53), ("none", 0.0)):

            @jax.jit
            def ours(c: Any, shift: Any, m: int = memory, r: float = ridge) -> Any:
                start = jnp.ones(UNKNOWNS) + shift
                return anderson(h_map, start, c, memory=m, ridge=r).evaluations

            count = ours if ridge else partial(plain, memory=memory)
            for c, theirs in PUBLISHED.items():
                found = sorted(int(count(c, shift=shift)) for shift in SHIFTS)
                rows.append({
                    "c": c, "memory": memory, "ridge": name, "found": int(count(c, shift=0.0)),
                    "least": found[0], "most": found[-1],
                    "published": theirs[memory - 1] if memory <= len(theirs) else None,
                })  # fmt: skip
    return rows


def distances() -> list[dict[str, Any]]:
    """Compare a point of Anderson's iteration with the image of GMRES's, relative to its norm."""
    rng = np.random.default_rng(0)
    n = 50
    matrix, right = 0.9 * rng.normal(size=(n, n)) / n**0.5, rng.normal(size=n)
    rows = []
    for k in (2, 5, 10, 20):
        point, _ = scipy.sparse.linalg.gmres(
            np.eye(n) - matrix, right, rtol=0.0, restart=k, maxiter=1
        )
        image = matrix @ point + right
        found = anderson(lambda x: matrix @ x + right, np.zeros(n), memory=n, tol=0.0, steps=k + 1)
        apart = np.linalg.norm(np.asarray(found.value) - image) / np.linalg.norm(image)
        rows.append({"steps": k, "apart": float(apart)})
    return rows


def main() -> None:
    """Print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    path = parser.parse_args().json
    repeated = int(picard(h_map, np.ones(UNKNOWNS), 0.99).evaluations)
    content = {
        "environment": environment("jax", "scipy"), "picard": repeated, "counts": counts(),
        "gmres": distances(),
    }  # fmt: skip
    print("Picard, c = 0.99:", repeated)
    for row in [*content["counts"], *content["gmres"]]:
        print(row)
    if path:
        write(path, content)


if __name__ == "__main__":
    main()
