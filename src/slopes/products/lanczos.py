r"""How a function bends: the extreme eigenvalues of its Hessian, from products alone.

After `k` products Lanczos' method has an orthonormal basis :math:`Q` of the Krylov space of a
random start, and :math:`Q^{\mathsf T}HQ = T` is tridiagonal; the ends of the spectrum of
:math:`T` approach those of :math:`H` from inside, isolated ones first. For the unit vector
:math:`y` that belongs to :math:`\theta`, some eigenvalue of the symmetric matrix :math:`H` lies
within the residual :math:`\lVert Hy - \theta y\rVert` of :math:`\theta`. Cost: `k` products, two
more for the residuals, and memory for `k` vectors. It fails to see an end whose eigenvector is
almost orthogonal to the start, and says nothing about the eigenvalues between the ends.
Reference: Parlett, *The Symmetric Eigenvalue Problem*, chapters 4 and 13.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from slopes._arguments import demand_count, demand_key
from slopes.products.arguments import as_point
from slopes.products.hessians import Product, hessian_product

__all__ = ["Curvature", "curvature"]


Basis = tuple[Any, Any, Any]  # rows of the basis, diagonal, and what stands beside it


class Curvature(NamedTuple):
    """The two ends of the spectrum of a Hessian."""

    lowest: Any
    """Smallest eigenvalue found, at least the smallest that there is."""
    highest: Any
    """Largest eigenvalue found, at most the largest that there is."""
    along_lowest: Any
    """Direction of unit length in which the second derivative is `lowest`, built like `x`."""
    along_highest: Any
    """The same for `highest`."""
    residuals: Any
    """Two distances, within which of the two there is an eigenvalue."""
    converged: Any
    """Whether both residuals are small, as `tol` asks."""
    iterations: int
    """Number of products that built the basis."""


def curvature(
    fn: Callable[..., Any],
    x: Any,
    *args: Any,
    key: Any,
    steps: Any = 30,
    tol: float = 1e-3,
) -> Curvature:
    """Smallest and largest eigenvalue of the Hessian by Lanczos' method, with directions.

    Parameters
    ----------
    fn : callable
        ``fn(x, *args)`` returns one real number, and is written for JAX.
    x : array, or pytree of arrays of one dtype, n entries in all
        Where; of floating-point numbers.
    *args
        Further arguments of `fn`, which are not differentiated.
    key : array
        A key of `jax.random`, for the start.
    steps : int
        Number of products, at least 1; n are enough, and more are not made.
    tol : float
        Converged is what has both residuals at most `tol` times the larger magnitude of the two
        eigenvalues; not negative.

    Returns
    -------
    Curvature
        Eigenvalues, directions, residuals, whether they are small, and the number of products.

    Raises
    ------
    TypeError, ValueError
        As `slopes.products.hvp` does; TypeError also if `x` is of half precision, for which there
        are no eigenvalues; ValueError also if `steps` is below 1, `tol` is negative, or a product
        is not finite (compiled, it gives NaN and `converged` is false).

    Notes
    -----
    The basis is kept orthogonal by projection, twice a step, so that no eigenvalue is found twice;
    where the Krylov space is exhausted, a new random direction continues it. The basis takes
    `steps` vectors of memory.

    Examples
    --------
    >>> found = curvature(lambda x: x[0] ** 2 - 3.0 * x[1] ** 2, jnp.ones(2),
    ...                   key=jax.random.key(0))
    >>> [round(float(end), 4) for end in (found.lowest, found.highest)]
    [-6.0, 2.0]
    >>> bool(found.converged)
    True
    """
    steps = demand_count("steps", steps, 1)
    demand_key(key)
    if not tol >= 0:
        raise ValueError(f"tol must be at least 0, got tol={tol!r}")
    product, flat, restore = hessian_product(fn, as_point(x), args)
    if flat.dtype not in (jnp.float32, jnp.float64):
        raise TypeError(f"x must hold numbers of 32 or 64 bits, got dtype={flat.dtype}")
    iterations = min(steps, flat.size)
    basis, diagonal, beside = _lanczos(product, flat, key, iterations)
    values, vectors = jnp.linalg.eigh(
        jnp.diag(diagonal) + jnp.diag(beside, 1) + jnp.diag(beside, -1)
    )
    ends = jnp.stack([values[0], values[-1]])
    along = jnp.stack([_unit(vectors[:, k] @ basis) for k in (0, -1)])
    images = jnp.stack([product(y) for y in along])
    residuals = jnp.stack([_length(w) for w in images - ends[:, None] * along])
    _demand_finite(residuals)
    converged = residuals.max() <= tol * jnp.abs(ends).max()
    return Curvature(
        ends[0], ends[1], restore(along[0]), restore(along[1]), residuals, converged, iterations
    )


def _lanczos(product: Product, flat: Any, key: jax.Array, count: int) -> Basis:
    """Return an orthonormal basis as rows, and the projected matrix's diagonals."""
    starts = jax.random.split(key, count)
    unit = float(np.finfo(np.dtype(flat.dtype)).eps)

    def one_more(k: Any, state: Any) -> Any:
        basis, diagonal, beside = state
        image = product(basis[k])
        diagonal = diagonal.at[k].set(basis[k] @ image)
        rest = _orthogonal(basis, image)
        length = _length(rest)
        # What is left by rounding has no direction: the Krylov space is exhausted.
        lost = length <= 100 * unit * _length(image)
        drawn = jax.random.normal(starts[k], flat.shape, flat.dtype)
        fresh = _orthogonal(basis, drawn)
        basis = basis.at[k + 1].set(_unit(jnp.where(lost, fresh, rest)))
        return basis, diagonal, beside.at[k].set(jnp.where(lost, 0.0, length))

    first = _unit(jax.random.normal(starts[-1], flat.shape, flat.dtype))
    basis = jnp.zeros((count, flat.size), flat.dtype).at[0].set(first)
    empty = basis, jnp.zeros(count, flat.dtype), jnp.zeros(count, flat.dtype)
    basis, diagonal, beside = jax.lax.fori_loop(0, count - 1, one_more, empty)
    return basis, diagonal.at[-1].set(basis[-1] @ product(basis[-1])), beside[:-1]


def _orthogonal(basis: Any, w: Any) -> Any:
    """Take the part of a vector in the span of the basis away, twice: once leaves rounding."""
    for _ in range(2):
        w = w - (basis @ w) @ basis
    return w


def _unit(w: Any) -> Any:
    return w / _length(w)


def _length(w: Any) -> Any:
    """Norm whose squares neither overflow nor vanish, which those of 1e-25 do in float32."""
    largest = jnp.abs(w).max()
    scale = jnp.where(largest > 0, largest, jnp.ones_like(largest))
    return scale * jnp.linalg.norm(w / scale)


def _demand_finite(residuals: Any) -> None:
    """Refuse NaN; inside a compiled program there are no numbers to look at."""
    if not isinstance(residuals, jax.core.Tracer) and not jnp.isfinite(residuals).all():
        raise ValueError(
            f"fn must have finite second derivatives at x, got residuals={residuals.tolist()!r}"
        )
