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

from slopes._typing import Numbers
from slopes.fitting.terms import demand_covariance, whitened
from slopes.newton.arguments import flattened, norm
from slopes.products import hessian, jacobian

__all__ = ["covariance", "expected", "influence", "sandwich"]

#: A point that is further than this from the minimum, in standard errors, is taken for none.
FAR = 0.1


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
    >>> covariance(terms, jnp.array([3.0]), y).round(6).tolist()
    [[0.333333]]
    """
    of, row, _ = rows(terms, theta)
    return inverse(information(of, row, *data))


def rows(
    terms: Callable[..., Any], theta: Any
) -> tuple[Callable[..., Any], jax.Array, Callable[[Any], Any]]:
    """Give terms of parameters in one row, the row, and the function that makes their tree."""
    row, restore = flattened("theta", theta)
    return lambda row, *data: terms(restore(row), *data), row, restore


def information(terms: Callable[..., Any], theta: Any, *data: Any) -> jax.Array:
    """Give the Hessian of the sum of the terms, as symmetric as it should be."""
    hess = hessian(lambda theta, *data: jnp.sum(terms(theta, *data)), theta, *data)
    whole: jax.Array = (hess + hess.T) / 2
    return whole


def apart(slope: jax.Array, cov: jax.Array) -> jax.Array:
    """Estimate how many standard errors a minimum is away; infinite if there is none."""
    good = jnp.isfinite(cov).all() & jnp.isfinite(slope).all()
    square = slope @ jnp.where(good, cov, 0) @ slope
    return jnp.where(good, jnp.sqrt(jnp.maximum(square, 0)), jnp.inf)


def inverse(matrix: jax.Array, slope: Any = 0.0) -> jax.Array:
    """Invert a positive definite matrix; any other has infinite variances.

    Eigenvalues count if they stand above rounding, and above the slope that is left: along the
    floor of a bent valley the curvature is of the slope's size, whatever the data leave open.
    """
    size = jnp.diagonal(matrix)
    positive = jnp.all((size > 0) & jnp.isfinite(size))
    root = jnp.sqrt(jnp.where(positive, size, 1))
    one = jnp.eye(len(size), dtype=matrix.dtype)
    even = jnp.where(positive, matrix / root[:, None] / root[None, :], one)
    values, vectors = jnp.linalg.eigh(jnp.where(jnp.isfinite(even).all(), even, one))
    rounding = 10 * len(size) * jnp.finfo(matrix.dtype).eps  # type: ignore[no-untyped-call]
    least = jnp.maximum(rounding, norm(slope / root))
    good = positive & jnp.isfinite(matrix).all() & (values[0] > least)
    turned = vectors / jnp.sqrt(jnp.where(good, values, 1))[None, :] / root[:, None]
    return jnp.where(good, turned @ turned.T, jnp.where(one > 0, jnp.inf, 0))


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
    many digits as a product of J with itself. What NIST certifies is this matrix.

    Examples
    --------
    >>> line = lambda theta, x: theta[0] + theta[1] * x
    >>> x = jnp.array([-1.0, 0.0, 1.0])
    >>> jnp.diagonal(expected(line, jnp.zeros(2), x, variance=1.0)).round(6).tolist()
    [0.333333, 0.5]
    """
    row, restore = flattened("theta", theta)
    shape = jnp.shape(mean(theta, *args))
    jac = jacobian(lambda row: jnp.ravel(mean(restore(row), *args)), row)
    spread = jnp.asarray(variance, jac.dtype)
    if spread.shape not in ((), shape):
        demand_covariance("variance", variance, shape)
        return _by_qr(whitened(jac, spread))
    if not isinstance(variance, jax.core.Tracer) and not (np.asarray(variance) > 0).all():
        raise ValueError(f"variance must be above 0, got variance={variance!r}")
    return _by_qr(jac / jnp.sqrt(spread).reshape(-1, 1))


def _by_qr(jac: jax.Array) -> jax.Array:
    """Invert a Jacobian's product with itself; without full rank the variances are infinite."""
    most = jnp.max(jnp.abs(jac), axis=0)
    usable = jnp.isfinite(most).all() & (most > 0).all() & (jac.shape[0] >= jac.shape[1])
    scale = jnp.where(usable, most, 1)
    scaled = jnp.where(usable, jac, 0) / scale[None, :]
    scale = scale * jnp.sqrt(jnp.sum(scaled**2, axis=0))
    scale = jnp.where(usable, scale, 1)
    upper = jnp.linalg.qr(jnp.where(usable, jac, 0) / scale[None, :], mode="r")
    one = jnp.eye(jac.shape[1], dtype=jac.dtype)
    least = max(jac.shape) * jnp.finfo(jac.dtype).eps  # type: ignore[no-untyped-call]
    full = usable & (jnp.abs(jnp.diagonal(upper)).min() > least)
    whole = upper if len(upper) == len(one) else one
    back = jax.scipy.linalg.solve_triangular(jnp.where(full, whole, one), one)
    back = back / scale[:, None]
    return jnp.where(full, back @ back.T, jnp.where(one > 0, jnp.inf, 0))


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
    >>> sandwich(terms, jnp.array([3.0]), y).round(6).tolist()  # variance of y over 3
    [[1.555556]]
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
    For independent data, the squares times the data's variances add up to the parameters'
    variances. Counts may be integers; the derivative is that of the likelihood between them.

    Examples
    --------
    >>> y = jnp.array([1.0, 2.0, 6.0])
    >>> terms = lambda theta, y: (y - theta[0]) ** 2 / 2
    >>> influence(terms, jnp.array([3.0]), y).round(6).tolist()
    [[0.333333, 0.333333, 0.333333]]
    """
    if not 0 <= of < len(data):
        raise ValueError(f"of must be an index of the {len(data)} data given, got of={of!r}")
    total, row, _ = rows(terms, theta)
    cov = inverse(information(total, row, *data))
    chosen = jnp.asarray(data[of])
    if not jnp.issubdtype(chosen.dtype, jnp.floating):
        chosen = chosen.astype(row.dtype)

    def slope(datum: Any) -> Any:
        moved = (*data[:of], datum, *data[of + 1 :])
        return jax.grad(lambda row: jnp.sum(total(row, *moved)))(row)

    good = apart(slope(chosen), cov) <= FAR
    moves = -jnp.tensordot(jnp.where(good, cov, 0), jax.jacrev(slope)(chosen), 1)
    return jnp.where(good, moves, jnp.inf)
