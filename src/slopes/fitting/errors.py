r"""What the derivatives at a minimum say of its uncertainty.

Four matrices, equal for many data of a right model, and different where it matters:

.. math:: H^{-1}, \quad (J^\top V^{-1} J)^{-1}, \quad H^{-1}G\,H^{-1}, \quad
   \sum_i \sigma_i^2\,\frac{\partial\hat\theta}{\partial y_i}
   \frac{\partial\hat\theta}{\partial y_i}^\top .

The first holds for the data seen, the second averages over data that the model expects, the third
does not believe the model's spread, and the fourth carries the errors of the data through the fit.
Cost: n products for H, a Jacobian of m terms for the others. A matrix that is not positive
definite has no inverse here: its covariance is infinite, and no entry is a nan. Parameters may be
a tree; matrices have them in the order of its leaves.
Reference: Efron and Hinkley, Biometrika 65 (1978) 457-482; White, Econometrica 50 (1982) 1-25.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from slopes._typing import Numbers
from slopes.fitting.inverses import FAR, apart, by_qr, inverse
from slopes.fitting.terms import demand_covariance, whitened
from slopes.products import hessian, jacobian

__all__ = ["covariance", "expected", "influence", "sandwich"]


def covariance(terms: Callable[..., Any], theta: Any, *data: Any) -> jax.Array:
    r"""Inverse of the observed information, :math:`H^{-1}`.

    Parameters
    ----------
    terms : Callable
        ``terms(theta, *data)``: one negative log-likelihood a datum, shape (m,).
    theta : array of shape (n,), number or tree of arrays
        The minimum of their sum, n real floating-point numbers.
    *data
        What the terms take besides the parameters.

    Returns
    -------
    array of shape (n, n)
        The covariance matrix, symmetric; infinite on its diagonal and 0 beside it if the Hessian
        is not positive definite: no minimum, or a parameter that the data leave open.

    Raises
    ------
    TypeError
        If a parameter is no real floating-point number.

    Notes
    -----
    Whether a matrix is positive definite is decided after its diagonal is scaled to 1, so that
    units do not matter.

    Examples
    --------
    >>> y = jnp.array([1.0, 2.0, 6.0])
    >>> terms = lambda theta, y: (y - theta[0]) ** 2 / 2
    >>> print(covariance(terms, jnp.array([3.0]), y).round(6))
    [[0.333333]]
    """
    of, row, _ = rows(terms, theta)
    return inverse(information(of, row, *data))


def rows(
    terms: Callable[..., Any], theta: Any
) -> tuple[Callable[..., Any], jax.Array, Callable[[Any], Any]]:
    """Give terms of parameters in one row, the row, and the function that makes their tree."""
    kinds = [jnp.result_type(leaf) for leaf in jax.tree.leaves(theta)]
    if not kinds or not all(jnp.issubdtype(kind, jnp.floating) for kind in kinds):
        raise TypeError(
            f"theta must hold real floating-point numbers, got theta={theta!r}; "
            "write 2.0 for 2, or convert with astype(float)"
        )
    row, restore = ravel_pytree(jax.tree.map(jnp.asarray, theta))
    return lambda row, *data: terms(restore(row), *data), row, restore


def information(terms: Callable[..., Any], theta: Any, *data: Any) -> jax.Array:
    """Give the Hessian of the sum of the terms, as symmetric as it should be."""
    hess = hessian(lambda theta, *data: jnp.sum(terms(theta, *data)), theta, *data)
    whole: jax.Array = (hess + hess.T) / 2
    return whole


def expected(mean: Callable[..., Any], theta: Any, *args: Any, variance: Numbers) -> jax.Array:
    r"""Inverse of the expected information, :math:`(J^\top V^{-1}J)^{-1}`.

    Parameters
    ----------
    mean : Callable
        ``mean(theta, *args)``: what the model expects of the data, shape (m,).
    theta : array of shape (n,), number or tree of arrays
        The parameters, n real floating-point numbers.
    *args
        What the model takes besides the parameters.
    variance : float or array of shape (m,) or (m, m)
        Variance of each datum, above 0: for counts ``mean(theta, *args)`` itself, for normal data
        the square of the standard deviation, for correlated data their covariance matrix.

    Returns
    -------
    array of shape (n, n)
        The covariance matrix; infinite on its diagonal and 0 beside it if J has no full rank.

    Raises
    ------
    TypeError
        If a parameter is no real floating-point number.
    ValueError
        If a variance is known and not above 0, a matrix not positive definite, or a shape is
        neither.

    Notes
    -----
    No second derivative enters. A QR decomposition of J, its columns scaled to 1, loses half as
    many digits as a product of J with itself. The standard deviations that NIST certifies are the
    roots of this diagonal, with the variance estimated from the residuals.

    Examples
    --------
    >>> line = lambda theta, x: theta[0] + theta[1] * x
    >>> x = jnp.array([-1.0, 0.0, 1.0])
    >>> cov = expected(line, jnp.zeros(2), x, variance=1.0)
    >>> print(jnp.diagonal(cov).round(6))
    [0.333333 0.5     ]
    """
    of, row, _ = rows(lambda theta: mean(theta, *args), theta)
    shape = np.shape(of(row))
    jac = jacobian(lambda row: jnp.ravel(of(row)), row)
    spread = jnp.asarray(variance, jac.dtype)
    if spread.shape not in ((), shape):
        demand_covariance("variance", variance, shape)
        return by_qr(whitened(jac, spread))
    if not isinstance(variance, jax.core.Tracer) and not (np.asarray(variance) > 0).all():
        raise ValueError(f"variance must be above 0, got variance={variance!r}")
    return by_qr(jac / jnp.sqrt(spread).reshape(-1, 1))


def sandwich(terms: Callable[..., Any], theta: Any, *data: Any) -> jax.Array:
    r"""Covariance that does not believe the spread, :math:`H^{-1}(\sum_i g_ig_i^\top)H^{-1}`.

    Parameters
    ----------
    terms, theta, *data
        As for `covariance`; the data are independent.

    Returns
    -------
    array of shape (n, n)
        The covariance matrix, or infinite variances, as `covariance` gives them.

    Raises
    ------
    TypeError
        If a parameter is no real floating-point number.
    ValueError
        If the terms are one number: their sum does not know the data apart.

    Notes
    -----
    Terms may be weighted: their gradients then hold the weights, which count as known.
    Right for many independent data even if their spread is not what the terms say, as long as the
    model's mean is. With few data it is noisy, and on average too small.

    Examples
    --------
    >>> y = jnp.array([1.0, 2.0, 6.0])
    >>> terms = lambda theta, y: (y - theta[0]) ** 2 / 2
    >>> cov = sandwich(terms, jnp.array([3.0]), y)  # variance of y over 3
    >>> print(cov.round(5))
    [[1.55556]]
    """
    of, row, _ = rows(terms, theta)
    if jnp.shape(of(row, *data)) == ():
        raise ValueError(
            "terms must return one number a datum, got a single one; leave out the sum"
        )
    cov = inverse(information(of, row, *data))
    good = jnp.isfinite(cov).all()
    slopes = jacobian(lambda row: jnp.ravel(of(row, *data)), row) @ jnp.where(good, cov, 0)
    return jnp.where(good, slopes.T @ slopes, cov)


def influence(terms: Callable[..., Any], theta: Any, *data: Any, of: int = 0) -> jax.Array:
    r"""How far each number of the data moves the minimum, :math:`-H^{-1}\,\partial_d\nabla L`.

    Parameters
    ----------
    terms, theta, *data
        As for `covariance`.
    of : int
        Which of the data, an array of numbers: an index into ``data``.

    Returns
    -------
    array of shape (n, ...)
        Derivative of each parameter with respect to each number of ``data[of]``; its shape follows.
        Infinite where the minimum is none: a Hessian that is not positive definite, or a point
        further than a tenth of a standard error from the minimum.

    Raises
    ------
    TypeError
        If a parameter is no real floating-point number.
    ValueError
        If there are no such data.

    Notes
    -----
    The gradient is zero at the minimum whatever the data are; its derivative with respect to them
    is therefore zero as well, and one solve gives all influences. No fit is repeated.
    For independent data, the squares times the data's variances add up to variances of the
    parameters: the fourth matrix above, which is the first if the model is linear. Counts may be
    integers; the derivative is that of the likelihood between them.

    Examples
    --------
    >>> y = jnp.array([1.0, 2.0, 6.0])
    >>> terms = lambda theta, y: (y - theta[0]) ** 2 / 2
    >>> print(influence(terms, jnp.array([3.0]), y).round(6))
    [[0.333333 0.333333 0.333333]]
    """
    if not 0 <= of < len(data):
        raise ValueError(f"of must be an index of the {len(data)} data given, got of={of!r}")
    total, row, _ = rows(terms, theta)
    cov = inverse(information(total, row, *data))
    chosen = jnp.asarray(data[of])
    real = jnp.issubdtype(chosen.dtype, jnp.floating)
    chosen = chosen if real else chosen.astype(row.dtype)

    def slope(datum: Any) -> Any:
        moved = (*data[:of], datum, *data[of + 1 :])
        return jax.grad(lambda row: jnp.sum(total(row, *moved)))(row)

    good = apart(slope(chosen), cov) <= FAR
    moves = -jnp.tensordot(jnp.where(good, cov, 0), jax.jacrev(slope)(chosen), 1)
    return jnp.where(good, moves, jnp.inf)
