r"""A function that bends over the spread: second derivatives, or a few points chosen well.

For normal inputs with the Hessian :math:`H_i` of the i-th output,

.. math::

    \langle y_i\rangle \approx f_i(\mu) + \tfrac12\operatorname{tr}(H_i\Sigma), \qquad
    \operatorname{cov}(y_i, y_j) \approx (J\Sigma J^\top)_{ij}
    + \tfrac12\operatorname{tr}(H_i\Sigma H_j\Sigma),

exact where f is quadratic. The second term of the covariance is of fourth order in the spread, as
is what the third derivative adds and this leaves out: for a sine at 0 it changes nothing. Unscented
points are symmetric about the mean and have the covariance of the inputs; the values there are
averaged: 2n + 1 evaluations, no derivative, the mean right to third order.
Reference: Julier and Uhlmann, Proceedings of the IEEE 92 (2004).
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from slopes.products import jacobian
from slopes.propagation.arguments import covariance, flatten
from slopes.propagation.linear import Propagated, told
from slopes.propagation.sampling import factored

__all__ = ["SecondOrder", "second_order", "unscented"]


class SecondOrder(NamedTuple):
    """Mean and covariance to second order, and by how much the mean was moved."""

    value: Any
    """Mean of the values, which is what the function returns at the mean, plus `bias`."""
    error: Any
    """Standard deviations, built like `value`."""
    cov: Any
    """Covariances, for an array `value` its shape twice, for any other tree (m, m)."""
    bias: Any
    """By how much the mean of the values is above the value at the mean, built like `value`."""


def second_order(fn: Callable[[Any], Any], mean: Any, cov: Any) -> SecondOrder:
    r"""Carry mean and covariance of normal inputs through a function, to second order.

    Parameters
    ----------
    fn, mean, cov
        As for `propagate`; `fn` twice differentiable.

    Returns
    -------
    SecondOrder
        Mean, standard deviations, covariances, and the bias in the mean.

    Raises
    ------
    TypeError, ValueError
        As `propagate` does.

    Notes
    -----
    All second derivatives: n passes over the Jacobian, and memory for :math:`m n^2` numbers. Exact
    for quadratic functions of normal inputs. It is not better by itself than first order: see
    where third derivatives matter, as they do for a sine at 0.

    Examples
    --------
    >>> y = second_order(lambda x: x**2, 0.0, 1.0)
    >>> float(y.value), float(y.cov)
    (1.0, 2.0)
    """
    task = flatten(fn, mean)
    sigma = covariance(cov, task)
    jac = jacobian(task.fn, task.x)
    bent = jax.jacfwd(lambda x: jacobian(task.fn, x))(task.x) @ sigma
    bias = jnp.trace(bent, axis1=1, axis2=2) / 2
    squares = jnp.einsum("iab,jba->ij", bent, bent) / 2
    first = told(task, task.fn(task.x) + bias, jac @ sigma @ jac.T + squares)
    return SecondOrder(*first, task.tree(bias))


def unscented(
    fn: Callable[[Any], Any], mean: Any, cov: Any, *, spread: float | None = None
) -> Propagated:
    r"""Carry mean and covariance through a function by 2n + 1 points.

    The points are the mean and, for each column of a factor of the covariance, two at `spread`
    times the column on either side.

    Parameters
    ----------
    fn, mean, cov
        As for `propagate`; no derivative of `fn` is needed.
    spread : float, optional
        How far out the points are, in standard deviations, at least :math:`\sqrt n`: nearer ones
        would need a negative weight at the mean, and variances could be negative. By default
        the larger of :math:`\sqrt3`, which gives a normal input its fourth moment, and
        :math:`\sqrt n`.

    Returns
    -------
    Propagated
        Weighted mean, standard deviations and covariances of the values.

    Raises
    ------
    TypeError, ValueError
        As `propagate` does, but `fn` must be finite at each point, not its derivatives; ValueError
        also if `spread` is too small.

    Notes
    -----
    2n + 1 evaluations in one batch. Which factor is taken is a choice, and where the function is
    not quadratic another one gives another result.

    Examples
    --------
    >>> y = unscented(lambda x: x**2, 0.0, 1.0)
    >>> round(float(y.value), 12), round(float(y.cov), 12)
    (1.0, 2.0)
    """
    task = flatten(fn, mean)
    n = task.x.size
    out = max(math.sqrt(3), math.sqrt(n)) if spread is None else spread
    if not (math.isfinite(out) and out >= math.sqrt(n) * (1 - 1e-12)):
        raise ValueError(f"spread must be at least the root of n={n}, got spread={spread!r}")
    steps = out * factored(cov, task).T
    centre = task.x[None]
    values = jax.vmap(task.fn)(jnp.concatenate([centre, centre + steps, centre - steps]))
    rest = max(0.0, 1 - n / out**2)
    weights = jnp.full(2 * n + 1, 0.5 / out**2, values.dtype).at[0].set(rest)
    value = weights @ values
    apart = values - value[None]
    return told(task, value, (weights[:, None] * apart).T @ apart, where="at each of the points")
