r"""Newton's steps with the matrix: roots of systems, and minima.

.. math:: x \leftarrow x + t\,s, \qquad J s = -f \quad\text{or}\quad \lvert H\rvert\,s = -\nabla f,

where :math:`\lvert H\rvert` has the eigenvectors of the Hessian and its eigenvalues' sizes, so that
s goes down also where H is indefinite, and t is halved until the step brings what it must. Cost of
a step: a matrix of n products, and of the order of n^3 operations. A singular J is refused.
Reference: Nocedal and Wright, *Numerical Optimization*, 2nd ed., sections 3.4 and 11.1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from slopes._typing import Numbers
from slopes.newton.arguments import (
    demand_count,
    demand_tolerance,
    flattened,
    norm,
    one_number,
    unit,
)
from slopes.newton.result import (
    AT_ROUNDING,
    CONVERGED,
    NEGATIVE_CURVATURE,
    NOT_FINITE,
    OUT_OF_STEPS,
    SINGULAR,
    STALLED,
    Found,
)
from slopes.products import hessian, jacobian

__all__ = ["newton", "newton_minimum"]

#: The part of the promised decrease that a step must bring (Armijo), and the most halvings.
PART, HALVINGS = 1e-4, 60
#: Sums of many terms are rounded by up to this power of the roundoff, as a part of themselves.
SUMMED = 0.75
#: Eigenvalues of n rows up to this, in n roundings of the largest, may be rounding.
NOISE = 16
#: A code that only the loop knows.
GOING_ON = -1


class State(NamedTuple):
    """What a step hands to the next."""

    x: Any
    merit: Any
    slope: Any
    steps: Any
    evaluations: Any
    reason: Any


def newton(
    fn: Callable[..., Any], x: Any, *args: Any, tol: Numbers = 1e-10, steps: Numbers = 50
) -> Found:
    """Find a root of n functions of n unknowns.

    Parameters
    ----------
    fn : Callable
        The functions, ``fn(x, *args)``: as many real numbers as `x` holds, in any tree.
    x : number, array or tree of arrays
        Where to start, n real floating-point numbers, at least one.
    *args
        What the functions take besides the point.
    tol : float
        What the norm of the functions must come down to, as a part of that at the start, or
        absolutely if that is above 1; at least 0.
    steps : int
        The most steps, at least 1; not traced.

    Returns
    -------
    Found
        The root; its residual is the norm of the functions. A singular Jacobian ends the search
        at the point where it is met (`SINGULAR`), and so does a point from which no
        part of the step makes the norm smaller (`STALLED`).

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or out of its range, or the numbers are not n.

    Notes
    -----
    The step is halved until the norm falls, so the search cannot run away; it may end in a
    valley without a root, which is then the reason. At a multiple root it converges slowly.

    Examples
    --------
    >>> from slopes.newton import why
    >>> found = newton(lambda x: x * x - 2, 1.0, tol=1e-4)
    >>> round(float(found.value), 4), int(found.iterations), why(found.reason)
    (1.4142, 3, 'the residual is below the tolerance')
    """
    demand_tolerance("tol", tol)
    most = demand_count("steps", steps)
    flat, restore = flattened("x", x)

    def functions(row: Any) -> Any:
        y = flattened("fn(x)", fn(restore(row), *args))[0].astype(flat.dtype)
        if y.shape != flat.shape:
            raise ValueError(
                f"fn must return as many numbers as x holds, {flat.size}, got {y.size}"
            )
        return y

    def full(row: Any, y: Any) -> tuple[Any, Any]:
        jac = jacobian(functions, row)
        move = jnp.linalg.solve(jac, -y)
        usable = norm(jac @ move + y) <= 0.1 * norm(y)  # false for nan too
        refusal = jnp.where(jnp.all(jnp.isfinite(jac)), SINGULAR, NOT_FINITE)
        return jnp.where(usable, move, 0), jnp.where(usable, GOING_ON, refusal)

    def merit(row: Any) -> tuple[Any, Any]:
        y = functions(row)
        return norm(y), y

    return _search(merit, full, lambda _y, _move, size: -size, flat, restore, tol, most)


def newton_minimum(
    fn: Callable[..., Any], x: Any, *args: Any, tol: Numbers = 1e-8, steps: Numbers = 100
) -> Found:
    """Find a minimum with the whole Hessian.

    Parameters
    ----------
    fn : Callable
        The function, ``fn(x, *args)``: one real number.
    x : number, array or tree of arrays
        Where to start, n real floating-point numbers, at least one.
    *args
        What the function takes besides the point.
    tol : float
        What the norm of the gradient must come down to, as a part of that at the start, or
        absolutely if that is above 1; at least 0.
    steps : int
        The most steps, at least 1; not traced.

    Returns
    -------
    Found
        The minimum; its residual is the norm of the gradient. A stationary point with a
        negative curvature is no minimum, and not called one (`NEGATIVE_CURVATURE`); a Hessian
        of zeros where the gradient is not zero is `SINGULAR`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or out of its range, or `fn` returns no single number.

    Examples
    --------
    >>> from slopes.newton import why
    >>> bowl = lambda x: jnp.cosh(x[0] - 3) + x[1] ** 2
    >>> found = newton_minimum(bowl, jnp.zeros(2))
    >>> found.value.round(6).tolist(), why(found.reason)
    ([3.0, 0.0], 'the residual is below the tolerance')
    """
    demand_tolerance("tol", tol)
    most = demand_count("steps", steps)
    flat, restore = flattened("x", x)

    def value(row: Any) -> Any:
        return one_number(fn(restore(row), *args)).astype(flat.dtype)

    def full(row: Any, slope: Any) -> tuple[Any, Any]:
        values, vectors = jnp.linalg.eigh(hessian(value, row))
        sizes, most = jnp.abs(values), jnp.max(jnp.abs(values))
        usable, noise = (most > 0) & jnp.isfinite(most), NOISE * row.size * unit(row) * most
        known = jnp.where(sizes > noise, sizes, unit(row) ** 0.5 * most)
        turned = (vectors.T @ slope) / jnp.where(usable, known, 1)
        verdict = jnp.select(
            [~jnp.isfinite(most), (most == 0) & (norm(slope) > 0), values[0] < -noise],
            [NOT_FINITE, SINGULAR, NEGATIVE_CURVATURE],
            GOING_ON,
        )
        return jnp.where(usable, -vectors @ turned, 0), verdict

    return _search(
        jax.value_and_grad(value), full, lambda slope, move, _: slope @ move,
        flat, restore, tol, most,
    )  # fmt: skip


def _search(
    merit: Any, full: Any, promise: Any, flat: Any, restore: Any, tol: Any, most: int
) -> Found:
    """Make full steps, halved until the merit falls by a part of what they promise."""
    value, slope = merit(flat)
    good = jnp.isfinite(value) & jnp.all(jnp.isfinite(slope))
    target = tol * jnp.minimum(1, norm(slope))
    eps = unit(flat)

    def step(s: State) -> State:
        move, verdict = full(s.x, s.slope)
        falls = promise(s.slope, move, s.merit)
        done = norm(s.slope) <= target
        refused = done | (verdict == SINGULAR) | (verdict == NOT_FINITE)
        reason = jnp.where(done & (verdict != NEGATIVE_CURVATURE), CONVERGED, verdict)
        slack, drowned = 2 * eps * jnp.abs(s.merit), eps**SUMMED * jnp.abs(s.merit)

        def halve(tried: Any) -> Any:
            part, count, *_ = tried
            y, g = merit(s.x + part * move)
            ok = jnp.isfinite(y) & jnp.all(jnp.isfinite(g))
            falls_enough = y <= s.merit + PART * part * falls + jnp.where(part == 1, slack, 0)
            # what is promised may be less than the rounding of the merit: then slopes decide
            nearer = (-falls <= drowned) & (norm(g) <= norm(s.slope) / 2)
            ok &= falls_enough | ((part == 1) & nearer & (y <= s.merit + drowned))
            return jnp.where(ok, part, part / 2), count + 1, ok, y, g

        first = (jnp.ones_like(s.merit), jnp.array(0), refused, s.merit, s.slope)
        part, count, ok, y, g = lax.while_loop(
            lambda tried: ~tried[2] & (tried[1] < HALVINGS), halve, first
        )
        x = jnp.where(refused | ~ok, s.x, s.x + part * move)
        y, g = jnp.where(ok, y, s.merit), jnp.where(ok, g, s.slope)
        still = norm(move) <= 4 * eps * norm(s.x)  # the full step is lost in rounding,
        still &= norm(g) >= norm(s.slope) / 2  # unless a small unknown beside a large one gains
        lost = jnp.where(verdict == NEGATIVE_CURVATURE, verdict, AT_ROUNDING)
        onward = jnp.select([still, ~ok], [lost, STALLED], GOING_ON)
        onward = jnp.where((onward == GOING_ON) & (s.steps + 1 >= most), OUT_OF_STEPS, onward)
        return State(
            x, y, g, s.steps + jnp.where(refused, 0, 1), s.evaluations + count,
            jnp.where(refused, reason, onward),
        )  # fmt: skip

    first = State(
        flat, value, slope, jnp.array(0), jnp.array(1), jnp.where(good, GOING_ON, NOT_FINITE)
    )
    end = lax.while_loop(lambda s: s.reason == GOING_ON, step, first)
    left = norm(end.slope)
    return Found(
        restore(end.x), end.reason <= AT_ROUNDING, end.steps, end.evaluations,
        jnp.where(jnp.isfinite(left) & jnp.isfinite(end.merit), left, jnp.inf), end.reason,
    )  # fmt: skip
