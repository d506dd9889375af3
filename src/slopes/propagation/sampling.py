r"""Random inputs: the spread of what a program returns, with its own error bar.

With a factor :math:`L L^\top = \Sigma_x` and standard normal z, the points :math:`\mu + Lz` have
the mean and the covariance asked for. From N of them

.. math::

    \bar y = \frac1N\sum_k f(\mu + L z_k), \qquad
    \operatorname{err}(\bar y) = \frac{\sigma_y}{\sqrt N}, \qquad
    \operatorname{err}(\sigma_y) \approx \frac{1}{2\sigma_y}\sqrt{\frac{m_4 - \sigma_y^4}{N}},

where :math:`m_4` is the fourth central moment. No derivative, N evaluations, and half a digit for
ten times as many. It fails where y has no variance, as the ratio of normal numbers: the error bars
are then finite and worthless.
Reference: Robert and Casella, *Monte Carlo Statistical Methods*, 2nd ed. (2004), chapter 3.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from slopes._arguments import demand_count, demand_key, floating
from slopes.propagation.arguments import Task, covariance, flatten, roundoff

__all__ = ["Sampled", "draws", "factor", "monte_carlo"]


class Sampled(NamedTuple):
    """Mean and covariance from random inputs, with standard errors of mean and spread."""

    value: Any
    """Mean over the samples."""
    error: Any
    """Standard deviations over the samples, built like `value`."""
    cov: Any
    """Covariances, for an array `value` its shape twice, for any other tree (m, m)."""
    value_error: Any
    """Standard error of `value`, built like it; more samples make it smaller."""
    error_error: Any
    """Standard error of `error`, built like it."""
    samples: int
    """Number of samples."""


def factor(cov: Any) -> jax.Array:
    r"""Find the lower triangular L with :math:`L L^\top = \Sigma`, also where that is singular.

    Parameters
    ----------
    cov : array, shape (n, n)
        Symmetric and positive semidefinite.

    Returns
    -------
    array, shape (n, n)
        Cholesky's factor, of the dtype of `cov`; its column is zero where an input is fixed by
        those before it.

    Raises
    ------
    TypeError, ValueError
        As `propagate` does.

    Notes
    -----
    Cholesky's elimination on the correlations, so that units do not matter; a pivot below
    :math:`8n` times the machine epsilon counts as zero. `jnp.linalg.cholesky` returns NaN for
    two inputs that are the same quantity.

    References
    ----------
    Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), section 10.3.

    Examples
    --------
    >>> factor(jnp.array([[4.0, 2.0], [2.0, 1.0]])).tolist()
    [[2.0, 0.0], [1.0, 0.0]]
    """
    dtype = getattr(floating("cov", cov), "dtype", None)
    return factored(cov, flatten(lambda x: x, jnp.zeros(jnp.shape(cov)[:1], dtype)))


def factored(cov: Any, task: Task) -> jax.Array:
    """Cholesky's factor of a matrix that may be singular, once it is checked against its mean."""
    sigma = covariance(cov, task)
    variances = jnp.diag(sigma)
    fixed = variances <= 0
    size = jnp.where(fixed, 0, jnp.sqrt(jnp.where(fixed, 1, variances)))
    scale = jnp.where(fixed, 1, size)
    places = jnp.arange(len(sigma))
    least = 8 * len(sigma) * roundoff(cov, task)

    def column(rest: Any, j: Any) -> Any:
        pivot = rest[j, j]
        alive = (pivot > least) & ~fixed[j]
        down = rest[:, j] / jnp.sqrt(jnp.where(alive, pivot, 1))
        down = jnp.where(alive & (places >= j), down, 0)
        return rest - jnp.outer(down, down), down

    _, columns = lax.scan(column, sigma / jnp.outer(scale, scale), places)
    lower: jax.Array = columns.T * size[:, None]
    return lower


def draws(mean: Any, cov: Any, *, key: Any, samples: Any) -> Any:
    """Draw from the normal distribution of a mean and a covariance, which may be singular.

    Parameters
    ----------
    mean, cov
        As for `propagate`.
    key : array
        A key of `jax.random`.
    samples : int
        How many, at least 1.

    Returns
    -------
    array or tree of arrays
        Built like `mean`, each leaf with a first axis of length `samples`.

    Raises
    ------
    TypeError, ValueError
        As `propagate` does; TypeError also if `key` is no key.

    Examples
    --------
    >>> draws(jnp.zeros(2), jnp.eye(2), key=jax.random.key(0), samples=5).shape
    (5, 2)
    """
    task = flatten(lambda x: x, mean)
    return jax.vmap(task.tree)(_points(task, cov, key, demand_count("samples", samples, 1)))


def _points(task: Task, cov: Any, key: Any, samples: int) -> jax.Array:
    """Draw rows of n numbers."""
    demand_key(key)
    columns = factored(cov, task)
    z = jax.random.normal(key, (samples, task.x.size), task.x.dtype)
    return task.x[None] + z @ columns.T


def monte_carlo(
    fn: Callable[[Any], Any], mean: Any, cov: Any, *, key: Any, samples: Any, chunk: Any = 4096
) -> Sampled:
    """Carry a covariance matrix through a function by normal random inputs.

    Parameters
    ----------
    fn, mean, cov
        As for `propagate`; no derivative of `fn` is needed.
    key : array
        A key of `jax.random`.
    samples : int
        How many inputs are drawn, at least 2.
    chunk : int
        How many are evaluated at once, at least 1: more need more memory.

    Returns
    -------
    Sampled
        Mean, standard deviations and covariances of the values, with the standard errors of the
        first two.

    Raises
    ------
    TypeError, ValueError
        As `propagate` does; ValueError also if `fn` is not finite at some sample, as a logarithm
        of a negative number. Under `jax.jit` the result is NaN then.

    Notes
    -----
    `samples` evaluations, all values kept. The error bars are estimated from the same samples, and
    are right if the values have a fourth moment; a distribution with a heavy tail hides it from
    small samples.

    References
    ----------
    Robert and Casella, *Monte Carlo Statistical Methods*, 2nd ed. (2004), chapter 3.

    Examples
    --------
    >>> key = jax.random.key(0)
    >>> one = monte_carlo(lambda x: x**2, 0.0, 1.0, key=key, samples=10_000)
    >>> bool(abs(one.value - 1) < 4 * one.value_error)
    True
    """
    samples = demand_count("samples", samples, 2)
    at_once = min(demand_count("chunk", chunk, 1), samples)
    task = flatten(fn, mean)
    values = lax.map(task.fn, _points(task, cov, key, samples), batch_size=at_once)
    _demand_defined(values)
    value = values.mean(0)
    apart = values - value[None]
    sigma = apart.T @ apart / float(samples - 1)
    error = jnp.sqrt(jnp.diag(sigma))
    tail = jnp.sqrt(jnp.maximum((apart**4).mean(0) - error**4, 0) / float(samples))
    bar = jnp.where(error > 0, tail / jnp.where(error > 0, 2 * error, 1), 0)
    parts = value, error, error / jnp.sqrt(float(samples)), bar
    value, error, value_error, error_error = map(task.tree, parts)
    return Sampled(value, error, task.matrix(sigma), value_error, error_error, samples)


def _demand_defined(values: jax.Array) -> None:
    """Refuse samples at which the function is not finite, and count them."""
    if isinstance(values, jax.core.Tracer):
        return
    lost = int(np.sum(~np.isfinite(values).all(axis=1)))
    if lost:
        raise ValueError(
            f"fn must be finite at every sample, got {lost} of {len(values)} where it is not; "
            "draw inputs that fn is defined for, or let it return what it means there"
        )
