r"""Linear systems: solved by elimination or GMRES, with a transpose for reverse mode.

.. math:: A x = b, \qquad \bar b = A^{-\top}\bar x, \qquad \bar A = -\bar b\,x^\top

Cost: of the order of n^3 operations for up to 128 unknowns, and products alone beyond. What comes
out is nan where no digit of it can be believed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.sparse.linalg import gmres
from jaxtyping import Bool, Float

from slopes.implicit.arguments import demand_kind, demand_tolerance, eps, norm, real, row

__all__ = ["DENSE", "LinearSolution", "linear_solve"]

#: Up to so many unknowns a linear system is written out and solved by elimination.
DENSE = 128


class LinearSolution(NamedTuple):
    """What `linear_solve` finds."""

    value: Any
    """The solution, an array or a tree; nan where there is none."""
    converged: Bool[jax.Array, ""]
    """Whether the value is a solution with a digit at least that can be believed."""
    residual: Float[jax.Array, ""]
    """Length of what is left of the equation, over the length of the right-hand side."""


def linear_solve(matrix: Any, b: Any, *theta: Any, tol: Any = 1e-10) -> LinearSolution:
    r"""Solve :math:`A x = b`, for a matrix or for a function that multiplies by it.

    .. math:: \bar b = A^{-\top}\bar x, \qquad \bar A = -\bar b\,x^\top

    Parameters
    ----------
    matrix : array of shape (n, n) or callable
        The matrix, or ``matrix(x, *theta)``, linear in `x`.
    b : array or tree of arrays
        The right-hand side, floating; for a matrix, of shape (n,).
    *theta
        Parameters of the function; none for a matrix.
    tol : float
        Tolerance of an iterative solve, as for `fixed_point`.

    Returns
    -------
    LinearSolution
        Solution, whether it is one, and the residual.

    Raises
    ------
    TypeError, ValueError
        As for `fixed_point`, and if the matrix does not fit `b`, or the function is not linear.

    Notes
    -----
    Elimination for a matrix, and for a function of up to 128 unknowns, whose rows and columns are
    first scaled to size 1; GMRES beyond, restarted every 30 products. A solution without a digit
    that can be believed is nan and not converged: where elimination meets a singular matrix, GMRES
    does not come below `tol`, or the function gives something else than 0 at 0.

    Examples
    --------
    >>> A, b = jnp.array([[2.0, 1.0], [1.0, 2.0]]), jnp.array([1.0, 2.0])
    >>> linear_solve(A, b).value.tolist()
    [0.0, 1.0]
    >>> slopes = jax.grad(lambda b: linear_solve(A, b).value.sum())(b)
    >>> [round(float(slope), 4) for slope in slopes]
    [0.3333, 0.3333]
    """
    demand_tolerance(tol)
    if callable(matrix):
        right = real(b, "b")
        product = lambda x: matrix(x, *theta)  # noqa: E731
        demand_linear(product, right)
        origin = norm(product(jax.tree.map(jnp.zeros_like, right)))
        right = jax.tree.map(lambda leaf: jnp.where(origin == 0, leaf, jnp.nan), right)
        forward = backward = inverse(tol)
    else:
        right = real(jnp.asarray(b), "b")
        full = square(matrix, right, theta)
        product = lambda x: full @ x  # noqa: E731
        forward, backward = inverse(tol, full=full), inverse(tol, full=full.T)
    value = linear(product, right, forward, backward)
    left = jax.tree.map(jnp.subtract, product(lax.stop_gradient(value)), right)
    length = norm(right)
    residual = lax.stop_gradient(norm(left) / jnp.where(length > 0, length, 1))
    return LinearSolution(value, jnp.isfinite(residual), residual)


def linear(
    matvec: Callable[[Any], Any], b: Any, forward: Callable[..., Any], backward: Callable[..., Any]
) -> Any:
    """Solve a linear system of one vector: JAX cannot transpose one of which a part is constant."""
    flat, tree = row(b)
    product = lambda u: row(matvec(tree(u)))[0]  # noqa: E731
    return tree(lax.custom_linear_solve(product, flat, forward, backward))


def inverse(tol: Any, full: Any = None) -> Callable[[Callable[[Any], Any], Any], Any]:
    """Give a function that solves A u = b for a product with A, and says nan where it cannot."""

    def solve(matvec: Callable[[Any], Any], b: Any) -> Any:
        if full is not None:
            return eliminated(full, b)
        if b.size <= DENSE:
            # One product for each column
            return eliminated(jax.vmap(matvec, out_axes=1)(jnp.eye(b.size, dtype=b.dtype)), b)
        length, unit = normalised(b)
        # Sums of n products are rounded, and no iteration comes below that
        reach = jnp.maximum(tol, 8 * b.size**0.5 * eps(b)).astype(b.dtype)
        u, _ = gmres(matvec, unit, tol=reach / 2, restart=30, maxiter=b.size)  # type: ignore[no-untyped-call]
        return u * jnp.where(norm(matvec(u) - unit) <= reach, length, jnp.nan)

    return solve


def eliminated(A: Any, b: Any) -> Any:
    """Solve a system with its matrix, in units that give each row and column the size 1."""
    rows = sizes(A, 1)
    scaled = A / rows[:, None]
    columns = sizes(scaled, 0)
    scaled /= columns[None, :]
    length, unit = normalised(b / rows)
    u = jnp.linalg.solve(scaled, unit)
    # Elimination loses a factor |A| |u| / |b| of the digits, and one must be left
    fine = 10 * eps(A) * jnp.linalg.norm(scaled) * norm(u) <= 1
    return u / columns * jnp.where(fine, length, jnp.nan)


def sizes(A: Any, axis: int) -> Any:
    """Size of each row or column, 1 where it is empty."""
    top = jnp.abs(A).max(axis=axis)
    return jnp.where(top > 0, top, 1)


def normalised(b: Any) -> tuple[Any, Any]:
    """Length and direction of a vector; no direction where there is no length."""
    length = norm(b)
    return length, b / jnp.where(length > 0, length, 1)


def demand_linear(product: Callable[[Any], Any], b: Any) -> None:
    """Refuse a function of another kind, or one that has no transpose."""
    demand_kind("matrix", jax.eval_shape(product, b), b)
    try:
        jax.eval_shape(jax.linear_transpose(product, b), b)
    except NotImplementedError as error:
        raise ValueError(f"matrix must be linear in its first argument, got {error}") from error


def square(matrix: Any, b: Any, theta: tuple[Any, ...]) -> Any:
    """Refuse a matrix that does not fit the right-hand side."""
    full = real(jnp.asarray(matrix), "matrix")
    if jnp.shape(b) != full.shape[:1] or full.ndim != 2 or full.shape[0] != full.shape[1]:
        raise ValueError(
            f"matrix must be square and fit b, got shapes {full.shape} and {jnp.shape(b)}"
        )
    if theta:
        raise ValueError(f"theta must be empty beside a matrix, got theta={theta!r}")
    return full
