r"""First order: a covariance goes through the Jacobian, whole, by its diagonal, or by a factor.

With :math:`\delta y = J\,\delta x` for small deviations,

.. math::

    \Sigma_y = J\,\Sigma_x\,J^\top, \qquad
    \sigma_{y_i}^2 = \sum_j J_{ij}^2\,\sigma_{x_j}^2, \qquad
    \Sigma_x = L L^\top \Rightarrow \Sigma_y = (JL)(JL)^\top .

The second form holds for independent inputs. In the third each variance is a sum of squares, and
cannot come out negative; an L of k columns takes k passes, however many inputs there are.
Cost: one Jacobian. Wrong where the Jacobian changes over the spread, without a sign of it: compare
with `second_order` or `monte_carlo`.
Reference: Particle Data Group, *Review of Particle Physics* (2024), review *Statistics*.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from slopes.products import jacobian
from slopes.propagation.arguments import (
    Task,
    covariance,
    demand_result,
    factor_of,
    flatten,
    like_mean,
)

__all__ = [
    "Factored", "Independent", "Propagated", "propagate", "propagate_diagonal", "propagate_factor",
]  # fmt: skip


class Propagated(NamedTuple):
    """A value with its covariance."""

    value: Any
    """What the function returns, or an estimate of its mean."""
    error: Any
    """Standard deviations, built like `value`."""
    cov: Any
    """Covariances, for an array `value` its shape twice, for any other tree (m, m)."""


class Independent(NamedTuple):
    """A value with its variances."""

    value: Any
    """What the function returns."""
    error: Any
    """Standard deviations, built like `value`."""
    variance: Any
    """Their squares, built like `value`."""


class Factored(NamedTuple):
    """A value with a factor of its covariance."""

    value: Any
    """What the function returns."""
    error: Any
    """Standard deviations, built like `value`."""
    factor: Any
    """For an array `value` its shape and k; for any other tree (m, k)."""


def propagate(fn: Callable[[Any], Any], mean: Any, cov: Any) -> Propagated:
    r"""Carry a covariance matrix through a function, to first order.

    .. math:: y = f(\mu), \qquad \Sigma_y = J\,\Sigma_x\,J^\top

    Parameters
    ----------
    fn : callable
        Function of one argument, written for JAX: m numbers in an array or a tree of arrays.
    mean : number, array or tree of arrays
        The inputs, n numbers in all; real, of one floating dtype.
    cov : array
        Covariances of the inputs: for an array `mean` its shape twice, as (n, n) for a vector and
        () for a number, whose variance it is; for any other tree (n, n), in the order of
        `jax.flatten_util.ravel_pytree`. Singular matrices are welcome.

    Returns
    -------
    Propagated
        ``fn(mean)``, its standard deviations and its covariances.

    Raises
    ------
    TypeError
        If `mean`, `cov` or the value of `fn` is not of real floating-point numbers.
    ValueError
        If `cov` does not fit `mean`, is not symmetric or not positive semidefinite, or value or
        derivative are not finite. Under `jax.jit` shapes alone can be checked.

    Notes
    -----
    One Jacobian: n passes forward or m backward, whichever are fewer. What is uncertain in several
    results goes through one call, whose `fn` returns all of them: two calls lose the covariance
    between their results. A variance that rounding left below zero has the error 0.

    References
    ----------
    Particle Data Group, *Review of Particle Physics* (2024), review *Statistics*.

    Examples
    --------
    >>> cov = jnp.array([[0.04, 0.0], [0.0, 0.09]])
    >>> ratio = propagate(lambda x: x[0] / x[1], jnp.array([3.0, 1.0]), cov)
    >>> round(float(ratio.value), 3), round(float(ratio.error), 3)
    (3.0, 0.922)
    >>> float(propagate(lambda x: x - x, 3.0, 0.04).error)
    0.0
    """
    task = flatten(fn, mean)
    sigma = covariance(cov, task)
    jac = jacobian(task.fn, task.x)
    return told(task, task.fn(task.x), jac @ sigma @ jac.T)


def told(
    task: Task, y: jax.Array, sigma: jax.Array, *, where: str = "at mean, and its derivatives too"
) -> Propagated:
    """Build the result; the matrix is made symmetric to the last bit."""
    sigma = (sigma + sigma.T) / 2
    error = jnp.sqrt(jnp.maximum(jnp.diag(sigma), 0))
    result = Propagated(task.tree(y), task.tree(error), task.matrix(sigma))
    demand_result(result, where)
    return result


def propagate_diagonal(fn: Callable[[Any], Any], mean: Any, variance: Any) -> Independent:
    r"""Carry the variances of independent inputs through a function, to first order.

    .. math:: \sigma_{y_i}^2 = \sum_j J_{ij}^2\,\sigma_{x_j}^2

    Parameters
    ----------
    fn, mean
        As for `propagate`.
    variance : number, array or tree of arrays
        Variances of the inputs, built like `mean`, none negative.

    Returns
    -------
    Independent
        ``fn(mean)``, its standard deviations and variances. The covariances between outputs are
        not zero: they are not computed, and a next step must not take them for zero.

    Raises
    ------
    TypeError, ValueError
        As `propagate` does; ValueError also if a variance is negative.

    Notes
    -----
    One Jacobian, and no matrix of the size of a covariance: fit for many inputs and one output.

    Examples
    --------
    >>> x, variance = jnp.array([1.0, 2.0]), jnp.array([9.0, 16.0])
    >>> mass = propagate_diagonal(jnp.sum, x, variance)
    >>> float(mass.value), float(mass.error)
    (3.0, 5.0)
    """
    task = flatten(fn, mean)
    flat = like_mean("variance", variance, task)
    spread = jacobian(task.fn, task.x) ** 2 @ flat
    parts = (task.tree(part) for part in (task.fn(task.x), jnp.sqrt(spread), spread))
    result: Independent = demand_result(Independent(*parts), "at mean, and its derivative too")
    return result


def propagate_factor(fn: Callable[[Any], Any], mean: Any, factor: Any) -> Factored:
    r"""Carry a factor of the covariance through a function, to first order: :math:`L \mapsto JL`.

    Parameters
    ----------
    fn, mean
        As for `propagate`.
    factor : array
        L with :math:`L L^\top = \Sigma_x`: for an array `mean` its shape and k columns, for any
        other tree (n, k). From a covariance matrix `slopes.propagation.factor` finds one.

    Returns
    -------
    Factored
        ``fn(mean)``, its standard deviations, and a factor of its covariances with k columns.

    Raises
    ------
    TypeError, ValueError
        As `propagate` does, if `factor` does not fit `mean`.

    Notes
    -----
    k passes forward or m backward, whichever are fewer: two sources of error that a thousand
    inputs share cost two passes. The covariance is a sum of squares, positive semidefinite whatever
    the rounding.

    Examples
    --------
    >>> shared = jnp.array([[0.5], [0.5]])  # one error that both share
    >>> x = jnp.array([3.0, 1.0])
    >>> float(propagate_factor(lambda x: x[0] - x[1], x, shared).error)
    0.0
    """
    task = flatten(fn, mean)
    columns = factor_of(factor, task)
    still = jnp.zeros(columns.shape[1], columns.dtype)
    moved = jacobian(lambda z: task.fn(task.x + columns @ z), still)
    error = task.tree(jnp.linalg.norm(moved, axis=1))
    shaped = moved if task.shape is None else moved.reshape(*task.shape, still.size)
    result = Factored(task.tree(task.fn(task.x)), error, shaped)
    demand_result(result, "at mean, and its derivative too")
    return result
