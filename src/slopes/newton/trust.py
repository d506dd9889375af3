r"""A trust region for Newton's step, with products alone.

The quadratic model is believed within a radius around the point,

.. math:: \min_s\; f + g^\top s + \tfrac12 s^\top Hs \quad\text{with}\quad \lVert s\rVert\le\Delta,

and conjugate gradients walk down it until the residual is small, the radius is met, or the
curvature is negative; then s goes on to the edge (Steihaug 1983). The radius follows the ratio of
what came to what the model promised. One value and gradient and a few products for each step,
memory for a few vectors and for what one linearised gradient keeps. It ends at a stationary point,
and leaves one that is no minimum only if a gradient or rounding leads away.
Reference: Conn, Gould and Toint, *Trust-Region Methods*, sections 6.1, 7.5 and 17.4.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from slopes._typing import Numbers
from slopes.newton.arguments import (
    demand_above_zero,
    demand_count,
    demand_tolerance,
    flattened,
    norm,
    one_number,
    unit,
)
from slopes.newton.linear import AT_THE_EDGE, GOING_ON, walk
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

__all__ = ["newton_cg"]

#: A ratio of actual to promised decrease: accept above the first, shrink below the second,
#: grow above the third.
ACCEPT, SHRINK, GROW = 1e-4, 0.25, 0.75


class State(NamedTuple):
    """What a step hands to the next."""

    x: Any
    value: Any
    slope: Any
    radius: Any
    steps: Any
    evaluations: Any
    reason: Any


def newton_cg(
    fn: Callable[..., Any],
    x: Any,
    *args: Any,
    tol: Numbers = 1e-8,
    steps: Numbers = 500,
    radius: Numbers = 1.0,
) -> Found:
    """Find a minimum of a function of many variables without its Hessian.

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
    radius : float
        Radius of the trust region at the start, above 0.

    Returns
    -------
    Found
        The point; its residual is the norm of the gradient. Evaluations are values with
        gradients, and products with the Hessian, together.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or out of its range, or `fn` returns no single number.

    Notes
    -----
    A stationary point at the start is a solution to this method, even if it is a saddle.
    `newton_minimum` and `slopes.products.curvature` tell.

    Examples
    --------
    >>> from slopes.newton import why
    >>> valley = lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    >>> found = newton_cg(valley, jnp.array([-1.2, 1.0]))
    >>> found.value.round(6).tolist(), why(found.reason)
    ([1.0, 1.0], 'the residual is below the tolerance')
    """
    demand_tolerance("tol", tol)
    demand_above_zero("radius", radius)
    most = demand_count("steps", steps)
    flat, restore = flattened("x", x)
    both = jax.value_and_grad(lambda row: one_number(fn(restore(row), *args)).astype(row.dtype))
    value, slope = both(flat)
    target = jnp.asarray(tol) * jnp.minimum(1, norm(slope))
    good = jnp.isfinite(value) & jnp.isfinite(norm(slope))
    reason = jnp.select([~good, norm(slope) <= target], [NOT_FINITE, CONVERGED], GOING_ON)
    first = State(
        flat, value, slope, jnp.asarray(radius, flat.dtype), jnp.array(0), jnp.array(1), reason
    )
    step = _stepper(both, target, most, norm(slope), flat)
    end = lax.while_loop(lambda s: s.reason == GOING_ON, step, first)
    left = norm(end.slope)
    return Found(
        restore(end.x), (end.reason == CONVERGED) | (end.reason == AT_ROUNDING), end.steps,
        end.evaluations, jnp.where(jnp.isfinite(left) & jnp.isfinite(end.value), left, jnp.inf),
        end.reason,
    )  # fmt: skip


def _stepper(both: Any, target: Any, most: int, first: Any, flat: Any) -> Callable[[State], State]:
    """Make the function of one step."""
    eps, inner = unit(flat), 10 * flat.size + 20

    def step(s: State) -> State:
        _, product = jax.linearize(lambda row: both(row)[1], s.x)
        move, promised, inside, products, sound = _inside(product, s.slope, s.radius, first, inner)
        value, slope = both(s.x + move)
        ok = jnp.isfinite(value) & jnp.isfinite(norm(slope)) & sound
        slack = 10 * eps * jnp.maximum(jnp.abs(s.value), promised)
        ratio = jnp.where(ok, (s.value - value + slack) / (promised + slack), -1)
        length, accepted = norm(move), ratio > ACCEPT
        radius = jnp.where(ratio < SHRINK, length / 4, s.radius)
        radius = jnp.where((ratio > GROW) & ~inside, 2 * s.radius, radius)
        x = jnp.where(accepted, s.x + move, s.x)
        slope = jnp.where(accepted, slope, s.slope)
        unseen = accepted & (promised <= eps * jnp.abs(s.value))
        rounding = inside & (unseen | (length <= 4 * eps * norm(s.x)))
        rounding &= norm(slope) >= norm(s.slope) / 2
        short = ~accepted & ~(radius > eps * jnp.max(jnp.abs(s.x)))
        reason = jnp.select(
            [~sound, norm(slope) <= target, rounding, short, s.steps + 1 >= most],
            [NOT_FINITE, CONVERGED, AT_ROUNDING, STALLED, OUT_OF_STEPS],
            GOING_ON,
        )
        return State(
            x, jnp.where(accepted, value, s.value), slope, radius, s.steps + 1,
            s.evaluations + 1 + products, reason,
        )  # fmt: skip

    return step


def _inside(product: Any, slope: Any, radius: Any, first: Any, most: int) -> tuple[Any, ...]:
    """Give a step within the radius, what it promises, and how many products it took."""
    size = norm(slope)  # the system is solved for a slope of length 1
    exact = jnp.minimum(0.1, jnp.sqrt(size / first))
    end = walk(product, -slope / size, radius / size, exact, most)
    edge = (end.reason == AT_THE_EDGE) | (end.reason == NEGATIVE_CURVATURE)
    edge |= end.reason == SINGULAR
    pp, xp, xx = end.p @ end.p, end.x @ end.p, end.x @ end.x
    room = jnp.maximum((radius / size) ** 2 - xx, 0)
    root = jnp.sqrt(xp**2 + pp * room)
    far = jnp.where(xp > 0, room / (xp + root), (root - xp) / pp)
    far = jnp.where(edge & jnp.isfinite(far), far, 0)
    move = size * (end.x + far * end.p)
    model = 0.5 * end.x @ (-slope / size + end.r)
    model += far * end.p @ end.r - 0.5 * far**2 * end.p @ end.product
    sound = (end.reason != NOT_FINITE) & jnp.all(jnp.isfinite(move))
    return (
        jnp.where(sound, move, 0),
        jnp.where(sound, size * (size * model), 0),
        ~edge,
        end.products,
        sound,
    )
