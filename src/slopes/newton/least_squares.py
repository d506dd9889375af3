r"""Least squares: the sum of squares of m residuals, least over n parameters.

Of the Hessian of :math:`\tfrac12\lVert r(x)\rVert^2` the half that is made of first derivatives is
kept, and damped in units in which no parameter has any (Levenberg, Marquardt, Moré):

.. math:: (J^\top J + \lambda D^2)\,v = -J^\top r, \qquad D_i = \lVert J_{:i}\rVert.

The step :math:`v + a/2` follows the bend of the valley: a solves the same system for the second
derivative of r along v (Transtrum and Sethna 2012). Everything is solved by singular values of
:math:`JD^{-1}`, since :math:`J^\top J` squares the condition number. Cost of a step: a Jacobian, a
decomposition of the order of m n^2 operations, a few residuals. It finds a local minimum, and fails
where the derivative of r does.
Reference: J. J. Moré, *The Levenberg-Marquardt algorithm: implementation and theory*, 1978.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from slopes._typing import Numbers
from slopes.newton.arguments import demand_count, demand_tolerance, flattened, norm, unit
from slopes.newton.result import (
    AT_ROUNDING,
    CONVERGED,
    NOT_FINITE,
    OUT_OF_STEPS,
    SINGULAR,
    STALLED,
    Found,
)
from slopes.products import jacobian

__all__ = ["levenberg_marquardt"]

GOING_ON = -1
#: Damping at the start; beyond the last, a step is lost in rounding.
DAMPING, MOST_DAMPING = 1e-3, 1e20
#: The part of a unit's old size that counts after a step, so that one huge column is forgotten;
#: where the damping is above the second, all of it counts, or swinging units hold up the search.
MEMORY, HEAVY = 0.7, 1.0
#: The part of the promised decrease that a step must bring, and the most that it may be bent.
PART, BEND = 1e-4, 0.75
#: A decrease below so many units of rounding cannot be seen in the sum of squares.
UNSEEN = 50
#: Refusals in a row after which the rounding is believed to be met.
REFUSALS = 5


class Local(NamedTuple):
    """The residual at a point, and its linear model by singular values."""

    r: Any
    units: Any
    span: Any
    sizes: Any
    rows: Any
    part: Any
    """The residual in the coordinates of the columns' span."""


class State(NamedTuple):
    """What a step hands to the next."""

    x: Any
    at: Local
    damping: Any
    refused: Any
    steps: Any
    reason: Any


def levenberg_marquardt(
    residual: Callable[..., Any],
    x: Any,
    *args: Any,
    tol: Numbers = 1e-10,
    steps: Numbers = 1000,
) -> Found:
    """Find parameters that make the sum of squares of some residuals least.

    Parameters
    ----------
    residual : Callable
        The residuals, ``residual(x, *args)``: real numbers in any tree, at least one. Divide
        each by its standard deviation, if they differ.
    x : number, array or tree of arrays
        Where to start, real floating-point numbers, at least one.
    *args
        What the residuals take besides the parameters.
    tol : float
        What the part of the residuals that the parameters can still reach must come down to, as a
        part of all residuals; at least 0.
    steps : int
        The most steps, also those that are refused, at least 1; not traced.

    Returns
    -------
    Found
        The parameters; the residual is the length of the part that they can reach, the
        projection on the span of the Jacobian's columns. Evaluations are those of the residuals;
        each step adds at most one Jacobian and one second derivative along the step.
        `SINGULAR`: the point is stationary, and the data do not determine all parameters there.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or out of its range.

    Notes
    -----
    The iterates do not change if a parameter or all residuals are given in other units, up to
    rounding. Once the sum of squares cannot tell two points apart, the reachable part
    decides, which gives the digits beyond the half that the sum has. Residuals of zero, as in a
    system of equations, end at rounding. Where the residuals stay large and the model bends, the
    half of the Hessian that is left out rules, and steps creep: take `newton_minimum` of the sum.

    Examples
    --------
    >>> t = jnp.array([0.0, 1.0, 2.0, 3.0])
    >>> y = 5 * jnp.exp(-t / 2)
    >>> residual = lambda b: b[0] * jnp.exp(-b[1] * t) - y
    >>> found = levenberg_marquardt(residual, jnp.ones(2))
    >>> found.value.round(4).tolist(), bool(found.converged)
    ([5.0, 0.5], True)
    """
    demand_tolerance("tol", tol)
    most = demand_count("steps", steps)
    flat, restore = flattened("x", x)

    def raw(row: Any) -> Any:
        return flattened("residual(x)", residual(restore(row), *args))[0].astype(flat.dtype)

    size = norm(raw(flat))  # all residuals are measured in that of the start
    scale = jnp.where(jnp.isfinite(size) & (size > 0), size, 1)

    def scaled(row: Any) -> Any:
        return raw(row) / scale

    at = _local(scaled, flat, scaled(flat), jnp.zeros_like(flat))
    reason = jnp.where(_finite(at), _stationary(at, tol), NOT_FINITE)
    first = State(flat, at, jnp.asarray(DAMPING, flat.dtype), jnp.array(0), jnp.array(0), reason)
    end = lax.while_loop(
        lambda s: s.reason == GOING_ON, lambda s: _step(scaled, s, tol, most), first
    )
    left = jnp.where(_finite(end.at), norm(end.at.part) * scale, jnp.inf)
    converged = (end.reason == CONVERGED) | (end.reason == AT_ROUNDING)
    return Found(restore(end.x), converged, end.steps, end.steps + 1, left, end.reason)


def _local(fn: Any, x: Any, r: Any, units: Any) -> Local:
    """Decompose the Jacobian, its columns measured in units that are no less than given ones."""
    jac = jacobian(fn, x)
    lengths = jax.vmap(norm, in_axes=1)(jac)
    units = jnp.maximum(units, lengths)
    units = jnp.where(units == 0, 1, units)  # what is not a number stays what it is
    usable = jnp.all(jnp.isfinite(units))
    span, sizes, rows = jnp.linalg.svd(
        jnp.where(usable, jac / units[None, :], 0), full_matrices=False
    )
    part = jnp.where(sizes > _least(sizes, x), span.T @ r, 0)
    return Local(r, jnp.where(usable, units, jnp.inf), span, sizes, rows, part)


def _least(sizes: Any, x: Any) -> Any:
    """Singular values up to this are rounding."""
    return unit(x) * x.size * sizes[0]


def _finite(at: Local) -> Any:
    """Whether residual and Jacobian are."""
    return jnp.all(jnp.isfinite(at.r)) & jnp.all(jnp.isfinite(at.units))


def _stationary(at: Local, tol: Any) -> Any:
    """Say whether the parameters can reach a part of the residual that counts."""
    there = norm(at.part) <= tol * norm(at.r)
    flat = (at.sizes[-1] <= _least(at.sizes, at.units)) & (norm(at.r) > 0)
    return jnp.where(there, jnp.where(flat, SINGULAR, CONVERGED), GOING_ON)


def _solved(at: Local, part: Any, damping: Any) -> Any:
    """Solve the damped system for a right-hand side in the coordinates of the span."""
    kept = at.sizes > _least(at.sizes, at.units)
    inverse = jnp.where(kept, at.sizes / jnp.where(kept, at.sizes**2 + damping, 1), 0)
    return -(at.rows.T @ (inverse * part)) / at.units


def _slope(at: Local, damping: Any) -> Any:
    """Measure the gradient by the damped matrix: the reachable part, where nothing is damped."""
    return norm(at.part * at.sizes / jnp.sqrt(at.sizes**2 + damping))


def _move(fn: Any, s: State) -> tuple[Any, Any]:
    """Give the step, and how much it is bent: the second derivative's share."""
    v = _solved(s.at, s.at.part, s.damping)

    def along(t: Any) -> Any:
        return fn(s.x + t * v)

    def slope(t: Any) -> Any:
        return jax.jvp(along, (t,), (jnp.ones_like(t),))[1]

    zero = jnp.zeros((), s.x.dtype)
    second = jax.jvp(slope, (zero,), (jnp.ones_like(zero),))[1]
    a = _solved(s.at, s.at.span.T @ second, s.damping)
    a = jnp.where(jnp.all(jnp.isfinite(a)), a, 0)
    length = norm(s.at.units * v)
    bend = 2 * norm(s.at.units * a) / jnp.where(length > 0, length, 1)
    return v + a / 2, bend


def _step(fn: Any, s: State, tol: Any, most: int) -> State:
    """Try a step; keep it if the sum of squares falls, or, where that is unseen, its slope."""
    eps = unit(s.x)
    move, bend = _move(fn, s)
    y = s.x + move
    r = fn(y)
    share = s.damping / (s.at.sizes**2 + s.damping)
    promised = jnp.sum(s.at.part**2 * (1 - share) * (1 + share))
    unseen = promised <= UNSEEN * eps * jnp.sum(s.at.r**2)
    came = jnp.sum((s.at.r - r) * (s.at.r + r))
    ratio = came / jnp.where(promised > 0, promised, 1)
    hopeful = unseen | ((ratio > PART) & (bend <= BEND))
    units = s.at.units * jnp.where(s.damping > HEAVY, 1, MEMORY)
    at = lax.cond(hopeful, lambda: _local(fn, y, r, units), lambda: s.at)
    taken = hopeful & _finite(at) & (~unseen | (_slope(at, s.damping) < _slope(s.at, s.damping)))
    at = jax.tree.map(lambda new, old: jnp.where(taken, new, old), at, s.at)
    refused = jnp.where(taken, 0, s.refused + 1)
    blind = jnp.where(s.damping > HEAVY, 1, 0.1)
    easier = jnp.where(unseen, blind, jnp.maximum(1 / 3, 1 - (2 * ratio - 1) ** 3))
    damping = s.damping * jnp.where(taken, easier, jnp.exp2(refused.astype(s.x.dtype)))
    reach = norm(s.at.units * _solved(s.at, s.at.part, 0.0))
    close = reach <= eps**0.5 * norm(s.at.units * s.x)
    lost = norm(s.at.units * move) <= eps * norm(s.at.units * s.x)
    stuck = ~taken & ((damping > MOST_DAMPING) | lost | (unseen & (refused >= REFUSALS)))
    ended = jnp.where(taken, _stationary(at, tol), GOING_ON)
    rest = jnp.where(_stationary(at, eps**0.5) == SINGULAR, SINGULAR, AT_ROUNDING)
    reason = jnp.select(
        [ended != GOING_ON, stuck & close, stuck, s.steps + 1 >= most],
        [ended, rest, STALLED, OUT_OF_STEPS],
        GOING_ON,
    )
    floor = eps**2  # damping below it changes nothing, and must be able to grow again
    return State(
        jnp.where(taken, y, s.x), at, jnp.maximum(damping, floor), refused, s.steps + 1, reason
    )
