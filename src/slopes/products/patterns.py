r"""Where a Jacobian differs from zero: given, or found by products.

The product of :math:`J` with the j-th unit vector is column j, and the rows where it is not zero
are that column's entries. `probe_pattern` takes the products of some columns at once, keeps the
places and drops the numbers, so its memory is that of the entries and of one chunk. Cost: one
product per column, or per row where there are fewer rows, at each of a few random points.
It fails where an entry is zero near every point that was tried, such as one behind a branch that
was not taken; `slopes.products.sparse` therefore proves its results by a product of another kind.
Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapter 7.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from slopes._arguments import demand_count, demand_key, floating
from slopes._typing import Fn
from slopes.compare import unit_roundoff

__all__ = ["Pattern", "as_pattern", "probe_pattern"]

CHUNK = 64  # products at once


class Pattern(NamedTuple):
    """The places where a matrix may differ from zero, row by row."""

    rows: Int[np.ndarray, " k"]
    """Row of each entry, not decreasing."""
    cols: Int[np.ndarray, " k"]
    """Column of each entry, increasing within a row."""
    shape: tuple[int, int]
    """Rows and columns of the matrix."""

    @property
    def transposed(self) -> "Pattern":
        """The pattern of the transposed matrix."""
        return _sorted(self.cols, self.rows, self.shape[::-1])


def as_pattern(pattern: Any) -> Pattern:
    """Read a pattern: a matrix whose entries count as true or false, or the places themselves.

    Parameters
    ----------
    pattern : bool array, shape (m, n), or a tuple (rows, cols, shape)
        Where the matrix may differ from 0. Places may be in any order, and repeated. A tuple of
        three is always read as places.

    Returns
    -------
    Pattern
        Each place once, row by row.

    Raises
    ------
    TypeError
        If places or shape are not integers, or a sparse matrix is given.
    ValueError
        If an array has not two axes, or a place lies outside the shape.

    Examples
    --------
    >>> rows, cols, shape = as_pattern([[1, 0], [1, 1]])
    >>> rows.tolist(), cols.tolist(), shape
    ([0, 1, 1], [0, 0, 1], (2, 2))
    """
    if isinstance(pattern, tuple) and len(pattern) == 3:
        return _from_places(pattern)
    if hasattr(pattern, "todense"):
        raise TypeError(
            "pattern must be an array or (rows, cols, shape), got a sparse matrix of type "
            f"{type(pattern).__name__}; give its rows and columns"
        )
    structure = np.asarray(pattern, dtype=bool)
    if structure.ndim != 2:
        raise ValueError(f"pattern must have two axes, got pattern.ndim={structure.ndim!r}")
    rows, cols = np.nonzero(structure)
    return Pattern(rows, cols, structure.shape)


def _from_places(pattern: Any) -> Pattern:
    """Check rows, columns and shape, and bring them into order."""
    rows, cols, shape = map(np.asarray, pattern)
    if rows.shape != cols.shape or rows.ndim != 1:
        raise ValueError(
            f"pattern must have as many rows as columns, in lists of numbers, got {pattern=!r}"
        )
    if any(a.size and not np.issubdtype(a.dtype, np.integer) for a in (rows, cols, shape)):
        raise TypeError(f"pattern must have integers as places and shape, got {pattern=!r}")
    if shape.shape != (2,) or (shape < 0).any():
        raise ValueError(f"pattern must have a shape of two numbers from 0 on, got {pattern=!r}")
    m, n = shape.tolist()
    if ((rows < 0) | (rows >= m) | (cols < 0) | (cols >= n)).any():
        raise ValueError(f"pattern must lie inside its shape {(m, n)!r}, got {pattern=!r}")
    return _sorted(rows, cols, (m, n))


def probe_pattern(
    fn: Fn, x_example: Any, *, key: Any, points: int = 2, tol: float | None = None
) -> Pattern:
    r"""Find the pattern of a Jacobian by products with unit vectors near a point.

    Parameters
    ----------
    fn : callable
        Takes and returns one array; a traceable function.
    x_example : array of floats, n entries
        A point of its domain. Each entry is varied by up to a tenth of its size, and where it is 0
        of the entries' root mean square, or of 1 if all are 0.
    key : key array
        For the random points.
    points : int
        How many, at least 1: what is zero at one may not be at the next.
    tol : float, optional
        An entry counts as zero if it is at most `tol` times the largest of its product: transforms
        and solvers leave rounding errors there. Default: the unit roundoff to the power of 3/4,
        1e-12 in double precision, of the coarser of the dtypes of input and output. Rows so far
        below the others, as in other units, are lost: scale them, or take 0.

    Returns
    -------
    Pattern
        Of shape (m, n) for n inputs and m outputs, counted along flattened arrays.

    Raises
    ------
    TypeError
        If `x_example` is not one array of real floats, `fn` does not return one, `points` is no
        integer, or `key` is no key.
    ValueError
        If `points` is less than 1, `tol` is not from 0 to 1, or a derivative is not finite at one
        of them.

    Notes
    -----
    Memory: the entries, and `CHUNK` columns (or rows) at a time.

    Examples
    --------
    >>> key = jax.random.key(0)
    >>> pattern = probe_pattern(jnp.diff, jnp.arange(1.0, 4.0), key=key)
    >>> pattern.rows.tolist(), pattern.cols.tolist()
    ([0, 0, 1, 1], [0, 1, 1, 2])
    """
    x = one_array(x_example)
    demand_count("points", points, 1)
    demand_key(key)
    out = one_output(fn, x)
    by_rows = out.size < x.size
    seed = out if by_rows else x
    product = pulling(fn) if by_rows else pushing(fn)
    least = rounding(tol, x.dtype, out.dtype)

    @jax.jit
    def block(at: Any, first: Any) -> Any:
        units = jax.nn.one_hot(first + jnp.arange(CHUNK), seed.size, dtype=seed.dtype)
        return jax.lax.map(product(at), units)

    places = [
        _places(np.asarray(block(at, first)), first, least)
        for at in map(_near(x), jax.random.split(key, points))
        for first in range(0, seed.size, CHUNK)
    ]
    lines, others = np.concatenate([np.zeros((2, 0), int), *places], axis=1)
    found = (lines, others) if by_rows else (others, lines)
    return _sorted(*found, (out.size, x.size))


# --- Linear maps on flat arrays, which sparse matrices are built from ---


def pushing(fn: Fn) -> Any:
    """Give, for a point, the map from a flat tangent to the flat product with the Jacobian."""

    def at(x: Any) -> Any:
        push = jax.linearize(fn, x)[1]
        return lambda v: push(v.reshape(x.shape)).ravel()

    return at


def pulling(fn: Fn) -> Any:
    """Give, for a point, the map from a flat cotangent to its flat product with the Jacobian."""

    def at(x: Any) -> Any:
        y, pull_back = jax.vjp(fn, x)
        return lambda w: pull_back(w.reshape(y.shape))[0].ravel()

    return at


def one_array(point: Any, name: str = "x_example") -> Any:
    """Refuse what is no array of floats."""
    x = floating(name, point)
    if not isinstance(x, jax.Array):
        raise TypeError(f"{name} must be one array, got {name}={x!r}; flatten it before")
    return x


def one_output(fn: Fn, x: Any) -> Any:
    """Find shape and dtype of what a function returns, without a computation."""
    out = jax.eval_shape(fn, x)
    if not isinstance(out, jax.ShapeDtypeStruct):
        raise TypeError(f"fn must return one array, got {out!r}; join its parts")
    if not jnp.issubdtype(out.dtype, jnp.floating):
        raise TypeError(f"fn must return real floating-point numbers, got dtype={out.dtype}")
    return out


def rounding(tol: float | None, *dtypes: Any) -> float:
    """Check a tolerance; without one, take three quarters of the digits of the coarsest format."""
    if tol is None:
        return max(float(unit_roundoff(dtype) ** 0.75) for dtype in dtypes)
    if not 0 <= tol < 1:
        raise ValueError(f"tol must be at least 0 and less than 1, got {tol=!r}")
    return tol


def _near(x: Any) -> Any:
    """Give, for a key, a random point near another."""
    typical = jnp.sqrt(jnp.mean(x * x))
    scale = jnp.where(x == 0, jnp.where(typical > 0, typical, 1), jnp.abs(x))
    return lambda key: x + scale * jax.random.uniform(key, x.shape, x.dtype, -0.1, 0.1)


def _places(block: Any, first: int, tol: float) -> Any:
    """Return where the products of a chunk are not zero: numbers of products, and of entries."""
    if not np.isfinite(block).all():
        raise ValueError(
            f"fn must have finite derivatives near x_example, got {block[~np.isfinite(block)][0]}"
        )
    size = np.abs(block)
    lines, others = np.nonzero(size > tol * size.max(axis=1, keepdims=True, initial=0))
    return np.stack([lines + first, others])


def _sorted(rows: Any, cols: Any, shape: tuple[int, int]) -> Pattern:
    """Bring places into order, each once."""
    flat = np.unique(rows.astype(np.int64) * shape[1] + cols.astype(np.int64))
    return Pattern(flat // max(shape[1], 1), flat % max(shape[1], 1), shape)
