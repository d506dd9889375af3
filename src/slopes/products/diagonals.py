r"""The diagonal of a Hessian: exact by one product for each entry, or estimated by random signs.

Multiplied by its own signs, a product in a random direction :math:`z_i = \pm1` is the diagonal
and noise:

.. math:: z_i(Hz)_i = H_{ii} + \sum_{j\ne i}z_iz_jH_{ij}.

The exact way costs n products; the estimate as many as are asked for, and its error falls like one
over their root, from the root of the sum of squares beside the diagonal: it is exact for a
diagonal matrix and poor where the diagonal is small beside its row.
Reference: Bekas, Kokiopoulou and Saad, Applied Numerical Mathematics 57 (2007).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from slopes._arguments import demand_count, demand_key
from slopes.products.arguments import as_point
from slopes.products.hessians import for_each_unit, hessian_product

__all__ = ["DiagonalEstimate", "hessian_diagonal", "hutchinson"]


class DiagonalEstimate(NamedTuple):
    """A diagonal estimated from products in random directions."""

    value: Any
    """Mean over the samples, built like `x`; its expectation is the diagonal."""
    error: Any
    """Standard error of each entry, built like `x`."""
    samples: int
    """Number of products."""


def hessian_diagonal(fn: Callable[..., Any], x: Any, *args: Any, chunk: Any = 64) -> Any:
    """Exact diagonal of the Hessian, by n products.

    Parameters
    ----------
    fn, x, *args, chunk
        As for `hessian`.

    Returns
    -------
    array, or pytree of arrays
        The second derivative by each entry of `x`, built like `x`.

    Raises
    ------
    TypeError, ValueError
        As `hessian` does.

    Notes
    -----
    As many operations as the matrix, and memory for `chunk` products only. For a Hessian that is
    known to be diagonal one product with a vector of ones is enough.

    Examples
    --------
    >>> fn = lambda x: x[0] ** 2 * x[1]
    >>> hessian_diagonal(fn, jnp.array([3.0, 5.0])).tolist()
    [10.0, 0.0]
    """
    product, flat, restore = hessian_product(fn, as_point(x), args)
    return restore(for_each_unit(lambda i, unit: product(unit)[i], flat, chunk))


def hutchinson(
    fn: Callable[..., Any], x: Any, *args: Any, key: Any, samples: Any
) -> DiagonalEstimate:
    r"""Diagonal of the Hessian, estimated by products with random signs.

    With independent signs :math:`z_i = \pm1`, the entry :math:`z_i(Hz)_i` has the expectation
    :math:`H_{ii}` and the variance :math:`\sum_{j\ne i}H_{ij}^2`.

    Parameters
    ----------
    fn, x, *args
        As for `hessian`.
    key : array
        A key of `jax.random`.
    samples : int
        Number of products, at least 2.

    Returns
    -------
    DiagonalEstimate
        Mean, its standard error entry by entry, and the number of products.

    Raises
    ------
    TypeError, ValueError
        As `hessian` does; ValueError also if there are fewer than two samples, TypeError if `key`
        is no key.

    Notes
    -----
    The error falls like one over the root of `samples`; the error bar is itself uncertain by one
    over the root of twice `samples`, and a bar of zero from few samples may be luck. It has no
    say on a sum of entries: their errors are not independent. Memory for a few vectors.

    References
    ----------
    Bekas, Kokiopoulou and Saad, *An estimator for the diagonal of a matrix*, Applied Numerical
    Mathematics 57 (2007); Hutchinson (1990) has the trace.

    Examples
    --------
    >>> diagonal = hutchinson(lambda x: (x**3).sum(), jnp.array([1.0, 2.0]),
    ...                       key=jax.random.key(0), samples=2)
    >>> diagonal.value.tolist(), diagonal.error.tolist()
    ([6.0, 12.0], [0.0, 0.0])
    """
    samples = demand_count("samples", samples, 2)
    demand_key(key)
    product, flat, restore = hessian_product(fn, as_point(x), args)
    wide = flat.dtype if flat.dtype.itemsize > 4 else jnp.float32  # halves lose count

    def one_more(state: Any, entry: Any) -> Any:
        mean, squares = state
        k, key = entry
        z = jax.random.rademacher(key, flat.shape, flat.dtype)
        apart = (z * product(z)).astype(wide) - mean
        mean = mean + apart / (k + 1)
        # Welford's update: no cancellation
        return (mean, squares + apart**2 * (k / (k + 1))), None

    counted = jnp.arange(samples, dtype=wide), jax.random.split(key, samples)
    nothing = jnp.zeros_like(flat, wide)
    (mean, squares), _ = jax.lax.scan(one_more, (nothing, nothing), counted)
    error = jnp.sqrt(squares / samples / (samples - 1))
    return DiagonalEstimate(
        restore(mean.astype(flat.dtype)), restore(error.astype(flat.dtype)), samples
    )
