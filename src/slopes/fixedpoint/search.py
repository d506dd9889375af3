"""The two iterations; both are one loop, and Picard's has no memory."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from slopes._typing import Numbers
from slopes.fixedpoint.arguments import Map, demand_count, demand_number, norm, rows, started
from slopes.fixedpoint.mixing import State, mixer, remember
from slopes.fixedpoint.result import CONVERGED, NOT_FINITE, OUT_OF_STEPS, Found

__all__ = ["anderson", "picard"]


def picard(
    g: Map, x: Any, *args: Any, tol: Numbers = 1e-8, steps: Numbers = 1000, damping: Numbers = 1.0
) -> Found:
    r"""Repeat a map until it moves its point no more.

    Parameters
    ----------
    g : Callable
        The map, ``g(x, *args)``; it returns the next point, of the structure, shapes and dtypes
        of `x`.
    x : number, array or tree of arrays
        Where to start; real floating-point numbers, at least one.
    *args
        What the map takes besides the point.
    tol : float
        What the residual must come down to, as a part of the residual at the start or of the
        norm of the point (taken as 1 where it is below), whichever is smaller; at least 0.
        A residual of four unit roundoffs of the point's norm always counts as none.
    steps : int
        The most steps, at least 1; not traced.
    damping : float
        The part of the step that is made, above 0; 1 for all of it.

    Returns
    -------
    Found
        Point, residual, and why the iteration stopped.

    Raises
    ------
    TypeError
        If `x` holds numbers that are not real floating-point numbers, a count is no int, or the
        map returns another structure or dtype.
    ValueError
        If a number is out of its range, `x` is empty, or the map returns another shape.

    Notes
    -----
    A small residual is not a small error: where the map shrinks distances by the factor q, the
    error is at most the residual over 1 - q.

    Examples
    --------
    >>> found = picard(jnp.cos, 1.0, tol=1e-5)
    >>> [round(float(found.value), 4), int(found.evaluations)]
    [0.7391, 31]
    """
    return _iterate(
        g, x, args, memory=0, tol=tol, steps=steps, damping=damping, restart=None,
        ridge=None, growth=math.inf,
    )  # fmt: skip


def anderson(
    g: Map,
    x: Any,
    *args: Any,
    memory: Numbers = 5,
    tol: Numbers = 1e-8,
    steps: Numbers = 200,
    damping: Numbers = 1.0,
    restart: Numbers | None = None,
    ridge: Numbers | None = None,
    growth: Numbers = 10.0,
) -> Found:
    r"""Find a fixed point by Anderson's acceleration.

    Parameters
    ----------
    g, x, *args, tol, steps
        As for `picard`.
    memory : int
        How many differences are kept, at least 1; no more than there are numbers in `x`.
    damping : float
        The part of the predicted residual that is added to the mixed points, above 0; 1 for all.
    restart : int, optional
        After how many differences the memory is emptied, at least 1; never by default.
    ridge : float, optional
        Tikhonov's regularisation of the least-squares problem whose columns have length 1, above
        0. It is a pure number: scaling the problem does not change it. By default the root of the
        unit roundoff: as the residual falls to that part of the point, its differences keep half
        of their digits.
    growth : float
        An accelerated step that lets the residual grow by more than this factor is taken back,
        the memory is emptied, and Picard's step is made instead; at least 1, `inf` for never. One
        to a point whose image is not finite always is.

    Returns
    -------
    Found
        Point, residual, and why the iteration stopped.

    Raises
    ------
    TypeError, ValueError
        As for `picard`.

    Notes
    -----
    After a step that was taken back comes one of Picard's, so that no two in a row are lost.
    On a linear map the points are the images of those of GMRES, as long as the memory holds all
    steps and GMRES does not stand still; with `restart`, a cycle is as many steps of GMRES and one
    of Picard's.

    Examples
    --------
    >>> found = anderson(jnp.cos, 1.0)
    >>> [round(float(found.value), 6), int(found.evaluations)]
    [0.739085, 6]
    """
    kept = demand_count("memory", memory, 1)
    most = None if restart is None else demand_count("restart", restart, 1)
    if ridge is not None:
        demand_number("ridge", ridge, "positive and finite", lambda number: 0 < number < math.inf)
    demand_number("growth", growth, "at least 1", lambda number: number >= 1)
    return _iterate(
        g, x, args, memory=kept, tol=tol, steps=steps, damping=damping, restart=most,
        ridge=ridge, growth=growth,
    )  # fmt: skip


def _iterate(
    g: Map, x: Any, args: tuple[Any, ...], *, memory: int, tol: Any, steps: Any, damping: Any,
    restart: int | None, ridge: Any, growth: Any,
) -> Found:  # fmt: skip
    """Run either iteration; both are one loop, and Picard's has no memory."""
    limit = demand_count("steps", steps, 1)
    demand_number("tol", tol, "at least 0 and finite", lambda number: 0 <= number < math.inf)
    demand_number("damping", damping, "positive and finite", lambda number: 0 < number < math.inf)
    point, image = started(g, x, args)
    flat, unravel = rows(point)

    def row(y: Any) -> Any:
        return rows(g(unravel(y), *args))[0]

    first = rows(image)[0]
    size = norm(first - flat)
    columns = min(memory, flat.size)
    types = [jnp.finfo(leaf.dtype) for leaf in jax.tree.leaves(point)]  # type: ignore[no-untyped-call]
    eps = max(float(kind.eps) for kind in types)
    mix = mixer(damping, (eps / 2) ** 0.5 if ridge is None else ridge)

    def judged(state: State) -> State:
        bound = tol * jnp.minimum(size, jnp.maximum(1, norm(state.x)))
        small = state.residual <= jnp.maximum(bound, 2 * eps * norm(state.x))
        done = small & jnp.isfinite(state.residual)
        out = jnp.where(state.steps < limit, -1, OUT_OF_STEPS)
        going = jnp.where(state.reason < 0, out, state.reason)
        return state._replace(reason=jnp.where(done, CONVERGED, going))

    def step(state: State) -> State:
        at = mix(state)
        image = row(at)
        residual = norm(image - at)
        worse = (state.filled > 0) & (residual > growth * state.residual)
        lost = ~jnp.isfinite(residual)
        kept = remember(state, at, image, residual, columns, restart)
        back = state._replace(filled=0 * state.filled)
        # Without memory the step was Picard's, and there is nothing else to try.
        back = back._replace(reason=jnp.where(lost & (state.filled == 0), NOT_FINITE, -1))
        chosen = jax.tree.map(lambda a, b: jnp.where(worse | lost, a, b), back, kept)
        return judged(chosen._replace(steps=state.steps + 1))

    none = jnp.zeros((flat.size, columns), flat.dtype)
    broken = jnp.where(jnp.isfinite(size), -1, NOT_FINITE)
    start = State(flat, first, size, jnp.asarray(0), none, none, jnp.asarray(0), broken)
    end = lax.while_loop(lambda state: state.reason < 0, step, judged(start))
    return Found(
        unravel(end.x), end.reason == CONVERGED, end.steps, end.steps + 1, end.residual, end.reason
    )
