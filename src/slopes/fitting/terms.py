r"""Likelihoods, one term a datum: normal and Poisson data, errors in both coordinates.

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

from slopes._typing import Numbers

__all__ = ["effective_variance", "gaussian", "poisson"]


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
        If a standard deviation is known and not above 0.

    Examples
    --------
    >>> gaussian(jnp.array([3.0, 1.0]), jnp.array([1.0, 1.0]), 2.0).tolist()
    [0.5, 0.0]
    """
    _demand_sizes("sigma", sigma, least=None)
    mu = jnp.asarray(mean)
    terms: jax.Array = 0.5 * ((jnp.asarray(y, mu.dtype) - mu) / jnp.asarray(sigma, mu.dtype)) ** 2
    return terms


def poisson(counts: Numbers, mean: Numbers) -> jax.Array:
    r"""Terms of counts, :math:`\mu-k+k\log(k/\mu)`.

    Parameters
    ----------
    counts : array of shape (m,)
        Counts, at least 0.
    mean : array of shape (m,)
        What the model expects, above 0.

    Returns
    -------
    array of shape (m,)
        The terms, at least 0, and 0 where a count is as expected; twice their sum is the deviance.
        Infinite where the mean is not above 0.

    Raises
    ------
    ValueError
        If a count is known and negative.

    Notes
    -----
    The binned likelihood; an empty bin contributes its mean.

    Examples
    --------
    >>> poisson(jnp.array([0.0, 2.0]), jnp.array([1.5, 2.0])).tolist()
    [1.5, 0.0]
    """
    _demand_sizes("counts", counts, least=0)
    mu = jnp.asarray(mean)
    k = jnp.asarray(counts, mu.dtype)
    possible = mu > 0
    safe = jnp.where(possible, mu, 1)
    term = safe - k + k * jnp.log(jnp.where(k > 0, k, 1) / safe)
    return jnp.where(possible, term, jnp.inf)


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
        Their standard deviations, at least 0 and above 0.

    Returns
    -------
    array of shape (m,)
        The terms, without the logarithm of the variance.

    Raises
    ------
    ValueError
        If a standard deviation is known and out of its range.

    Notes
    -----
    The variance depends on the parameters. Its logarithm belongs to the density of a residual,
    but the true places of the points are unknowns too, and once they are taken at their best the
    logarithm is absent: with it a slope is pulled towards 0 wherever the errors in x are large.
    The slope is taken where the point was measured, not where it is: good while the curve hardly
    bends within `sigma_x`.

    Examples
    --------
    >>> line = lambda theta, x: theta[0] + theta[1] * x
    >>> at = jnp.array([0.0, 2.0])
    >>> effective_variance(line, at, 1.0, 3.0, sigma_x=0.5, sigma_y=1.0).tolist()
    0.25
    """
    _demand_sizes("sigma_x", sigma_x, least=0)
    _demand_sizes("sigma_y", sigma_y, least=None)
    places = jnp.asarray(x)
    value, slope = jax.vmap(jax.value_and_grad(lambda at: model(theta, at)))(places.ravel())
    value, slope = value.reshape(places.shape), slope.reshape(places.shape)
    kind = value.dtype
    variance = jnp.asarray(sigma_y, kind) ** 2 + (slope * jnp.asarray(sigma_x, kind)) ** 2
    terms: jax.Array = 0.5 * (jnp.asarray(y, kind) - value) ** 2 / variance
    return terms


def _demand_sizes(name: str, value: Any, *, least: int | None) -> None:
    """Refuse a number below `least`, or not above 0 if that is None; a traced one is unknown."""
    if isinstance(value, jax.core.Tracer):
        return
    sizes = np.asarray(value)
    if not (sizes >= least if least is not None else sizes > 0).all():
        rule = "above 0" if least is None else f"at least {least}"
        raise ValueError(f"{name} must be {rule}, got {name}={value!r}")
