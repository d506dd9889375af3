r"""Roots and minima, with the derivative of the equation that they solve.

.. math:: \dot x = -(\partial_x F)^{-1}\,\partial_\theta F\,\dot\theta,

with :math:`F = \nabla f` for a minimum, whose matrix is then the Hessian.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from slopes.implicit.arguments import demand_tolerance, in_precision, real, settled
from slopes.implicit.linear import inverse
from slopes.implicit.rule import solution, sure
from slopes.newton import newton, newton_minimum

__all__ = ["minimum", "root"]


def root(
    fn: Callable[..., Any],
    x0: Any,
    *theta: Any,
    solver: Callable[..., Any] = newton,
    tol: Any = 1e-10,
    steps: Any = 50,
) -> Any:
    r"""Find a root, :math:`F(x, \theta) = 0`, with the derivative that this equation gives.

    .. math:: \dot x = -(\partial_x F)^{-1}\,\partial_\theta F\,\dot\theta

    Parameters
    ----------
    fn : callable
        As many equations as unknowns, ``fn(x, *theta)``, with the structure and shapes of `x`.
    x0, *theta, tol, steps
        As for `fixed_point`.
    solver : callable
        ``solver(equations, x, tol=tol, steps=steps)``, which returns a named tuple with `value`
        and `converged`.

    Returns
    -------
    NamedTuple
        The solver's result. Its `value` has derivatives, the other fields have none.

    Raises
    ------
    TypeError, ValueError
        As for `fixed_point`.

    Notes
    -----
    The linear system is solved as by `linear_solve`: by elimination for up to 128 unknowns, by
    GMRES beyond. The derivative is nan as for `fixed_point` with a solver.

    Examples
    --------
    >>> found = root(lambda x, a: x**2 - a, 1.0, 2.0)
    >>> round(float(found.value), 6)
    1.414214
    >>> slope = jax.grad(lambda a: root(lambda x, a: x**2 - a, 1.0, a).value)(2.0)
    >>> round(float(slope), 6)
    0.353553
    """
    demand_tolerance(tol)
    equations = lambda x: fn(x, *theta)  # noqa: E731
    start = settled("fn", equations, real(x0))
    find = partial(solver, equations, tol=tol, steps=steps)
    return solution(equations, start, find, inverse(tol), partial(sure, equations))


def minimum(
    fn: Callable[..., Any],
    x0: Any,
    *theta: Any,
    solver: Callable[..., Any] = newton_minimum,
    tol: Any = 1e-10,
    steps: Any = 100,
) -> Any:
    r"""Find a minimum, with the derivative that :math:`\nabla_x f(x, \theta) = 0` gives.

    .. math:: \dot x = -H^{-1}\,\partial_\theta\nabla_x f\,\dot\theta

    Parameters
    ----------
    fn : callable
        Function of one output, ``fn(x, *theta)``.
    x0, *theta, tol, steps
        As for `fixed_point`; `tol` is that of the gradient.
    solver : callable
        ``solver(function, x, tol=tol, steps=steps)``, which returns such a tuple; for many
        unknowns `slopes.newton.newton_cg`, which needs no matrix.

    Returns
    -------
    NamedTuple
        The solver's result. Its `value` has derivatives, the other fields have none; what the
        solver knows for a saddle is not converged, and its derivative is nan.

    Raises
    ------
    TypeError, ValueError
        As for `fixed_point`, and if `fn` does not return one real number.

    Notes
    -----
    A negative curvature below 16 n roundings of the largest one, for n unknowns, is not told from
    a flat direction by `newton_minimum`: scale unknowns that differ by many powers of ten.
    The linear system, whose matrix is the Hessian, is solved as in `root`. The least value itself
    is ``fn(found.value, *theta)``; its first derivative needs no system, since the slope in x is 0.

    Examples
    --------
    >>> bowl = lambda x, a: jnp.sum((x - a) ** 2) + jnp.sum(x**4)
    >>> slope = jax.grad(lambda a: minimum(bowl, jnp.zeros(1), a).value[0])(3.0)
    >>> round(float(slope), 6)  # 2 / (2 + 12 x^2) where x = 1
    0.142857
    """
    demand_tolerance(tol)
    objective = lambda x: fn(x, *theta)  # noqa: E731
    start = with_one_output(objective, real(x0))
    find = partial(solver, objective, tol=tol, steps=steps)
    slope = jax.grad(objective)
    return solution(slope, start, find, inverse(tol), partial(sure, slope))


def with_one_output(fn: Callable[[Any], Any], x: Any) -> Any:
    """Give Python's numbers in x the precision of fn, and refuse more than one number of it."""
    answer = jax.eval_shape(fn, x)
    kind = getattr(answer, "dtype", None)
    if kind is None or answer.shape or not jnp.issubdtype(kind, jnp.floating):
        raise TypeError(f"fn must return one real floating-point number, got {answer}")
    return jax.tree.map(lambda leaf: in_precision(leaf, kind), x)
