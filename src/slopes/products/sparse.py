r"""Sparse Jacobians and Hessians: a few products hold all entries.

With a pattern and a colouring, let column c of the matrix :math:`S` be the sum of the unit vectors
of colour c. The compressed matrix :math:`B = J S` takes one product per colour, and each entry is
read off at one place, :math:`J_{ij} = B_{i,c(j)}`. If there are fewer colours for the rows, the
same is done with :math:`S^\top J`; for a Hessian, :math:`H_{ij}` is read in row i or in row j.
Cost: one linearisation, one product per colour, one indexed read; memory of the linearisation, of
B and of the entries. It fails where the pattern lacks an entry: numbers come out and are wrong.
So `SparseJacobian.prove` compares one product in a random direction with the derivative itself:
with a wrong pattern they differ, for almost every direction.
Reference: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapter 8.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.sparse import BCOO
from jaxtyping import Int

from slopes._arguments import demand_key
from slopes._typing import Fn
from slopes.products.colouring import colour_columns, colour_symmetric
from slopes.products.patterns import (
    Pattern,
    as_pattern,
    one_array,
    one_output,
    probe_pattern,
    pulling,
    pushing,
    rounding,
)

__all__ = ["SparseJacobian", "sparse_hessian", "sparse_jacobian"]


@dataclass(frozen=True, eq=False)
class SparseJacobian:
    """A function that returns a sparse matrix; made by `sparse_jacobian` and `sparse_hessian`."""

    pattern: Pattern
    """Where the matrix has entries."""
    colours: Int[np.ndarray, " c"]
    """Colour of each column, or of each row if `by_rows`."""
    by_rows: bool
    """Whether the rows are coloured, and reverse products taken."""
    values: Callable[[Any], Any]
    """From a point to the entries, in the pattern's order; compiled."""
    push: Callable[[Any, Any], Any] = field(repr=False)
    """From a point and a flat direction to the product of the matrix with it; compiled."""
    places: Any = field(repr=False)
    """Row and column of each entry, shape (k, 2), on the device."""
    tol: float = field(repr=False)
    """Largest relative difference that counts as rounding."""

    def __call__(self, x: Any) -> BCOO:
        """Return the matrix at a point, also inside other transformations."""
        flags = {"indices_sorted": True, "unique_indices": True}
        return BCOO((self.values(x), self.places), shape=self.pattern.shape, **flags)

    def prove(self, x: Any, *, key: Any) -> float:
        """Compare the matrix with the derivative itself, by a product in a random direction.

        Parameters
        ----------
        x : array of floats
            The point.
        key : key array
            For the direction.

        Returns
        -------
        float
            Largest difference of the two products, over the largest entry of the product of
            absolute values: at most the tolerance.

        Raises
        ------
        ValueError
            If the difference is larger, or not a number: the pattern lacks an entry at `x`. If `x`
            has not the example's shape.
        TypeError
            If `x` is not one array of real floats.

        Notes
        -----
        Missing entries that amount to less than the tolerance, on that scale, stay unseen; so does
        a whole row in units so small. Scale the outputs to one size where that may be.
        """
        rows, cols, (m, n) = self.pattern
        x = one_array(x, "x")
        values = np.asarray(self.values(x))
        v = jax.random.normal(key, (n,), x.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is no proof
            terms = values * np.asarray(v)[cols]
        ours, size = (np.bincount(rows, t, minlength=m) for t in (terms, np.abs(terms)))
        truth = np.asarray(self.push(x, v))
        scale = max(size.max(initial=0), np.abs(truth).max(initial=0)) or 1.0
        with np.errstate(invalid="ignore"):
            gaps = np.abs(ours - truth) / scale
        gap = float(gaps.max(initial=0))
        if not gap <= self.tol:
            raise ValueError(
                "pattern must hold every entry that is not zero, got a pattern with which a "
                f"product in a random direction is off by {gap:.1e} of its size, in row "
                f"{int(np.argmax(gaps))}. Give a pattern that has the missing entry, or probe at "
                "a point like this one."
            )
        return gap


def sparse_jacobian(
    fn: Fn, x_example: Any, *, key: Any, pattern: Any = None, tol: float | None = None
) -> SparseJacobian:
    r"""Build a function that computes a sparse Jacobian in one product per colour.

    Parameters
    ----------
    fn : callable
        Takes and returns one array; a traceable function.
    x_example : array of floats, n entries
        A point of its domain, with the shape and dtype of all later ones.
    key : key array
        For random points and directions.
    pattern : Pattern, bool array of shape (m, n), or (rows, cols, shape), optional
        Where the Jacobian may differ from 0. Default: what `probe_pattern` finds.
    tol : float, optional
        What counts as rounding, relative; default: the unit roundoff to the power of 3/4.

    Returns
    -------
    SparseJacobian
        ``jac(x)`` is a BCOO matrix of shape (m, n); ``jac.values(x)`` its entries in the order of
        ``jac.pattern``, as SciPy takes them; ``jac.prove(x, key=key)`` proves a result.

    Raises
    ------
    TypeError
        If `x_example` is not one array of floats, or `fn` does not return one.
    ValueError
        If the pattern has the wrong shape, or lacks an entry at `x_example`; if `tol` is not
        from 0 to 1.

    Notes
    -----
    The proof runs forwards, and the pattern of fewer outputs than inputs is probed backwards:
    `fn` needs forward mode, and reverse mode where rows are fewer or share colours better.

    Examples
    --------
    >>> key = jax.random.key(0)
    >>> jac = sparse_jacobian(jnp.diff, jnp.arange(1.0, 5.0), key=key)
    >>> int(jac.colours.max()) + 1
    2
    >>> jac(jnp.zeros(4)).todense().tolist()
    [[-1.0, 1.0, 0.0, 0.0], [0.0, -1.0, 1.0, 0.0], [0.0, 0.0, -1.0, 1.0]]
    """
    x, (first, second) = one_array(x_example), _two(key)
    out = one_output(fn, x)
    limit, shape = rounding(tol, x.dtype, out.dtype), (out.size, x.size)
    found = probe_pattern(fn, x, key=first, tol=tol) if pattern is None else as_pattern(pattern)
    _demand_shape(found, shape)
    by_columns, by_rows = colour_columns(found), colour_columns(found.transposed)
    rowwise = bool(by_rows.max(initial=0) < by_columns.max(initial=0))
    colours = by_rows if rowwise else by_columns
    lines, others = (found.cols, found.rows) if rowwise else (found.rows, found.cols)
    line = pulling(fn) if rowwise else pushing(fn)
    values = _reader(_alike(line, x), colours, lines, colours[others])
    push = _alike(pushing(fn), x)
    return _proved(push, found, colours, values, x, second, limit, by_rows=rowwise)


def sparse_hessian(
    fn: Fn, x_example: Any, *, key: Any, pattern: Any = None, tol: float | None = None
) -> SparseJacobian:
    r"""Build a function that computes a sparse Hessian in one product per colour.

    Parameters
    ----------
    fn : callable
        Takes one array and returns a number; a traceable function.
    x_example : array of floats, n entries
        A point of its domain, with the shape and dtype of all later ones.
    key : key array
        For random points and directions.
    pattern : Pattern, bool array of shape (n, n), or (rows, cols, shape), optional
        Where the Hessian may differ from 0, symmetric. Default: what `probe_pattern` finds.
    tol : float, optional
        What counts as rounding, relative; default: the unit roundoff to the power of 3/4.

    Returns
    -------
    SparseJacobian
        That of the gradient, with a star colouring of its symmetric pattern.

    Raises
    ------
    TypeError
        If `x_example` is not one array of floats, or `fn` does not return one.
    ValueError
        If the pattern has the wrong shape, is not symmetric, or lacks an entry at `x_example`.

    Examples
    --------
    >>> fn = lambda x: jnp.sum(x[1:] * x[0])
    >>> hess = sparse_hessian(fn, jnp.ones(5), key=jax.random.key(0))
    >>> int(hess.colours.max()) + 1, hess(jnp.ones(5)).todense()[0].tolist()
    (2, [0.0, 1.0, 1.0, 1.0, 1.0])
    """
    x, (first, second) = one_array(x_example), _two(key)
    limit, gradient = rounding(tol, x.dtype, one_output(fn, x).dtype), jax.grad(fn)
    if pattern is None:
        found = probe_pattern(gradient, x, key=first, tol=tol)
        both = np.concatenate([found.rows, found.cols]), np.concatenate([found.cols, found.rows])
        found = as_pattern((*both, found.shape))  # rounding may leave an entry out on one side
    else:
        found = as_pattern(pattern)
    _demand_shape(found, (x.size, x.size))
    colours = colour_symmetric(found)
    push = _alike(pushing(gradient), x)
    values = _reader(push, colours, *_readable(found, colours))
    return _proved(push, found, colours, values, x, second, limit)


def _two(key: Any) -> Any:
    """Split a key, or say that it is none."""
    demand_key(key)
    return jax.random.split(key)


def _alike(at: Any, example: Any) -> Any:
    """Let a map be taken only at points of the example's shape."""

    def checked(x: Any) -> Any:
        point = one_array(x, "x")
        if point.shape != example.shape:
            raise ValueError(
                f"x must have the shape {example.shape!r}, got x.shape={point.shape!r}"
            )
        return at(point)

    return checked


def _readable(pattern: Pattern, colours: Any) -> tuple[Any, Any]:
    """Say for each entry of a star-coloured matrix in which row and colour it stands alone."""
    rows, cols, _ = pattern
    cell = rows * (colours.max(initial=0) + 1) + colours[cols]
    _, which, count = np.unique(cell, return_inverse=True, return_counts=True)
    alone = count[which] == 1
    return np.where(alone, rows, cols), colours[np.where(alone, cols, rows)]


def _reader(line: Any, colours: Any, rows: Any, shades: Any) -> Any:
    """Compile one product per colour, and the reading of the entries."""
    count = int(colours.max(initial=0)) + 1

    @partial(jax.jit, inline=True)  # one program with what calls it
    def values(x: Any) -> Any:
        product = line(x)
        seeds = jax.nn.one_hot(colours, count, dtype=x.dtype, axis=0)
        # A loop over colours: in a batch the compiler computes
        # what they share anew for each.
        compressed = jax.lax.map(product, seeds)
        places = jnp.asarray(shades * compressed.shape[1] + rows, jnp.int32)
        return compressed.ravel().at[places].get(mode="promise_in_bounds")

    return values


def _proved(
    at: Any,
    pattern: Pattern,
    colours: Any,
    values: Any,
    x: Any,
    key: Any,
    tol: float,
    *,
    by_rows: bool = False,
) -> SparseJacobian:
    """Put the parts together, and try them at the example."""
    places = jnp.asarray(np.stack([pattern.rows, pattern.cols], axis=1), jnp.int32)
    push = jax.jit(lambda x, v: at(x)(v))
    jac = SparseJacobian(pattern, colours, by_rows, values, push, places, tol)
    jac.prove(x, key=key)
    return jac


def _demand_shape(pattern: Pattern, shape: tuple[int, int]) -> None:
    """Refuse a pattern for other numbers of inputs and outputs."""
    if pattern.shape != shape:
        raise ValueError(
            f"pattern must have the shape {shape!r}, got pattern.shape={pattern.shape!r}"
        )
