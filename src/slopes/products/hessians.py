r"""Second derivatives as products: the Hessian is what the gradient's tangents are made of.

The Hessian :math:`H` is the Jacobian of the gradient, so that

.. math:: Hv = \frac{d}{dt}\,\nabla f(x + tv)\Big|_{t=0}

is one pass of forward mode through a gradient: at most four gradients of operations, often less
than two, and twice their memory, whatever the number of inputs; the matrix, which has :math:`n^2`
entries, is never formed. The gradient is linearised once, and each further product runs the linear
part alone.
It fails where `fn` has no second derivative: at a kink the answer is that of the branch taken.
Reference: Pearlmutter, *Fast Exact Multiplication by the Hessian*, Neural Computation 6 (1994).
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from slopes._arguments import demand_count
from slopes.products.arguments import as_point, demand_real, like, returning_one

__all__ = ["gauss_newton_product", "hessian", "hvp"]

Product: TypeAlias = Callable[[jax.Array], jax.Array]
"""A matrix that is known by its products: takes and returns a vector of shape (n,)."""


def hvp(fn: Callable[..., Any], x: Any, v: Any, *args: Any) -> Any:
    r"""Hessian times vector, :math:`Hv`, forward over reverse.

    Parameters
    ----------
    fn : callable
        ``fn(x, *args)`` returns one real number, and is written for JAX.
    x : array, or pytree of arrays, n entries in all
        Where; of floating-point numbers.
    v : array, or pytree of arrays
        Direction, built like `x`.
    *args
        Further arguments of `fn`, which are not differentiated: data belong here, since an array
        that `fn` closes over becomes a constant of the compiled program.

    Returns
    -------
    array, or pytree of arrays
        The derivative of the gradient along `v`, built like `x`.

    Raises
    ------
    TypeError
        If `x`, `v` or the value of `fn` is not of real floating-point numbers.
    ValueError
        If `v` is not built like `x`, if `x` is empty, or `fn` returns more than one number.

    Notes
    -----
    Linear in `v`. A NaN of the gradient stays a NaN, as in `jax.grad`.

    References
    ----------
    Griewank and Walther, *Evaluating Derivatives*, 2nd ed., section 5.1.

    Examples
    --------
    >>> x, v = jnp.array([3.0, 5.0]), jnp.array([1.0, 0.0])
    >>> hvp(lambda x: x[0] ** 2 * x[1], x, v).tolist()
    [10.0, 6.0]
    """
    x = as_point(x)
    slope = jax.grad(returning_one(fn))
    return jax.jvp(lambda x: slope(x, *args), (x,), (like("v", v, "x", x),))[1]


def gauss_newton_product(residual: Callable[..., Any], x: Any, v: Any, *args: Any) -> Any:
    r"""Jacobian, then its transpose, times vector: :math:`J^{\mathsf T}Jv`.

    For :math:`f = \frac12\lVert r\rVert^2` the Hessian is
    :math:`J^{\mathsf T}J + \sum_i r_i\nabla^2 r_i`; this is its first part, which is never
    negative, and all of it where the residual is zero or linear in `x`.

    Parameters
    ----------
    residual : callable
        ``residual(x, *args)`` returns an array, or a pytree of arrays, of real numbers.
    x, v, *args
        As for `hvp`.

    Returns
    -------
    array, or pytree of arrays
        Built like `x`.

    Raises
    ------
    TypeError, ValueError
        As `hvp` does, but for any number of outputs.

    Notes
    -----
    One linearisation, its product with `v` and one transposed product: no derivative of a
    derivative. Both modes must know every operation of `residual`.

    Examples
    --------
    >>> double = lambda x: 2.0 * x
    >>> x, v = jnp.array([1.0, 2.0]), jnp.array([1.0, -1.0])
    >>> gauss_newton_product(double, x, v).tolist()
    [4.0, -4.0]
    """
    x = as_point(x)
    y, forward = jax.linearize(lambda x: residual(x, *args), x)
    demand_real("residual", y)
    (product,) = jax.linear_transpose(forward, x)(forward(like("v", v, "x", x)))
    return product


def hessian(fn: Callable[..., Any], x: Any, *args: Any, chunk: Any = 64) -> Any:
    """Matrix of second derivatives, from n products of which some run at a time.

    Parameters
    ----------
    fn, x, *args
        As for `hvp`, all leaves of `x` of one dtype.
    chunk : int
        How many products run at once, at least 1: more are faster, and need more memory.

    Returns
    -------
    array
        For an array `x`, its shape twice: (n, n) for a vector. For any other pytree (n, n), the
        entries in the order of `jax.flatten_util.ravel_pytree`. Symmetric up to rounding.

    Raises
    ------
    TypeError, ValueError
        As `hvp` does; ValueError also if the leaves differ in dtype, or `chunk` is below 1.

    Notes
    -----
    Works for one gradient and n products; memory for the matrix and for `chunk` products.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1], jnp.array([3.0, 5.0])).tolist()
    [[10.0, 6.0], [6.0, 0.0]]
    """
    x = as_point(x)
    product, flat, _ = hessian_product(fn, x, args)
    rows = for_each_unit(lambda _, unit: product(unit), flat, chunk)
    return rows.reshape(2 * jnp.shape(x)) if isinstance(x, jax.Array) else rows


def hessian_product(fn: Callable[..., Any], x: Any, args: Any) -> tuple[Product, Any, Any]:
    """Linearise the gradient once: the product on flat vectors, the flat point, and the way back.

    A program that is compiled runs what does not depend on the direction once, however many
    products follow.
    """
    dtypes = {str(leaf.dtype) for leaf in jax.tree.leaves(x)}
    if len(dtypes) > 1:
        raise ValueError(f"x must have leaves of one dtype, got dtypes={sorted(dtypes)!r}")
    flat, restore = ravel_pytree(x)
    scalar = returning_one(fn)
    _, product = jax.linearize(jax.grad(lambda flat: scalar(restore(flat), *args)), flat)
    return product, flat, restore


def for_each_unit(fn: Callable[[Any, Any], Any], flat: Any, chunk: Any) -> Any:
    """Stack fn(i, i-th unit vector), `chunk` of them at a time."""
    at_once = min(demand_count("chunk", chunk, 1), flat.size)
    places = jnp.arange(flat.size)
    return jax.lax.map(
        lambda i: fn(i, (places == i).astype(flat.dtype)), places, batch_size=at_once
    )
