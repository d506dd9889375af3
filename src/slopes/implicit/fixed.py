r"""Fixed points, with the derivative of the equation :math:`x = g(x, \theta)`.

.. math:: \dot x = (I - \partial_x g)^{-1}\,\partial_\theta g\,\dot\theta

What finds the point solves the linear system too, which is a fixed point itself.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from slopes.fixedpoint import CONVERGED, NOT_FINITE, OUT_OF_STEPS, Found
from slopes.implicit.arguments import demand_tolerance, eps, norm, real, row, settled, stopping
from slopes.implicit.linear import normalised
from slopes.implicit.rule import solution

__all__ = ["fixed_point"]


def fixed_point(
    g: Callable[..., Any],
    x0: Any,
    *theta: Any,
    solver: Callable[..., Any] | None = None,
    tol: Any = 1e-10,
    steps: Any = 1000,
) -> Any:
    r"""Find :math:`x = g(x, \theta)`, with the derivative that this equation gives.

    .. math:: \dot x = (I - \partial_x g)^{-1}\,\partial_\theta g\,\dot\theta

    Parameters
    ----------
    g : callable
        The map, ``g(x, *theta)``; it returns the structure, shapes and dtypes of `x`.
    x0 : number, array or tree of arrays
        Where the search starts, floating. The solution's derivative does not depend on it.
    *theta
        Parameters: anything that JAX takes.
    solver : callable, optional
        ``solver(map, x, tol=tol, steps=steps)``, of `slopes.fixedpoint` or alike, which returns a
        named tuple with `value` and `converged`. It solves the linear system as well, whose
        solution is a fixed point too; its test must be relative. By default the map is repeated
        as by `slopes.fixedpoint.picard`, in a loop that keeps nothing but its point.
    tol : float
        Tolerance of both solves, between 0 and 1; what it bounds, the solver says.
    steps : int
        The most steps of either solve.

    Returns
    -------
    NamedTuple
        The solver's result. Its `value` has derivatives, the other fields have none.

    Raises
    ------
    TypeError, ValueError
        If `x0` is not floating, `g` returns something else, or `tol` is not positive.

    Notes
    -----
    The derivative is nan where its linear system was not solved, and where the residual leaves it
    no digit: near a fold an error of `tol` in the equation moves x by the root of `tol`, and the
    slope is lost. With a `solver` it is nan also where the search did not converge; the default
    loop, to spare a vector, gives the derivative at the point where it stopped: see `converged`.

    Examples
    --------
    >>> cosine = lambda x, a: jnp.cos(a * x)
    >>> found = fixed_point(cosine, 0.5, 1.0)
    >>> round(float(found.value), 6), bool(found.converged)
    (0.739085, True)
    >>> slope = jax.grad(lambda a: fixed_point(cosine, 0.5, a).value)(1.0)
    >>> round(float(slope), 6)  # -x sin(x) / (1 + sin(x))
    -0.297474
    """

    def image(x: Any) -> Any:
        return g(x, *theta)

    demand_tolerance(tol)
    start = settled("g", image, real(x0))
    search = partial(repeat if solver is None else solver, tol=tol, steps=steps)
    longest = jnp.sqrt(0.1 / jnp.maximum(tol, eps(start)))

    def inverse(matvec: Callable[[Any], Any], b: Any) -> Any:
        """Solve (I - J) u = b, the fixed point of u - ((I - J) u - b)."""
        length, unit = normalised(b)
        found = stopping(search(lambda u: u - (matvec(u) - unit), unit))
        fine = found.converged & (norm(found.value) <= longest)
        return found.value * jnp.where(fine, length, jnp.nan)

    return solution(
        lambda x: jax.tree.map(jnp.subtract, x, image(x)),
        start,
        lambda x: search(image, x),
        inverse,
        None if solver is None else lambda found: found.converged,
    )


def repeat(g: Callable[[Any], Any], start: Any, *, tol: Any, steps: Any) -> Found:
    """Repeat a map, by the rules of `picard` and with the memory of a point and its image.

    `picard` shares the loop of Anderson's iteration, which can take a step back, and so its
    gradient keeps eight vectors where this one keeps four.
    """
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer):
        raise TypeError(f"steps must be an int that is not traced, got steps={steps!r}")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got steps={steps!r}")
    least = 2 * eps(start)

    def body(state: tuple[Any, ...]) -> tuple[Any, ...]:
        x, first, _, made, _ = state
        image = g(x)
        moved, length = plain(jax.tree.map(jnp.subtract, image, x)), plain(image)
        first = jnp.minimum(first, jnp.where(made == 0, moved, jnp.inf))
        bound = jnp.maximum(tol * jnp.minimum(first, jnp.maximum(1, length)), least * length)
        reason = jnp.where(made + 1 < steps, -1, OUT_OF_STEPS)
        reason = jnp.where(moved <= bound, CONVERGED, reason)
        return image, first, moved, made + 1, jnp.where(jnp.isfinite(moved), reason, NOT_FINITE)

    far = jnp.asarray(jnp.inf, norm(start).dtype)
    state = start, far, far, jnp.asarray(0), jnp.asarray(-1)
    x, _, moved, made, reason = lax.while_loop(lambda state: state[-1] < 0, body, state)
    moved = jnp.where(jnp.isfinite(moved), moved, jnp.inf)
    return Found(x, reason == CONVERGED, made, made, moved, reason)


def plain(tree: Any) -> Any:
    """Euclidean length in one pass, which keeps nothing but the sum."""
    return jnp.linalg.norm(row(tree)[0])
