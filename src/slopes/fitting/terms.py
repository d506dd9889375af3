r"""Likelihoods, one term a datum: normal data, correlated or not, counts, errors in x and y.

A term is minus the logarithm of a likelihood, up to a constant that no parameter enters, chosen so
that a perfect datum has the term 0. A rise of the sum by 1/2 then marks one standard error.
With errors in x and y the variance of a residual is, to first order in the error of x,

.. math:: \sigma_i^2 = \sigma_y^2 + f'(x_i)^2\sigma_x^2 .

Reference: Baker and Cousins, Nucl. Instrum. Meth. 221 (1984) 437-442; Orear, Am. J. Phys. 50
(1982) 912-916.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from slopes._typing import Numbers

__all__ = ["correlated", "effective_variance", "gaussian", "poisson"]


def gaussian(y: Numbers, mean: Numbers, sigma: Numbers) -> jax.Array:
    r"""Terms of normal data of known spread, :math:`\frac12((y-\mu)/\sigma)^2`.

    Parameters
    ----------
    y, mean : array of shape (m,)
        Data, and what the model expects.
    sigma : float or array of shape (m,)
        Standard deviations, above 0.

    Returns
    -------
    array of shape (m,)
        The terms, at least 0.

    Raises
    ------
    ValueError
        If a standard deviation is known and not above 0, or `y` and `mean` have shapes of which
        neither holds the other, as a row and a column have.

    Examples
    --------
    >>> gaussian(jnp.array([3.0, 1.0]), jnp.array([1.0, 1.0]), 2.0).tolist()
    [0.5, 0.0]
    """
    _demand_sizes("sigma", sigma, least=None)
    mu = _real(mean)
    _demand_pairs("y", y, mu, sigma)
    terms: jax.Array = 0.5 * ((jnp.asarray(y, mu.dtype) - mu) / jnp.asarray(sigma, mu.dtype)) ** 2
    return terms


def correlated(y: Numbers, mean: Numbers, cov: Numbers) -> jax.Array:
    r"""Terms of correlated normal data, :math:`\frac12(L^{-1}(y-\mu))^2` with :math:`LL^\top=V`.

    Parameters
    ----------
    y, mean : array of shape (m,)
        Data, and what the model expects; the mean may be one number.
    cov : array of shape (m, m)
        Covariance matrix V of the data, symmetric and positive definite.

    Returns
    -------
    array of shape (m,)
        The terms, at least 0, independent of each other if V is right. Term i holds what datum i
        says beyond those before it; only their sum is free of the order of the data.

    Raises
    ------
    ValueError
        If the matrix is known and not symmetric or not positive definite, or shapes do not fit.

    Examples
    --------
    >>> V = jnp.array([[1.0, 0.5], [0.5, 1.0]])
    >>> y = jnp.array([1.0, 1.0])
    >>> print(f"{correlated(y, 0.0, V).sum():.5f}")  # y inverse(V) y / 2
    0.66667
    """
    demand_covariance("cov", cov, np.shape(y))
    mu = _real(mean)
    _demand_pairs("y", y, mu, 1.0)
    return 0.5 * whitened(jnp.asarray(y, mu.dtype) - mu, jnp.asarray(cov, mu.dtype)) ** 2


def whitened(rows: jax.Array, cov: jax.Array) -> jax.Array:
    """Turn rows of correlated errors into rows whose errors are independent, of spread 1."""
    return jax.scipy.linalg.solve_triangular(jnp.linalg.cholesky(cov), rows, lower=True)


def poisson(counts: Numbers, mean: Numbers) -> jax.Array:
    r"""Terms of counts, :math:`\mu-k+k\log(k/\mu)`.

    Parameters
    ----------
    counts : array of shape (m,)
        Counts, at least 0.
    mean : array of shape (m,)
        What the model expects, at least 0.

    Returns
    -------
    array of shape (m,)
        The terms, at least 0, and 0 where a count is as expected; twice their sum is the deviance.
        Infinite where the mean is below 0, or 0 for a count that is not.

    Raises
    ------
    ValueError
        If a count is known and negative, or shapes do not fit, as for `gaussian`.

    Notes
    -----
    The binned likelihood; an empty bin contributes its mean, even if that is 0. Near the mean the
    term is computed from the relative distance: rounding grows with the distance of count and mean,
    and not with the count.

    Examples
    --------
    >>> poisson(jnp.array([0.0, 2.0]), jnp.array([1.5, 2.0])).tolist()
    [1.5, 0.0]
    """
    _demand_sizes("counts", counts, least=0)
    mu = _real(mean)
    _demand_pairs("counts", counts, mu, 1.0)
    k = jnp.asarray(counts, mu.dtype)
    possible = (mu > 0) | ((mu == 0) & (k == 0))
    seen = possible & (k > 0)
    some, safe = jnp.where(seen, k, 1), jnp.where(seen, mu, 1)
    off = (safe - some) / some
    near = jnp.abs(off) < 0.5
    rise = jnp.where(near, jnp.log1p(jnp.where(near, off, 0)), jnp.log(safe / some))
    return jnp.where(possible, jnp.where(seen, some * (off - rise), mu), jnp.inf)


def effective_variance(
    model: Callable[..., Any],
    theta: Any,
    x: Numbers,
    y: Numbers,
    *,
    sigma_x: Numbers,
    sigma_y: Numbers,
) -> jax.Array:
    """Terms of normal data with errors in both coordinates.

    Parameters
    ----------
    model : Callable
        ``model(theta, x)``: the curve at one number `x`.
    theta : array or tree of arrays
        The parameters.
    x, y : array of shape (m,)
        The data, both measured.
    sigma_x, sigma_y : float or array of shape (m,)
        Their standard deviations, at least 0 and above 0; an x with 0 is exact.

    Returns
    -------
    array of shape (m,)
        The terms, without the logarithm of the variance.

    Raises
    ------
    ValueError
        If a standard deviation is known and out of its range, or `x` and `y` differ in shape.

    Notes
    -----
    The variance depends on the parameters. Its logarithm belongs to the density of a residual,
    but the true places of the points are unknowns too, and once they are taken at their best the
    logarithm is absent: with it a slope is pulled towards 0 wherever the errors in x are large.
    The slope is taken where the point was measured, not where it is: good while the curve hardly
    bends within `sigma_x`. No slope is asked for at an exact x, where it may be infinite.

    Examples
    --------
    >>> line = lambda theta, x: theta[0] + theta[1] * x
    >>> at = jnp.array([0.0, 2.0])
    >>> effective_variance(line, at, 1.0, 3.0, sigma_x=0.5, sigma_y=1.0).tolist()
    0.25
    """
    _demand_sizes("sigma_x", sigma_x, least=0)
    _demand_sizes("sigma_y", sigma_y, least=None)
    if np.shape(x) != np.shape(y):
        raise ValueError(f"y must have the shape of x, {np.shape(x)}, got y of shape {np.shape(y)}")
    places = _real(x)
    wide = jnp.broadcast_to(_real(sigma_x), places.shape)
    blurred = jnp.where(wide > 0, places, places.ravel()[jnp.argmax(wide)])
    value = jax.vmap(lambda at: model(theta, at))(places.ravel()).reshape(places.shape)
    slopes = jax.vmap(jax.grad(lambda at: model(theta, at)))
    # A branch, not a choice of values: 0 times the derivative of an infinite slope would be a nan.
    slope = lax.cond(jnp.any(wide > 0), slopes, jnp.zeros_like, blurred.ravel())
    slope = slope.reshape(places.shape)
    kind = value.dtype
    variance = jnp.asarray(sigma_y, kind) ** 2 + (slope * jnp.asarray(wide, kind)) ** 2
    terms: jax.Array = 0.5 * (jnp.asarray(y, kind) - value) ** 2 / variance
    return terms


def _real(value: Any) -> jax.Array:
    """Make an array of real numbers; integers are no type to compute in."""
    array = jnp.asarray(value)
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(float)


def _demand_pairs(name: str, data: Any, mean: jax.Array, sigma: Any) -> None:
    """Refuse shapes that would make more terms than there are data or means."""
    shapes = np.shape(data), mean.shape
    try:
        whole = np.broadcast_shapes(*shapes, np.shape(sigma))
    except ValueError:
        whole = None
    if whole not in shapes:
        raise ValueError(
            f"mean must have the shape of {name}, {shapes[0]}, or be one number, got a mean of "
            f"shape {shapes[1]}; a spread must fit them, got shape {np.shape(sigma)}"
        )


def demand_covariance(name: str, value: Any, shape: tuple[int, ...]) -> None:
    """Refuse what is no covariance matrix of such data; of a traced one the shape is known."""
    if np.shape(value) != shape * 2 or len(shape) != 1:
        raise ValueError(
            f"{name} must be a matrix for data of shape {shape}, got shape {np.shape(value)}"
        )
    if isinstance(value, jax.core.Tracer):
        return
    matrix = np.asarray(value)
    even = np.allclose(matrix, matrix.T, rtol=1e-6, atol=0)
    if not (even and np.linalg.eigvalsh(matrix)[0] > 0):
        raise ValueError(f"{name} must be symmetric and positive definite, got {name}={value!r}")


def _demand_sizes(name: str, value: Any, *, least: int | None) -> None:
    """Refuse a number below `least`, or not above 0 if that is None; a traced one is unknown."""
    if isinstance(value, jax.core.Tracer):
        return
    sizes = np.asarray(value)
    if not (sizes >= least if least is not None else sizes > 0).all():
        rule = "above 0" if least is None else f"at least {least}"
        raise ValueError(f"{name} must be {rule}, got {name}={value!r}")
