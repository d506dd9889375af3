r"""The fit, and the profile of its likelihood.

A fit is a minimum of the sum L of the terms. The end of a profile interval of parameter i is the
point where L has risen by half, and is least in all the others: n equations for n unknowns,

.. math:: L(\theta) = L(\hat\theta) + r, \qquad \partial_j L(\theta) = 0 \quad (j\ne i),

which Newton's method solves, starting from the parabola. The rise grows in stages, so that a step
never starts far away and the stages draw the profile. Unknowns are measured in standard errors.
It fails where L never rises that far: the result says so.
Reference: Venzon and Moolgavkar, Applied Statistics 37 (1988) 87-94.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Bool, Float, Int

from slopes._typing import Numbers
from slopes.fitting.errors import information, rows
from slopes.fitting.inverses import FAR, apart, inverse
from slopes.newton import Found, newton, newton_minimum

__all__ = ["Fit", "fit", "interval", "profile"]

#: How far from its minimum a fit may end, or from its rise a profile, in standard errors.
NEAR = 1e-3


class Fit(NamedTuple):
    """A minimum, with the covariance of its n parameters; under `jax.vmap`, one for each fit."""

    value: Any
    """The parameters, of the structure of the start."""
    cov: Float[jax.Array, "... n n"]
    """Inverse of the Hessian; infinite variances where that is not positive definite."""
    cost: Float[jax.Array, "..."]
    """Sum of the terms."""
    converged: Bool[jax.Array, "..."]
    """Whether it is a minimum, to within a thousandth of a standard error."""
    iterations: Int[jax.Array, "..."]
    """Newton steps."""
    evaluations: Int[jax.Array, "..."]
    """Values with gradients."""
    residual: Float[jax.Array, "..."]
    """Estimated distance from the minimum in standard errors; infinite if it has none."""
    reason: Int[jax.Array, "..."]
    """Why the search stopped, as `slopes.newton.why` says it; rounding may keep it searching."""

    @property
    def error(self) -> jax.Array:
        """Standard errors of the parameters in one row, shape (..., n)."""
        return jnp.sqrt(jnp.diagonal(self.cov, axis1=-2, axis2=-1))


def fit(
    terms: Callable[..., Any], theta: Any, *data: Any, tol: Numbers = 1e-8, steps: int = 50
) -> Fit:
    r"""Minimise a sum of terms, and give the parameters with their covariance.

    Parameters
    ----------
    terms : Callable
        ``terms(theta, *data)``: one negative log-likelihood a datum, shape (m,).
    theta : array of shape (n,), number or tree of arrays
        Where to start, n real floating-point numbers; the matrix has them in the order of leaves.
    *data
        What the terms take besides the parameters.
    tol, steps : float, int
        As for `slopes.newton.newton_minimum`, whose unknowns are the parameters in units of the
        curvature at the start.

    Returns
    -------
    Fit
        Parameters and covariance.

    Raises
    ------
    TypeError, ValueError
        As `slopes.newton.newton_minimum` does.

    Notes
    -----
    How near the minimum is, is measured by :math:`\sqrt{g^\top Cg}`, which is free of units and
    of the size of the cost. A direction whose curvature does not exceed the slope that is left
    is taken for open: its valley's bend has a curvature of that size. A smaller `tol` then decides.
    The errors are absolute: they follow from the spread that the terms
    state, and are not scaled by the residuals.

    Examples
    --------
    >>> y = jnp.array([1.0, 2.0, 6.0])
    >>> found = fit(lambda theta, y: (y - theta[0]) ** 2 / 2, jnp.zeros(1), y)
    >>> print(f"{found.value[0]:.4f} +- {found.error[0]:.4f}")
    3.0000 +- 0.5774
    """
    of, start, restore = rows(terms, theta)

    def cost(row: Any, *data: Any) -> Any:
        return jnp.sum(of(row, *data))

    curved = jnp.abs(jnp.diagonal(information(of, start, *data)))
    unit = 1 / jnp.sqrt(jnp.where((curved > 0) & jnp.isfinite(curved), curved, 1))
    found = newton_minimum(
        lambda z, *data: cost(start + unit * z, *data), jnp.zeros_like(start), *data,
        tol=tol, steps=steps,
    )  # fmt: skip
    best = start + unit * found.value
    value, slope = jax.value_and_grad(cost)(best, *data)
    cov = inverse(information(of, best, *data), slope)
    residual = apart(slope, cov)
    return Fit(
        restore(best), cov, value, residual <= NEAR, found.iterations,
        found.evaluations, residual, found.reason,
    )  # fmt: skip


def profile(
    terms: Callable[..., Any],
    theta: Any,
    *data: Any,
    index: int,
    rise: float = 0.5,
    stages: int = 8,
) -> Found:
    """Follow the likelihood in one parameter, all others at their best.

    Parameters
    ----------
    terms, theta, *data
        As for `covariance`; `theta` is the minimum, as `fit` gives it, to a tenth of a standard
        error: from elsewhere no stage is found.
    index : int
        Of the parameter, from 0 to n - 1, in the order of leaves; not traced.
    rise : float
        How far the sum of the terms rises at the end, above 0: 0.5 for one standard error.
    stages : int
        How many points on each side, at least 1; stage k has the rise ``rise * (k / stages)**2``.

    Returns
    -------
    Found
        Its value has the shape (2, stages, n), all parameters in one row along the profile, the
        lower side first; the other fields have the shape (2, stages). A stage that is not found has
        `converged` False, as have all that follow it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or out of its range.

    Examples
    --------
    >>> y = jnp.array([1.0, 2.0, 6.0])
    >>> terms = lambda theta, y: (y - theta[0]) ** 2 / 2
    >>> path = profile(terms, jnp.array([3.0]), y, index=0, stages=2)
    >>> print(path.value[1, :, 0].round(2))
    [3.29 3.58]
    """
    of, center, _ = rows(terms, theta)
    n = center.size
    if isinstance(index, bool) or not isinstance(index, int | np.integer):
        raise TypeError(f"index must be an integer that is not traced, got index={index!r}")
    if not 0 <= index < n:
        raise ValueError(f"index must be from 0 to {n - 1}, got index={index!r}")
    if not rise > 0:
        raise ValueError(f"rise must be above 0, got rise={rise!r}")
    if not stages >= 1:
        raise ValueError(f"stages must be at least 1, got stages={stages!r}")
    cov = inverse(information(of, center, *data))
    slope = jax.grad(lambda row: jnp.sum(of(row, *data)))(center)
    known = apart(slope, cov) <= FAR
    cov = jnp.where(known, cov, jnp.eye(n, dtype=cov.dtype))
    error = jnp.sqrt(jnp.diagonal(cov))
    # Row i of this correlation matrix is where the others go when parameter i goes one error.
    direction = cov[index] / error[index] / error

    lowest = of(center, *data)  # subtracted a term at a time: their sum would round more
    tol = float(jnp.finfo(center.dtype).eps) ** 0.6  # type: ignore[no-untyped-call]

    def above(z: Any) -> Any:
        return jnp.sum(of(center + error * z, *data) - lowest)

    def stage(height: Any, z: Any, side: Any) -> tuple[Any, Found]:
        def equations(z: Any) -> Any:
            value, slope = jax.value_and_grad(above)(z)
            return slope.at[index].set(value / height - 1)

        found = newton(equations, z, tol=tol, steps=20)
        free = jnp.delete(jnp.arange(n), index)
        curved = jax.hessian(above)(found.value)[jnp.ix_(free, free)]
        least = jnp.linalg.eigvalsh(curved)[0] > 0 if n > 1 else True
        good = known & (found.residual <= NEAR) & (side * found.value[index] > 0) & least
        return found.value, found._replace(converged=good)

    def follow(side: Any) -> Found:
        def step(carried: Any, part: Any) -> tuple[Any, Found]:
            z, last, good = carried
            start = jnp.where(last > 0, z * (part / jnp.where(last > 0, last, 1)),
                              side * direction * part * jnp.sqrt(2 * rise))  # fmt: skip
            z, found = stage(rise * part**2, start, side)
            good &= found.converged
            return (z, part, good), found._replace(value=center + error * z, converged=good)

        parts = jnp.arange(1, stages + 1, dtype=center.dtype) / stages
        first = jnp.zeros_like(center), jnp.zeros((), center.dtype), jnp.array(True)
        return lax.scan(step, first, parts)[1]

    return jax.vmap(follow)(jnp.array([-1.0, 1.0], center.dtype))


def interval(
    terms: Callable[..., Any], theta: Any, *data: Any, index: int, rise: float = 0.5
) -> Found:
    """Give both ends of the profile interval of one parameter.

    Parameters
    ----------
    terms, theta, *data, index, rise
        As for `profile`.

    Returns
    -------
    Found
        Its value has the shape (2,): the lower end, and the upper. Minus or plus infinity where
        `converged`, of that shape too, is False.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or out of its range.

    Examples
    --------
    >>> terms = lambda theta, k: theta[0] - k * jnp.log(theta[0])
    >>> nine = jnp.array([9.0])
    >>> ends = interval(terms, nine, nine, index=0).value
    >>> [f"{end:.2f}" for end in ends]
    ['6.32', '12.34']
    """
    found = profile(terms, theta, *data, index=index, rise=rise)
    last: Found = jax.tree.map(lambda field: field[:, -1], found)
    ends = last.value[:, index]
    open_end = jnp.array([-jnp.inf, jnp.inf], ends.dtype)
    return last._replace(
        value=jnp.where(last.converged, ends, open_end),
        iterations=found.iterations.sum(1),
        evaluations=found.evaluations.sum(1),
    )
